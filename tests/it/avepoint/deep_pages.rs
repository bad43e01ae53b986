//! A page costs the same at any depth, and its total is exact.
//!
//! Cost is measured in rows and index entries read, which do not depend on the machine's load. To see times, for
//! any number of users:
//!
//! ```sh
//! USERBATCH_DEEP_PAGES_USERS=500000 cargo test --release --test it deep_pages -- --nocapture
//! ```

use std::time::Instant;

use serde_json::json;
use sqlx::PgConnection;

use super::{Elements, ids};
use crate::app::{TestApp, TestTenant};

const USERS: i64 = 20_000;
const PAGE: i64 = 100;
/// Index entries a page may read: its own users, at most 255 before it in its block, and those that a removal
/// left behind among them until they are vacuumed.
const MOST_ENTRIES: i64 = (PAGE + 256) * 7 / 6 + 1;
/// Counts that a page may add up: 256 small blocks, and a large one for each 65,536 users.
const MOST_SMALL_COUNTS: i64 = 256;

fn users() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "how large a test is, is no setting of the program")]
    let wanted = std::env::var("USERBATCH_DEEP_PAGES_USERS").ok();
    wanted.map_or(USERS, |users| users.parse().unwrap())
}

/// The numbers of the users that are left when every seventh was removed again.
fn numbers() -> impl Iterator<Item = i64> {
    (0..).filter(|n| n % 7 != 3)
}

/// Fills the tenant, as the importer would but faster; `users` are left in it.
async fn fill(app: &TestApp, tenant: &TestTenant, users: i64) {
    let last = numbers().nth(usize::try_from(users - 1).unwrap()).unwrap();
    let mut owner = app.database.owner_connection().await;
    bind(&mut owner, tenant).await;
    let insert = r#"INSERT INTO "user" (tenant_id, id, ordinal, document)
        SELECT t.id, 'u' || n, n, json_build_object('id', 'u' || n,
               'profile', json_build_object('displayName', 'User ' || n, 'givenName', 'User', 'familyName', n::text),
               'contact', json_build_object('email', n || '@example.com', 'phone', '1' || n),
               'employment', json_build_object('company', 'Example', 'department', 'DEV', 'jobTitle', 'Developer'),
               'account', json_build_object('userPrincipalName', n || '@example.com'))
          FROM tenant t, generate_series(0, $1) n"#;
    sqlx::query(insert).bind(last).execute(&mut owner).await.unwrap();
    let removed = r#"DELETE FROM "user" WHERE ordinal % 7 = 3"#;
    sqlx::query(removed).execute(&mut owner).await.unwrap();
}

async fn bind(connection: &mut PgConnection, tenant: &TestTenant) {
    sqlx::query("SELECT set_config('userbatch.tenant', $1, false)")
        .bind(tenant.id.to_string())
        .execute(connection)
        .await
        .unwrap();
}

/// The page's total and ids, as the serving role reads them.
async fn window(serving: &mut PgConnection, tenant: &TestTenant, skip: i64) -> (i64, Vec<String>) {
    let statement = "SELECT total, document ->> 'id' FROM user_page($1, $2, $3)";
    let rows: Vec<(Option<i64>, Option<String>)> = sqlx::query_as(statement)
        .bind(tenant.id)
        .bind(skip)
        .bind(i32::try_from(PAGE).unwrap())
        .fetch_all(serving)
        .await
        .unwrap();
    let total = rows[0].0.unwrap();
    (total, rows.into_iter().filter_map(|(_, id)| id).collect())
}

async fn window_of(serving: &mut PgConnection, tenant: &TestTenant, ids: &[String], skip: i64) {
    sqlx::query("SELECT FROM user_page_of($1, $2, $3, $4)")
        .bind(tenant.id)
        .bind(ids)
        .bind(skip)
        .bind(i32::try_from(PAGE).unwrap())
        .execute(serving)
        .await
        .unwrap();
}

/// Rows of sequential scans, index entries of users, and counts of blocks.
type Work = [i64; 3];

/// What one page of all users, or of those with the ids `wanted`, reads.
async fn work(serving: &mut PgConnection, tenant: &TestTenant, wanted: Option<&[String]>, skip: i64) -> Work {
    sqlx::query("BEGIN").execute(&mut *serving).await.unwrap();
    let before = work_so_far(serving).await;
    match wanted {
        None => drop(window(serving, tenant, skip).await),
        Some(ids) => window_of(serving, tenant, ids, skip).await,
    }
    let after = work_so_far(serving).await;
    sqlx::query("COMMIT").execute(&mut *serving).await.unwrap();
    std::array::from_fn(|kind| after[kind] - before[kind])
}

