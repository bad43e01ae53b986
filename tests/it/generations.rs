//! Generations are dense and in commit order, and every committed change is in the change log exactly once.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use userbatch::core::id::UserId;
use userbatch::core::user::User;

use crate::app::{TestApp, TestTenant};

const WRITERS: usize = 4;
const WRITES: usize = 15;

/// A row of the log: its generation, what changed, and how.
type Change = (i64, String, i16);

async fn bind(owner: &mut PgConnection, tenant: &TestTenant) {
    let bind = format!("SELECT set_config('userbatch.tenant', '{}', false)", tenant.id);
    sqlx::raw_sql(sqlx::AssertSqlSafe(bind)).execute(owner).await.unwrap();
}

/// The users that changed, in the order of the log.
async fn changes(owner: &mut PgConnection) -> Vec<Change> {
    let statement =
        "SELECT generation, id, change FROM directory_change WHERE subject = 1 ORDER BY generation, id";
    sqlx::query_as(statement).fetch_all(owner).await.unwrap()
}

async fn generation(owner: &mut PgConnection) -> i64 {
    sqlx::query_scalar("SELECT generation FROM directory").fetch_one(owner).await.unwrap()
}

fn user(writer: usize, write: usize) -> User {
    let mut user = User::new(UserId::new(format!("user-{writer}")));
    user.profile.display_name = Some(write.to_string());
    user
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writers_leave_a_dense_log_with_every_change_once() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let writers = (0..WRITERS).map(|writer| {
        let tenant = tenant.clone();
        tokio::spawn(async move {
            for write in 0..WRITES {
                tenant.put_users(&[user(writer, write)]).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let mut owner = app.database.owner_connection().await;
    bind(&mut owner, &tenant).await;
    let log = changes(&mut owner).await;
    let generations: Vec<i64> = log.iter().map(|(generation, ..)| *generation).collect();
    let last = generation(&mut owner).await;
    assert_eq!(generations, (1..=last).collect::<Vec<_>>(), "one user a transaction, none left out");
    let mut times: BTreeMap<&str, Vec<i16>> = BTreeMap::new();
    for (_, id, change) in &log {
        times.entry(id).or_default().push(*change);
    }
    // Added once, then changed by each further write.
    let expected: Vec<i16> = std::iter::once(1).chain(std::iter::repeat_n(2, WRITES - 1)).collect();
    assert_eq!(times.len(), WRITERS);
    assert!(times.values().all(|changes| *changes == expected), "{times:?}");
}

#[tokio::test]
async fn a_transaction_is_one_generation_and_one_that_is_rolled_back_is_none() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    tenant.put_users(&[user(0, 0), user(1, 0), user(2, 0)]).await;
    let mut owner = app.database.owner_connection().await;
    bind(&mut owner, &tenant).await;
    let before = generation(&mut owner).await;
    let touch = |id: usize| format!(r#"UPDATE "user" SET version = version + 1 WHERE id = 'user-{id}';"#);
    let rolled_back = format!("BEGIN; {} ROLLBACK", touch(0));
    sqlx::raw_sql(sqlx::AssertSqlSafe(rolled_back)).execute(&mut owner).await.unwrap();
    assert_eq!(generation(&mut owner).await, before);
    let twice = format!(
        r#"BEGIN; {} {} {} DELETE FROM "user" WHERE id = 'user-2'; COMMIT"#,
        touch(0),
        touch(0),
        touch(1)
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(twice)).execute(&mut owner).await.unwrap();
    let log: Vec<Change> = changes(&mut owner).await.into_iter().filter(|(at, ..)| *at > before).collect();
    let change = |id: &str, change: i16| (before + 1, id.to_owned(), change);
    assert_eq!(log, [change("user-0", 2), change("user-1", 2), change("user-2", 3)]);
}

#[tokio::test]
async fn very_many_changes_are_one_line() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let mut owner = app.database.owner_connection().await;
    bind(&mut owner, &tenant).await;
    let insert = |from: i64, to: i64| {
        format!(
            r#"INSERT INTO "user" (tenant_id, id, ordinal, document)
               SELECT bound_tenant(), 'u' || n, n, '{{"id":"u"}}' FROM generate_series({from}, {to}) n;"#
        )
    };
    // In two statements, neither of which is too many by itself.
    let both = format!("BEGIN; {} {} COMMIT", insert(1, 6_000), insert(6_001, 12_000));
    sqlx::raw_sql(sqlx::AssertSqlSafe(both)).execute(&mut owner).await.unwrap();
    let at = generation(&mut owner).await;
    assert_eq!(changes(&mut owner).await, [(at, String::new(), 0)]);
}
