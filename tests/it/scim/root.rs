//! Lists of users and groups together.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Provider, answer, error};

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// The users ann (a Dev), bob and cy, and the groups Law and Ops.
async fn directory() -> Provider {
    let provider = Provider::start().await;
    for (name, title, external_id) in [("ann", Some("Dev"), "E1"), ("bob", None, "E2"), ("cy", None, "E3")] {
        let user =
            json!({ "userName": name, "title": title, "externalId": external_id, "displayName": name });
        provider.create(user).await;
    }
    let (_, ann) = provider.get("/Users?filter=userName%20eq%20%22ann%22").await;
    let ann = &ann["Resources"][0]["id"];
    for (name, external_id, members) in [("Law", "E1", json!([])), ("Ops", "E9", json!([{ "value": ann }]))] {
        let group = json!({ "displayName": name, "externalId": external_id, "members": members });
        assert_eq!(provider.call(Method::POST, "/Groups", Some(group)).await.0, StatusCode::CREATED);
    }
    provider
}

fn shown(list: &Value) -> Vec<&str> {
    let resources = list["Resources"].as_array().unwrap().iter();
    resources.map(|one| one["displayName"].as_str().unwrap()).collect()
}

async fn search(provider: &Provider, mut body: Value) -> (StatusCode, Value) {
    body["schemas"] = json!([SEARCH]);
    provider.call(Method::POST, "/.search", Some(body)).await
}

#[tokio::test]
async fn a_filter_finds_users_and_groups_and_what_a_type_has_not_has_no_value() {
    let provider = directory().await;
    let group = "urn:ietf:params:scim:schemas:core:2.0:Group";
    for (filter, expected) in [
        ("displayName eq \"OPS\"", &["Ops"][..]),
        ("displayName sw \"a\" or displayName sw \"l\"", &["ann", "Law"]),
        ("externalId eq \"E1\"", &["ann", "Law"]),
        ("userName eq \"ANN\"", &["ann"]),
        ("meta.resourceType eq \"Group\"", &["Law", "Ops"]),
        ("meta.resourceType ne \"Group\"", &["ann", "bob", "cy"]),
        ("meta.resourceType eq \"Device\"", &[]),
        (&format!("schemas eq \"{group}\""), &["Law", "Ops"]),
        (&format!("{group}:displayName pr"), &["Law", "Ops"]),
        (&format!("not ({group}:displayName pr)"), &["ann", "bob", "cy"]),
        ("meta.resourceType eq \"User\" and title pr", &["ann"]),
        ("title pr", &["ann"]),
        ("title eq null", &["bob", "cy", "Law", "Ops"]),
        ("not (title pr)", &["bob", "cy", "Law", "Ops"]),
        ("title ne \"Dev\"", &["bob", "cy", "Law", "Ops"]),
        ("members pr or title pr", &["ann", "Ops"]),
        ("members.value pr", &["Ops"]),
        ("emails[type eq \"work\"]", &[]),
        ("not (emails[type eq \"work\"])", &["ann", "bob", "cy", "Law", "Ops"]),
        ("meta.lastModified gt \"2020-01-01T00:00:00Z\"", &["ann", "bob", "cy", "Law", "Ops"]),
        ("meta.created gt \"2999-01-01T00:00:00Z\"", &[]),
        ("shoeSize eq 9", &[]),
        ("not (shoeSize eq 9)", &[]),
        ("not (emails[shoeSize eq 9])", &[]),
        ("not (shoeSize[value eq 9])", &[]),
    ] {
        let (status, list) = search(&provider, json!({ "filter": filter })).await;
        assert_eq!(status, StatusCode::OK, "{filter}: {list}");
        let mut found = shown(&list);
        // The ids of groups, and with them their order, are random.
        let users = found.iter().position(|name| name.starts_with(char::is_uppercase)).unwrap_or(found.len());
        found[users..].sort_unstable();
        assert_eq!((found.as_slice(), &list["totalResults"]), (expected, &json!(expected.len())), "{filter}");
        let by_query = provider.request(Method::GET, "/").query(&[("filter", filter)]);
        assert_eq!(answer(by_query).await, (status, list), "{filter}");
    }
    for filter in
        ["", "title", "title gt", "active gt true", "(members pr", "members gt true", "displayName eq 5"]
    {
        let (status, refused) = search(&provider, json!({ "filter": filter })).await;
        assert_eq!(
            (status, &refused["scimType"]),
            (StatusCode::BAD_REQUEST, &json!("invalidFilter")),
            "{filter}"
        );
    }
}

