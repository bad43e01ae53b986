//! Bulk requests.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Provider, error, id, names};

async fn bulk(provider: &Provider, fail_on_errors: Option<u64>, operations: Value) -> (StatusCode, Value) {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations,
    });
    if let Some(most) = fail_on_errors {
        body["failOnErrors"] = most.into();
    }
    provider.call(Method::POST, "/Bulk", Some(body)).await
}

fn statuses(response: &Value) -> Vec<&str> {
    let results = response["Operations"].as_array().expect("results").iter();
    results.map(|result| result["status"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn operations_refer_to_each_other_and_are_answered_in_their_order() {
    let provider = Provider::start().await;
    let (status, response) = bulk(&provider, None, json!([
        { "method": "POST", "path": "/Groups", "bulkId": "g",
          "data": { "displayName": "Ops", "members": [{ "value": "bulkId:ann" }] } },
        { "method": "POST", "path": "/Users", "bulkId": "ann", "data": { "userName": "ann", "password": "x" } },
        { "method": "PATCH", "path": "/Users/bulkId:ann",
          "data": { "Operations": [{ "op": "add", "path": "title", "value": "Dev" }] } },
        { "method": "POST", "path": "/Users", "bulkId": "again", "data": { "userName": "ANN" } },
        { "method": "DELETE", "path": "/Users/nobody" },
    ]))
    .await;
    assert_eq!(status, StatusCode::OK, "{response}");
    assert_eq!(response["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    assert_eq!(statuses(&response), ["201", "201", "200", "409", "404"]);
    let [group, ann, changed, again, nobody] = &response["Operations"].as_array().unwrap()[..] else {
        panic!()
    };
    assert_eq!((&group["bulkId"], &ann["bulkId"]), (&json!("g"), &json!("ann")));
    assert_eq!(changed["location"], ann["location"]);
    let taken = error("409", Some("uniqueness"), "userName is in use by another resource.");
    assert_eq!((&again["response"], again.get("location")), (&taken, None));
    let url = provider.app.url("/scim/v2/Users/nobody");
    assert_eq!((&nobody["location"], &nobody["response"]["status"]), (&json!(url), &json!("404")));

    let (_, list) = provider.get("/Users").await;
    assert_eq!(names(&list), ["ann"]);
    let user = &list["Resources"][0];
    assert_eq!((&user["title"], &user["meta"]["version"]), (&json!("Dev"), &user["meta"]["version"]));
    let (_, groups) = provider.get("/Groups").await;
    assert_eq!(groups["Resources"][0]["members"], json!([{ "value": id(user) }]));
    assert_eq!(groups["Resources"][0]["meta"]["location"], group["location"]);

    let stale = changed["version"].as_str().unwrap();
    let path = format!("/Users/{}", id(user));
    let (_, response) = bulk(&provider, None, json!([
        { "method": "DELETE", "path": path, "version": ann["version"] },
        { "method": "PUT", "path": format!("/Groups/{}", id(&groups["Resources"][0])), "data": { "displayName": "Law" } },
        { "method": "DELETE", "path": format!("/Groups/{}", id(&groups["Resources"][0])) },
        { "method": "DELETE", "path": path },
    ]))
    .await;
    assert_eq!(statuses(&response), ["412", "200", "204", "204"], "{stale}");
}

#[tokio::test]
async fn it_stops_after_as_many_errors_as_the_client_accepts() {
    let provider = Provider::start().await;
    let post = |name: &str| json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": { "userName": name } });
    let remove = json!({ "method": "DELETE", "path": "/Users/nobody" });
    let operations = json!([post("a"), remove, post("b"), remove, post("c")]);
    let (_, response) = bulk(&provider, Some(2), operations).await;
    assert_eq!(statuses(&response), ["201", "404", "201", "404"]);
    assert_eq!(names(&provider.get("/Users").await.1), ["a", "b"]);
}

#[tokio::test]
async fn a_bulk_request_has_limits() {
    let provider = Provider::start().await;
    let remove = json!({ "method": "DELETE", "path": "/Users/nobody" });
    let (status, body) = bulk(&provider, None, vec![remove; 1_001].into()).await;
    let detail = "A bulk request has at most 1000 operations.";
    assert_eq!((status, body), (StatusCode::PAYLOAD_TOO_LARGE, error("413", None, detail)));
    let large = json!([{ "method": "POST", "path": "/Users", "bulkId": "a", "data": { "userName": "x".repeat(1 << 20) } }]);
    let (status, body) = bulk(&provider, None, large).await;
    let detail = "The body is larger than 1048576 bytes.";
    assert_eq!((status, body), (StatusCode::PAYLOAD_TOO_LARGE, error("413", None, detail)));
    let (status, body) = bulk(&provider, None, json!([{ "path": "/Users" }])).await;
    let missing = error("400", Some("invalidSyntax"), "Operations[0].method is missing.");
    assert_eq!((status, body), (StatusCode::BAD_REQUEST, missing));
}

#[tokio::test]
async fn a_text_that_begins_as_a_reference_is_one_only_where_an_id_may_stand() {
    let provider = Provider::start().await;
    let plain = "bulkId:nobody";
    let user = json!({ "userName": "bulkId:ann", "displayName": plain, "externalId": plain, "title": plain });
    let (status, response) = bulk(
        &provider,
        None,
        json!([
            { "method": "POST", "path": "/Users", "bulkId": "ann", "data": user },
            { "method": "POST", "path": "/Groups", "bulkId": "g",
              "data": { "displayName": plain, "members": [{ "value": "bulkId:ann" }] } },
            { "method": "PATCH", "path": "/Users/bulkId:ann",
              "data": { "Operations": [{ "op": "add", "path": "nickName", "value": plain }] } },
            { "method": "PATCH", "path": "/Groups/bulkId:g",
              "data": { "Operations": [{ "op": "remove", "path": "members[value eq \"bulkId:ann\"]" }] } },
            { "method": "POST", "path": "/Groups", "bulkId": "h",
              "data": { "displayName": "h", "members": [{ "value": plain }] } },
        ]),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(statuses(&response), ["201", "201", "200", "200", "400"], "{response}");
    let (_, list) = provider.get("/Users").await;
    let user = &list["Resources"][0];
    for (name, expected) in
        [("userName", "bulkId:ann"), ("displayName", plain), ("title", plain), ("nickName", plain)]
    {
        assert_eq!(user[name], expected);
    }
    let (_, groups) = provider.get("/Groups").await;
    let group = &groups["Resources"][0];
    assert_eq!((&group["displayName"], group.get("members")), (&json!(plain), None));
}
