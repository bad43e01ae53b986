//! Gateways behind nginx: every answer of a gateway arrives, and none of its connections ends under a request. Not part
//! of `make test`; `.ci/proxies` gets nginx and runs these.

use std::fs::write;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::admin_api::{Api, TOKEN};
use crate::app::{Database, TestApp, free_port};
use crate::gateway::Gateway;
use crate::neighbour::Neighbour;

/// Settings of gateways, whose callers ask as fast as they can; unoptimised, a cold one connects slowly.
const SETTINGS: [(&str, &str); 4] = [
    ("USERBATCH_RATE_LIMIT", "100000"),
    ("USERBATCH_DRAIN_SECONDS", "1"),
    ("USERBATCH_DATABASE_CONNECTIONS", "4"),
    ("USERBATCH_DATABASE_WAIT_MS", "5000"),
];

/// How nginx talks to gateways.
#[derive(Debug, Clone, Copy)]
struct Manner {
    /// In `upstream`.
    upstream: &'static str,
    /// In `location`.
    location: &'static str,
}

/// As without any setting: HTTP/1.0, and a connection for each request.
const ONE_EACH: Manner = Manner { upstream: "", location: "" };
/// Connections are kept for nginx's default of 60 s.
const KEPT: Manner =
    Manner { upstream: "keepalive 32;", location: "proxy_http_version 1.1; proxy_set_header Connection '';" };
/// The same, with requests passed on as they arrive.
const PASSED_ON: Manner = Manner {
    location: "proxy_http_version 1.1; proxy_set_header Connection ''; proxy_request_buffering off;",
    ..KEPT
};

/// A running nginx, in one process.
struct Nginx {
    base_url: String,
    program: Neighbour,
}

impl Nginx {
    /// An nginx before the gateways at `base_urls`.
    async fn start(base_urls: &[&str], manner: Manner) -> Self {
        let program = Neighbour::start(("USERBATCH_NGINX", ".ci/proxies"), |port, directory, command| {
            write(directory.join("nginx.conf"), configuration(port, base_urls, manner)).unwrap();
            command.arg("-p").arg(directory).args(["-c", "nginx.conf", "-e", "error.log"]);
        });
        let program = program.await;
        Self { base_url: format!("http://127.0.0.1:{}", program.port), program }
    }

    /// What went wrong, in nginx's words.
    fn errors(&self) -> String {
        std::fs::read_to_string(self.program.directory.join("error.log")).unwrap_or_default()
    }
}

