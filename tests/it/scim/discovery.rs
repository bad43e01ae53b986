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
        ("bulk", false),
        ("filter", true),
        ("changePassword", false),
        ("sort", false),
        ("etag", true),
    ] {
        assert_eq!(config[part]["supported"], is_supported, "{part}");
    }
    assert_eq!(
        (&config["pagination"]["cursor"], &config["pagination"]["index"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(config["filter"]["maxResults"], 200);
    let location = provider.app.url("/scim/v2/ServiceProviderConfig");
    assert_eq!(config["meta"], json!({ "resourceType": "ServiceProviderConfig", "location": location }));

    let (_, types) = provider.get("/ResourceTypes").await;
    assert_eq!((&types["totalResults"], &types["Resources"][0]["endpoint"]), (&json!(1), &json!("/Users")));
    assert_eq!(provider.get("/ResourceTypes/user").await, (StatusCode::OK, types["Resources"][0].clone()));
    let (_, schemas) = provider.get("/Schemas").await;
    assert_eq!((&schemas["totalResults"], &schemas["Resources"][0]["id"]), (&json!(3), &json!(USER)));
    assert_eq!(provider.get(&format!("/Schemas/{USER}")).await.1, schemas["Resources"][0]);
    for unknown in ["/Schemas/urn:x", "/ResourceTypes/Group"] {
        assert_eq!(provider.get(unknown).await.0, StatusCode::NOT_FOUND);
    }
    for list in ["/Schemas?filter=id%20pr", "/ResourceTypes?FILTER=id%20pr"] {
        let forbidden = error("403", None, "This endpoint takes no filter.");
        assert_eq!(provider.get(list).await, (StatusCode::FORBIDDEN, forbidden));
    }
}

#[tokio::test]
async fn what_it_does_not_have_is_not_implemented() {
    let provider = Provider::start().await;
    for (method, path, name) in [
        (Method::GET, "/Me", "/Me"),
        (Method::POST, "/.search", "A search of users and groups together"),
        (Method::POST, "/Bulk", "/Bulk"),
        (Method::GET, "/Groups", "/Groups"),
        (Method::PATCH, "/Groups/1", "/Groups"),
        (Method::GET, "/Users?cursor", "Paging by cursor"),
    ] {
        let expected = error("501", None, &format!("{name} is not supported."));
        assert_eq!(provider.call(method, path, None).await, (StatusCode::NOT_IMPLEMENTED, expected));
    }
}
