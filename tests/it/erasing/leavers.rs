//! People who are no longer users are erased, too.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{ADDRESS, COSMOS, TRACES, dump, erase, import, lines, two_tenants};
use crate::admin_api::Api;
use crate::importing::{Admin, CANONICAL};
use crate::scim::Provider;

async fn try_erase(api: &Api, name: &str, query: &str) -> (StatusCode, serde_json::Value) {
    api.call(Method::DELETE, &format!("/tenants/a/users/{name}?erase=true{query}"), None).await
}

#[tokio::test]
async fn traces_of_somebody_who_was_deleted_go_and_the_person_stays_out() {
    let (api, _callers) = two_tenants().await;
    let admin = Admin::of(&api.app);
    let cursor = admin.changes("a", None).await.next;
    api.call(Method::DELETE, "/tenants/a/users/zz-ann-id", None).await;
    let by_id = erase(&api, "a", "zz-ann-id").await;
    let counts = &by_id["counts"];
    assert_eq!((&counts["users"], &counts["audit"]), (&json!(0), &json!(1)), "{by_id}");
    assert!(counts["changes"].as_u64() >= Some(2), "{by_id}");
    let (status, _) = api.call(Method::GET, &format!("/tenants/a/changes?since={cursor}"), None).await;
    assert_eq!(status, StatusCode::GONE, "whoever was not told cannot be any more");
    let by_account = erase(&api, "a", COSMOS).await;
    assert_eq!(by_account["counts"]["transfers"], 1, "{by_account}");
    assert_ne!(by_account["receipt"], by_id["receipt"]);
    api.call(Method::DELETE, "/tenants/b?confirm=b", None).await;
    let text = dump(&api.app).await;
    for line in text.lines() {
        assert!(TRACES.iter().all(|trace| !line.contains(trace)), "{line}");
    }
    assert_eq!(import(&api, &lines(), CANONICAL).await.0, 1);
    let left = admin.export("a").await.to_lowercase();
    assert!(TRACES.iter().all(|trace| !left.contains(trace)), "{left}");
    let again = erase(&api, "a", "zz-ann-id").await;
    assert_eq!(again["receipt"], by_id["receipt"], "who is erased again is the same person");
}

#[tokio::test]
async fn whoever_left_is_kept_out_by_any_name() {
    for name in ["zz-ann-id", "zz-ann-login", "ZZ-ANN@example.com", "zz-ann-external", ADDRESS] {
        let (api, _callers) = two_tenants().await;
        api.call(Method::DELETE, "/tenants/a/users/zz-ann-id", None).await;
        let (status, receipt) = try_erase(&api, name, "&unknown=true").await;
        assert_eq!(status, StatusCode::OK, "{name}: {receipt}");
        assert_eq!(import(&api, &lines(), CANONICAL).await.0, 1, "{name}");
    }
}

#[tokio::test]
async fn a_user_is_erased_by_any_name_that_means_nobody_else() {
    for name in ["zz-ann-login", "ZZ-ANN@example.com", "zz-ann-external", COSMOS] {
        let (api, _callers) = two_tenants().await;
        assert_eq!(erase(&api, "a", name).await["counts"]["users"], 1, "{name}");
    }
    let (api, _callers) = two_tenants().await;
    let (status, problem) = try_erase(&api, "030%2099887766", "").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "a telephone number is nobody's alone: {problem}");
    Admin::of(&api.app)
        .import("a", r#"{"id":"c","profile":{"username":"zz-ann-external"}}"#, CANONICAL)
        .await;
    let (status, problem) = try_erase(&api, "zz-ann-external", "").await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
}

#[tokio::test]
async fn a_name_of_which_nothing_is_found_is_refused_unless_it_is_meant() {
    let (api, _callers) = two_tenants().await;
    let (status, problem) = try_erase(&api, "zz-typo", "").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("unknown=true"), "{problem}");
    assert_eq!(import(&api, "{\"id\":\"zz-typo\"}", CANONICAL).await, (0, 1, 0));
    let (status, receipt) = try_erase(&api, "zz-unborn", "&unknown=true").await;
    assert_eq!(status, StatusCode::OK, "{receipt}");
    assert_eq!(receipt["counts"]["users"], 0);
    assert_eq!(import(&api, "{\"id\":\"zz-unborn\"}", CANONICAL).await, (1, 0, 0));
    assert_eq!(
        try_erase(&api, "zz-unborn", "").await.1["receipt"],
        receipt["receipt"],
        "a retry is no error"
    );
    assert!(!dump(&api.app).await.contains("zz-unborn"));
}

#[tokio::test]
async fn whom_a_provider_deleted_can_be_erased() {
    let scim = Provider::start().await;
    let body = json!({ "userName": "zz-ann@example.com", "active": true });
    let user = scim.create(body.clone()).await;
    let id = user["id"].as_str().unwrap();
    scim.call(Method::DELETE, &format!("/Users/{id}"), None).await;
    let admin = Admin::of(&scim.app);
    let receipt = admin.erase("a", id).await.unwrap();
    assert_eq!(receipt.counts.audit, 2, "{receipt:?}");
    assert!(!dump(&scim.app).await.contains(id));
    admin.erase_unknown("a", "zz-ann@example.com").await;
    assert_eq!(scim.call(Method::POST, "/Users", Some(body)).await.0, StatusCode::FORBIDDEN);
}
