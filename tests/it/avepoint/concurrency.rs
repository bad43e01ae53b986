//! The total is exact in every snapshot, even with concurrent writers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use userbatch::core::id::UserId;
use userbatch::core::user::User;
use userbatch::store::TenantId;

use super::{Elements, ids};
use crate::app::{TestApp, TestTenant};

const WRITERS: u64 = 4;
const ROUNDS: u64 = 15;

/// Numbers that look random and are the same in every run (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn ids(&mut self, count: u64) -> Vec<UserId> {
        let ids: std::collections::BTreeSet<u64> = (0..count).map(|_| self.below(1_500)).collect();
        ids.into_iter().map(|id| UserId::new(format!("u{id}"))).collect()
    }
}

/// How a transaction ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Committed,
    RolledBack,
    /// Its connection is killed under it.
    Killed,
}

/// Merges users in and deletes some, over and over; of every five transactions of a kind one is rolled back and one
/// killed.
async fn write(tenant: TestTenant, seed: u64) {
    let mut numbers = Numbers(seed);
    for round in 0..ROUNDS {
        let end = match (round + seed) % 5 {
            0 => End::RolledBack,
            1 => End::Killed,
            _ => End::Committed,
        };
        merge(&tenant, numbers.ids(200), end).await;
        delete(&tenant, &numbers.ids(120), end).await;
    }
}

async fn merge(tenant: &TestTenant, ids: Vec<UserId>, end: End) {
    let mut merge = tenant.start_merge().await;
    for id in ids {
        merge.push_user(&User::new(id)).await.unwrap();
    }
    let merged = tenant.run(merge, matches!(end, End::RolledBack));
    match end {
        // It may have been killed in place of another's.
        End::Committed | End::RolledBack => drop(merged.await),
        End::Killed => {
            let mut owner = tenant.app.database.owner_connection().await;
            let killing = async {
                while kill_writers(&mut owner, true).await == 0 {
                    tokio::task::yield_now().await;
                }
                std::future::pending::<()>().await;
            };
            tokio::select! {
                _ = merged => {}
                () = killing => {}
            }
        }
    }
}

async fn delete(tenant: &TestTenant, ids: &[UserId], end: End) {
    let mut owner = tenant.app.database.owner_connection().await;
    let mut transaction = owner.begin().await.unwrap();
    tenant.delete_users(&mut transaction, ids).await;
    match end {
        End::Committed => transaction.commit().await.unwrap(),
        End::RolledBack => transaction.rollback().await.unwrap(),
        End::Killed => {
            kill_writers(&mut tenant.app.database.owner_connection().await, false).await;
            assert!(transaction.commit().await.is_err(), "it was killed");
        }
    }
}

/// Ends the connections that have written users and not committed: one at most, for the others wait for the
/// directory's lock. Of those that merge, or of the others; how many there were.
async fn kill_writers(owner: &mut PgConnection, merges: bool) -> usize {
    let statement = "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE (a.application_name = 'userbatch import') = $1 AND l.relation = '\"user\"'::regclass AND l.mode = 'RowExclusiveLock' AND l.pid <> pg_backend_pid()
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    sqlx::query(statement).bind(merges).fetch_all(owner).await.unwrap().len()
}

/// Walks all pages in one snapshot; how many users it saw.
async fn walk(serving: &mut PgConnection, tenant: TenantId, size: i32) -> usize {
    sqlx::query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut *serving).await.unwrap();
    let (mut seen, mut totals) = (Vec::new(), Vec::new());
    loop {
        let rows: Vec<(Option<i64>, Option<String>)> =
            sqlx::query_as("SELECT total, document ->> 'id' FROM user_page($1, $2, $3)")
                .bind(tenant)
                .bind(i64::try_from(seen.len()).unwrap())
                .bind(size)
                .fetch_all(&mut *serving)
                .await
                .unwrap();
        totals.push(rows[0].0.unwrap());
        if rows.len() == 1 {
            break;
        }
        seen.extend(rows.into_iter().filter_map(|(_, id)| id));
    }
    sqlx::query("COMMIT").execute(&mut *serving).await.unwrap();
    let count = i64::try_from(seen.len()).unwrap();
    assert!(totals.iter().all(|total| *total == count), "{totals:?} of {count}");
    let distinct: std::collections::HashSet<&String> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len());
    seen.len()
}

/// Each page over HTTP is one snapshot: never fewer users than its total says are there for it.
async fn read_over_http(client: &Elements<'_>, tenant: &TestTenant) {
    let path = format!("{}?pageSize=1000&pageIndex=1", tenant.avepoint_path());
    let answer = client.ask(&path, &json!({})).await;
    let total = usize::try_from(answer["metadata"]["totalCount"].as_i64().unwrap()).unwrap();
    assert_eq!(ids(&answer).len(), total.min(1_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn totals_are_exact_while_many_write() {
    let app = TestApp::start().await;
    let tenant = app.tenant("busy").await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = {
        let (app, tenant, done) = (app.clone(), tenant.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            let client = Elements::new(&app).await;
            let mut serving = app.database.serving_connection().await;
            let mut sizes = std::collections::HashSet::new();
            while !done.load(Ordering::Relaxed) {
                sizes.insert(walk(&mut serving, tenant.id, 97).await);
                read_over_http(&client, &tenant).await;
            }
            sizes.len()
        })
    };
    let writers = (0..WRITERS).map(|seed| tokio::spawn(write(tenant.clone(), seed)));
    for writer in futures_util::future::join_all(writers).await {
        writer.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    done.store(true, Ordering::Relaxed);
    assert!(reader.await.unwrap() > 3, "the reader saw the directory change");
    blocks_are_exact(&app, &tenant).await;
}

/// Every block has the count of its users, and no block has none.
async fn blocks_are_exact(app: &TestApp, tenant: &TestTenant) {
    let mut owner = app.database.owner_connection().await;
    sqlx::query("SELECT set_config('userbatch.tenant', $1, false)")
        .bind(tenant.id.to_string())
        .execute(&mut owner)
        .await
        .unwrap();
    let wrong: i64 = sqlx::query_scalar(
        r#"SELECT count(*) FROM user_count c
             FULL JOIN (SELECT w.width, u.ordinal >> w.width AS block, count(*) AS users
                          FROM "user" u CROSS JOIN (VALUES (8), (16)) AS w (width) GROUP BY 1, 2) t
               ON t.width = c.width AND t.block = c.block
            WHERE c.users IS DISTINCT FROM t.users"#,
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!(wrong, 0);
    let (blocks, users): (i64, i64) = sqlx::query_as(
        r#"SELECT (SELECT sum(users) FROM user_count WHERE width = 8), (SELECT count(*) FROM "user")"#,
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert!(users > 0);
    assert_eq!(blocks, users);
}

#[tokio::test]
async fn what_the_counts_would_miss_is_refused() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    tenant.put_users(&[User::new(UserId::new("u"))]).await;
    let mut owner = app.database.owner_connection().await;
    for statement in [r#"UPDATE "user" SET ordinal = ordinal + 1"#, r#"TRUNCATE "user""#] {
        assert!(sqlx::query(statement).execute(&mut owner).await.is_err(), "{statement}");
    }
}
