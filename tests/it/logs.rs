//! No data from requests or directories appears in the log.

use std::cell::RefCell;
use std::io::Write;

use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tracing_subscriber::fmt;
use userbatch::core::id::UserId;
use userbatch::core::user::User;

use crate::admin_api::{Api, TOKEN};
use crate::app::{TestApp, TestTenant, serve_here};

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
    let method = Method::from_bytes(SENTINEL.as_bytes()).unwrap();
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
        app.http.get(nowhere).header("traceparent", format!("00-{SENTINEL}-00f067aa0ba902b7-01")),
        app.http.request(method, app.url("/livez")),
    ]
}

/// Good and bad calls of the admin API with the sentinel in paths, names, queries and bodies.
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
    serve_here();
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
    serve_here();
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

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The call, within a trace.
fn traced(call: RequestBuilder) -> RequestBuilder {
    call.header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"))
}

/// The line of the one request that `call` is, and the request's id.
async fn line_of(call: RequestBuilder) -> (String, String) {
    listen();
    let response = call.send().await.unwrap();
    let id = response.headers()["request-id"].to_str().unwrap().to_owned();
    let text = heard();
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("vendor_status=")).collect();
    assert_eq!(lines.len(), 1, "{text}");
    (lines[0].to_owned(), id)
}

fn assert_line(line: &str, parts: &[&str]) {
    assert!(parts.iter().all(|part| line.contains(part)), "{line}\n{parts:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_line_names_the_request_its_trace_its_tenant_and_its_credential() {
    serve_here();
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let key = tenant.bitbadges_key().await;
    let batch = app.http.post(app.url("/api/v0/user/batch")).header("x-api-key", &key);
    let (line, id) = line_of(traced(batch.body(r#"{"accountsToFetch":[]}"#))).await;
    let (id, trace) = (format!("id={id}"), format!("trace={TRACE}"));
    assert_line(&line, &["INFO", &id, &trace, "method=\"POST\"", "route=\"/api/v0/user/batch\""]);
    assert_line(
        &line,
        &["face=\"bitbadges\"", "tenant=\"a\"", "credential=\"", "status=200", "vendor_status=200"],
    );
    assert_eq!(line.matches(&id).count(), 1, "{line}");

    let (client, secret) = app.avepoint_client("default", &["elements.um.user.read.all"]).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &client),
        ("client_secret", &secret),
        ("scope", "elements.um.user.read.all"),
    ];
    let token = app.http.post(app.url("/connect/token")).form(&form).send().await.unwrap();
    let token: Value = token.json().await.unwrap();
    let token = token["access_token"].as_str().unwrap();
    let page = app.http.post(app.url(&tenant.avepoint_path())).bearer_auth(token);
    let (line, _) = line_of(page).await;
    let credential = format!("credential=\"{client}\"");
    assert_line(&line, &["face=\"avepoint\"", "tenant=\"a\"", &credential, "status=200"]);
    assert!(!line.contains("trace="), "{line}");

    let elsewhere = app.url(&tenant.avepoint_path().replace("a-tenant", "b-tenant"));
    let (line, _) = line_of(app.http.post(elsewhere).bearer_auth(token)).await;
    assert_line(&line, &["WARN", &credential, "status=404"]);
    assert!(!line.contains("tenant=\""), "a tenant that the caller may not know of is not named: {line}");
    let (line, _) = line_of(app.http.get(app.url("/livez"))).await;
    assert!(["face=", "tenant=", "credential="].iter().all(|field| !line.contains(field)), "{line}");
}

#[tokio::test(flavor = "current_thread")]
async fn an_error_that_genauth_answers_with_200_is_a_warning() {
    serve_here();
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let (id, secret) = tenant.genauth_key().await;
    let url = app.url("/api/v3/get-user-batch?userIds=1");
    let (line, _) = line_of(app.http.get(&url)).await;
    assert_line(&line, &["WARN", "request refused", "face=\"genauth\"", "status=200", "vendor_status=401"]);
    let pair = json!({ "accessKeyId": id, "accessKeySecret": secret });
    let issue = app.http.post(app.url("/api/v3/get-management-token")).json(&pair);
    let credential = format!("credential=\"{id}\"");
    let (line, _) = line_of(issue).await;
    assert_line(&line, &["INFO", "tenant=\"a\"", &credential, "status=200", "vendor_status=200"]);
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_not_offered_is_a_refusal_and_no_failure() {
    serve_here();
    let app = TestApp::start().await;
    let (_, token) = app.tenant("a").await.scim_token().await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let (line, _) = line_of(app.http.request(method, app.url("/scim/v2/Me")).bearer_auth(&token)).await;
        assert_line(&line, &["WARN", "request refused", "face=\"scim\"", "status=501", "tenant=\"a\""]);
    }
}

/// At the level `debug`, at which sqlx writes a line for each statement.
#[tokio::test(flavor = "current_thread")]
async fn what_is_written_meanwhile_names_the_request_and_the_statement() {
    serve_here();
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let key = tenant.bitbadges_key().await;
    let batch = json!({ "accountsToFetch": [{ "username": SENTINEL }] });
    let call = app.http.post(app.url("/api/v0/user/batch")).header("x-api-key", &key).json(&batch);
    listen();
    let response = call.send().await.unwrap();
    let id = format!("request{{id={}", response.headers()["request-id"].to_str().unwrap());
    let text = heard();
    let within = |statement: &str| {
        let span = format!("statement{{name=\"{statement}\"}}");
        text.lines().find(|line| line.contains(&id) && line.contains(&span)).map(str::to_owned)
    };
    assert!(within("caller_by_digest").is_some(), "{text}");
    let later = within("users_by_keys").unwrap();
    assert_line(&later, &["face=\"bitbadges\"", "tenant=\"a\"", "credential=\""]);
}

#[tokio::test(flavor = "current_thread")]
async fn metrics_have_the_vendors_status_beside_the_protocols_and_words_of_ours_alone() {
    serve_here();
    let recorder = PrometheusBuilder::new().build_recorder();
    let _recording = metrics::set_default_local_recorder(&recorder);
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    tenant.put_users(&[user()]).await;
    let key = tenant.bitbadges_key().await;
    for call in calls(&app, &tenant, &key) {
        call.send().await.unwrap();
    }
    let text = recorder.handle().render();
    let told = r#"userbatch_request_seconds_count{method="GET",route="/api/v3/get-user-batch",status="200",vendor_status="401"} 1"#;
    assert!(text.contains(told), "{text}");
    let leaks: Vec<&str> =
        text.lines().filter(|line| [SENTINEL, key.as_str()].iter().any(|word| line.contains(word))).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
}
