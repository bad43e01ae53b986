//! Nothing that a caller sends, and nothing that a directory holds, reaches a log line.

use std::cell::RefCell;
use std::io::Write;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tracing_subscriber::fmt;
use userbatch::core::id::UserId;
use userbatch::core::user::User;

use crate::admin_api::{Api, TOKEN};
use crate::app::{TestApp, TestTenant};

thread_local! {
    /// The log lines of this thread's test, if it listens. One subscriber serves the whole run, since a scoped
    /// one can be missed by call sites that another thread has met first.
    static LINES: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

struct Listener;

impl Write for Listener {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.as_mut().map(|lines| lines.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub fn listen() {
    let subscriber = fmt().with_ansi(false).with_max_level(tracing::Level::DEBUG);
    // Another test may have started it already.
    let _ = subscriber.with_writer(|| Listener).try_init();
    LINES.set(Some(Vec::new()));
}

pub fn heard() -> String {
    String::from_utf8(LINES.take().unwrap()).unwrap()
}

const SENTINEL: &str = "sentinel-of-personal-data";

fn user() -> User {
    let mut user = User::new(UserId::new(SENTINEL));
    user.contact.email = Some(format!("{SENTINEL}@example.com"));
    user.profile.username = Some(SENTINEL.to_owned());
    user
}

/// Calls that hold the sentinel wherever a caller can write: good ones and bad ones, of every face.
fn calls(app: &TestApp, tenant: &TestTenant, key: &str) -> Vec<RequestBuilder> {
    let bitbadges = || app.http.post(app.url("/api/v0/user/batch"));
    let post = |body: String| bitbadges().header("x-api-key", key).body(body);
    let batch = |entry: Value| json!({ "accountsToFetch": [entry] }).to_string();
    let genauth = app.url(&format!("/api/v3/get-user-batch?userIds={SENTINEL}"));
    let nowhere = app.url(&format!("/nowhere/{SENTINEL}"));
    vec![
        post(batch(json!({ "username": SENTINEL }))),
        post(batch(json!({ "address": SENTINEL }))),
        post(batch(json!({ "username": { SENTINEL: 1 } }))),
        post(SENTINEL.to_owned()),
        bitbadges().header("x-api-key", SENTINEL),
        app.http.get(genauth).bearer_auth(SENTINEL),
        app.http.post(app.url(&tenant.avepoint_path())).bearer_auth(SENTINEL),
        app.http.post(app.url("/connect/token")).form(&[("client_secret", SENTINEL)]),
        app.http.get(nowhere),
    ]
}

/// Good and bad calls of the operators' API with the sentinel in paths, names, queries and bodies.
fn operators_calls(api: &Api) -> Vec<RequestBuilder> {
    let lines = format!("{{\"id\":\"{SENTINEL}\"}}\n{{\"{SENTINEL}\":1}}\n{SENTINEL}\n");
    vec![
        api.request(Method::POST, "/tenants").json(&json!({ "slug": "acme", "name": SENTINEL })),
        api.request(Method::POST, "/tenants").json(&json!({ SENTINEL: 1 })),
        api.request(Method::GET, &format!("/tenants/{SENTINEL}")),
        api.request(Method::GET, &format!("/audit?limit={SENTINEL}")),
        api.request(Method::POST, "/tenants/acme/import").body(lines),
        api.request(Method::POST, "/tenants/acme/import?from=genauth").body(SENTINEL),
        api.request(Method::GET, "/tenants/acme/export").header("x-operator", SENTINEL),
        api.request(Method::GET, "/tenants").bearer_auth(SENTINEL),
        api.request(Method::DELETE, "/tenants/acme?confirm=acme"),
    ]
}

#[tokio::test(flavor = "current_thread")]
async fn calls_of_operators_have_one_line_each_with_the_route_alone() {
    let api = Api::start().await;
    let calls = operators_calls(&api);
    let count = calls.len();
    listen();
    for call in calls {
        call.send().await.unwrap().bytes().await.unwrap();
    }
    let text = heard();
    let of_calls: Vec<_> = text.lines().filter(|line| line.contains("status=")).collect();
    assert_eq!(of_calls.len(), count, "{text}");
    let export = of_calls.iter().find(|line| line.contains("export")).unwrap();
    let told = ["method=\"GET\"", "route=\"/admin/v1/tenants/{slug}/export\"", "status=200", "ms="];
    assert!(told.iter().all(|part| export.contains(part)), "{export}");
    let ours = text.lines().filter(|line| !line.contains("hyper_util::client") && !line.contains("reqwest"));
    let leaks: Vec<&str> =
        ours.filter(|line| [SENTINEL, TOKEN].iter().any(|secret| line.contains(secret))).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
}

/// The runtime has one thread, so that the gateway's tasks log where the test listens.
#[tokio::test(flavor = "current_thread")]
async fn log_lines_tell_of_requests_but_not_what_is_in_them() {
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    tenant.put_users(&[user()]).await;
    let key = tenant.bitbadges_key().await;

    let calls = calls(&app, &tenant, &key);
    let count = calls.len();
    listen();
    for call in calls {
        call.send().await.unwrap();
    }
    let text = heard();
    let of_requests = text.lines().filter(|line| line.contains("status=")).count();
    assert_eq!(of_requests, count, "{text}");
    let of_the_test = ["hyper_util::client", "reqwest"];
    let ours = text.lines().filter(|line| of_the_test.iter().all(|name| !line.contains(name)));
    let leaks: Vec<&str> = ours.filter(|line| line.contains(SENTINEL) || line.contains(&key)).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
}
