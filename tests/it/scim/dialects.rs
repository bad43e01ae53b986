//! What Microsoft Entra and Okta send.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ENTERPRISE, OWN, Provider, USER, error, id};

fn entra() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": "jd", "userName": "jd@contoso.example", "active": true, "displayName": "Jo D",
        "meta": { "resourceType": "User" },
        "emails": [{ "primary": true, "type": "work", "value": "jd@contoso.example" }],
        "name": { "givenName": "Jo", "familyName": "D" },
        "addresses": [{ "type": "work", "country": "Sierra Leone", "primary": true }], "profileUrl": "QWERTY",
        "phoneNumbers": [{ "type": "work", "value": "12-345" }, { "type": "mobile", "value": "12-345" },
            { "type": "fax", "value": "12-345" }],
        ENTERPRISE: { "department": "Ops", "manager": { "value": "not-there-yet" } },
        "roles": [],
    })
}

fn okta() -> Value {
    json!({
        "schemas": [USER], "userName": "jd@contoso.example", "externalId": "00uExample0000000001",
        "name": { "givenName": "Jo", "familyName": "D" },
        "emails": [{ "primary": true, "value": "jd@contoso.example", "type": "work" }],
        "displayName": "Jo D", "locale": "en-US", "groups": [], "password": "secret-4711", "active": true,
    })
}

/// `user` without what the service adds.
fn as_sent(mut user: Value) -> Value {
    let members = user.as_object_mut().unwrap();
    for name in ["id", "meta", "schemas", OWN] {
        members.remove(name);
    }
    user
}

#[tokio::test]
async fn what_entra_posts_comes_back_as_sent() {
    let provider = Provider::start().await;
    let created = provider.create(entra()).await;
    let mut expected = as_sent(entra());
    expected.as_object_mut().unwrap().remove("roles");
    assert_eq!(as_sent(created.clone()), expected);
    assert_eq!(created["schemas"], json!([USER, ENTERPRISE, OWN]));
    for filter in [
        "externalId eq \"jd\"",
        "userName eq \"JD@contoso.example\"",
        "emails[type eq \"work\"].value eq \"jd@contoso.example\"",
    ] {
        assert_eq!(provider.found(filter).await.1, 1, "{filter}");
    }
    let manager = format!("id eq \"{}\" and manager eq \"not-there-yet\"", id(&created));
    assert_eq!(provider.found(&manager).await.1, 1);
}

#[tokio::test]
async fn entras_patches() {
    let provider = Provider::start().await;
    let user = provider.create(entra()).await;
    let operations = json!([
        { "op": "Replace", "path": "active", "value": "False" },
        { "op": "Add", "value": { "name.givenName": "Ann", format!("{ENTERPRISE}:department"): "Law" } },
        { "op": "Add", "path": "emails[type eq \"home\"].value", "value": "jd@home.example" },
        { "op": "Replace", "path": format!("{ENTERPRISE}:manager"), "value": "boss" },
        { "op": "Remove", "path": "phoneNumbers[type eq \"fax\"]" },
    ]);
    let (status, changed) = provider.patch(id(&user), operations).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!(
        (&changed["active"], &changed["name"]),
        (&json!(false), &json!({ "familyName": "D", "givenName": "Ann" }))
    );
    assert_eq!(changed[ENTERPRISE], json!({ "department": "Law", "manager": { "value": "boss" } }));
    assert_eq!(changed["emails"][1], json!({ "type": "home", "value": "jd@home.example" }));
    assert_eq!(changed["phoneNumbers"].as_array().unwrap().len(), 2);
    assert_eq!(provider.get(&format!("/Users/{}", id(&user))).await.1, changed);

    for nothing in [json!([]), json!([{ "op": "Replace", "path": "active", "value": "False" }])] {
        assert_eq!(provider.patch(id(&user), nothing).await, (StatusCode::OK, changed.clone()));
    }
    let cleared = json!([{ "op": "Replace", "path": format!("{ENTERPRISE}:manager"), "value": "" }]);
    let (_, cleared) = provider.patch(id(&user), cleared).await;
    assert_eq!(cleared[ENTERPRISE], json!({ "department": "Law" }));
    let half = json!([
        { "op": "replace", "path": "displayName", "value": "Z" }, { "op": "remove", "path": "userName" },
    ]);
    let (status, refused) = provider.patch(id(&user), half).await;
    assert_eq!((status, &refused["scimType"]), (StatusCode::BAD_REQUEST, &json!("mutability")));
    assert_eq!(provider.get(&format!("/Users/{}", id(&user))).await.1, cleared, "all or nothing");
}

#[tokio::test]
async fn oktas_life_of_a_user() {
    let provider = Provider::start().await;
    let look_up = "/Users?filter=userName%20eq%20%22jd%40contoso.example%22&startIndex=1&count=100";
    let (status, nobody) = provider.get(look_up).await;
    let none = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "itemsPerPage": 0,
        "startIndex": 1, "Resources": [],
    });
    assert_eq!((status, nobody), (StatusCode::OK, none));
    let created = provider.create(okta()).await;
    let mut expected = as_sent(okta());
    for name in ["groups", "password"] {
        expected.as_object_mut().unwrap().remove(name);
    }
    assert_eq!(as_sent(created.clone()), expected);
    let mut capitals = okta();
    capitals["userName"] = "JD@CONTOSO.EXAMPLE".into();
    let taken = error("409", Some("uniqueness"), "userName is in use by another resource.");
    assert_eq!(provider.call(Method::POST, "/Users", Some(capitals)).await, (StatusCode::CONFLICT, taken));

    let leave = json!([{ "op": "replace", "value": { "active": false } }]);
    assert_eq!(provider.patch(id(&created), leave).await.1["active"], false);
    assert_eq!(provider.get(look_up).await.1["Resources"][0]["active"], false, "still found");
    let path = format!("/Users/{}", id(&created));
    let (_, mut whole) = provider.get(&path).await;
    whole["active"] = true.into();
    whole["name"]["middleName"] = "".into();
    let (status, back) = provider.call(Method::PUT, &path, Some(whole)).await;
    assert_eq!((status, &back["active"], &back["id"]), (StatusCode::OK, &json!(true), &created["id"]));
}
