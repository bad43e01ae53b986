//! The feed of changes: every change that was committed is told once, in the order of the commits.

mod events;
mod exports;
mod laws;
mod pages;
mod waiting;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use userbatch::core::id::UserId;
use userbatch::core::user::User;

use crate::admin_api::Api;
use crate::app::TestTenant;

/// What was told: ids, each with what happened to it.
type Told = Vec<(String, String)>;

fn user(id: &str, name: &str) -> User {
    let mut user = User::new(UserId::new(id));
    user.profile.display_name = Some(name.to_owned());
    user
}

fn users(ids: std::ops::Range<usize>, name: &str) -> Vec<User> {
    ids.map(|n| user(&format!("user-{n}"), name)).collect()
}

async fn delete(tenant: &TestTenant, ids: &[&str]) {
    let mut owner = tenant.app.database.owner_connection().await;
    sqlx::raw_sql("BEGIN").execute(&mut owner).await.unwrap();
    let ids: Vec<_> = ids.iter().map(|id| UserId::new(*id)).collect();
    tenant.delete_users(&mut owner, &ids).await;
    sqlx::raw_sql("COMMIT").execute(&mut owner).await.unwrap();
}

/// What a page tells.
fn told(page: &Value) -> Told {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let changes = page["changes"].as_array().unwrap().iter();
    changes.map(|change| (text(&change["id"]), text(&change["change"]))).collect()
}

fn expected(changes: &[(&str, &str)]) -> Told {
    changes.iter().map(|(id, change)| ((*id).to_owned(), (*change).to_owned())).collect()
}

/// One page.
async fn page(api: &Api, slug: &str, query: &[(&str, &str)]) -> Value {
    let request = api.request(Method::GET, &format!("/tenants/{slug}/changes")).query(query);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

/// The cursor after a page.
fn next(page: &Value) -> String {
    page["next"].as_str().unwrap().to_owned()
}

/// All pages after a cursor, and the cursor after them.
async fn follow(api: &Api, slug: &str, since: Option<&str>, limit: &str) -> (Told, String) {
    let (mut all, mut since) = (Vec::new(), since.map(str::to_owned));
    loop {
        let mut query = vec![("limit", limit)];
        query.extend(since.as_deref().map(|since| ("since", since)));
        let page = page(api, slug, &query).await;
        all.extend(told(&page));
        since = Some(next(&page));
        if page["hasMore"] == false {
            return (all, next(&page));
        }
        assert_eq!(
            page["changes"].as_array().unwrap().len().to_string(),
            limit,
            "a page is full but the last"
        );
    }
}
