//! Which pages may read answers that name no tenant: those of the origins that a tenant in the registration's reach lists.

use serde_json::json;

use super::{CUSTOMERS, Elements, READ_CUSTOMERS};
use crate::app::{TestApp, TestTenant};

const LISTED: &str = "https://app.example.com";
const LISTED_BY_ANOTHER_PARTNERS: &str = "https://elsewhere.example.com";

async fn list(app: &TestApp, tenant: &TestTenant, origin: &str) {
    let mut connection = app.database.owner_connection().await;
    let settings = sqlx::query("UPDATE tenant SET settings = $2 WHERE slug = $1");
    let settings = settings.bind(tenant.new.slug.as_str()).bind(json!({ "corsOrigins": [origin] }));
    settings.execute(&mut connection).await.unwrap();
}

/// The origin whose pages may read the answer, with credentials.
fn reader(response: &reqwest::Response) -> Option<String> {
    let headers = response.headers();
    assert_eq!(
        headers.contains_key("access-control-allow-origin"),
        headers.contains_key("access-control-allow-credentials")
    );
    headers.get("access-control-allow-origin").map(|origin| origin.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_page_reads_what_names_no_tenant_if_a_tenant_within_reach_lists_its_origin() {
    let app = TestApp::start().await;
    let (_first, second) = (app.tenant("first").await, app.tenant("second").await);
    let elsewhere = app.tenant_of("another", "elsewhere").await;
    list(&app, &second, LISTED).await;
    list(&app, &elsewhere, LISTED_BY_ANOTHER_PARTNERS).await;
    let (id, secret) = app.avepoint_client("default", &[READ_CUSTOMERS]).await;
    let client = Elements { app: &app, token: app.avepoint_token(&id, &secret).await };

    for (origin, readable) in
        [(LISTED, Some(LISTED)), (LISTED_BY_ANOTHER_PARTNERS, None), ("https://unlisted.example.com", None)]
    {
        let form = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
        let token = app.http.post(app.url("/connect/token")).header("origin", origin).form(&form);
        let token = token.send().await.unwrap();
        assert_eq!((token.status().as_u16(), reader(&token).as_deref()), (200, readable), "{origin}");
        let customers = client.request(CUSTOMERS).header("origin", origin).json(&json!({}));
        let customers = customers.send().await.unwrap();
        assert_eq!((customers.status().as_u16(), reader(&customers).as_deref()), (200, readable), "{origin}");
    }
}
