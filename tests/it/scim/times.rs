//! When a user was last changed, as a client that polls for changes sees it.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use userbatch::core::id::UserId;
use userbatch::core::user::User;

use super::{Provider, id};
use crate::importing::{Admin, CANONICAL};

async fn lock(provider: &Provider) -> PgConnection {
    let mut holder = provider.app.database.owner_connection().await;
    let lock = "BEGIN; SELECT set_config('userbatch.tenant', (SELECT id::text FROM tenant), true);
        SELECT FROM directory FOR UPDATE";
    sqlx::raw_sql(lock).execute(&mut holder).await.unwrap();
    holder
}

async fn now(connection: &mut PgConnection) -> OffsetDateTime {
    sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(connection).await.unwrap()
}

fn time(resource: &Value, name: &str) -> OffsetDateTime {
    OffsetDateTime::parse(resource["meta"][name].as_str().unwrap(), &Rfc3339).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_for_another_writer_is_as_late_as_its_write() {
    let provider = Provider::start().await;
    let ann = provider.create(json!({ "userName": "ann" })).await;
    let group = json!({ "displayName": "Ops" });
    let (_, ops) = provider.call(reqwest::Method::POST, "/Groups", Some(group)).await;
    let mut holder = lock(&provider).await;
    let rename = json!([{ "op": "replace", "path": "title", "value": "Dev" }]);
    let join =
        json!({ "Operations": [{ "op": "add", "path": "members", "value": [{ "value": id(&ann) }] }] });
    let path = format!("/Groups/{}", id(&ops));
    let admin = Admin::of(&provider.app);
    let released = async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let released = now(&mut holder).await;
        sqlx::raw_sql("COMMIT").execute(&mut holder).await.unwrap();
        released
    };
    let line = r#"{"id":"9","profile":{"username":"cy"}}"#.to_owned();
    let new = json!({ "userName": "bob" });
    let (renamed, created, joined, _, released) = tokio::join!(
        provider.patch(id(&ann), rename),
        provider.call(reqwest::Method::POST, "/Users", Some(new)),
        provider.call(reqwest::Method::PATCH, &path, Some(join)),
        admin.import("a", line, CANONICAL),
        released,
    );
    assert_eq!(
        (renamed.0, created.0, joined.0),
        (StatusCode::OK, StatusCode::CREATED, StatusCode::NO_CONTENT)
    );
    let mut times = Vec::new();
    for path in
        [format!("/Users/{}", id(&ann)), format!("/Users/{}", id(&created.1)), path, "/Users/9".to_owned()]
    {
        let (_, resource) = provider.get(&path).await;
        assert!(time(&resource, "lastModified") >= released, "{path}: {resource}, released at {released}");
        if !path.ends_with(id(&ann)) && !path.starts_with("/Groups") {
            assert_eq!(resource["meta"]["created"], resource["meta"]["lastModified"]);
        }
        times.push(time(&resource, "lastModified"));
    }
    let since = released.format(&Rfc3339).unwrap();
    let (names, _) = provider.found(&format!("meta.lastModified ge \"{since}\"")).await;
    assert_eq!(names.len(), 3, "{names:?}");
}

/// As if the server's clock had been set back: the last write is of tomorrow.
#[tokio::test]
async fn a_write_is_later_than_the_one_before_whatever_the_clock_says() {
    let provider = Provider::start().await;
    let ann = provider.create(json!({ "userName": "ann" })).await;
    let mut owner = provider.app.database.owner_connection().await;
    let advance = "SELECT set_config('userbatch.tenant', (SELECT id::text FROM tenant), false);
        UPDATE directory_change SET changed_at = now() + interval '1 day'";
    sqlx::raw_sql(advance).execute(&mut owner).await.unwrap();
    let last: OffsetDateTime = sqlx::query_scalar("SELECT max(changed_at) FROM directory_change")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    let mut before = last;
    for title in ["a", "b"] {
        let operation = json!([{ "op": "replace", "path": "title", "value": title }]);
        let (_, changed) = provider.patch(id(&ann), operation).await;
        assert!(time(&changed, "lastModified") > before, "{changed}");
        before = time(&changed, "lastModified");
    }
    provider.tenant.put_users(&[User::new(UserId::new("9"))]).await;
    let (_, imported) = provider.get("/Users/9").await;
    assert!(time(&imported, "created") > before, "{imported}");
}
