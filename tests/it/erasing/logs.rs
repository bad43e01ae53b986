//! What the audit log, the feed and searches have of an erased person.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Connection as _;
use userbatch::admin::ImportOptions;

use super::{ADDRESS, COSMOS, OTHER, TRACES, dump, erase, two_tenants};
use crate::importing::{Admin, CANONICAL};

/// The details of all acts on users of the tenant, and their subjects.
async fn acts(owner: &mut sqlx::PgConnection) -> Vec<(String, Value)> {
    let select = "SELECT subject, detail FROM audit WHERE tenant = 'a' ORDER BY id";
    sqlx::query_as(select).fetch_all(owner).await.unwrap()
}

#[tokio::test]
async fn the_audit_log_never_has_what_tells_an_account_or_identity_from_another() {
    let (api, _callers) = two_tenants().await;
    let patch = json!({ "chainAccounts": [], "identities": [], "profile": { "nickname": "n" } });
    api.call(Method::PATCH, "/tenants/a/users/zz-ann-id", Some(patch)).await;
    let mut owner = api.app.database.owner_connection().await;
    let (_, detail) = acts(&mut owner).await.pop().unwrap();
    let fields: Vec<&str> = detail["fields"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for field in ["chainAccounts", "identities", "profile.nickname"] {
        assert!(fields.contains(&field), "{detail}");
    }
    assert!(!detail.to_string().contains(COSMOS) && !detail.to_string().contains("zz-"), "{detail}");
}

#[tokio::test]
async fn nothing_of_the_person_is_left_in_any_act_and_others_lines_stay() {
    let (api, _callers) = two_tenants().await;
    let admin = Admin::of(&api.app);
    for query in ["zz-ann-id", "zz-ann@example.com"] {
        api.call(Method::GET, &format!("/tenants/a/users/{query}"), None).await;
    }
    admin.find("a", "zzann", 5).await;
    let options = ImportOptions { dry_run: true, ..ImportOptions::default() };
    admin.try_import("a", super::lines(), &options).await.0.unwrap();
    let explain = json!({ "face": "genauth", "type": "email", "name": "zz-ann@example.com" });
    api.call(Method::POST, "/tenants/a/explain", Some(explain)).await;
    let mut owner = api.app.database.owner_connection().await;
    // As an earlier version wrote them: of the person, of somebody who had the account before, and of a group of that name.
    let account = format!("chainAccounts[{COSMOS}]");
    for (act, subject, fields) in [
        ("user.edit", "zz-ann-id", json!([account, "customData.zz-ann", "profile.nickname"])),
        (
            "user.edit",
            "bob",
            json!([account, format!("{account}#2"), "chainAccounts[x]", "profile.nickname"]),
        ),
        ("group.edit", "zz-ann-id", json!(["members"])),
    ] {
        sqlx::query("INSERT INTO audit (via, actor, act, tenant, subject, detail) VALUES ('cli', 't', $1, 'a', $2, $3)")
            .bind(act)
            .bind(subject)
            .bind(json!({ "added": false, "fields": fields }))
            .execute(&mut owner)
            .await
            .unwrap();
    }
    let before = acts(&mut owner).await;
    let receipt = erase(&api, "a", "zz-ann-id").await;
    let digest = receipt["receipt"].as_str().unwrap();
    assert_eq!(receipt["counts"]["audit"], 4, "{receipt}");
    let mut after = acts(&mut owner).await;
    after.pop();
    let [.., own, others, group] = &after[..] else { panic!("{after:?}") };
    let fields = |fields: Value| json!({ "added": false, "fields": fields });
    assert_eq!(own, &(digest.to_owned(), fields(json!(["chainAccounts", "customData", "profile.nickname"]))));
    assert_eq!(others.1, fields(json!(["chainAccounts", "chainAccounts[x]", "profile.nickname"])));
    assert_eq!(group, before.last().unwrap(), "a group is no user");
    for (old, new) in before.iter().zip(&after).take(before.len() - 3) {
        assert_eq!(old.1, new.1);
        assert!(old.0 == new.0 || (old.0 == "zz-ann-id" && new.0 == digest), "{old:?} {new:?}");
    }
}

#[tokio::test]
async fn a_search_goes_on_from_where_it_was_after_an_erasure() {
    let (api, _callers) = two_tenants().await;
    let admin = Admin::of(&api.app);
    assert_eq!(admin.find("a", "zzann", 5).await.users.len(), 1);
    let mut owner = api.app.database.owner_connection().await;
    // Whoever reads bob again finds that he has no such word.
    let mark = "SELECT set_config('userbatch.tenant', (SELECT id::text FROM tenant WHERE slug = 'a'), false);
        INSERT INTO user_word SELECT tenant_id, ordinal, 'marked' FROM \"user\" WHERE id = 'bob'";
    sqlx::raw_sql(mark).execute(&mut owner).await.unwrap();
    admin.import("a", r#"{"id":"carl","profile":{"displayName":"Carl Zzee"}}"#, CANONICAL).await;
    erase(&api, "a", "zz-ann-id").await;
    assert_eq!(admin.find("a", "zzann", 5).await.users, []);
    assert_eq!(admin.find("a", "zzee", 5).await.users.len(), 1, "what came before the erasure is found");
    let marked: i64 = sqlx::query_scalar("SELECT count(*) FROM user_word WHERE word = 'marked'")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert_eq!(marked, 1, "nobody was read again");
    api.call(Method::DELETE, "/tenants/b?confirm=b", None).await;
    assert!(!dump(&api.app).await.contains("zzann"));
}

/// The search for traces is over before the directory is locked.
#[tokio::test]
async fn what_others_write_between_the_search_and_the_lock_is_erased_too() {
    let (api, _callers) = two_tenants().await;
    let mut owner = api.app.database.owner_connection().await;
    let mut other = owner.begin().await.unwrap();
    let lock = "SELECT set_config('userbatch.tenant', (SELECT id::text FROM tenant WHERE slug = 'a'), true);
        SELECT FROM directory WHERE tenant_id = bound_tenant() FOR UPDATE";
    sqlx::raw_sql(lock).execute(&mut *other).await.unwrap();
    let erasing = erase(&api, "a", "zz-ann-id");
    let writing = async {
        let mut watcher = api.app.database.owner_connection().await;
        let waits = "SELECT EXISTS (SELECT FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%directory%')";
        while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut watcher).await.unwrap() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let document = json!({ "id": "r8", "at": 1, "from": OTHER, "about": OTHER, "stars": "5", "text": ADDRESS,
            "block": "1" });
        sqlx::query("INSERT INTO review (tenant_id, account, at, id, document) VALUES (bound_tenant(), 'x', 1, 'r8', $1::json)")
            .bind(document.to_string())
            .execute(&mut *other)
            .await
            .unwrap();
        other.commit().await.unwrap();
    };
    let (receipt, ()) = futures_util::future::join(erasing, writing).await;
    assert_eq!(receipt["counts"]["reviewsOfOthers"], 2, "{receipt}");
    api.call(Method::DELETE, "/tenants/b?confirm=b", None).await;
    let text = dump(&api.app).await;
    assert!(TRACES.iter().all(|trace| !text.contains(trace)), "{text}");
}
