//! Exports of what changed since a cursor.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{delete, follow, next, page, user, users};
use crate::admin_api::Api;
use crate::app::TestApp;
use crate::program::Program;

/// The status, the cursor and the lines of an export.
async fn export(api: &Api, since: Option<&str>) -> (String, Vec<Value>) {
    let query: Vec<_> = since.map(|since| ("since", since)).into_iter().collect();
    let response = api.request(Method::GET, "/tenants/acme/export").query(&query).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let cursor = response.headers()["x-userbatch-cursor"].to_str().unwrap().to_owned();
    let text = response.text().await.unwrap();
    (cursor, text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn ids(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["id"].as_str()).collect()
}

#[tokio::test]
async fn an_export_since_a_cursor_has_each_changed_user_once_and_then_the_removed_ones() {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    tenant.put_users(&users(0..3_000, "1")).await;
    let (cursor, all) = export(&api, None).await;
    assert_eq!(all.len(), 3_000);
    tenant.put_users(&[user("user-7", "2"), user("user-5", "2"), user("new", "1"), user("gone", "1")]).await;
    tenant.put_users(&[user("user-7", "3")]).await;
    delete(&tenant, &["user-1", "user-2", "gone"]).await;
    tenant.put_users(&[user("user-2", "back")]).await;
    let (second, lines) = export(&api, Some(&cursor)).await;
    assert_eq!(ids(&lines), ["user-5", "user-7", "new", "user-2"], "in the directory's order");
    assert_eq!(lines[1]["profile"]["displayName"], "3", "as it is now");
    assert_eq!(lines[4..], [json!({ "removed": "gone" }), json!({ "removed": "user-1" })]);
    assert_eq!(export(&api, Some(&second)).await, (second.clone(), vec![]));
    let (changes, _) = follow(&api, "acme", Some(&second), "10").await;
    assert_eq!(changes, [], "its cursors are those of the feed");
}

#[tokio::test]
async fn an_export_goes_on_where_a_consumer_of_the_feed_stands() {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    tenant.put_users(&users(0..4, "1")).await;
    // Within the listing of those who were there, and within an import.
    let listed = next(&page(&api, "acme", &[("limit", "3")]).await);
    let start = next(&page(&api, "acme", &[]).await);
    tenant.put_users(&users(2..7, "2")).await;
    let partly = next(&page(&api, "acme", &[("since", &start), ("limit", "2")]).await);
    let (_, lines) = export(&api, Some(&listed)).await;
    assert_eq!(ids(&lines), ["user-2", "user-3", "user-4", "user-5", "user-6"]);
    let (_, lines) = export(&api, Some(&partly)).await;
    assert_eq!(ids(&lines), ["user-2", "user-3", "user-6"], "users 4 and 5 were told as added");
}

#[tokio::test]
async fn a_nightly_mirror_by_the_command_is_what_the_directory_is() {
    let app = TestApp::start().await;
    let (tenant, mirror) = (app.tenant("acme").await, app.tenant("mirror").await);
    let program = Program::new(app.database.clone());
    tenant.put_users(&users(0..5, "1")).await;
    let summary = program.json("export --tenant acme all.ndjson");
    assert_eq!(
        (&summary["users"], &summary["entries"], &summary["removed"]),
        (&json!(5), &json!(0), &json!(0))
    );
    let imported = program.json("import --tenant mirror all.ndjson");
    assert_eq!(imported["added"], 5);
    tenant.put_users(&[user("user-3", "2"), user("user-8", "1")]).await;
    delete(&tenant, &["user-0"]).await;
    let since = summary["cursor"].as_str().unwrap();
    let summary = program
        .json(&format!("export --tenant acme --since {since} --removed removed.ndjson changed.ndjson"));
    assert_eq!((&summary["users"], &summary["removed"]), (&json!(2), &json!(1)));
    let removed = std::fs::read_to_string(program.directory.join("removed.ndjson")).unwrap();
    assert_eq!(removed, "{\"removed\":\"user-0\"}\n");
    let imported = program.json("import --tenant mirror changed.ndjson");
    assert_eq!((&imported["added"], &imported["changed"]), (&json!(1), &json!(1)));
    delete(&mirror, &["user-0"]).await;
    assert_eq!(program.export("mirror"), program.export("acme"));
    // Who mistakes the list for users adds nobody.
    let mistaken = program.command("import --tenant mirror removed.ndjson").output().unwrap();
    assert!(!mistaken.status.success());
    assert_eq!(program.export("mirror"), program.export("acme"));
}

#[tokio::test]
async fn the_command_says_the_cursor_beside_the_export_and_refuses_half_a_question() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    tenant.put_users(&[user("a", "1")]).await;
    let program = Program::new(app.database.clone());
    let output = program.command("export --tenant acme").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
    let notes = String::from_utf8(output.stderr).unwrap();
    let cursor = notes.lines().find_map(|line| line.strip_prefix("cursor ")).unwrap();
    let output = program.command("export --tenant acme --output json").output().unwrap();
    let summary: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(summary, json!({ "users": 1, "entries": 0, "removed": 0, "cursor": cursor }));
    let none = |arguments: String| {
        let output = program.command(&arguments).output().unwrap();
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments}");
        String::from_utf8(output.stderr).unwrap()
    };
    let said = none(format!("export --tenant acme --since {cursor}"));
    assert!(said.contains("--removed"), "{said}");
    let said = none("export --tenant acme --since x --removed gone.ndjson".to_owned());
    assert!(said.contains("not a cursor of this tenant"), "{said}");
    assert!(!program.directory.join("gone.ndjson").exists());
    let said = none(format!("export --tenant acme --since {cursor} --removed one.ndjson one.ndjson"));
    assert!(said.contains("another file"), "{said}");
    let said = none(format!("export --tenant acme --since {cursor} --removed ./one.ndjson one.ndjson"));
    assert!(said.contains("another file"), "{said}");
}
