//! POST /connect/token: OAuth 2.0 client credentials as in RFC 6749 and RFC 7523.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use userbatch::api::Limits;
use userbatch::core::clock::Clock;

use super::{Elements, READ_CUSTOMERS, READ_USERS, WRITE_USERS};
use crate::app::{TestApp, until_limited};

pub(super) type Form<'a> = Vec<(&'a str, &'a str)>;

pub(super) fn post(app: &TestApp, form: &Form<'_>) -> RequestBuilder {
    let form: Form<'_> = [&[("grant_type", "client_credentials")], form.as_slice()].concat();
    app.http.post(app.url("/connect/token")).form(&form)
}

/// The answer to a request that must be granted, which must have what clients read.
pub(super) async fn granted(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["pragma"], "no-cache");
    let status = response.status();
    let answer: Value = response.json().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3_600)));
    assert_eq!(answer.as_object().unwrap().len(), 4);
    answer
}

pub(super) async fn refused(response: Response, status: u16, error: &str) {
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers().contains_key("www-authenticate"), status == 401);
    assert_eq!(response.status(), status);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["error"], error, "{answer}");
    assert!(answer["error_description"].is_string());
}

#[tokio::test]
async fn a_secret_in_the_form_or_in_basic_gets_a_token_that_works() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (id, secret) = app.avepoint_client("default", &[READ_USERS, READ_CUSTOMERS]).await;
    let encoded = secret.replace('_', "%5f");
    let escaped = format!("Basic {}", STANDARD.encode(format!("{id}:{encoded}")));
    for request in [
        post(&app, &vec![("client_id", &id), ("client_secret", &secret), ("scope", "")]),
        post(&app, &vec![("unknown", "x")]).basic_auth(&id, Some(&secret)),
        post(&app, &vec![("client_id", &id)]).header("authorization", escaped),
    ] {
        let answer = granted(request).await;
        assert_eq!(answer["scope"], format!("{READ_USERS} {READ_CUSTOMERS}"));
        let token = answer["access_token"].as_str().unwrap().to_owned();
        let client = Elements { app: &app, token };
        client.ask(&tenant.avepoint_path(), &json!({})).await;
    }
}

#[tokio::test]
async fn a_wrong_client_is_400_in_the_form_and_401_in_basic() {
    let app = TestApp::start().await;
    let (id, secret) = app.avepoint_client("default", &[READ_USERS]).await;
    let (other, _) = app.avepoint_client("default", &[READ_USERS]).await;
    let wrong = format!("{secret}x");
    for (id, secret) in
        [(&id, &wrong), (&other, &secret), (&"nobody".to_owned(), &secret), (&"\u{0}".to_owned(), &wrong)]
    {
        let form = post(&app, &vec![("client_id", id), ("client_secret", secret)]);
        refused(form.send().await.unwrap(), 400, "invalid_client").await;
        let basic = post(&app, &vec![]).basic_auth(id, Some(secret));
        refused(basic.send().await.unwrap(), 401, "invalid_client").await;
    }
    let none = post(&app, &vec![("client_id", &id)]).send().await.unwrap();
    refused(none, 400, "invalid_client").await;
    let mut owner = app.database.owner_connection().await;
    sqlx::query("UPDATE credential SET revoked_at = now()").execute(&mut owner).await.unwrap();
    let revoked = post(&app, &vec![("client_id", &id), ("client_secret", &secret)]);
    refused(revoked.send().await.unwrap(), 400, "invalid_client").await;
}

#[tokio::test]
async fn scopes_are_granted_as_asked_or_refused_as_a_whole() {
    let app = TestApp::start().await;
    let (id, secret) = app.avepoint_client("default", &[WRITE_USERS, READ_CUSTOMERS]).await;
    let asked =
        |scope: String| post(&app, &vec![("client_id", &id), ("client_secret", &secret), ("scope", &scope)]);
    let bundle = format!("{READ_USERS} {WRITE_USERS}");
    assert_eq!(granted(asked(bundle.clone())).await["scope"], bundle);
    let repeated = format!("{READ_CUSTOMERS}  {READ_CUSTOMERS}");
    assert_eq!(granted(asked(repeated)).await["scope"], READ_CUSTOMERS);
    for scope in [
        "elements.moon.read.all".to_owned(),
        format!("{READ_USERS} openid"),
        " ".to_owned(),
        "\u{0}".to_owned(),
    ] {
        refused(asked(scope).send().await.unwrap(), 400, "invalid_scope").await;
    }
    let long = |length: usize| format!("{READ_CUSTOMERS}{}", " ".repeat(length - READ_CUSTOMERS.len()));
    granted(asked(long(300))).await;
    refused(asked(long(301)).send().await.unwrap(), 400, "invalid_scope").await;
    let (id, secret) = app.avepoint_client("default", &[READ_USERS]).await;
    let ungranted = post(&app, &vec![("client_id", &id), ("client_secret", &secret), ("scope", WRITE_USERS)]);
    refused(ungranted.send().await.unwrap(), 400, "invalid_scope").await;
}