#[tokio::test]
async fn parts_by_number_and_by_cursor_lead_from_the_users_to_the_groups() {
    let provider = directory().await;
    let (_, all) = search(&provider, json!({})).await;
    let all = shown(&all).into_iter().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(all[..3], ["ann", "bob", "cy"]);
    for filter in [None, Some("id pr")] {
        for (start, count) in [(1, 2), (3, 2), (4, 9), (6, 2), (1, 0)] {
            let body = json!({ "filter": filter, "startIndex": start, "count": count });
            let (_, list) = search(&provider, body).await;
            let expected: Vec<_> = all.iter().skip(start - 1).take(count).collect();
            assert_eq!(shown(&list), expected, "{filter:?} {start} {count}");
            assert_eq!((&list["totalResults"], &list["startIndex"]), (&json!(5), &json!(start)));
        }
        for count in [1, 2, 3, 5] {
            let (mut walked, mut cursor) = (Vec::new(), String::new());
            loop {
                let (status, list) =
                    search(&provider, json!({ "filter": filter, "count": count, "cursor": cursor })).await;
                assert_eq!(status, StatusCode::OK, "{list}");
                walked.extend(shown(&list).into_iter().map(str::to_owned));
                let Some(next) = list.get("nextCursor") else { break };
                next.as_str().unwrap().clone_into(&mut cursor);
            }
            assert_eq!(walked, all, "{filter:?} by {count}");
        }
    }
    let (_, first) = search(&provider, json!({ "count": 2, "cursor": "" })).await;
    let body = json!({ "count": 2, "cursor": first["nextCursor"] });
    let (status, refused) = provider.call(Method::POST, "/Users/.search", Some(body)).await;
    assert_eq!((status, &refused["scimType"]), (StatusCode::BAD_REQUEST, &json!("invalidCursor")));
}

#[tokio::test]
async fn both_are_sorted_together_and_show_the_attributes_that_are_asked_for() {
    let provider = directory().await;
    let sorted = async |by: &str, order: &str| {
        let (status, list) = search(&provider, json!({ "sortBy": by, "sortOrder": order })).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        shown(&list).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(sorted("displayName", "ascending").await, ["ann", "bob", "cy", "Law", "Ops"]);
    assert_eq!(sorted("displayName", "descending").await, ["Ops", "Law", "cy", "bob", "ann"]);
    assert_eq!(sorted("title", "ascending").await[0], "ann", "who has no title comes last");
    let (status, refused) = search(&provider, json!({ "sortBy": "shoeSize" })).await;
    let detail = error("400", Some("invalidValue"), "sortBy names no attribute with an order.");
    assert_eq!((status, refused), (StatusCode::BAD_REQUEST, detail));

    let names = |list: &Value| -> Vec<Vec<String>> {
        let resources = list["Resources"].as_array().unwrap().iter();
        resources.map(|one| one.as_object().unwrap().keys().cloned().collect()).collect()
    };
    let filter = "externalId eq \"E1\"";
    let (_, list) =
        search(&provider, json!({ "filter": filter, "attributes": ["userName", "members"] })).await;
    assert_eq!(names(&list), [vec!["schemas", "id", "userName"], vec!["schemas", "id"]]);
    let excluded = ["userName", "members", "meta", "title", "active", "name"];
    let (_, list) = search(&provider, json!({ "filter": filter, "excludedAttributes": excluded })).await;
    assert_eq!(names(&list)[1], ["schemas", "id", "externalId", "displayName"]);
    assert!(!names(&list)[0].iter().any(|name| excluded.contains(&name.as_str())), "{list}");
}

#[tokio::test]
async fn a_large_directory_is_searched_by_its_indexes() {
    let provider = directory().await;
    let mut owner = provider.app.database.owner_connection().await;
    let users = "SELECT set_config('userbatch.tenant', (SELECT id::text FROM tenant), false);
        INSERT INTO \"user\" (tenant_id, id, ordinal, document)
        SELECT bound_tenant(), 'many-' || n, 100 + n, json_build_object('id', 'many-' || n)
          FROM generate_series(1, 10_000) n;
        UPDATE directory SET next_ordinal = 20000";
    let users = users.replace("10_000", "10000");
    sqlx::raw_sql(sqlx::AssertSqlSafe(users)).execute(&mut owner).await.unwrap();
    for (filter, total) in [
        ("userName eq \"ann\"", 1),
        ("externalId eq \"E1\"", 2),
        ("id eq \"many-7\"", 1),
        ("meta.resourceType eq \"User\"", 10_003),
        ("meta.resourceType eq \"Group\" and displayName pr", 2),
        ("members pr", 1),
    ] {
        let (status, list) = search(&provider, json!({ "filter": filter, "count": 2 })).await;
        assert_eq!((status, &list["totalResults"]), (StatusCode::OK, &json!(total)), "{filter}: {list}");
    }
    let (_, list) = search(&provider, json!({ "startIndex": 10_003, "count": 2 })).await;
    assert_eq!((&list["totalResults"], &list["itemsPerPage"]), (&json!(10_005), &json!(2)));
    assert_eq!(list["Resources"][1]["meta"]["resourceType"], "Group");
    let (status, refused) = search(&provider, json!({ "filter": "meta.lastModified pr" })).await;
    let detail = "The filter looks at more than 10000 users: compare id, userName, externalId or emails by eq, or ask for one type of resource by meta.resourceType eq.";
    assert_eq!((status, refused), (StatusCode::BAD_REQUEST, error("400", Some("tooMany"), detail)));
}