fn configuration(port: u16, base_urls: &[&str], Manner { upstream, location }: Manner) -> String {
    let servers = base_urls.iter().map(|url| url.trim_start_matches("http://"));
    let servers: Vec<String> = servers.map(|address| format!("server {address} fail_timeout=1s;")).collect();
    let scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let scratch = scratch.map(|kind| format!("{kind}_temp_path {kind};")).concat();
    let servers = servers.concat();
    format!(
        "daemon off; master_process off; pid nginx.pid; events {{ worker_connections 1024; }}
         http {{
             access_log off; {scratch}
             upstream gateways {{ {servers} {upstream} }}
             server {{
                 listen 127.0.0.1:{port}; client_max_body_size 0;
                 location / {{ proxy_pass http://gateways; {location} }}
             }}
         }}"
    )
}

/// A request that is refused before its body is read.
struct Refusal {
    path: &'static str,
    token: Option<&'static str>,
    /// By the size of the body.
    status: fn(usize) -> u16,
    /// In the body of the answer, as only the gateway writes it.
    text: &'static str,
}

const CALLERS: [Refusal; 4] = [
    Refusal { path: "/api/v0/users", token: None, status: |_| 401, text: "errorMessage" },
    Refusal { path: "/api/v3/none", token: None, status: |_| 200, text: "\"statusCode\":404" },
    Refusal { path: "/livez", token: None, status: |_| 405, text: "Method Not Allowed\"" },
    Refusal { path: "/connect/token", token: None, status: |_| 413, text: "error_description" },
];

const OPERATORS: [Refusal; 4] = [
    Refusal { path: "/admin/v1/tenants/a/import", token: None, status: |_| 401, text: "\"title\"" },
    Refusal { path: "/admin/v1/none", token: None, status: |_| 404, text: "\"title\"" },
    Refusal { path: "/admin/v1/audit", token: None, status: |_| 405, text: "\"title\"" },
    Refusal {
        path: "/admin/v1/tenants",
        token: Some(TOKEN),
        status: |size| if size > 256 << 10 { 413 } else { 400 },
        text: "\"title\"",
    },
];

/// Has each of `refusals` answered many times, through nginx before the gateway at `base_url`.
async fn assert_refused(base_url: &str, refusals: &[Refusal]) {
    for manner in [ONE_EACH, KEPT, PASSED_ON] {
        let nginx = Nginx::start(&[base_url], manner).await;
        // None is used twice: nginx may close one that it kept at the moment the next request is sent on it.
        let http = Client::builder().pool_max_idle_per_host(0).build().unwrap();
        for refusal in refusals {
            for size in [19 << 10, 64 << 10, 1 << 20] {
                let calls = (0..40).map(|_| refuse(&http, &nginx.base_url, refusal, size));
                let answers: Vec<_> = futures_util::stream::iter(calls).buffered(8).collect().await;
                let wanted = (refusal.status)(size);
                let lost: Vec<_> = answers
                    .iter()
                    .filter(|(status, text)| *status != wanted || !text.contains(refusal.text))
                    .collect();
                let path = refusal.path;
                assert!(lost.is_empty(), "{manner:?} {path} {size}: {lost:?}\n{}", nginx.errors());
            }
        }
    }
}

async fn refuse(http: &Client, base_url: &str, refusal: &Refusal, size: usize) -> (u16, String) {
    let request = http.post(format!("{base_url}{}", refusal.path)).body(vec![b' '; size]);
    let request = refusal.token.into_iter().fold(request, RequestBuilder::bearer_auth);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nginx: .ci/proxies"]
async fn every_refusal_arrives_through_nginx() {
    let app = TestApp::start().await;
    assert_refused(&app.base_url, &CALLERS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nginx: .ci/proxies"]
async fn every_refusal_of_the_operators_listener_arrives_through_nginx() {
    let api = Api::start().await;
    assert_refused(api.base_url.trim_end_matches("/admin/v1"), &OPERATORS).await;
}

/// A call that changes nothing but is no GET: nginx never sends it twice.
fn call(http: &Client, base_url: &str, key: &str) -> RequestBuilder {
    let request = http.request(Method::POST, format!("{base_url}/api/v0/users")).header("x-api-key", key);
    request.json(&json!({ "accountsToFetch": [] }))
}

/// How many connections to `port` were closed by the server, and how many by its clients: whoever closes first keeps them
/// in the state `TIME_WAIT`.
fn closed(port: &str) -> (usize, usize) {
    let port = format!(":{:04X}", port.parse::<u16>().unwrap());
    let connections = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let ends = connections.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        (fields[3] == "06").then(|| (fields[1].ends_with(&port), fields[2].ends_with(&port)))
    });
    ends.fold((0, 0), |(server, clients), (is_server, is_client)| {
        (server + usize::from(is_server), clients + usize::from(is_client))
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nginx: .ci/proxies"]
async fn a_connection_outlives_the_time_for_which_nginx_keeps_it() {
    let app = TestApp::start().await;
    let key = app.tenant("a").await.bitbadges_key().await;
    // The first is in the proportion of the defaults, 60 and 75 s.
    for (upstream, is_outlived) in
        [("keepalive 32; keepalive_timeout 1600ms;", true), ("keepalive 32; keepalive_timeout 10s;", false)]
    {
        let settings = [&SETTINGS[..], &[("USERBATCH_KEEP_ALIVE_SECONDS", "2")]].concat();
        let gateway = Gateway::start(&app.database, &settings).await;
        let nginx = Nginx::start(&[&gateway.base_url], Manner { upstream, ..KEPT }).await;
        for pause in [1_000, 1_550, 1_590, 1_600, 1_610, 1_650, 1_990, 2_000, 2_500] {
            let calls = (0..24).map(|_| call(&app.http, &nginx.base_url, &key).send());
            for answer in join_all(calls).await {
                let answer = answer.unwrap();
                let is_answered = answer.status() == StatusCode::OK || !is_outlived;
                assert!(is_answered, "{pause}: {} {}", answer.text().await.unwrap(), nginx.errors());
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        let (by_gateway, by_nginx) = closed(gateway.base_url.rsplit(':').next().unwrap());
        assert_eq!((by_gateway == 0, by_nginx > 0), (is_outlived, is_outlived), "{by_gateway} {by_nginx}");
    }
}

/// Calls at `base_url` in a row until `stopped`; returns how many there were, and the answers that no gateway gave. One
/// that is cold on a busy machine may say that it is, in its own words.
async fn call_on(base_url: String, key: String, stopped: CancellationToken) -> (usize, Vec<String>) {
    let (http, mut calls, mut others) = (Client::new(), 0, Vec::new());
    while !stopped.is_cancelled() {
        let answer = call(&http, &base_url, &key).send().await.unwrap();
        calls += 1;
        let is_a_gateways = answer.headers()["content-type"] == "application/json";
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        if !is_a_gateways || ![StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(&status) {
            others.push(text);
        }
    }
    (calls, others)
}

/// Replaces two gateways behind nginx one after the other, under load.
async fn roll(manner: Manner) {
    let app = TestApp::start().await;
    let key = app.tenant("a").await.bitbadges_key().await;
    let ports = [free_port(), free_port()];
    let urls = ports.map(|port| format!("http://127.0.0.1:{port}"));
    let start = async |database: &Database, port| {
        Gateway::start_at(&format!("127.0.0.1:{port}"), database, &SETTINGS).await
    };
    let mut gateways = [start(&app.database, ports[0]).await, start(&app.database, ports[1]).await];
    let nginx = Nginx::start(&urls.each_ref().map(String::as_str), manner).await;
    let stopped = CancellationToken::new();
    let load: Vec<_> = (0..12)
        .map(|_| tokio::spawn(call_on(nginx.base_url.clone(), key.clone(), stopped.clone())))
        .collect();
    for _ in 0..3 {
        for (place, port) in ports.iter().enumerate() {
            tokio::time::sleep(Duration::from_millis(300)).await;
            gateways[place].terminate();
            gateways[place].ended().await;
            gateways[place] = start(&app.database, *port).await;
            // Until nginx tries it again.
            tokio::time::sleep(Duration::from_millis(1_200)).await;
        }
    }
    stopped.cancel();
    for load in load {
        let (calls, others) = load.await.unwrap();
        assert!(calls > 50, "{calls}");
        assert!(others.is_empty(), "{others:?} of {calls}: {}", nginx.errors());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nginx: .ci/proxies"]
async fn a_rolling_stop_loses_no_request_on_kept_connections() {
    roll(KEPT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs nginx: .ci/proxies"]
async fn a_rolling_stop_loses_no_request_on_new_connections() {
    roll(ONE_EACH).await;
}
