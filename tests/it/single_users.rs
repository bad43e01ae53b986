//! Single users, shown, changed and deleted by operators, with the commands and over HTTP.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::admin_api::Api;
use crate::cache::Callers;
use crate::importing::{Admin, CANONICAL};

const ANN: &str = r#"{"id":"ann","issuedIds":{"genauth":"g-ann"},"profile":{"username":"ann","displayName":"Ann Lee"},
    "contact":{"email":"Ann@Example.com","emailVerified":true,"phone":"030 1"},"employment":{"externalId":"x-1"},
    "chainAccounts":[{"address":"0xb246a3764d642BABbd6b075bca3e77E1cD563d78"}]}"#;
const BOB: &str =
    r#"{"id":"bob","profile":{"username":"bob"},"contact":{"email":"bob@example.com","phone":"0301"}}"#;

/// The API with a tenant `a` of two users.
async fn two_users() -> (Api, Callers) {
    let api = Api::start().await;
    let callers = Callers::of(&api.app, &api.app.tenant("a").await).await;
    let lines = [ANN, BOB].map(|user| user.replace('\n', " ") + "\n").concat();
    Admin::of(&api.app).import("a", lines, CANONICAL).await;
    (api, callers)
}

async fn call(api: &Api, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    api.call(method, &format!("/tenants/a/users/{path}"), body).await
}

