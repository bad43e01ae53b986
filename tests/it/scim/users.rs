//! Users: added, changed, deleted; and what other callers see of it.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Provider, answer, error, id};
use crate::cache::Callers;
use crate::importing::{Admin, CANONICAL};

#[tokio::test]
async fn a_user_is_created_read_and_deleted() {
    let provider = Provider::start().await;
    let body = json!({ "userName": "Ann@Example.com", "externalId": "x-1", "id": "mine", "meta": { "version": "9" } });
    let response = provider.request(Method::POST, "/Users").json(&body).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let (location, tag) = (response.headers()["location"].clone(), response.headers()["etag"].clone());
    let created: Value = response.json().await.unwrap();
    assert_ne!(id(&created), "mine");
    assert_eq!(location.to_str().unwrap(), provider.app.url(&format!("/scim/v2/Users/{}", id(&created))));
    assert_eq!(
        (created["meta"]["location"].as_str(), created["meta"]["version"].as_str()),
        (location.to_str().ok(), tag.to_str().ok())
    );
    assert_eq!(created["meta"]["created"], created["meta"]["lastModified"]);
    assert_eq!((&created["userName"], &created["active"]), (&json!("Ann@Example.com"), &json!(true)));

    let path = format!("/Users/{}", id(&created));
    assert_eq!(provider.get(&path).await, (StatusCode::OK, created.clone()));
    let known = provider.request(Method::GET, &path).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((known.status(), &known.headers()["etag"]), (StatusCode::NOT_MODIFIED, &tag));
    assert_eq!(known.headers().get("location"), None, "a client could take it for a redirection");
    assert_eq!(provider.call(Method::DELETE, &path, None).await, (StatusCode::NO_CONTENT, Value::Null));
    let gone = (StatusCode::NOT_FOUND, error("404", None, "There is no such resource."));
    assert_eq!(provider.get(&path).await, gone);
    assert_eq!(provider.call(Method::DELETE, &path, None).await, gone);
    assert_eq!(provider.call(Method::PUT, &path, Some(body.clone())).await, gone);
    assert_eq!(provider.found("externalId eq \"x-1\"").await, (vec![], 0));
    assert_ne!(id(&provider.create(body).await), id(&created));
}

#[tokio::test]
async fn names_are_unique_in_any_case_also_against_an_import() {
    let provider = Provider::start().await;
    let imported = r#"{"id":"i","profile":{"username":"Imported"},"contact":{"email":"i@example.com"}}"#;
    Admin::of(&provider.app).import("a", imported, CANONICAL).await;
    let ann = provider.create(json!({ "userName": "Ann", "externalId": "1" })).await;
    let bob = provider.create(json!({ "userName": "bob" })).await;
    let taken = |attribute: &str| {
        let detail = format!("{attribute} is in use by another resource.");
        (StatusCode::CONFLICT, error("409", Some("uniqueness"), &detail))
    };
    for (body, attribute) in [
        (json!({ "userName": "ANN" }), "userName"),
        (json!({ "userName": "Imported" }), "userName"),
        (json!({ "userName": "cy", "externalId": "1" }), "externalId"),
        (json!({ "userName": "cy", "emails": [{ "value": "I@example.com" }] }), "emails"),
    ] {
        assert_eq!(provider.call(Method::POST, "/Users", Some(body)).await, taken(attribute));
    }
    let rename = json!([{ "op": "replace", "path": "userName", "value": "aNN" }]);
    assert_eq!(provider.patch(id(&bob), rename.clone()).await, taken("userName"));
    assert_eq!(provider.patch(id(&ann), rename).await.1["userName"], "aNN");
    let path = format!("/Users/{}", id(&bob));
    let put = provider.call(Method::PUT, &path, Some(json!({ "userName": "imported" }))).await;
    assert_eq!(put, taken("userName"));
    let namesake = r#"{"id":"n","profile":{"username":"imported"}}"#;
    Admin::of(&provider.app).import("a", namesake, CANONICAL).await;
    assert_eq!(provider.found("userName eq \"Imported\"").await.1, 2);
    let leaves = json!([{ "op": "replace", "path": "active", "value": false }]);
    let (status, user) = provider.patch("i", leaves).await;
    assert_eq!((status, &user["active"]), (StatusCode::OK, &json!(false)), "whatever others are called");
}

