//! Rejected requests: all in the same format, never a 5xx, and without revealing what others have.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use time::OffsetDateTime;
use userbatch::api::Limits;
use userbatch::auth::{Credentials, Source};
use userbatch::core::clock::Clock;
use userbatch::core::face::Face;
use userbatch::core::scope::Scope;

use super::{CUSTOMERS, Elements, READ_CUSTOMERS, READ_USERS, WRITE_USERS, refusal};
use crate::administration::limit_batches;
use crate::app::{TestApp, TestTenant, until_limited};

async fn gateway() -> (TestApp, TestTenant) {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    (app, tenant)
}

async fn challenge(app: &TestApp, path: &str, authorization: Option<&str>) -> String {
    let mut request = app.http.post(app.url(path)).json(&json!({}));
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    let response = request.send().await.unwrap();
    let headers: HeaderMap = response.headers().clone();
    refusal(response, 401).await;
    headers["www-authenticate"].to_str().unwrap().to_owned()
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[tokio::test]
async fn without_a_token_the_caller_is_told_to_bring_one() {
    let (app, tenant) = gateway().await;
    for authorization in [None, Some("Basic Yzpz"), Some("Bearer"), Some("token")] {
        for path in [&tenant.avepoint_path(), CUSTOMERS] {
            assert_eq!(challenge(&app, path, authorization).await, "Bearer", "{authorization:?}");
        }
    }
}

#[tokio::test]
async fn no_forged_token_is_let_in() {
    let (app, tenant) = gateway().await;
    let token = Elements::new(&app).await.token;
    let mut parts = token.split('.');
    let (header, payload, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let mut longer = claims.clone();
    longer["exp"] = json!(claims["exp"].as_i64().unwrap() + 1);
    let none = encoded(&json!({"alg": "none", "typ": "JWT"}));
    let rs256 = encoded(&json!({"alg": "RS256", "typ": "JWT"}));
    let other = TestApp::start().await;
    let foreign_key = userbatch::auth::KeyRing::new("another-key-of-at-least-32-characters").unwrap();
    let foreign = Credentials::new(other.serving.clone(), foreign_key.into(), Clock::system());
    let (id, secret) = app.avepoint_client("default", &[READ_USERS]).await;
    let principal = Credentials::new(app.serving.clone(), app.keys.clone(), Clock::system())
        .by_id_and_secret(Face::AvePoint, &id.into(), &secret, &Source::local())
        .await
        .unwrap();
    let other_key = foreign.issue_token(Face::AvePoint, &principal, "x", &[Scope::ReadUsers]).unwrap();
    for (forged, fault) in [
        (format!("{none}.{payload}."), "malformed"),
        (format!("{none}.{payload}.{signature}"), "not valid"),
        (format!("{rs256}.{payload}.{signature}"), "not valid"),
        (format!("{header}.{}.{signature}", encoded(&longer)), "not valid"),
        (format!("{header}.{payload}."), "malformed"),
        (format!("{header}.{payload}"), "malformed"),
        (secrecy::ExposeSecret::expose_secret(&other_key).to_owned(), "not valid"),
        (secret, "malformed"),
        ("x".repeat(6_000), "malformed"),
    ] {
        let told = challenge(&app, &tenant.avepoint_path(), Some(&format!("Bearer {forged}"))).await;
        let expected = format!(r#"Bearer error="invalid_token", error_description="the token is {fault}""#);
        assert_eq!(told, expected, "{forged:.60}");
    }
}

#[tokio::test]
async fn a_token_counts_only_within_its_hour() {
    let clock = Clock::fixed(OffsetDateTime::UNIX_EPOCH + Duration::from_hours(500_000));
    let app = TestApp::start_with(clock.clone(), Limits::default()).await;
    let tenant = app.tenant("acme").await;
    let client = Elements::new(&app).await;
    let bearer = format!("Bearer {}", client.token);
    let earlier = TestApp::start_on(
        app.database.clone(),
        Clock::fixed(clock.now() - Duration::from_mins(1)),
        Limits::default(),
    )
    .await;
    let told = challenge(&earlier, &tenant.avepoint_path(), Some(&bearer)).await;
    assert!(told.contains("not valid yet"), "{told}");
    clock.advance(Duration::from_secs(3_599));
    client.ask(&tenant.avepoint_path(), &json!({})).await;
    clock.advance(Duration::from_secs(1));
    let told = challenge(&app, &tenant.avepoint_path(), Some(&bearer)).await;
    assert!(told.contains("has expired"), "{told}");
}

#[tokio::test]
async fn another_faces_token_and_key_open_nothing_here() {
    let (app, tenant) = gateway().await;
    let (id, secret) = tenant.genauth_key().await;
    let credentials = Credentials::new(app.serving.clone(), app.keys.clone(), Clock::system());
    let genauth =
        credentials.by_id_and_secret(Face::GenAuth, &id.into(), &secret, &Source::local()).await.unwrap();
    let token = credentials.issue_token(Face::GenAuth, &genauth, "x", &[Scope::ReadUsers]).unwrap();
    let token = secrecy::ExposeSecret::expose_secret(&token).to_owned();
    // One that lies about its face is signed well, but its credential is not of this face.
    let lying = credentials.issue_token(Face::AvePoint, &genauth, "x", &[Scope::ReadUsers]).unwrap();
    let lying = secrecy::ExposeSecret::expose_secret(&lying).to_owned();
    for text in [token, lying, tenant.bitbadges_key().await, secret] {
        challenge(&app, &tenant.avepoint_path(), Some(&format!("Bearer {text}"))).await;
    }
}

#[tokio::test]
async fn a_token_ends_with_its_credential() {
    let (app, tenant) = gateway().await;
    let client = Elements::new(&app).await;
    client.ask(&tenant.avepoint_path(), &json!({})).await;
    let mut owner = app.database.owner_connection().await;
    sqlx::query("UPDATE credential SET revoked_at = now()").execute(&mut owner).await.unwrap();
    let told = challenge(&app, &tenant.avepoint_path(), Some(&format!("Bearer {}", client.token))).await;
    assert_eq!(told, r#"Bearer error="invalid_token", error_description="the token was withdrawn""#);
}

#[tokio::test]
async fn a_permission_that_is_missing_or_withdrawn_is_403() {
    let (app, tenant) = gateway().await;
    let path = tenant.avepoint_path();
    for (scope, path, open) in [
        (READ_USERS, path.as_str(), true),
        (WRITE_USERS, path.as_str(), true),
        (READ_CUSTOMERS, path.as_str(), false),
        (READ_CUSTOMERS, CUSTOMERS, true),
        (WRITE_USERS, CUSTOMERS, false),
    ] {
        let client = Elements::of(&app, "default", &[scope]).await;
        let response = client.request(path).send().await.unwrap();
        if open {
            assert_eq!(response.status(), StatusCode::OK, "{scope} {path}");
        } else {
            let told = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
            assert!(told.starts_with(r#"Bearer error="insufficient_scope", scope="elements."#), "{told}");
            refusal(response, 403).await;
        }
    }
    let client = Elements::of(&app, "default", &[READ_USERS]).await;
    let mut owner = app.database.owner_connection().await;
    sqlx::query("UPDATE credential SET scopes = '{}'").execute(&mut owner).await.unwrap();
    refusal(client.request(&path).send().await.unwrap(), 403).await;
}

#[tokio::test]
async fn absent_and_foreign_tenants_answer_alike_to_the_byte() {
    let (app, tenant) = gateway().await;
    let foreign = app.tenant_of("another", "foreign").await;
    let client = Elements::new(&app).await;
    let own = &tenant.new;
    let long = "x".repeat(2_000);
    let mut answers = Vec::new();
    for (customer, tenant) in [
        ("nobody", "nothing"),
        (own.customer_id.as_str(), "nothing"),
        ("nobody", own.tenant_id.as_str()),
        (foreign.new.customer_id.as_str(), foreign.new.tenant_id.as_str()),
        (own.customer_id.as_str(), foreign.new.tenant_id.as_str()),
        (foreign.new.customer_id.as_str(), own.tenant_id.as_str()),
        ("a%00b", "%00"),
        ("%ff", "%ff"),
        ("%2e%2e%2f", "'; DROP TABLE customer; --"),
        (long.as_str(), long.as_str()),
    ] {
        let path = format!("/partner/external/v3/um/customers/{customer}/tenants/{tenant}/users/batch");
        let response = client.request(&path).json(&json!({})).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{customer:.20} {tenant:.20}");
        let id = response.headers()["request-id"].to_str().unwrap().to_owned();
        answers.push(response.text().await.unwrap().replace(&id, "…"));
    }
    answers.dedup();
    assert_eq!(
        answers,
        [
            r#"{"statusCode":404,"message":"The customer or tenant does not exist. Check the two ids in the path.","requestId":"…"}"#
        ]
    );
}

#[tokio::test]
async fn only_post_is_taken_and_a_get_may_have_a_body() {
    let (app, tenant) = gateway().await;
    let client = Elements::new(&app).await;
    for path in [&tenant.avepoint_path(), CUSTOMERS, "/connect/token"] {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
            let request = app.http.request(method.clone(), app.url(path)).bearer_auth(&client.token);
            let response = request.body("null").send().await.unwrap();
            assert_eq!(response.headers()["allow"], "POST", "{method} {path}");
            refusal(response, 405).await;
        }
    }
    let response = app.http.get(app.url("/partner/external/v4/x")).send().await.unwrap();
    refusal(response, 404).await;
}

#[tokio::test]
async fn bad_input_is_told_with_its_place_and_never_a_failure() {
    let (app, tenant) = gateway().await;
    let client = Elements::new(&app).await;
    let many = |count: usize| json!({"userIds": vec!["u"; count]}).to_string();
    for (query, body, status, told) in [
        ("", r#"{"userIds":["#.to_owned(), 400, "EOF"),
        ("", r#"{"userIds":"u"}"#.to_owned(), 400, "userIds: "),
        ("", r#"{"userIds":["a",{"b":1}]}"#.to_owned(), 400, "userIds[1]: "),
        ("", r#"{"userIds":["\ud800"]}"#.to_owned(), 400, "userIds"),
        ("", "[]".to_owned(), 400, "expected a JSON object"),
        ("", "\u{0}".to_owned(), 400, "not valid"),
        ("", many(10_001), 400, "10000"),
        ("", many(20_000), 400, "10000"),
        ("", " ".repeat(10 << 20), 413, "too large"),
        ("?pageIndex=0", String::new(), 400, "pageIndex"),
        ("?pageIndex=1&pageIndex=1", String::new(), 400, "pageIndex"),
        ("?pageSize=1001", String::new(), 400, "pageSize"),
        ("?pageSize=%00", String::new(), 400, "pageSize"),
    ] {
        for path in [&tenant.avepoint_path(), CUSTOMERS] {
            let body = if path == CUSTOMERS { body.replace("userIds", "customerIds") } else { body.clone() };
            let told =
                if path == CUSTOMERS { told.replace("userIds", "customerIds") } else { told.to_owned() };
            let response = client.request(&format!("{path}{query}")).body(body).send().await.unwrap();
            let message = refusal(response, status).await["message"].as_str().unwrap().to_owned();
            assert!(message.contains(&told), "{query} {message}");
        }
    }
    for body in [many(10_000), json!({"userIds": ["a\u{0}b", "\u{ffff}", "x".repeat(100_000)]}).to_string()] {
        let response = client.request(&tenant.avepoint_path()).body(body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_tenant_may_lower_its_pages_and_filters_and_never_raise_them() {
    let (app, tenant) = gateway().await;
    let client = Elements::new(&app).await;
    let path = tenant.avepoint_path();
    let sized = |size: u32| format!("{path}?pageSize={size}");
    let filter = |count: u32| (0..count).map(|n| format!("u{n}")).collect::<Vec<_>>();
    let message = async |path: &str, body: Value| {
        let response = client.request(path).json(&body).send().await.unwrap();
        refusal(response, 400).await["message"].as_str().unwrap().to_owned()
    };
    for (limit, most) in [(3, 3), (1_000, 1_000), (1_001, 1_000), (0, 1_000)] {
        limit_batches(&app, "acme", limit).await;
        let page = client.ask(&sized(most), &json!({})).await;
        assert_eq!(page["metadata"]["pageSize"], most);
        let told = message(&sized(most + 1), json!({})).await;
        assert_eq!(told, format!("pageSize must be an integer from 1 to {most}."));
        let unasked = client.ask(&path, &json!({})).await;
        assert_eq!(unasked["metadata"]["pageSize"], most.min(100), "the default is no larger than the most");
    }
    limit_batches(&app, "acme", 3).await;
    client.ask(&path, &json!({ "userIds": filter(3) })).await;
    let told = message(&path, json!({ "userIds": filter(4) })).await;
    assert_eq!(
        told,
        "The request body is not valid. At most 3 ids can be given at a time, not 4; split the request."
    );
    limit_batches(&app, "acme", 20_000).await;
    client.ask(&path, &json!({ "userIds": filter(10_000) })).await;
    assert!(message(&path, json!({ "userIds": filter(10_001) })).await.contains("At most 10000 ids"));
    // Customers are not users of the tenant.
    limit_batches(&app, "acme", 3).await;
    client.ask(&format!("{CUSTOMERS}?pageSize=1000"), &json!({})).await;
}

#[tokio::test]
async fn a_call_too_many_is_told_when_to_come_back_in_whole_seconds() {
    let limits = Limits { requests_per_second: 1, ..Limits::default() };
    let app = TestApp::start_with(Clock::system(), limits).await;
    let tenant = app.tenant("acme").await;
    let (id, secret) = app.avepoint_client("default", &[READ_USERS]).await;
    let client = Elements { app: &app, token: app.avepoint_token(&id, &secret).await };
    let response = until_limited(&client.request(&tenant.avepoint_path())).await;
    let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait));
    refusal(response, 429).await;
}
