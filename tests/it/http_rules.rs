//! HTTP to the letter, for all faces.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use userbatch::core::id::UserId;
use userbatch::core::user::User;

use crate::app::{TestApp, TestTenant};

/// Sends `head` as it stands, and reads the answer.
async fn raw(app: &TestApp, head: String) -> String {
    use std::io::{Read as _, Write as _};
    let address = app.base_url.trim_start_matches("http://").to_owned();
    let answer = tokio::task::spawn_blocking(move || {
        let mut line = std::net::TcpStream::connect(address).unwrap();
        line.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).unwrap();
        answer
    });
    answer.await.unwrap()
}

#[tokio::test]
async fn a_request_has_one_host() {
    let app = TestApp::start().await;
    for (version, hosts, status) in [
        ("1.1", "", "400"),
        ("1.1", "Host: a\r\nHost: a\r\n", "400"),
        ("1.1", "Host: a\r\n", "200"),
        ("1.0", "", "200"),
    ] {
        let head = format!("GET /livez HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n");
        let answer = raw(&app, head).await;
        assert!(answer.contains(&format!(" {status} ")), "{version} {hosts:?}: {answer}");
    }
    let answer = raw(&app, "GET /api/v0/users HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned()).await;
    assert!(answer.contains(r#""errorMessage":"The request must have exactly one Host header."#), "{answer}");
}

#[tokio::test]
async fn two_credentials_are_refused_in_either_order() {
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let (key, token) = (tenant.bitbadges_key().await, tenant.genauth_token().await);
    for (one, other) in [(key.as_str(), "wrong"), ("wrong", key.as_str()), (key.as_str(), key.as_str())] {
        let request =
            app.http.post(app.url("/api/v0/users")).header("x-api-key", one).header("x-api-key", other);
        assert_eq!(request.body("{}").send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    }
    for (one, other) in [(token.as_str(), "wrong"), ("wrong", token.as_str())] {
        let request = app.http.get(app.url("/api/v3/get-user-batch?userIds=a"));
        let request = request.header("authorization", one).header("authorization", other);
        let body: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(body["statusCode"], 400, "{body}");
    }
}

/// A page of users that is worth compressing.
async fn page(app: &TestApp, tenant: &TestTenant, accepted: &str) -> reqwest::Response {
    let names: Vec<Value> = (0..50).map(|number| json!({ "username": format!("user-{number}") })).collect();
    let request = app.http.post(app.url("/api/v0/users")).header("x-api-key", tenant.bitbadges_key().await);
    let request = request.header("accept-encoding", accepted).json(&json!({ "accountsToFetch": names }));
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_coding_that_is_not_offered_is_no_error() {
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let users: Vec<User> = (0..50).map(|number| User::new(UserId::new(format!("user-{number}")))).collect();
    tenant.put_users(&users).await;
    for (accepted, coding) in [
        ("br;q=1, *;q=0", None),
        ("identity;q=0, br", None),
        ("gzip;q=0", None),
        ("br, gzip;q=0.5", Some("gzip")),
        ("*", Some("gzip")),
    ] {
        let answer = page(&app, &tenant, accepted).await;
        assert_eq!(answer.status(), StatusCode::OK, "{accepted}");
        let used = answer.headers().get("content-encoding").map(|coding| coding.to_str().unwrap());
        assert_eq!(used, coding, "{accepted}");
    }
}

#[tokio::test]
async fn a_compressed_request_is_an_unsupported_media_type() {
    let app = TestApp::start().await;
    let key = app.tenant("a").await.bitbadges_key().await;
    let request = app.http.post(app.url("/api/v0/users")).header("x-api-key", key);
    let answer = request.header("content-encoding", "gzip").body(vec![0x1f, 0x8b]).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn whatever_may_hold_personal_data_or_a_token_is_kept_out_of_caches() {
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let (id, secret) = app.avepoint_client("default", &["elements.um.user.read.all"]).await;
    let form = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
    for request in [
        app.http.post(app.url("/api/v0/users")).header("x-api-key", tenant.bitbadges_key().await).body("{}"),
        app.http.post(app.url("/api/v0/users")),
        app.http.get(app.url("/api/v3/get-user-batch?userIds=a")).bearer_auth(tenant.genauth_token().await),
        app.http.post(app.url("/connect/token")).form(&form),
        app.http.get(app.url("/partner/none")),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "no-store", "{}", answer.url());
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{}", answer.url());
    }
}

#[tokio::test]
async fn a_base_url_that_ends_with_a_slash_finds_its_route() {
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let request = app.http.request(Method::POST, format!("{}//api/v0/users", app.base_url));
    let request = request.header("x-api-key", tenant.bitbadges_key().await);
    let answer = request.json(&json!({ "accountsToFetch": [] })).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}
