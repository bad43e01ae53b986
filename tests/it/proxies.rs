//! The sample configurations in deploy/proxy, run by the programs that they are for, with TLS. Not part of `make test`;
//! `.ci/proxies` gets the programs and runs these.

use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::app::{TestApp, free_port};
use crate::gateway::Gateway;
use crate::genauth::Client;
use crate::neighbour::Neighbour;

const NGINX: &str = include_str!("../../deploy/proxy/nginx.conf");
const CADDYFILE: &str = include_str!("../../deploy/proxy/Caddyfile");
const TRAEFIK: &str = include_str!("../../deploy/proxy/traefik.yml");
const TRAEFIK_DYNAMIC: &str = include_str!("../../deploy/proxy/traefik-dynamic.yml");
const PUBLIC_URL: &str = "https://users.example.com";
/// Of a gateway behind a proxy. Unoptimised, a cold one connects slowly.
const SETTINGS: [(&str, &str); 6] = [
    ("USERBATCH_TRUSTED_PROXIES", "127.0.0.1"),
    ("USERBATCH_PUBLIC_URL", PUBLIC_URL),
    ("USERBATCH_RATE_LIMIT", "100000"),
    ("USERBATCH_DRAIN_SECONDS", "2"),
    ("USERBATCH_DATABASE_CONNECTIONS", "4"),
    ("USERBATCH_DATABASE_WAIT_MS", "5000"),
];

#[derive(Debug, Clone, Copy)]
enum Program {
    Nginx,
    Caddy,
    Traefik,
}

/// A running proxy, in one process.
struct Proxy {
    program: Neighbour,
}

impl Proxy {
    /// A proxy before two gateways, at these URLs.
    async fn start(program: Program, gateways: [&str; 2]) -> Self {
        let addresses = gateways.map(|url| url.trim_start_matches("http://").to_owned());
        let variable = match program {
            Program::Nginx => "USERBATCH_NGINX",
            Program::Caddy => "USERBATCH_CADDY",
            Program::Traefik => "USERBATCH_TRAEFIK",
        };
        let program = Neighbour::start((variable, ".ci/proxies"), |port, directory, command| {
            make_certificate(directory);
            match program {
                Program::Nginx => run_nginx(port, directory, &addresses, command),
                Program::Caddy => run_caddy(port, directory, &addresses, command),
                Program::Traefik => run_traefik(port, directory, &addresses, command),
            }
        });
        let proxy = Self { program: program.await };
        // Traefik listens before it knows its certificate and its gateways.
        while !run(&mut proxy.curl("/livez", "")).await.status.success() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        proxy
    }

    /// Runs curl with a path of the proxy; prints what is answered, and then `format` of each transfer.
    fn curl(&self, path: &str, format: &str) -> Command {
        let mut command = Command::new("curl");
        command
            .args(["--silent", "--show-error", "--max-time", "60", "--cacert"])
            .arg(self.program.directory.join("cert.pem"))
            .args(["--write-out", format])
            .arg(format!("https://localhost:{}{path}", self.program.port));
        command
    }

    /// The status and the body of one answer.
    async fn call(&self, path: &str, arguments: &[&str]) -> (u16, String) {
        let mut command = self.curl(path, "\n%{http_code}");
        let output = run(command.arg("--globoff").args(arguments)).await;
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, status) = text.rsplit_once('\n').unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{path} {arguments:?}: {errors}");
        (status.parse().unwrap(), body.to_owned())
    }

    /// A body of this many bytes, as an argument for curl.
    fn body(&self, bytes: usize) -> String {
        let path = self.program.directory.join(format!("{bytes}.json"));
        let mut body = b"{\"accountsToFetch\":[]}".to_vec();
        body.resize(bytes, b' ');
        write(&path, body).unwrap();
        format!("@{}", path.display())
    }
}

/// Runs a command without holding up the others on this thread.
async fn run(command: &mut Command) -> Output {
    tokio::process::Command::from(std::mem::replace(command, Command::new("true"))).output().await.unwrap()
}

