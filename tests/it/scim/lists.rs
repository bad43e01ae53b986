//! Lists: filters, pages, attributes.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{ENTERPRISE, Provider, names};

/// The users of section 5 of the contract.
async fn three_users() -> Provider {
    let provider = Provider::start().await;
    let emails = json!([{ "type": "work", "value": "a@x.org", "primary": true }, { "type": "home", "value": "a@y.org" }]);
    provider.create(json!({ "userName": "Ann", "title": "Dev", "emails": emails, "active": true })).await;
    let emails = json!([{ "type": "work", "value": "b@y.org" }]);
    provider
        .create(json!({ "userName": "bob", "externalId": "E1", "active": false, "emails": emails }))
        .await;
    provider.create(json!({ "userName": "cy", ENTERPRISE: { "department": "Ops" } })).await;
    provider
}

#[tokio::test]
async fn filters_find_whom_they_describe() {
    let provider = three_users().await;
    let guid = "7c1b2f0e-6f0c-4a51-9a55-0f3a1d7a6f10";
    for (filter, expected) in [
        ("userName eq \"ANN\"", &["Ann"][..]),
        ("USERNAME Eq \"ann\"", &["Ann"]),
        ("userName eq \"ann\" and active eq false", &[]),
        (&format!("userName eq \"{guid}\""), &[]),
        (&format!("externalId eq \"{guid}\""), &[]),
        ("externalId eq \"E1\"", &["bob"]),
        ("externalId eq \"e1\"", &[]),
        ("emails[type eq \"work\"].value eq \"B@y.org\"", &["bob"]),
        ("emails[type eq \"work\" and value eq \"a@y.org\"]", &[]),
        ("emails eq \"A@Y.org\"", &["Ann"]),
        ("title pr or userName sw \"b\" and active eq true", &["Ann"]),
        ("(title pr or userName sw \"b\") and active eq false", &["bob"]),
        ("not (title pr)", &["bob", "cy"]),
        ("emails co \"x.org\"", &["Ann"]),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"ops\"", &["cy"]),
        ("shoeSize eq \"9\"", &[]),
        ("userName eq \"%\"", &[]),
        ("userName sw \"_\"", &[]),
    ] {
        let (found, total) = provider.found(filter).await;
        assert_eq!(
            (found, total),
            (expected.iter().map(|&name| name.to_owned()).collect(), expected.len() as u64),
            "{filter}"
        );
    }
}

#[tokio::test]
async fn pages_are_counted_as_the_standard_says() {
    let provider = three_users().await;
    for name in ["dan", "eve"] {
        provider.create(json!({ "userName": name })).await;
    }
    for filter in ["", "&filter=userName%20pr"] {
        for (query, resources, start) in [
            ("startIndex=4&count=10", &["dan", "eve"][..], 4),
            ("startIndex=-3&count=2", &["Ann", "bob"], 1),
            ("startIndex=9", &[], 9),
            ("count=0", &[], 1),
            ("count=-1", &[], 1),
        ] {
            let (status, list) = provider.get(&format!("/Users?{query}{filter}")).await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(names(&list), resources, "{query}{filter}");
            assert_eq!(list["itemsPerPage"], resources.len());
            assert_eq!((&list["startIndex"], &list["totalResults"]), (&json!(start), &json!(5)));
        }
    }
}

#[tokio::test]
async fn a_search_by_body_is_the_same_list() {
    let provider = three_users().await;
    let search = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "active eq false",
        "attributes": ["userName"],
    });
    let (status, list) = provider.call(Method::POST, "/Users/.search", Some(search)).await;
    assert_eq!((status, names(&list)), (StatusCode::OK, vec!["bob".to_owned()]));
    assert_eq!(list["Resources"][0].get("emails"), None);
    let (_, list) = provider.get("/Users?attributes=id&aadOptscim062020").await;
    let members: Vec<&String> = list["Resources"][0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["schemas", "id"]);
    let (_, list) = provider.get("/Users?excludedAttributes=emails,title").await;
    assert_eq!((list["Resources"][0].get("emails"), list["Resources"][0].get("title")), (None, None));
    assert_eq!(list["Resources"][0]["userName"], "Ann");
}
