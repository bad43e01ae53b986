//! Pages and cursors.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::{delete, expected, follow, next, page, told, user, users};
use crate::admin_api::Api;
use crate::app::TestTenant;

async fn run(owner: &mut PgConnection, statements: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(owner).await.unwrap();
}

async fn bind(owner: &mut PgConnection, tenant: &TestTenant) {
    run(owner, format!("SELECT set_config('userbatch.tenant', '{}', false)", tenant.id)).await;
}

/// The status and the detail of the refusal of a cursor.
async fn refusal(api: &Api, slug: &str, since: &str) -> (StatusCode, String) {
    let request = api.request(Method::GET, &format!("/tenants/{slug}/changes")).query(&[("since", since)]);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let status = response.status();
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["status"], status.as_u16());
    (status, problem["detail"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_happens_is_told_once_in_the_order_of_the_commits() {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    let empty = page(&api, "acme", &[]).await;
    assert_eq!((&empty["changes"], &empty["hasMore"]), (&json!([]), &json!(false)));
    tenant.put_users(&[user("b", "1"), user("a", "1")]).await;
    tenant.put_users(&[user("b", "2"), user("c", "1")]).await;
    delete(&tenant, &["a"]).await;
    tenant.put_users(&[user("a", "1"), user("b", "3")]).await;
    tenant.put_users(&[user("a", "1")]).await;
    let all = expected(&[
        ("b", "added"),
        ("a", "added"),
        ("c", "added"),
        ("b", "changed"),
        ("a", "removed"),
        ("a", "added"),
        ("b", "changed"),
    ]);
    for limit in ["1", "2", "3", "7", "10000"] {
        let (changes, after) = follow(&api, "acme", Some(&next(&empty)), limit).await;
        assert_eq!(changes, all, "pages of {limit}");
        let nothing = page(&api, "acme", &[("since", &after)]).await;
        assert_eq!(
            (told(&nothing), next(&nothing)),
            (Vec::new(), after),
            "a cursor although nothing happened"
        );
    }
}

#[tokio::test]
async fn without_a_cursor_all_who_are_there_come_first_and_then_what_happened_meanwhile() {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    tenant.put_users(&users(0..5, "1")).await;
    delete(&tenant, &["user-1"]).await;
    let first = page(&api, "acme", &[("limit", "2")]).await;
    assert_eq!(told(&first), expected(&[("user-0", "added"), ("user-2", "added")]));
    // One who was told and one who was not are changed or removed before the rest is read.
    tenant.put_users(&[user("user-0", "2"), user("user-3", "2"), user("user-9", "1")]).await;
    delete(&tenant, &["user-2", "user-4"]).await;
    let (rest, _) = follow(&api, "acme", Some(&next(&first)), "2").await;
    let all = [
        ("user-3", "added"),
        ("user-4", "added"),
        ("user-9", "added"),
        ("user-0", "changed"),
        ("user-3", "changed"),
        ("user-2", "removed"),
        ("user-4", "removed"),
    ];
    assert_eq!(rest, expected(&all));
    let now = page(&api, "acme", &[("since", "now")]).await;
    assert_eq!(told(&now), []);
    delete(&tenant, &["user-3"]).await;
    let (after, _) = follow(&api, "acme", Some(&next(&now)), "9").await;
    assert_eq!(after, expected(&[("user-3", "removed")]));
}

#[tokio::test]
async fn a_large_import_is_told_whole_and_noted_in_few_rows() {
    const USERS: usize = 25_000;
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    let start = next(&page(&api, "acme", &[]).await);
    tenant.put_users(&users(0..USERS, "1")).await;
    tenant.put_users(&users(0..USERS, "2")).await;
    let (changes, _) = follow(&api, "acme", Some(&start), "10000").await;
    let ids = |change: &str| -> BTreeSet<&str> {
        let of_change = changes.iter().filter(|(_, what)| what == change);
        of_change.map(|(id, _)| id.as_str()).collect()
    };
    assert_eq!((ids("added").len(), ids("changed").len(), changes.len()), (USERS, USERS, 2 * USERS));
    assert!(changes[..USERS].iter().all(|(_, what)| what == "added"), "in the order of the commits");
    let mut owner = api.app.database.owner_connection().await;
    bind(&mut owner, &tenant).await;
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM user_change").fetch_one(&mut owner).await.unwrap();
    assert!(rows <= 4, "{rows} rows for {} changes", 2 * USERS);
}

#[tokio::test]
async fn a_cursor_of_another_tenant_or_of_nobody_is_refused() {
    let api = Api::start().await;
    let (acme, _other) = (api.app.tenant("acme").await, api.app.tenant("other").await);
    acme.put_users(&users(0..3, "1")).await;
    let partly = next(&page(&api, "acme", &[("limit", "1")]).await);
    let whole = next(&page(&api, "acme", &[]).await);
    for cursor in [&partly, &whole, "", "x", "Now", &whole[1..], &format!("{whole}A"), &"A".repeat(100)] {
        let (status, detail) = refusal(&api, "other", cursor).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{cursor}");
        assert!(detail.contains("not a cursor of this tenant"), "{detail}");
    }
}

#[tokio::test]
async fn tenants_are_told_their_own_changes_alone() {
    let api = Api::start().await;
    let (acme, other) = (api.app.tenant("acme").await, api.app.tenant("other").await);
    let starts = [next(&page(&api, "acme", &[]).await), next(&page(&api, "other", &[]).await)];
    acme.put_users(&[user("a", "1"), user("both", "1")]).await;
    other.put_users(&[user("o", "1"), user("both", "1")]).await;
    delete(&acme, &["both"]).await;
    let (of_acme, _) = follow(&api, "acme", Some(&starts[0]), "10").await;
    let (of_other, _) = follow(&api, "other", Some(&starts[1]), "10").await;
    assert_eq!(of_acme, expected(&[("a", "added"), ("both", "added"), ("both", "removed")]));
    assert_eq!(of_other, expected(&[("o", "added"), ("both", "added")]));
}

#[tokio::test]
async fn a_cursor_that_is_too_old_says_how_to_start_over() {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    let start = next(&page(&api, "acme", &[]).await);
    tenant.put_users(&[user("a", "1")]).await;
    tenant.put_users(&[user("b", "1"), user("c", "1")]).await;
    let first = next(&page(&api, "acme", &[("since", &start), ("limit", "1")]).await);
    let second = next(&page(&api, "acme", &[("since", &start), ("limit", "2")]).await);
    let third = next(&page(&api, "acme", &[("since", &start)]).await);
    let mut owner = api.app.database.owner_connection().await;
    bind(&mut owner, &tenant).await;
    run(&mut owner, "UPDATE user_change SET changed_at = now() - interval '31 days'".to_owned()).await;
    // Nothing is trimmed but by a writer.
    let (kept, _) = follow(&api, "acme", Some(&start), "10").await;
    assert_eq!(kept.len(), 3);
    tenant.put_users(&[user("d", "1")]).await;
    for old in [&start, &first, &second] {
        let (status, detail) = refusal(&api, "acme", old).await;
        assert_eq!(status, StatusCode::GONE);
        assert!(detail.contains("start over") && detail.contains("without a cursor"), "{detail}");
    }
    let (after, _) = follow(&api, "acme", Some(&third), "10").await;
    assert_eq!(after, expected(&[("d", "added")]));
    let (over, _) = follow(&api, "acme", None, "3").await;
    assert_eq!(over, expected(&[("a", "added"), ("b", "added"), ("c", "added"), ("d", "added")]));
    let export = api.request(Method::GET, "/tenants/acme/export").query(&[("since", &start)]);
    assert_eq!(export.send().await.unwrap().status(), StatusCode::GONE);
}

#[tokio::test]
async fn a_cursor_ahead_of_a_restored_directory_is_too_old_as_well() {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    tenant.put_users(&[user("a", "1")]).await;
    let ahead = next(&page(&api, "acme", &[]).await);
    let mut owner = api.app.database.owner_connection().await;
    bind(&mut owner, &tenant).await;
    run(&mut owner, "UPDATE directory SET generation = 0".to_owned()).await;
    assert_eq!(refusal(&api, "acme", &ahead).await.0, StatusCode::GONE);
}

#[tokio::test]
async fn a_deleted_tenant_leaves_nothing_and_its_deletion_notes_nothing() {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    tenant.put_users(&users(0..50, "1")).await;
    delete(&tenant, &["user-7"]).await;
    let mut owner = api.app.database.owner_connection().await;
    bind(&mut owner, &tenant).await;
    let mut transaction = api.app.admin.administrate().await.unwrap();
    transaction.delete_tenant(tenant.id).await.unwrap();
    transaction.commit().await.unwrap();
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM user_change").fetch_one(&mut owner).await.unwrap();
    assert_eq!(rows, 0);
    // Rows that were ever written, deleted ones included.
    let written: i64 = sqlx::query_scalar(
        "SELECT pg_stat_get_tuples_inserted(oid) FROM pg_class
          WHERE relname = 'user_change' AND pg_stat_force_next_flush() IS NOT NULL",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert!(written <= 2, "{written} rows were written");
}
