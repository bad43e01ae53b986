//! Nothing that a caller sends, and nothing that a directory holds, reaches a log line.

use std::io::Write;
use std::sync::{Arc, Mutex};

use reqwest::RequestBuilder;
use serde_json::json;
use tracing::subscriber::set_default;
use tracing_subscriber::fmt;
use userbatch::core::id::UserId;
use userbatch::core::user::User;

use crate::app::{TestApp, TestTenant};

const SENTINEL: &str = "sentinel-of-personal-data";

/// Log lines, kept.
#[derive(Debug, Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn elements(app: &TestApp, tenant: &TestTenant, token: &str, body: &str) -> RequestBuilder {
    let request = app.http.post(app.url(&tenant.avepoint_path()));
    request.bearer_auth(token).body(body.to_owned())
}

fn token(app: &TestApp, client: &str, secret: &str, scope: &str) -> RequestBuilder {
    app.http.post(app.url("/connect/token")).form(&[
        ("grant_type", "client_credentials"),
        ("client_id", client),
        ("client_secret", secret),
        ("scope", scope),
    ])
}

/// The runtime has one thread, so that the gateway's tasks log where the test listens.
#[tokio::test(flavor = "current_thread")]
async fn log_lines_tell_of_requests_but_not_what_is_in_them() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(move || writer.clone());
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let mut user = User::new(UserId::new(SENTINEL));
    user.contact.email = Some(format!("{SENTINEL}@example.com"));
    user.profile.username = Some(SENTINEL.to_owned());
    tenant.put_users(&[user]).await;
    let key = tenant.bitbadges_key().await;

    let (client, secret) = app
        .avepoint_client("default", &["elements.um.user.read.all"])
        .await;
    let granted = token(&app, &client, &secret, "").send().await.unwrap();
    let granted: serde_json::Value = granted.json().await.unwrap();
    let bearer = granted["access_token"].as_str().unwrap();

    let listening = set_default(subscriber.finish());
    let post = |body: String| {
        app.http
            .post(app.url("/api/v0/user/batch"))
            .header("x-api-key", &key)
            .body(body)
    };
    let batch = |entry: serde_json::Value| json!({ "accountsToFetch": [entry] }).to_string();
    let calls = [
        post(batch(json!({ "username": SENTINEL }))),
        post(batch(json!({ "address": SENTINEL }))),
        post(batch(json!({ "username": { SENTINEL: 1 } }))),
        post(SENTINEL.to_owned()),
        app.http
            .post(app.url("/api/v0/user/batch"))
            .header("x-api-key", SENTINEL),
        app.http
            .get(app.url(&format!("/api/v3/get-user-batch?userIds={SENTINEL}")))
            .bearer_auth(SENTINEL),
        app.http
            .post(app.url(&tenant.avepoint_path()))
            .bearer_auth(SENTINEL),
        elements(
            &app,
            &tenant,
            bearer,
            &json!({ "userIds": SENTINEL }).to_string(),
        ),
        elements(
            &app,
            &tenant,
            bearer,
            &json!({ "userIds": [SENTINEL, 7] }).to_string(),
        ),
        elements(&app, &tenant, bearer, &format!(r#"{{"{SENTINEL}":[}}"#)),
        elements(&app, &tenant, bearer, "").query(&[("pageIndex", SENTINEL)]),
        token(&app, SENTINEL, SENTINEL, SENTINEL),
        token(&app, &client, &secret, SENTINEL),
        app.http.get(app.url(&format!("/nowhere/{SENTINEL}"))),
    ];
    let count = calls.len();
    for call in calls {
        call.send().await.unwrap();
    }
    drop(listening);

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let of_requests = text.lines().filter(|line| line.contains("status=")).count();
    assert_eq!(of_requests, count, "{text}");
    assert_no_leak(&text, &key);
}

/// The test's own HTTP client logs into the same lines.
fn assert_no_leak(text: &str, key: &str) {
    let leaks: Vec<&str> = text
        .lines()
        .filter(|line| line.contains(SENTINEL) || line.contains(key))
        .filter(|line| !line.contains("hyper_util::client") && !line.contains("reqwest"))
        .collect();
    assert!(leaks.is_empty(), "{leaks:?}");
}