#[tokio::test]
async fn a_user_is_found_by_everything_that_names_it() {
    let (api, _callers) = two_users().await;
    for name in [
        "ann",
        "g-ann",
        "ann@example.com",
        "x-1",
        "0xb246a3764d642BABbd6b075bca3e77E1cD563d78",
        "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x",
    ] {
        let (status, user) = call(&api, Method::GET, name, None).await;
        assert_eq!(
            (status, &user["id"], &user["version"]),
            (StatusCode::OK, &json!("ann"), &json!(1)),
            "{name}"
        );
        assert_eq!(user["document"]["setBy"], json!({ "userbatch": "*" }));
        assert_eq!(user.get("faces"), None);
    }
    let (status, problem) = call(&api, Method::GET, "0301", None).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
    let (status, _) = call(&api, Method::GET, "nobody", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    let (_, user) = call(&api, Method::GET, "ann?faces=true", None).await;
    let faces = &user["faces"];
    assert_eq!(faces["bitbadges"]["username"], "ann");
    assert_eq!(faces["avepoint"]["displayName"], "Ann Lee");
    assert_eq!(
        (&faces["genauth"]["userId"], &faces["genauth"]["name"]),
        (&json!("g-ann"), &json!("Ann Lee"))
    );
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_every_api_shows_it_at_once() {
    let (api, callers) = two_users().await;
    assert_eq!(callers.genauth("email", "ann@example.com").await["data"][0]["userId"], "g-ann");
    let patch =
        json!({ "contact": { "email": "lee@example.com", "phone": null }, "profile": { "nickname": "A" } });
    let (status, changed) = call(&api, Method::PATCH, "g-ann", Some(patch.clone())).await;
    let fields = json!([
        { "field": "contact.email", "change": "changed", "contradicts": ["userbatch"] },
        { "field": "profile.nickname", "change": "added", "contradicts": [] },
        { "field": "contact.emailVerified", "change": "removed", "contradicts": ["userbatch"] },
        { "field": "contact.phone", "change": "removed", "contradicts": ["userbatch"] },
    ]);
    let mut told = changed.clone();
    told["fields"]
        .as_array_mut()
        .unwrap()
        .sort_by_key(|field| field["change"].to_string() + &field["field"].to_string());
    let mut expected = fields.as_array().unwrap().clone();
    expected.sort_by_key(|field| field["change"].to_string() + &field["field"].to_string());
    assert_eq!((status, &told["fields"]), (StatusCode::OK, &Value::from(expected)));
    assert_eq!(
        (&changed["id"], &changed["version"], &changed["added"]),
        (&json!("ann"), &json!(2), &json!(false))
    );
    assert_eq!(callers.genauth("email", "ann@example.com").await["data"], json!([]));
    let shown = callers.genauth("email", "lee@example.com").await["data"][0].clone();
    assert_eq!(
        (&shown["nickname"], &shown["emailVerified"], shown.get("phone")),
        (&json!("A"), &json!(false), None)
    );

    let (_, again) = call(&api, Method::PATCH, "ann", Some(patch)).await;
    assert_eq!((&again["version"], &again["fields"]), (&json!(2), &json!([])), "nothing changes");
    let (_, user) = call(&api, Method::GET, "ann", None).await;
    assert_eq!(user["document"]["setBy"]["operator"], json!(["contact.email", "profile.nickname"]));

    let audit = api.call(Method::GET, "/audit?tenant=a&limit=3", None).await.1;
    let edit = audit.as_array().unwrap().iter().find(|act| act["act"] == "user.edit").unwrap();
    assert_eq!(edit["subject"], "ann");
    assert!(edit["detail"]["fields"].as_array().unwrap().contains(&json!("contact.phone")), "{edit}");
    assert!(!audit.to_string().contains("example.com"), "{audit}");
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let (api, _callers) = two_users().await;
    let before = call(&api, Method::GET, "ann", None).await.1;
    for (patch, status, says) in [
        (json!({ "contact": { "email": "BOB@example.com" } }), StatusCode::CONFLICT, "contact.email"),
        (json!({ "issuedIds": { "crm": "bob" } }), StatusCode::CONFLICT, "id"),
        (json!({ "contact": { "emial": "a" } }), StatusCode::BAD_REQUEST, "contact.emial"),
        (json!({ "contact": { "emial": null } }), StatusCode::BAD_REQUEST, "contact.emial"),
        (json!({ "contact": { "email": 7 } }), StatusCode::BAD_REQUEST, "contact.email"),
        (json!({ "profile": { "username": "" } }), StatusCode::BAD_REQUEST, "profile.username"),
        (
            json!({ "profile": { "nickname": "x".repeat(3_000) } }),
            StatusCode::BAD_REQUEST,
            "profile.nickname",
        ),
        (
            json!({ "chainAccounts": [{ "address": "0x12" }] }),
            StatusCode::BAD_REQUEST,
            "chainAccounts[0].address",
        ),
        (json!({ "setBy": {} }), StatusCode::BAD_REQUEST, "setBy"),
    ] {
        let (told, problem) = call(&api, Method::PATCH, "ann", Some(patch.clone())).await;
        assert_eq!(told, status, "{patch}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{patch}: {problem}");
    }
    assert_eq!(call(&api, Method::GET, "ann", None).await.1, before);
    let (status, _) = call(&api, Method::PATCH, "new", Some(json!({}))).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, added) =
        call(&api, Method::PATCH, "new?create=true", Some(json!({ "profile": { "nickname": "N" } }))).await;
    assert_eq!((status, &added["added"], &added["version"]), (StatusCode::OK, &json!(true), &json!(1)));
}

/// The status of a change of `ann` with this `If-Match`.
async fn change_if(api: &Api, tag: &str, nickname: &str) -> StatusCode {
    let request = api.request(Method::PATCH, "/tenants/a/users/ann").header("if-match", tag);
    request.json(&json!({ "profile": { "nickname": nickname } })).send().await.unwrap().status()
}

#[tokio::test]
async fn of_writers_with_the_same_version_one_wins() {
    let (api, callers) = two_users().await;
    let got = api.request(Method::GET, "/tenants/a/users/ann").send().await.unwrap();
    let tag = got.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(tag, "\"1\"");
    let writers = (0..8).map(|number| {
        let (api, tag) = (&api, tag.as_str());
        async move { change_if(api, tag, &number.to_string()).await }
    });
    let mut statuses = futures_util::future::join_all(writers).await;
    statuses.sort_unstable();
    assert_eq!(statuses[0], StatusCode::OK);
    assert!(statuses[1..].iter().all(|status| *status == StatusCode::PRECONDITION_FAILED), "{statuses:?}");
    assert_eq!(change_if(&api, "*", "z").await, StatusCode::OK);
    assert_eq!(change_if(&api, "W/\"3\"", "y").await, StatusCode::OK);
    assert_eq!(change_if(&api, "\"x\"", "w").await, StatusCode::BAD_REQUEST);
    assert_eq!(callers.genauth("email", "ann@example.com").await["data"][0]["nickname"], "y");
}

#[tokio::test]
async fn a_deleted_user_is_nowhere_and_its_names_are_free() {
    let (api, callers) = two_users().await;
    let address = "0xb246a3764d642BABbd6b075bca3e77E1cD563d78";
    assert_eq!(callers.bitbadges(json!([{ "address": address }])).await["accounts"][0]["username"], "ann");
    let stale = api.request(Method::DELETE, "/tenants/a/users/ann").header("if-match", "\"7\"");
    assert_eq!(stale.send().await.unwrap().status(), StatusCode::PRECONDITION_FAILED);
    let (status, _) = call(&api, Method::DELETE, "ann", None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, _) = call(&api, Method::DELETE, "ann", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(callers.bitbadges(json!([{ "address": address }])).await["accounts"][0].get("username"), None);
    assert_eq!(callers.genauth("email", "ann@example.com").await["data"], json!([]));
    let page = callers.avepoint(json!({})).await;
    assert_eq!((&page["metadata"]["totalCount"], &page["data"][0]["id"]), (&json!(1), &json!("bob")));
    let heir = json!({ "profile": { "username": "ann" }, "contact": { "email": "ann@example.com" } });
    let (status, _) = call(&api, Method::PATCH, "heir?create=true", Some(heir)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(callers.genauth("email", "ann@example.com").await["data"][0]["userId"], "heir");
}

#[tokio::test]
async fn of_two_claims_the_smallest_id_is_shown_at_once() {
    let (api, callers) = two_users().await;
    let claim = json!({ "contact": { "email": "x@example.com", "emailSelfRegistered": true } });
    let found = async || callers.genauth("email", "x@example.com").await["data"][0]["userId"].clone();
    call(&api, Method::PATCH, "m?create=true", Some(claim.clone())).await;
    assert_eq!(found().await, "m");
    call(&api, Method::PATCH, "c?create=true", Some(claim)).await;
    assert_eq!(found().await, "c", "not what was cached");
    call(&api, Method::DELETE, "c", None).await;
    assert_eq!(found().await, "m");
}
