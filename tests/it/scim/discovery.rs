//! What the service says of itself.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Provider, USER, error};

#[tokio::test]
async fn it_offers_what_it_has_and_nothing_else() {
    let provider = Provider::start().await;
    let (status, config) = provider.get("/ServiceProviderConfig").await;
    assert_eq!(status, StatusCode::OK);
    for (part, is_supported) in [
        ("patch", true),
        ("bulk", true),
        ("filter", true),
        ("changePassword", false),
        ("sort", true),
        ("etag", true),
    ] {
        assert_eq!(config[part]["supported"], is_supported, "{part}");
    }
    let pagination = json!({
        "cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 100,
        "maxPageSize": 200, "cursorTimeout": 3_600,
    });
    assert_eq!(config["pagination"], pagination);
    assert_eq!(
        config["bulk"],
        json!({ "supported": true, "maxOperations": 1_000, "maxPayloadSize": 1 << 20 })
    );
    assert_eq!(config["filter"]["maxResults"], 200);
    let location = provider.app.url("/scim/v2/ServiceProviderConfig");
    assert_eq!(config["meta"], json!({ "resourceType": "ServiceProviderConfig", "location": location }));

    let (_, types) = provider.get("/ResourceTypes").await;
    assert_eq!((&types["totalResults"], &types["Resources"][0]["endpoint"]), (&json!(2), &json!("/Users")));
    assert_eq!(types["Resources"][1]["endpoint"], "/Groups");
    assert_eq!(provider.get("/ResourceTypes/user").await, (StatusCode::OK, types["Resources"][0].clone()));
    let (_, schemas) = provider.get("/Schemas").await;
    assert_eq!((&schemas["totalResults"], &schemas["Resources"][0]["id"]), (&json!(4), &json!(USER)));
    assert_eq!(provider.get(&format!("/Schemas/{USER}")).await.1, schemas["Resources"][0]);
    for unknown in ["/Schemas/urn:x", "/ResourceTypes/Device"] {
        assert_eq!(provider.get(unknown).await.0, StatusCode::NOT_FOUND);
    }
    for list in ["/Schemas?filter=id%20pr", "/ResourceTypes?FILTER=id%20pr"] {
        let forbidden = error("403", None, "This endpoint takes no filter.");
        assert_eq!(provider.get(list).await, (StatusCode::FORBIDDEN, forbidden));
    }
}

#[tokio::test]
async fn there_is_no_me_since_the_token_is_no_users() {
    let provider = Provider::start().await;
    let detail = "The token belongs to an identity provider, not to a user, so that there is no /Me. Find users by a filter.";
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        let expected = (StatusCode::NOT_IMPLEMENTED, error("501", None, detail));
        assert_eq!(provider.call(method, "/Me", None).await, expected);
    }
}
