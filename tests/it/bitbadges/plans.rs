//! The database cost of a page, read from the query plans of the serving role.

use serde_json::{Value, json};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use userbatch::core::view::{Audience, TimelineEntry};

use super::cost::{ENTRIES, long_timelines};
use super::{account_key, holding, nth_address, transfer};
use crate::app::{TestApp, TestTenant};
use crate::plans::nodes;

/// The query of a function of migration 0008 as a statement to be explained ($1 the tenant, $2 the views).
async fn statement(connection: &mut PgConnection, function: &str) -> String {
    let source: String =
        sqlx::query_scalar("SELECT prosrc FROM pg_proc WHERE proname = $1 AND proconfig IS NULL")
            .bind(function)
            .fetch_one(connection)
            .await
            .unwrap();
    let (_, query) = source.split_once("RETURN QUERY").unwrap();
    let (query, _) = query.rsplit_once(";\nEND").unwrap();
    let query = query.replace("of_tenant", "$1").replace("NULL::view_query, views", "NULL::view_query, $2");
    format!("PREPARE page (uuid, jsonb) AS {query}")
}

/// The plan of `function` for `views`, as the serving role runs it, made without looking at the values.
async fn plan(connection: &mut PgConnection, tenant: &TestTenant, function: &str, views: &[Value]) -> Value {
    let statement = statement(connection, function).await;
    let mut transaction = connection.begin().await.unwrap();
    let bound = format!("SELECT set_config('userbatch.tenant', '{}', true)", tenant.id);
    for sql in [bound, statement] {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await.unwrap();
    }
    let explain =
        format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE page('{}', '{}')", tenant.id, json!(views));
    let row = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_one(&mut *transaction).await.unwrap();
    let Json(plan): Json<Value> = row.try_get(0).unwrap();
    sqlx::raw_sql("DEALLOCATE page").execute(&mut *transaction).await.unwrap();
    transaction.rollback().await.unwrap();
    plan[0].clone()
}

/// Pages of the database that were touched.
fn buffers(plan: &Value) -> i64 {
    plan["Plan"]["Shared Hit Blocks"].as_i64().unwrap() + plan["Plan"]["Shared Read Blocks"].as_i64().unwrap()
}

/// Most rows that one node of the plan read over all its loops, with those that it threw away.
fn most_rows(plan: &Value) -> i64 {
    let count = |node: &Value| {
        let loops = node["Actual Loops"].as_i64().unwrap_or(0);
        let number = |name: &str| node[name].as_f64().unwrap_or(0.0).ceil();
        #[expect(clippy::cast_possible_truncation, reason = "counts of rows are small")]
        let rows = (number("Actual Rows") + number("Rows Removed by Filter")) as i64;
        rows * loops
    };
    nodes(&plan["Plan"]).into_iter().map(count).max().unwrap()
}

/// A function of migration 0008, an account that has 10,000 entries there, and a position deep among them.
type Timeline = (&'static str, String, (i64, &'static str));

async fn assert_flat(
    connection: &mut PgConnection,
    tenant: &TestTenant,
    timeline: &Timeline,
    options: &Value,
) -> String {
    let (function, account, deep) = timeline;
    let descending = options["descending"] == true;
    let view = |(at, id): (i64, &str)| {
        let mut view = options.clone();
        let rest = json!({ "place": 0, "account": account, "afterAt": at, "afterId": id, "most": 26 });
        view.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        view
    };
    let start = if descending { i64::MAX } else { i64::MIN };
    let first = plan(connection, tenant, function, &[view((start, ""))]).await;
    let deep = plan(connection, tenant, function, &[view(if descending { (100, "") } else { *deep })]).await;
    let what = format!("{function} {options}");
    for plan in [&first, &deep] {
        let scans = nodes(&plan["Plan"]);
        assert!(scans.iter().all(|node| node["Node Type"] != "Seq Scan"), "{what}: {plan:#}");
        assert!(plan.get("JIT").is_none(), "{what}: compiled");
        // A page of each of seven collections at most.
        assert!(most_rows(plan) <= 7 * 26 + 26, "{what}: {} rows {plan:#}", most_rows(plan));
    }
    assert!(buffers(&deep) <= buffers(&first) + buffers(&first) / 2 + 16, "{what}: {deep:#}");
    format!(
        "{what}: buffers {} and {}, ms {} and {}",
        buffers(&first),
        buffers(&deep),
        first["Execution Time"],
        deep["Execution Time"]
    )
}

