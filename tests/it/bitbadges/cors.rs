//! Pages of any origin may read responses; with credentials, only those of the tenant's listed origins.

use reqwest::Method;
use serde_json::json;

use super::{Answer, Client, PATHS};
use crate::app::{TestApp, TestTenant};

const LISTED: &str = "https://app.example.com";
const LISTED_ELSEWHERE: &str = "https://elsewhere.example.com";
const UNLISTED: &str = "https://unlisted.example.com";

async fn list(app: &TestApp, tenant: &TestTenant, origin: &str) {
    let mut connection = app.database.owner_connection().await;
    sqlx::query("UPDATE tenant SET settings = $2 WHERE slug = $1")
        .bind(tenant.new.slug.as_str())
        .bind(json!({ "corsOrigins": [origin] }))
        .execute(&mut connection)
        .await
        .unwrap();
}

/// A gateway with two tenants that list an origin each, and a client of the first.
async fn gateway() -> (TestApp, Client) {
    let app = TestApp::start().await;
    let (here, elsewhere) = (app.tenant("here").await, app.tenant("elsewhere").await);
    list(&app, &here, LISTED).await;
    list(&app, &elsewhere, LISTED_ELSEWHERE).await;
    let client = Client::of(&app, &here).await;
    (app, client)
}

async fn preflight(app: &TestApp, path: &str, origin: &str) -> Answer {
    let request = app.http.request(Method::OPTIONS, app.url(path)).header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    Answer::of(
        request
            .header("access-control-request-headers", "content-type,x-api-key,x-mine")
            .send()
            .await
            .unwrap(),
    )
    .await
}

fn allowed(answer: &Answer) -> (Option<&str>, Option<&str>) {
    (answer.header("access-control-allow-origin"), answer.header("access-control-allow-credentials"))
}

/// So that it neither asks the database nor tells which origins any tenant lists.
#[tokio::test]
async fn a_preflight_lets_every_page_send_its_request() {
    let (app, _) = gateway().await;
    let before = app.serving.statements();
    for path in PATHS.into_iter().chain(["/connect/token", "/api/v3/get-user-batch", "/api/v0/none"]) {
        for origin in [LISTED, LISTED_ELSEWHERE, UNLISTED, "null"] {
            let answer = preflight(&app, path, origin).await;
            assert_eq!(answer.status, 204);
            assert_eq!(allowed(&answer), (Some(origin), Some("true")));
            assert_eq!(answer.header("access-control-allow-methods"), Some("GET, POST"));
            assert_eq!(answer.header("access-control-allow-headers"), Some("content-type,x-api-key,x-mine"));
            assert_eq!(answer.header("vary"), Some("origin, access-control-request-headers"));
        }
    }
    assert_eq!(app.serving.statements(), before);
}

#[tokio::test]
async fn an_answer_allows_credentials_for_origins_that_the_callers_tenant_lists() {
    let (app, client) = gateway().await;
    for (origin, expected) in [
        (LISTED, (Some(LISTED), Some("true"))),
        (LISTED_ELSEWHERE, (Some("*"), None)),
        (UNLISTED, (Some("*"), None)),
    ] {
        for body in [r#"{"accountsToFetch":[]}"#, "broken"] {
            let request =
                app.http.post(app.url(PATHS[1])).header("x-api-key", &client.key).header("origin", origin);
            let answer = Answer::of(request.body(body).send().await.unwrap()).await;
            assert_eq!(allowed(&answer), expected, "{origin}");
            assert_eq!(answer.header("vary"), Some("origin"));
            assert!(answer.header("access-control-expose-headers").unwrap().contains("ratelimit-remaining"));
        }
    }
    let answer = client.fetch(json!([])).await;
    assert_eq!(allowed(&answer), (None, None), "not a page");
}

#[tokio::test]
async fn a_page_can_read_why_it_was_refused() {
    let (app, client) = gateway().await;
    for origin in [LISTED, UNLISTED] {
        let request = app.http.post(app.url(PATHS[0])).header("x-api-key", "wrong").header("origin", origin);
        let answer = Answer::of(request.body("{}").send().await.unwrap()).await;
        answer.refusal(401);
        assert_eq!(allowed(&answer), (Some(origin), Some("true")));
        for path in ["/api/v0/none", PATHS[0]] {
            let request =
                app.http.get(app.url(path)).header("x-api-key", &client.key).header("origin", origin);
            let answer = Answer::of(request.send().await.unwrap()).await;
            assert!([404, 405].contains(&answer.status.as_u16()));
            assert_eq!(allowed(&answer), (Some(origin), Some("true")));
        }
    }
}
