//! The order of lists, and cursors through them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Provider, answer, error, id, names};

async fn users(provider: &Provider) -> Vec<Value> {
    let mut users = Vec::new();
    for (name, title) in
        [("Cy", Some("b")), ("ann", None), ("Bob", Some("A")), ("dan", Some("c")), ("eve", None)]
    {
        users.push(provider.create(json!({ "userName": name, "title": title })).await);
    }
    users
}

async fn page(provider: &Provider, path: &str, query: &[(&str, &str)]) -> (StatusCode, Value) {
    answer(provider.request(Method::GET, path).query(query)).await
}

/// The names of all parts, each with as many as the query says.
async fn walked(provider: &Provider, query: &[(&str, &str)]) -> Vec<Vec<String>> {
    let mut parts = Vec::new();
    let mut cursor = String::new();
    loop {
        let query = [query, &[("cursor", cursor.as_str())]].concat();
        let (status, list) = page(provider, "/Users", &query).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        assert_eq!((list.get("startIndex"), &list["totalResults"]), (None, &json!(5)));
        parts.push(names(&list));
        let Some(next) = list.get("nextCursor") else { return parts };
        next.as_str().unwrap().clone_into(&mut cursor);
    }
}

#[tokio::test]
async fn lists_are_sorted_as_the_standard_says() {
    let provider = Provider::start().await;
    users(&provider).await;
    for (by, ascending, descending) in [
        ("userName", ["ann", "Bob", "Cy", "dan", "eve"], ["eve", "dan", "Cy", "Bob", "ann"]),
        ("title", ["Bob", "Cy", "dan", "ann", "eve"], ["ann", "eve", "dan", "Cy", "Bob"]),
    ] {
        for (order, expected) in [("ascending", ascending), ("descending", descending)] {
            let (_, list) = page(&provider, "/Users", &[("sortBy", by), ("sortOrder", order)]).await;
            assert_eq!(names(&list), expected, "{by} {order}");
            let query = [("sortBy", by), ("sortOrder", order), ("startIndex", "2"), ("count", "2")];
            let (_, list) = page(&provider, "/Users", &query).await;
            assert_eq!(names(&list), expected[1..3]);
            assert_eq!((&list["totalResults"], &list["startIndex"]), (&json!(5), &json!(2)));
        }
    }
    let (status, refused) = page(&provider, "/Users", &[("sortBy", "name")]).await;
    let detail = error("400", Some("invalidValue"), "sortBy names no attribute with an order.");
    assert_eq!((status, refused), (StatusCode::BAD_REQUEST, detail));
}

#[tokio::test]
async fn cursors_lead_through_a_list_whatever_is_added_or_deleted() {
    let provider = Provider::start().await;
    let all = users(&provider).await;
    for (query, expected) in [
        (&[("count", "2")][..], vec![vec!["Cy", "ann"], vec!["Bob", "dan"], vec!["eve"]]),
        (&[("count", "5")], vec![vec!["Cy", "ann", "Bob", "dan", "eve"]]),
        (&[("count", "3"), ("filter", "id pr")], vec![vec!["Cy", "ann", "Bob"], vec!["dan", "eve"]]),
        (&[("count", "2"), ("sortBy", "userName")], vec![vec!["ann", "Bob"], vec!["Cy", "dan"], vec!["eve"]]),
    ] {
        assert_eq!(walked(&provider, query).await, expected, "{query:?}");
    }
    let (_, none) = page(&provider, "/Users", &[("cursor", ""), ("count", "0")]).await;
    assert_eq!((&none["totalResults"], none.get("nextCursor")), (&json!(5), None));

    let (_, first) = page(&provider, "/Users", &[("cursor", ""), ("count", "2")]).await;
    let cursor = first["nextCursor"].as_str().unwrap();
    for user in &all[..2] {
        provider.call(Method::DELETE, &format!("/Users/{}", id(user)), None).await;
    }
    let (_, second) = page(&provider, "/Users", &[("cursor", cursor), ("count", "2")]).await;
    assert_eq!(names(&second), ["Bob", "dan"], "nobody is left out because others are gone");
    let body = json!({ "cursor": cursor, "count": 2 });
    assert_eq!(provider.call(Method::POST, "/Users/.search", Some(body)).await.1, second);
}

#[tokio::test]
async fn a_cursor_is_good_for_its_list_alone() {
    let provider = Provider::start().await;
    let all = users(&provider).await;
    let other = Provider::of(&provider.app.tenant("b").await).await;
    let sorted = [("count", "2"), ("sortBy", "userName")];
    let (_, first) = page(&provider, "/Users", &[&sorted[..], &[("cursor", "")]].concat()).await;
    let cursor = first["nextCursor"].as_str().unwrap();
    let (_, invalid) = page(&provider, "/Users", &[("cursor", "AAAA")]).await;
    let detail = "The cursor is not valid for this query. Start again with an empty cursor.";
    assert_eq!(invalid, error("400", Some("invalidCursor"), detail));
    for (provider, path, query) in [
        (&other, "/Users", &sorted[..]),
        (&provider, "/Groups", &[("count", "2"), ("sortBy", "displayName")]),
        (&provider, "/Users", &[("count", "2")]),
        (&provider, "/Users", &[("count", "2"), ("sortBy", "userName"), ("sortOrder", "descending")]),
        (&provider, "/Users", &[("count", "2"), ("sortBy", "userName"), ("filter", "id pr")]),
    ] {
        let (status, refused) = page(provider, path, &[query, &[("cursor", cursor)]].concat()).await;
        assert_eq!((status, &refused), (StatusCode::BAD_REQUEST, &invalid), "{query:?}");
    }
    let query = [("count", "3"), ("sortBy", "userName"), ("cursor", cursor)];
    let (_, refused) = page(&provider, "/Users", &query).await;
    let detail = "count must be a whole number, and the same for every page of a cursor.";
    assert_eq!(refused, error("400", Some("invalidCount"), detail));

    // Bob, who ended the first part, goes where the cursor cannot know.
    let renamed = json!([{ "op": "replace", "path": "userName", "value": "zoe" }]);
    provider.patch(id(&all[2]), renamed).await;
    let (_, refused) = page(&provider, "/Users", &[&sorted[..], &[("cursor", cursor)]].concat()).await;
    let detail = "The cursor has expired. Start again with an empty cursor.";
    assert_eq!(refused, error("400", Some("expiredCursor"), detail));
}