/// A certificate for `localhost`, which whoever runs the proxy can read.
fn make_certificate(directory: &Path) {
    let arguments = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
                     -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem";
    let mut openssl = Command::new("openssl");
    let made = openssl.args(arguments.split_whitespace()).current_dir(directory).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    set_permissions(directory.join("key.pem"), Permissions::from_mode(0o644)).unwrap();
}

/// `text` with each of `changes` made, all of which it must have a place for.
fn changed(text: &str, changes: &[(&str, String)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

fn run_nginx(port: u16, directory: &Path, gateways: &[String; 2], command: &mut Command) {
    let site = changed(
        NGINX,
        &[
            ("listen 443 ", format!("listen 127.0.0.1:{port} ")),
            ("server_name users.example.com", "server_name localhost".to_owned()),
            ("/etc/ssl/certs/users.example.com.pem", "cert.pem".to_owned()),
            ("/etc/ssl/private/users.example.com.key", "key.pem".to_owned()),
            ("127.0.0.1:8080", gateways[0].clone()),
            ("127.0.0.1:8081", gateways[1].clone()),
        ],
    );
    let scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let scratch = scratch.map(|kind| format!("{kind}_temp_path {kind};")).concat();
    let text = format!(
        "daemon off; master_process off; pid nginx.pid; events {{ worker_connections 1024; }}
         http {{ access_log off; {scratch}\n{site}\n}}"
    );
    write(directory.join("nginx.conf"), text).unwrap();
    command.arg("-p").arg(directory).args(["-c", "nginx.conf", "-e", "error.log"]);
}

fn run_caddy(port: u16, directory: &Path, gateways: &[String; 2], command: &mut Command) {
    // Nothing on port 80, nor on other addresses.
    let own = "admin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1".to_owned();
    write(directory.join("Caddyfile"), changed(CADDYFILE, &[("admin off", own)])).unwrap();
    let log = std::fs::File::create(directory.join("error.log")).unwrap();
    command
        .args(["run", "--adapter", "caddyfile", "--config", "Caddyfile"])
        .current_dir(directory)
        .env("HOME", directory)
        .env("USERBATCH_SITE", format!("https://localhost:{port}"))
        .env("USERBATCH_GATEWAYS", gateways.join(" "))
        .env("USERBATCH_TLS", "tls cert.pem key.pem")
        // Debian's is older than 2.7.
        .env("USERBATCH_BODIES", "buffer_requests")
        .stderr(log);
}

fn run_traefik(port: u16, directory: &Path, gateways: &[String; 2], command: &mut Command) {
    let own = |name: &str| directory.join(name).display().to_string();
    let redirecting = free_port();
    let text = changed(
        TRAEFIK,
        &[
            ("\":80\"", format!("127.0.0.1:{redirecting}")),
            ("\":443\"", format!("127.0.0.1:{port}")),
            ("/var/lib/traefik/acme.json", own("acme.json")),
            ("/etc/traefik/userbatch.yml", own("userbatch.yml")),
        ],
    );
    write(directory.join("traefik.yml"), text + "global:\n  checkNewVersion: false\n").unwrap();
    let text = changed(
        TRAEFIK_DYNAMIC,
        &[
            ("Host(`users.example.com`)", "Host(`localhost`)".to_owned()),
            ("\n        certResolver: letsencrypt", " {}".to_owned()),
            ("127.0.0.1:8080", gateways[0].clone()),
            ("127.0.0.1:8081", gateways[1].clone()),
        ],
    );
    let certificate = format!("certFile: {}\n      keyFile: {}", own("cert.pem"), own("key.pem"));
    let text = format!("{text}tls:\n  certificates:\n    - {certificate}\n");
    write(directory.join("userbatch.yml"), text).unwrap();
    let log = std::fs::File::create(directory.join("error.log")).unwrap();
    command.arg(format!("--configFile={}", own("traefik.yml"))).current_dir(directory);
    command.stdout(log.try_clone().unwrap()).stderr(log);
}

/// All proxies, before one gateway of these settings.
async fn proxies(app: &TestApp, settings: &[(&str, &str)]) -> (Gateway, [(Program, Proxy); 3]) {
    let gateway = Gateway::start(&app.database, &[&SETTINGS[..], settings].concat()).await;
    let urls = [gateway.base_url.as_str(); 2];
    let all = [Program::Nginx, Program::Caddy, Program::Traefik];
    let [nginx, caddy, traefik] =
        all.map(|program| async move { (program, Proxy::start(program, urls).await) });
    let proxies = [nginx.await, caddy.await, traefik.await];
    (gateway, proxies)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the proxies: .ci/proxies"]
async fn large_bodies_arrive_and_refusals_are_the_gateways() {
    let app = TestApp::start().await;
    let key = format!("x-api-key: {}", app.tenant("a").await.bitbadges_key().await);
    let (_patient, proxies_of_patient) = proxies(&app, &[("USERBATCH_MAX_BODY_BYTES", "9000000")]).await;
    for (program, proxy) in &proxies_of_patient {
        let body = proxy.body(8 << 20);
        let (status, text) = proxy.call("/api/v0/users", &["--header", &key, "--data-binary", &body]).await;
        assert_eq!((status, text.as_str()), (200, "{\"accounts\":[]}"), "{program:?}");
    }
    let (_gateway, proxies) = proxies(&app, &[]).await;
    for (number, (program, proxy)) in proxies.iter().enumerate() {
        // Whoever guesses too often at one address is refused for that.
        let address = format!("127.0.0.{}", 2 + number);
        for (path, header, size, expected, own) in [
            ("/api/v0/users", key.as_str(), 8 << 20, 413, "errorMessage"),
            ("/api/v0/users", "x-api-key: none", 8 << 20, 401, "errorMessage"),
            ("/api/v0/users", "x-api-key: none", 64 << 10, 401, "errorMessage"),
            ("/connect/token", "accept: */*", 8 << 20, 413, "error_description"),
        ] {
            let body = proxy.body(size);
            for protocol in ["--http1.1", "--http2"] {
                for _ in 0..5 {
                    let caller = ["--interface", &address, "--header", header];
                    let arguments = [&[protocol], &caller[..], &["--data-binary", &body]].concat();
                    let (status, text) = proxy.call(path, &arguments).await;
                    let is_own = status == expected && text.contains(own);
                    assert!(is_own, "{program:?} {protocol} {path} {size}: {status} {text}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the proxies: .ci/proxies"]
async fn signatures_long_queries_and_the_public_url_survive() {
    let app = TestApp::start().await;
    let client = Client::of(&app, &app.tenant("pool").await).await;
    let bearer = format!("authorization: Bearer {}", client.token().await);
    let (_gateway, proxies) = proxies(&app, &[]).await;
    for (program, proxy) in &proxies {
        let signed = client.signed().request().build().unwrap();
        let headers = signed.headers().iter();
        let headers = headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
        let arguments = headers.flat_map(|header| ["--header".to_owned(), header]).collect::<Vec<_>>();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let path = format!("{}?{}", signed.url().path(), client.signed().query);
        let (_, text) = proxy.call(&path, &arguments).await;
        assert!(text.contains("\"statusCode\":200"), "{program:?}: {text}");

        let ids = vec![format!("userIds={}", "x".repeat(1_000)); 50].join("&");
        let path = format!("{}?{ids}", signed.url().path());
        let (status, text) = proxy.call(&path, &["--header", &bearer]).await;
        assert!(status == 200 && text.contains("\"statusCode\":200"), "{program:?}: {status} {text}");

        let (_, text) = proxy.call("/.well-known/openid-configuration", &[]).await;
        let discovery: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(discovery["token_endpoint"], format!("{PUBLIC_URL}/connect/token"), "{program:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the proxies: .ci/proxies"]
async fn connections_are_kept_and_callers_are_told_apart() {
    let app = TestApp::start().await;
    app.tenant("a").await;
    let (_gateway, proxies) = proxies(&app, &[]).await;
    for (number, (program, proxy)) in proxies.iter().enumerate() {
        let mut command = proxy.curl("/livez?[1-20]", "%{num_connects} %{http_code}\n");
        let text = String::from_utf8(run(&mut command).await.stdout).unwrap();
        assert_eq!(text.matches("0 200").count(), 19, "{program:?}: {text}");

        // One guesses, and claims another address each time; the other has not failed yet.
        let [stranger, honest] = [2 + 2 * number, 3 + 2 * number].map(|last| format!("127.0.0.{last}"));
        let mut command = proxy.curl("/api/v0/users?[1-70]", "%{http_code}\n");
        let forged =
            ["--header", "x-api-key: none", "--header", "x-forwarded-for: 203.0.113.7", "--data", "{}"];
        let guesses =
            run(command.args(forged).args(["--interface", &stranger, "--output", "/dev/null"])).await;
        let guesses = String::from_utf8(guesses.stdout).unwrap();
        let tried = guesses.lines().filter(|status| *status == "401").count();
        assert!((50..60).contains(&tried) && guesses.ends_with("429\n"), "{program:?}: {guesses}");
        let arguments = ["--header", "x-api-key: none", "--data", "{}", "--interface", &honest];
        assert_eq!(proxy.call("/api/v0/users", &arguments).await.0, 401, "{program:?}");
    }
}

/// Calls in a row until `stopped`, fifty on a connection. Returns how many there were, and the answers that are not 200.
async fn call_on(proxy: &Proxy, key: &str, stopped: &CancellationToken) -> (usize, Vec<String>) {
    let (mut calls, mut others) = (0, Vec::new());
    while !stopped.is_cancelled() {
        let mut command = proxy.curl("/api/v0/users?[1-50]", "%{http_code} %{errormsg}\n");
        let data = ["--header", key, "--data", "{\"accountsToFetch\":[]}", "--output", "/dev/null"];
        let output = run(command.args(data)).await;
        let text = String::from_utf8(output.stdout).unwrap();
        calls += text.lines().count();
        others.extend(text.lines().filter(|line| line.trim() != "200").map(ToOwned::to_owned));
    }
    (calls, others)
}

/// As docs/docker.md does: one gateway after the other, each once the one before it is ready.
async fn roll(program: Program) {
    let app = TestApp::start().await;
    let key = format!("x-api-key: {}", app.tenant("a").await.bitbadges_key().await);
    let addresses = [free_port(), free_port()].map(|port| format!("127.0.0.1:{port}"));
    let start = async |address: &str| Gateway::start_at(address, &app.database, &SETTINGS).await;
    let mut gateways = [start(&addresses[0]).await, start(&addresses[1]).await];
    let urls = gateways.each_ref().map(|gateway| gateway.base_url.clone());
    let proxy = Proxy::start(program, urls.each_ref().map(String::as_str)).await;
    let stopped = CancellationToken::new();
    let replace = async {
        for _ in 0..2 {
            for (gateway, address) in gateways.iter_mut().zip(&addresses) {
                tokio::time::sleep(Duration::from_millis(300)).await;
                gateway.terminate();
                gateway.ended().await;
                *gateway = start(address).await;
                // Until the proxy tries it again.
                tokio::time::sleep(Duration::from_millis(2_200)).await;
            }
        }
        stopped.cancel();
    };
    let call = || call_on(&proxy, &key, &stopped);
    let ((), one, two, three, four) = tokio::join!(replace, call(), call(), call(), call());
    for (calls, others) in [one, two, three, four] {
        let log = std::fs::read_to_string(log_of(&proxy)).unwrap_or_default();
        assert!(calls > 50 && others.is_empty(), "{program:?}: {others:?} of {calls}: {log}");
    }
}

/// What went wrong, in the proxy's words.
fn log_of(proxy: &Proxy) -> PathBuf {
    proxy.program.directory.join("error.log")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the proxies: .ci/proxies"]
async fn a_rolling_update_behind_nginx_loses_no_request() {
    roll(Program::Nginx).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the proxies: .ci/proxies"]
async fn a_rolling_update_behind_caddy_loses_no_request() {
    roll(Program::Caddy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the proxies: .ci/proxies"]
async fn a_rolling_update_behind_traefik_loses_no_request() {
    roll(Program::Traefik).await;
}
