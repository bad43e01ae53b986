//! customers/batch returns the tenants that a client may access, and no others.

use serde_json::{Value, json};

use super::{CUSTOMERS, Elements, READ_CUSTOMERS, READ_USERS, ids};
use crate::app::TestApp;

async fn narrowed_to<'a>(app: &'a TestApp, customer: &str) -> Elements<'a> {
    let (id, secret) = app.avepoint_client("default", &[READ_USERS, READ_CUSTOMERS]).await;
    let grant = "INSERT INTO credential_customer
                 SELECT c.id, k.id FROM credential c, customer k WHERE c.public_id = $1 AND k.public_id = $2";
    let mut owner = app.database.owner_connection().await;
    sqlx::query(grant).bind(&id).bind(customer).execute(&mut owner).await.unwrap();
    Elements { app, token: app.avepoint_token(&id, &secret).await }
}

#[tokio::test]
async fn a_client_finds_the_customers_of_its_partner_with_their_tenants() {
    let app = TestApp::start().await;
    for slug in ["beta", "acme"] {
        app.tenant(slug).await;
    }
    app.tenant_of("another", "foreign").await;
    let client = Elements::new(&app).await;
    let acme = json!({"id": "acme-customer", "organization": "acme",
                      "tenants": [{"id": "acme-tenant", "name": "acme"}]});
    let all = client.ask(CUSTOMERS, &Value::Null).await;
    assert_eq!(all["data"][0], acme);
    assert_eq!(ids(&all), ["acme-customer", "beta-customer"]);
    assert_eq!(all["metadata"], json!({"pageIndex": 1, "pageSize": 100, "totalCount": 2}));
    let wanted =
        json!({"customerIds": ["foreign-customer", "acme-customer", "nobody", "acme-customer", "a\u{0}"]});
    let some = client.ask(CUSTOMERS, &wanted).await;
    assert_eq!((&some["data"], &some["metadata"]["totalCount"]), (&json!([acme]), &json!(1)));
    let second = client.ask(&format!("{CUSTOMERS}?pageSize=1&pageIndex=2"), &json!({})).await;
    assert_eq!((ids(&second), &second["metadata"]["totalCount"]), (vec!["beta-customer"], &json!(2)));
    let past = client.ask(&format!("{CUSTOMERS}?pageIndex=9"), &json!({})).await;
    assert_eq!((ids(&past).len(), &past["metadata"]["totalCount"]), (0, &json!(2)));
}

#[tokio::test]
async fn a_client_that_is_narrowed_to_a_customer_has_no_other() {
    let app = TestApp::start().await;
    let (acme, beta) = (app.tenant("acme").await, app.tenant("beta").await);
    let client = narrowed_to(&app, "acme-customer").await;
    assert_eq!(ids(&client.ask(CUSTOMERS, &json!({})).await), ["acme-customer"]);
    client.ask(&acme.avepoint_path(), &json!({})).await;
    let refused = client.request(&beta.avepoint_path()).send().await.unwrap();
    super::refusal(refused, 404).await;
}

#[tokio::test]
async fn a_suspended_tenant_is_not_there() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let client = Elements::new(&app).await;
    let mut owner = app.database.owner_connection().await;
    sqlx::query("UPDATE tenant SET suspended_at = now()").execute(&mut owner).await.unwrap();
    let answer = client.ask(CUSTOMERS, &json!({})).await;
    assert_eq!(answer["data"], json!([{"id": "acme-customer", "organization": "acme", "tenants": []}]));
    let refused = client.request(&tenant.avepoint_path()).send().await.unwrap();
    super::refusal(refused, 404).await;
}

#[tokio::test]
async fn the_serving_role_reaches_no_customer_without_a_credential() {
    let app = TestApp::start().await;
    app.tenant("acme").await;
    let mut serving = app.database.serving_connection().await;
    let total: i64 = sqlx::query_scalar("SELECT total FROM customer_window($1, NULL, 0, 10)")
        .bind(app.clock.new_id())
        .fetch_one(&mut serving)
        .await
        .unwrap();
    assert_eq!(total, 0);
    assert!(sqlx::query("SELECT FROM customer").execute(&mut serving).await.is_err());
}