async fn work_so_far(serving: &mut PgConnection) -> Work {
    let statement = r#"SELECT ARRAY[
        (SELECT sum(seq_tup_read)::bigint FROM pg_stat_xact_user_tables
          WHERE relname IN ('user', 'user_key', 'user_count')),
        (SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid))::bigint FROM pg_index
          WHERE indrelid = '"user"'::regclass),
        (SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid))::bigint FROM pg_index
          WHERE indrelid = 'user_count'::regclass)]"#;
    let counted: Vec<i64> = sqlx::query_scalar(statement).fetch_one(serving).await.unwrap();
    counted.try_into().unwrap()
}

#[tokio::test]
async fn a_deep_page_reads_no_more_than_the_first() {
    let app = TestApp::start().await;
    let tenant = app.tenant("large").await;
    let total = users();
    fill(&app, &tenant, total).await;
    let mut serving = app.database.serving_connection().await;
    let large_counts = total * 7 / 6 / 65_536 + 1;
    // Postgres plans anew for the first five calls and then may settle on one plan for all: both must be good.
    for _ in 0..8 {
        for skip in (0..total).step_by(usize::try_from(total / 23).unwrap()) {
            let [scanned, entries, counts] = work(&mut serving, &tenant, None, skip).await;
            assert_eq!(scanned, 0, "sequential scan at {skip}");
            assert!(entries <= MOST_ENTRIES, "{entries} index entries at {skip}");
            assert!(counts <= MOST_SMALL_COUNTS + large_counts, "{counts} counts at {skip}");
        }
    }
    for skip in [0, 1, 255, 256, total / 2, total - PAGE, total - 1, total, total + 1] {
        let expected: Vec<String> = numbers()
            .take(usize::try_from(total).unwrap())
            .skip(usize::try_from(skip).unwrap())
            .take(usize::try_from(PAGE).unwrap())
            .map(|n| format!("u{n}"))
            .collect();
        assert_eq!(window(&mut serving, &tenant, skip).await, (total, expected), "at {skip}");
    }
    print_times(&app, &tenant, &mut serving, total).await;
}

#[tokio::test]
async fn a_filtered_page_reads_only_what_it_names() {
    let app = TestApp::start().await;
    let tenant = app.tenant("large").await;
    fill(&app, &tenant, USERS).await;
    let mut serving = app.database.serving_connection().await;
    for count in [1, 10, 2_000].into_iter().cycle().take(24) {
        let ids: Vec<String> = (0..count).map(|n| format!("u{}", n * 7)).collect();
        let [scanned, entries, _] = work(&mut serving, &tenant, Some(&ids), count / 2).await;
        assert_eq!(scanned, 0, "sequential scan for {count}");
        // Each is found by its id, and those of the page once more by their places.
        assert!(entries <= count + PAGE, "{entries} index entries for {count}");
    }
}

#[expect(clippy::print_stdout, reason = "whoever runs it by hand wants to see the times")]
/// Medians of the statement alone and of the whole call, with their ratios to page 1.
async fn print_times(app: &TestApp, tenant: &TestTenant, serving: &mut PgConnection, total: i64) {
    let client = Elements::new(app).await;
    let depths = [1, 10, 100, 1_000, 5_000].map(|page| page.min(total / PAGE));
    let mut statement = [const { Vec::new() }; 5];
    let mut call = [const { Vec::new() }; 5];
    for _ in 0..if total > USERS { 101 } else { 3 } {
        for (place, page) in depths.into_iter().enumerate() {
            let started = Instant::now();
            window(serving, tenant, (page - 1) * PAGE).await;
            statement[place].push(started.elapsed());
            let path = format!("{}?pageIndex={page}", tenant.avepoint_path());
            let started = Instant::now();
            let answer = client.ask(&path, &json!({})).await;
            call[place].push(started.elapsed());
            assert_eq!((ids(&answer).len(), &answer["metadata"]["totalCount"]), (100, &json!(total)));
        }
    }
    println!(
        "users {total}\n| page | statement ms | ratio | HTTP ms | ratio |\n| --- | --- | --- | --- | --- |"
    );
    let medians = |times: &mut [Vec<std::time::Duration>; 5]| {
        times.each_mut().map(|times| {
            times.sort_unstable();
            times[times.len() / 2].as_secs_f64() * 1_000.0
        })
    };
    let (statement, call) = (medians(&mut statement), medians(&mut call));
    for (place, page) in depths.into_iter().enumerate() {
        let (s, c) = (statement[place], call[place]);
        println!("| {page} | {s:.2} | {:.2} | {c:.2} | {:.2} |", s / statement[0], c / call[0]);
    }
}
