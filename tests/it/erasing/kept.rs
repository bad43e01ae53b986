//! What is kept of one person is not lifted with another's.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{dump, erase, import, two_tenants};
use crate::admin_api::Api;
use crate::importing::{Admin, CANONICAL};
use crate::scim::Provider;

fn claiming(id: &str) -> String {
    let contact = json!({ "email": "zz-office@example.com", "emailSelfRegistered": true });
    json!({ "id": id, "contact": contact }).to_string() + "\n"
}

async fn allow(api: &Api, name: &str) -> StatusCode {
    api.call(Method::POST, &format!("/tenants/a/users/{name}/allow"), None).await.0
}

#[tokio::test]
async fn of_two_who_claimed_an_address_one_may_come_back_and_the_other_stays_out() {
    for (first, second) in [("carl", "dora"), ("dora", "carl")] {
        let (api, _callers) = two_tenants().await;
        let both = claiming("carl") + &claiming("dora");
        Admin::of(&api.app).import("a", both.clone(), CANONICAL).await;
        erase(&api, "a", first).await;
        erase(&api, "a", second).await;
        assert_eq!(import(&api, &both, CANONICAL).await, (2, 0, 0));
        assert_eq!(allow(&api, "zz-office@example.com").await, StatusCode::CONFLICT, "both had it");
        assert_eq!(allow(&api, "carl").await, StatusCode::NO_CONTENT);
        assert_eq!(import(&api, &both, CANONICAL).await, (1, 1, 0), "{first} first");
        assert!(Admin::of(&api.app).export("a").await.contains("\"carl\""));
    }
}

#[tokio::test]
async fn a_claim_of_somebody_who_is_erased_later_bars_no_one_who_made_it_before() {
    let (api, _callers) = two_tenants().await;
    let admin = Admin::of(&api.app);
    admin.import("a", claiming("carl"), CANONICAL).await;
    erase(&api, "a", "carl").await;
    // An operator can give the address to somebody who is there: the person claims it, too.
    allow(&api, "carl").await;
    admin.import("a", claiming("dora"), CANONICAL).await;
    erase(&api, "a", "dora").await;
    assert_eq!(import(&api, &claiming("emil"), CANONICAL).await.0, 1, "hers alone");
    assert_eq!(allow(&api, "zz-office@example.com").await, StatusCode::NO_CONTENT);
    assert_eq!(import(&api, &claiming("emil"), CANONICAL).await, (0, 1, 0));
}

#[tokio::test]
async fn a_name_with_several_readings_allows_nobody_but_who_is_meant() {
    let (api, _callers) = two_tenants().await;
    let users = [
        json!({ "id": "x" }),
        json!({ "id": "b", "profile": { "username": "x" } }),
        json!({ "id": "c", "profile": { "username": "y" } }),
        json!({ "id": "d", "employment": { "externalId": "y" } }),
    ];
    let users = users.map(|user| user.to_string() + "\n").concat();
    Admin::of(&api.app).import("a", users.clone(), CANONICAL).await;
    let mut receipts = Vec::new();
    for id in ["x", "b", "c", "d"] {
        receipts.push(erase(&api, "a", id).await["receipt"].as_str().unwrap().to_owned());
    }
    assert_eq!(allow(&api, "x").await, StatusCode::NO_CONTENT);
    assert_eq!(import(&api, &users, CANONICAL).await, (3, 1, 0), "an id means nothing else");
    let (status, problem) = api.call(Method::POST, "/tenants/a/users/y/allow", None).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    assert!(problem["detail"].as_str().unwrap().starts_with("2 people"), "{problem}");
    assert_eq!(import(&api, &users, CANONICAL).await.0, 3);
    assert_eq!(allow(&api, &receipts[3]).await, StatusCode::NO_CONTENT);
    assert_eq!(import(&api, &users, CANONICAL).await, (2, 1, 0));
    assert!(Admin::of(&api.app).export("a").await.contains("\"d\""));
}

#[tokio::test]
async fn a_person_whose_keys_have_the_same_digest_is_erased() {
    let scim = Provider::start().await;
    let user =
        scim.create(json!({ "userName": "zz-ann", "emails": [{ "value": "zz-ann@example.com" }] })).await;
    let admin = Admin::of(&scim.app);
    let id = user["id"].as_str().unwrap();
    admin
        .import("a", json!({ "id": id, "contact": { "emailSelfRegistered": true } }).to_string(), CANONICAL)
        .await;
    admin.erase("a", id).await.unwrap();
    assert!(!dump(&scim.app).await.contains("zz-ann"));
}