#[tokio::test]
async fn a_deep_page_costs_what_the_first_one_costs() {
    let app = TestApp::start().await;
    let tenant = app.tenant("plans").await;
    tenant.put_entries(&long_timelines(&nth_address(1))).await;
    let holdings = (0..ENTRIES).map(|n| TimelineEntry::Holding(holding(&nth_address(3), n)));
    tenant.put_entries(&holdings.collect::<Vec<_>>()).await;
    let audience = |collection_id| Audience { account: account_key(&nth_address(4)), collection_id };
    tenant.put_entries(&(0..7).map(audience).map(TimelineEntry::Audience).collect::<Vec<_>>()).await;
    let key = |n| account_key(&nth_address(n)).to_string();
    let timelines: [Timeline; 5] = [
        ("transfer_pages", key(1), (6_600, "t-19800")),
        ("review_pages", key(1), (3_300, "r-09900")),
        ("announcement_pages", key(1), (3_300, "a-09900")),
        ("announcement_pages", key(4), (3_300, "a-09900")),
        ("holding_pages", key(3), (9_900, "")),
    ];
    let mut serving = app.database.serving_connection().await;
    // As an import leaves the tables, and as they are once the database has looked at them.
    for analyzed in [false, true] {
        if analyzed {
            let analyze =
                sqlx::raw_sql("ANALYZE transfer, transfer_party, review, announcement, holding, audience");
            analyze.execute(&mut app.database.owner_connection().await).await.unwrap();
        }
        for timeline in &timelines {
            for descending in [false, true] {
                for incoming in [false, true] {
                    for collections in [json!(null), json!([1, 2]), json!([77_777])] {
                        let options = json!({ "descending": descending, "incoming": incoming, "collections": collections });
                        println!("{}", assert_flat(&mut serving, &tenant, timeline, &options).await);
                    }
                }
            }
        }
    }
}

/// What a batch of 250 accounts costs the database, against one account.
#[tokio::test]
async fn a_view_of_many_accounts_costs_as_many_pages() {
    const ACCOUNTS: usize = 250;
    let app = TestApp::start().await;
    let tenant = app.tenant("wide").await;
    let mut entries = Vec::new();
    for account in (1..=ACCOUNTS).map(nth_address) {
        let transfers = (0..40).map(|n| transfer(&format!("{account}-{n}"), n, n, "Mint", &account));
        entries.extend(transfers.map(TimelineEntry::Transfer));
    }
    tenant.put_entries(&entries).await;
    let mut serving = app.database.serving_connection().await;
    let view = |n: usize| {
        json!({
            "place": n, "account": account_key(&nth_address(n)), "afterAt": i64::MIN, "afterId": "",
            "descending": false, "incoming": true, "collections": null, "most": 26,
        })
    };
    let views: Vec<_> = (1..=ACCOUNTS).map(view).collect();
    let one = plan(&mut serving, &tenant, "transfer_pages", &views[..1]).await;
    let all = plan(&mut serving, &tenant, "transfer_pages", &views).await;
    println!(
        "1: {} buffers, {} ms; {ACCOUNTS}: {} buffers, {} ms",
        buffers(&one),
        one["Execution Time"],
        buffers(&all),
        all["Execution Time"]
    );
    assert_eq!(all["Plan"]["Actual Rows"], 26 * ACCOUNTS);
    let accounts = i64::try_from(ACCOUNTS).unwrap();
    assert!(buffers(&all) <= (buffers(&one) + 16) * accounts, "{all:#}");
}
