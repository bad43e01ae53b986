//! users/batch responds as specified in the seed.

use serde_json::{Value, json};
use time::Duration;
use time::macros::datetime;
use userbatch::core::id::UserId;
use userbatch::core::user::{AccessFlag, User};

use super::{Elements, ids};
use crate::app::{TestApp, TestTenant};
use crate::plain::Plain;

/// The user of the seed's sample, with the ids that it masks filled in.
fn kevin() -> User {
    let mut user = User::new(UserId::new("kevin"));
    let issued = "c2aa00d3-5b1f-4c7e-8a4d-9e9c79232bff";
    user.issued_ids.insert("avepoint".into(), issued.into());
    user.profile.display_name = Some("Kevin Mark".into());
    user.profile.given_name = Some("Kevin".into());
    user.profile.family_name = Some("Mark".into());
    user.contact.email = Some("tony@element.onmicrosoft.com".into());
    user.contact.phone = Some("11122".into());
    user.employment.department = Some("DEV".into());
    user.employment.job_title = Some("Software developer".into());
    user.employment.office = Some("location".into());
    user.employment.employee_id = Some("643477".into());
    user.employment.company = Some("Organization ABC".into());
    user.postal.country = Some("Slovenia".into());
    user.account.user_principal_name = Some("tony@element.onmicrosoft.com".into());
    user.account.flags = vec![AccessFlag::MfaDisabled, AccessFlag::SignInBlocked];
    user.logins.password_set_at = Some(datetime!(2026-11-21 02:00 UTC) - Duration::days(12));
    user
}

async fn with_users(app: &TestApp, count: usize) -> TestTenant {
    let tenant = app.tenant("acme").await;
    let users: Vec<User> = (0..count).map(|n| User::new(UserId::new(format!("u{n}")))).collect();
    tenant.put_users(&users).await;
    tenant
}

#[tokio::test]
async fn the_seeds_sample_is_answered_as_documented() {
    let app = TestApp::start_at(datetime!(2026-11-21 02:00 UTC)).await;
    let tenant = app.tenant("acme").await;
    tenant.put_users(&[kevin()]).await;
    let path = format!("{}?pageSize=50", tenant.avepoint_path());
    let answer = Elements::new(&app).await.ask(&path, &json!({})).await;
    insta::assert_json_snapshot!("avepoint_sample", Plain(&answer));
}

#[tokio::test]
async fn every_way_to_ask_for_all_gets_all_in_the_order_added() {
    let app = TestApp::start().await;
    let tenant = with_users(&app, 5).await;
    let client = Elements::new(&app).await;
    let path = tenant.avepoint_path();
    for body in
        ["", "null", "{}", r#"{"userIds":null}"#, r#"{"userIds":[]}"#, r#"{"pageIndex":9,"pageSize":1}"#]
    {
        let response = client.request(&path).body(body).send().await.unwrap();
        let answer: Value = response.json().await.unwrap();
        assert_eq!(ids(&answer), ["u0", "u1", "u2", "u3", "u4"], "{body}");
        assert_eq!(answer["metadata"], json!({"pageIndex": 1, "pageSize": 100, "totalCount": 5}), "{body}");
    }
}

#[tokio::test]
async fn a_filter_matches_each_known_user_once_by_any_of_its_ids() {
    let app = TestApp::start().await;
    let tenant = with_users(&app, 5).await;
    tenant.put_users(&[kevin()]).await;
    let client = Elements::new(&app).await;
    let issued = "c2aa00d3-5b1f-4c7e-8a4d-9e9c79232bff";
    let body =
        json!({"userIds": ["kevin", "u3", "nobody", issued, "u1", "u3", "", "a\u{0}b", "x".repeat(9_000)]});
    let path = format!("{}?pageSize=2", tenant.avepoint_path());
    let first = client.ask(&path, &body).await;
    assert_eq!(ids(&first), ["u1", "u3"]);
    assert_eq!(first["metadata"], json!({"pageIndex": 1, "pageSize": 2, "totalCount": 3}));
    let second = client.ask(&format!("{path}&pageIndex=2"), &body).await;
    assert_eq!(ids(&second), [issued]);
    for nobody in [json!(["nobody"]), json!([""]), json!(["\u{0}"])] {
        let none = client.ask(&path, &json!({"userIds": nobody})).await;
        assert_eq!(none, json!({"data": [], "metadata": {"pageIndex": 1, "pageSize": 2, "totalCount": 0}}));
    }
}

#[tokio::test]
async fn pages_cover_the_whole_and_end_with_the_true_total() {
    let app = TestApp::start().await;
    let tenant = with_users(&app, 10).await;
    let client = Elements::new(&app).await;
    let mut seen = Vec::new();
    for index in 1..=5 {
        let path = format!("{}?PageIndex={index}&pagesize=3", tenant.avepoint_path());
        let answer = client.ask(&path, &json!({})).await;
        assert_eq!(answer["metadata"], json!({"pageIndex": index, "pageSize": 3, "totalCount": 10}));
        seen.extend(ids(&answer).into_iter().map(str::to_owned));
    }
    let all: Vec<String> = (0..10).map(|n| format!("u{n}")).collect();
    assert_eq!(seen, all);
    let last = format!("{}?pageIndex=2147483647&pageSize=1000", tenant.avepoint_path());
    let answer = client.ask(&last, &json!({})).await;
    assert_eq!((ids(&answer).len(), &answer["metadata"]["totalCount"]), (0, &json!(10)));
}

#[tokio::test]
async fn a_users_place_outlives_its_changes() {
    let app = TestApp::start().await;
    let tenant = with_users(&app, 4).await;
    let mut changed = User::new(UserId::new("u1"));
    changed.profile.display_name = Some("changed".into());
    tenant.put_users(&[changed, User::new(UserId::new("u9"))]).await;
    let answer = Elements::new(&app).await.ask(&tenant.avepoint_path(), &json!({})).await;
    assert_eq!(ids(&answer), ["u0", "u1", "u2", "u3", "u9"]);
    assert_eq!(answer["data"][1]["displayName"], "changed");
    assert_eq!(answer["metadata"]["totalCount"], 5);
}

#[tokio::test]
async fn an_empty_tenant_has_no_users() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let answer = Elements::new(&app).await.ask(&tenant.avepoint_path(), &json!({})).await;
    assert_eq!(answer, json!({"data": [], "metadata": {"pageIndex": 1, "pageSize": 100, "totalCount": 0}}));
}