#[tokio::test]
async fn a_read_that_readwrite_implies_opens_what_read_opens() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (id, secret) = app.avepoint_client("default", &[WRITE_USERS]).await;
    for scope in [READ_USERS, WRITE_USERS] {
        let form = vec![("client_id", id.as_str()), ("client_secret", &secret), ("scope", scope)];
        let answer = granted(post(&app, &form)).await;
        let token = answer["access_token"].as_str().unwrap().to_owned();
        let client = Elements { app: &app, token };
        client.ask(&tenant.avepoint_path(), &json!({})).await;
    }
}

#[tokio::test]
async fn what_is_no_such_request_is_told_so() {
    let app = TestApp::start().await;
    let (id, secret) = app.avepoint_client("default", &[READ_USERS]).await;
    let client = vec![("client_id", id.as_str()), ("client_secret", secret.as_str())];
    let url = app.url("/connect/token");
    let send = |form: Form<'_>| app.http.post(&url).form(&form).send();
    let password = [client.clone(), vec![("grant_type", "password")]].concat();
    refused(send(password).await.unwrap(), 400, "unsupported_grant_type").await;
    refused(send(client.clone()).await.unwrap(), 400, "invalid_request").await;
    let twice = [client.clone(), vec![("grant_type", "client_credentials"); 2]].concat();
    refused(send(twice).await.unwrap(), 400, "invalid_request").await;
    let two_proofs = post(&app, &client).basic_auth(&id, Some(&secret)).send().await.unwrap();
    refused(two_proofs, 400, "invalid_request").await;
    let json = app.http.post(&url).json(&json!({"grant_type": "client_credentials"})).send().await.unwrap();
    refused(json, 400, "invalid_request").await;
    let large = app
        .http
        .post(&url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("x".repeat(9 << 20));
    refused(large.send().await.unwrap(), 413, "invalid_request").await;
}

#[tokio::test]
async fn a_client_that_asks_too_often_is_told_when_to_come_back() {
    let limits = Limits { requests_per_second: 1, ..Limits::default() };
    let app = TestApp::start_with(Clock::system(), limits).await;
    let (id, secret) = app.avepoint_client("default", &[READ_USERS]).await;
    let client = vec![("client_id", id.as_str()), ("client_secret", &secret)];
    let response = until_limited(&post(&app, &client)).await;
    let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait));
    refused(response, 429, "temporarily_unavailable").await;
}

#[tokio::test]
async fn discovery_offers_assertions_only_where_one_can_name_this_server() {
    let app = TestApp::start().await;
    let asked = app.http.get(app.url("/.well-known/openid-configuration"));
    let answer: Value = asked.header("host", "users.example.com").send().await.unwrap().json().await.unwrap();
    assert_eq!(
        answer["token_endpoint_auth_methods_supported"],
        json!(["client_secret_post", "client_secret_basic"])
    );
    assert_eq!(answer.get("token_endpoint_auth_signing_alg_values_supported"), None);
}

#[tokio::test]
async fn discovery_leads_to_the_token_endpoint() {
    let app = TestApp::start().await;
    let at = async |path: &str| -> Value {
        let request = app.http.get(app.url(&format!("/.well-known/{path}")));
        let response = request.header("origin", "https://anywhere.example").send().await.unwrap();
        assert_eq!(response.headers()["access-control-allow-origin"], "*", "it is public");
        response.json().await.unwrap()
    };
    let answer = at("openid-configuration").await;
    assert_eq!(at("oauth-authorization-server").await, answer);
    insta::assert_json_snapshot!("avepoint_discovery", answer, {
        ".issuer" => "[origin]", ".token_endpoint" => "[origin]/connect/token",
    });
    assert_eq!(answer["issuer"], app.base_url);
    assert_eq!(answer["token_endpoint"], app.url("/connect/token"));
}