#[tokio::test]
async fn of_writers_with_one_tag_one_wins() {
    let provider = Provider::start().await;
    let user = provider.create(json!({ "userName": "ann" })).await;
    let (path, tag) = (format!("/Users/{}", id(&user)), user["meta"]["version"].as_str().unwrap());
    let put = |title: &str| {
        let body = json!({ "userName": "ann", "title": title });
        answer(provider.request(Method::PUT, &path).header("if-match", tag).json(&body))
    };
    let (one, other) = tokio::join!(put("a"), put("b"));
    let mut statuses = [one.0.as_u16(), other.0.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    let stale = provider.request(Method::DELETE, &path).header("if-match", tag);
    let detail = "The resource has changed since. Fetch it again.";
    assert_eq!(answer(stale).await, (StatusCode::PRECONDITION_FAILED, error("412", None, detail)));
    let any = provider.request(Method::DELETE, &path).header("if-match", "*");
    assert_eq!(answer(any).await.0, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_put_replaces_what_scim_can_say_and_keeps_the_rest() {
    let provider = Provider::start().await;
    let imported = r#"{"id":"i","profile":{"username":"ann","displayName":"Ann"},"employment":{"jobTitle":"Dev"},"customData":{"school":"x"}}"#;
    Admin::of(&provider.app).import("a", imported, CANONICAL).await;
    assert_eq!(provider.found("userName eq \"ann\"").await, (vec!["ann".to_owned()], 1));
    let body = json!({
        "userName": "ann", "displayName": "Ann Lee", "middleName": "", "groups": [],
        "emails": [{ "value": "a@x.org", "type": "work" }, { "value": "a@y.org", "type": "home", "display": "at home" }],
        "roles": [{ "value": "admin", "primary": true }],
    });
    let (status, user) = provider.call(Method::PUT, "/Users/i", Some(body.clone())).await;
    assert_eq!((status, user.get("title"), &user["displayName"]), (StatusCode::OK, None, &json!("Ann Lee")));
    assert_eq!((&user["emails"], &user["roles"]), (&body["emails"], &body["roles"]));
    assert_eq!(
        provider.call(Method::PUT, "/Users/i", Some(body)).await.1,
        user,
        "the same again changes nothing"
    );
    let stored = Admin::of(&provider.app).users("a").await;
    assert_eq!(
        (&stored[0]["customData"], &stored[0]["contact"]["email"]),
        (&json!({ "school": "x" }), &json!("a@x.org"))
    );
    assert_eq!(provider.found("emails.value eq \"a@Y.org\"").await.1, 1);
}

#[tokio::test]
async fn every_api_shows_a_change_at_once() {
    let provider = Provider::start().await;
    let callers = Callers::of(&provider.app, &provider.tenant).await;
    let user = provider
        .create(json!({ "userName": "ann", "displayName": "Ann", "emails": [{ "value": "a@x.org" }] }))
        .await;
    let shown = async |name: &str| {
        let genauth = callers.genauth("email", "a@x.org").await;
        let bitbadges = callers.bitbadges(json!([{ "username": "ann" }])).await;
        let avepoint = callers.avepoint(json!({ "userIds": [id(&user)] })).await;
        assert_eq!(genauth["data"][0]["name"], name, "{genauth}");
        assert_eq!(avepoint["data"][0]["displayName"], name, "{avepoint}");
        bitbadges["accounts"][0]["username"].clone()
    };
    assert_eq!(shown("Ann").await, "ann");
    let (status, _) =
        provider.patch(id(&user), json!([{ "op": "replace", "path": "displayName", "value": "Eve" }])).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(shown("Eve").await, "ann");
    provider.call(Method::DELETE, &format!("/Users/{}", id(&user)), None).await;
    assert_eq!(callers.genauth("email", "a@x.org").await["data"], json!([]));
    assert_eq!(callers.avepoint(json!({ "userIds": [id(&user)] })).await["data"], json!([]));
}

#[tokio::test]
async fn the_audit_log_tells_who_changed_which_fields() {
    let provider = Provider::start().await;
    let user = provider.create(json!({ "userName": "ann", "title": "Dev" })).await;
    provider.patch(id(&user), json!([{ "op": "replace", "path": "title", "value": "Ops" }])).await;
    provider.patch(id(&user), json!([{ "op": "replace", "path": "title", "value": "Ops" }])).await;
    provider.call(Method::DELETE, &format!("/Users/{}", id(&user)), None).await;
    let log = provider.app.admin.audit(Some(&provider.tenant.new.slug), None, 10).await.unwrap();
    let entries: Vec<Value> = log.iter().rev().map(|entry| serde_json::to_value(entry).unwrap()).collect();
    let told: Vec<(&Value, &Value)> = entries.iter().map(|entry| (&entry["act"], &entry["detail"])).collect();
    let (edit, delete) = (json!("user.edit"), json!("user.delete"));
    let added = json!({ "added": true, "fields": ["employment.jobTitle", "profile.username"] });
    let mut first = told[0].1.clone();
    first["fields"].as_array_mut().unwrap().sort_by_key(|field| field.as_str().map(str::to_owned));
    assert_eq!((told[0].0, first), (&edit, added));
    let changed = json!({ "added": false, "fields": ["employment.jobTitle"] });
    assert_eq!(told[1..], [(&edit, &changed), (&delete, &json!({}))]);
    for entry in &entries {
        assert_eq!((&entry["via"], &entry["actor"]), (&json!("scim"), &json!(provider.credential)));
        assert_eq!(entry["subject"], user["id"]);
    }
}

#[tokio::test]
async fn an_imported_user_is_found_by_the_name_that_is_shown_in_any_case() {
    let provider = Provider::start().await;
    let lines = [
        json!({ "id": "1", "profile": { "username": "Ann" } }),
        json!({ "id": "2", "account": { "userPrincipalName": "Bob@Example.com" } }),
        json!({ "id": "3", "contact": { "email": "Cy@Example.com" } }),
        json!({ "id": "4", "contact": { "email": "D\u{c4}n@Example.com" } }),
        json!({ "id": "Eve" }),
        json!({ "id": "6", "profile": { "username": "frank" }, "account": { "userPrincipalName": "Other@example.com" } }),
    ];
    let text = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    Admin::of(&provider.app).import("a", text, CANONICAL).await;
    let (_, list) = provider.get("/Users").await;
    let names = super::names(&list);
    assert_eq!(names.len(), lines.len());
    for name in &names {
        for spelling in [name.clone(), name.to_lowercase(), name.to_uppercase()] {
            let (found, _) = provider.found(&format!("userName eq \"{spelling}\"")).await;
            assert_eq!(found, [name.as_str()], "{spelling}");
        }
    }
    assert_eq!(provider.found("userName eq \"other@example.com\"").await.1, 0, "not shown, not found");
}
