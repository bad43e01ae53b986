//! Who may call, and the errors that are not about a user.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use userbatch::api::{self, Ingress};
use userbatch::server::ListenOptions;

use super::{Provider, answer, error};
use crate::app::{TestApp, new_credential, serve, serve_here, until_limited};
use crate::logs;

#[tokio::test]
async fn without_its_own_token_nothing_is_told() {
    let provider = Provider::start().await;
    let url = provider.app.url("/scim/v2/Users");
    let response = provider.app.http.get(&url).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()["www-authenticate"], "Bearer realm=\"scim\"");
    assert_eq!(response.headers()["content-type"], "application/scim+json");
    let body: Value = response.json().await.unwrap();
    let detail = "The request has no token. Send it as Authorization: Bearer, as issued for SCIM.";
    assert_eq!(body, error("401", None, detail));

    let api_key = provider.tenant.bitbadges_key().await;
    let management = provider.tenant.genauth_token().await;
    let mistyped = format!("{}x", provider.token);
    for token in ["", "ubs_", &api_key, &management, &mistyped] {
        let response = provider.app.http.get(&url).bearer_auth(token).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{token}");
    }
    // Nor does it open anything else.
    let batch = provider.app.http.post(provider.app.url("/api/v0/user/batch"));
    let batch = batch.header("x-api-key", &provider.token).json(&json!({ "accountsToFetch": [] }));
    assert_eq!(batch.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_opens_its_own_tenant_alone() {
    let one = Provider::start().await;
    let other = Provider::of(&one.app.tenant("b").await).await;
    let user = one.create(json!({ "userName": "ann" })).await;
    let path = format!("/Users/{}", super::id(&user));
    assert_eq!(one.get(&path).await.0, StatusCode::OK);
    let unknown = (StatusCode::NOT_FOUND, error("404", None, "There is no such resource."));
    assert_eq!(other.get(&path).await, unknown);
    assert_eq!(other.call(Method::DELETE, &path, None).await, unknown);
    assert_eq!(other.patch(super::id(&user), json!([])).await, unknown);
    assert_eq!(other.found("userName eq \"ann\"").await, (vec![], 0));
    other.create(json!({ "userName": "ann" })).await;
}

#[tokio::test]
async fn a_revoked_token_and_a_suspended_tenant_are_refused_at_once() {
    let provider = Provider::start().await;
    assert_eq!(provider.get("/Users").await.0, StatusCode::OK);
    let admin = crate::administration::administration(&provider.app, provider.app.keys.clone());
    admin.revoke(&provider.credential).await.unwrap();
    assert_eq!(provider.get("/Users").await.0, StatusCode::UNAUTHORIZED);
    let again = Provider::of(&provider.tenant).await;
    assert_eq!(again.get("/Users").await.0, StatusCode::OK);
    let suspension = userbatch::admin::TenantChange { suspended: Some(true), ..Default::default() };
    admin.change_tenant(&provider.tenant.new.slug, &suspension).await.unwrap();
    assert_eq!(again.get("/Users").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_rate_limit_is_told_with_the_time_to_wait() {
    let provider = Provider::start().await;
    let credential = userbatch::store::NewCredential {
        tenant_id: Some(provider.tenant.id),
        rate_limit: Some(1),
        ..new_credential(userbatch::core::face::Api::Scim)
    };
    let (_, token) = provider.app.issue(userbatch::core::face::Api::Scim, credential).await;
    let request = provider.app.http.get(provider.app.url("/scim/v2/Schemas")).bearer_auth(token);
    let limited = until_limited(&request).await;
    assert!(limited.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    let body: Value = limited.json().await.unwrap();
    assert_eq!(body, error("429", None, "Too many requests. Wait for as long as Retry-After says."));
}

#[tokio::test]
async fn errors_of_every_status_are_scim() {
    let provider = Provider::start().await;
    let post = |kind: &str, body: String| {
        provider.request(Method::POST, "/Users").header("content-type", kind).body(body)
    };
    let large = json!({ "userName": "x".repeat(1 << 20) }).to_string();
    for (request, status) in [
        (provider.request(Method::GET, "/nothing"), 404),
        (provider.request(Method::POST, "/users"), 404),
        (provider.request(Method::DELETE, "/Users"), 405),
        (provider.request(Method::POST, "/Schemas"), 405),
        (post("application/json", large), 413),
        (post("text/plain", "{}".to_owned()), 415),
        (post("application/json; charset=utf-8", "{".to_owned()), 400),
        (provider.request(Method::GET, "/Users?filter=userName%20like%20%22a%22"), 400),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.headers()["content-type"], "application/scim+json");
        assert!(response.headers().contains_key("request-id"));
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
        assert_eq!(body["status"], status.to_string());
        assert!(!body["detail"].to_string().contains("/api/"), "nobody is sent to another API: {body}");
    }
}

#[tokio::test]
async fn a_gateway_that_cannot_write_says_what_to_configure() {
    let app = TestApp::start().await;
    let gateway = api::router(app.gateway(Ingress::default()));
    let url = serve(gateway, ListenOptions::default(), CancellationToken::new()).await;
    let (status, body) = answer(app.http.get(format!("{url}/scim/v2/Users"))).await;
    assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
    let detail = "SCIM is not configured on this gateway. It needs USERBATCH_ADMIN_DATABASE_URL and \
                  USERBATCH_ADMIN_TOKEN, as the admin API does.";
    assert_eq!(body, error("501", None, detail));
}

#[tokio::test]
async fn no_password_and_nothing_personal_is_stored_or_logged_where_it_does_not_belong() {
    serve_here();
    logs::listen();
    let provider = Provider::start().await;
    let secret = "secret-4711-never-kept";
    let user = json!({ "userName": "sentinel-name@example.com", "password": secret });
    let created = provider.create(user.clone()).await;
    let id = super::id(&created);
    let changes = json!([
        { "op": "replace", "value": { "password": secret, "active": false } },
        { "op": "replace", "path": "password", "value": secret },
    ]);
    assert_eq!(provider.patch(id, changes).await.0, StatusCode::OK);
    let (status, shown) = provider.call(Method::PUT, &format!("/Users/{id}"), Some(user)).await;
    assert_eq!((status, shown.get("password")), (StatusCode::OK, None));
    provider.found("userName eq \"sentinel-name@example.com\"").await;

    let mut owner = provider.app.database.owner_connection().await;
    let bind = "SELECT set_config('userbatch.tenant', (SELECT id::text FROM tenant), false)";
    sqlx::query(bind).execute(&mut owner).await.unwrap();
    for (table, has_name) in [("\"user\"", true), ("user_shared_key", true), ("audit", false)] {
        let dump =
            sqlx::AssertSqlSafe(format!("SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t"));
        let dump: String = sqlx::query_scalar(dump).fetch_one(&mut owner).await.unwrap();
        assert!(!dump.contains(secret), "{table}");
        assert_eq!(dump.contains("sentinel-name"), has_name, "{table}: {dump}");
    }
    let log = logs::heard();
    assert!(log.contains("/scim/v2/Users/{id}"), "{log}");
    assert!(!log.contains(secret) && !log.contains("sentinel-name") && !log.contains(&provider.token));
}
