//! What a batch and a page cost does not depend on how many accounts there are, or how deep the page lies.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use userbatch::store::Activity;

use super::{
    Client, account_key, announcement, holding, ids, nth_address, only_view, review, transfer,
};
use crate::app::{TestApp, TestTenant};

const ENTRIES: i64 = 10_000;
const PAGES: i64 = ENTRIES / 25;

/// An account with 10,000 entries in every view; every second transfer is its own, and the rest come in.
fn long_timelines(account: &str) -> Activity {
    let other = nth_address(2);
    let party = |n: i64| {
        if n % 2 == 0 {
            ("Mint", account)
        } else {
            (account, other.as_str())
        }
    };
    Activity {
        transfers: (0..ENTRIES * 2)
            .map(|n| transfer(&format!("t-{n:05}"), n / 3, n % 4, party(n).0, party(n).1))
            .collect(),
        reviews: (0..ENTRIES)
            .map(|n| review(&format!("r-{n:05}"), n / 3, account))
            .collect(),
        announcements: (0..ENTRIES)
            .map(|n| announcement(&format!("a-{n:05}"), n / 3, n % 7))
            .collect(),
        holdings: (0..7).map(|n| holding(account, n)).collect(),
    }
}

async fn walk(client: &Client, account: &str, view: &Value) -> (Vec<String>, Vec<Duration>) {
    let (mut seen, mut times, mut bookmark) = (Vec::new(), Vec::new(), String::new());
    loop {
        let started = Instant::now();
        let answer = client.page(account, view, &bookmark).await;
        times.push(started.elapsed());
        let view = only_view(&answer);
        seen.extend(ids(view));
        if view["pagination"]["hasMore"] == false {
            return (seen, times);
        }
        view["pagination"]["bookmark"]
            .as_str()
            .unwrap()
            .clone_into(&mut bookmark);
    }
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::test]
async fn ten_thousand_entries_are_paged_each_once_and_in_order() {
    let app = TestApp::start().await;
    let tenant = app.tenant("deep").await;
    let account = nth_address(1);
    tenant.put_activity(&long_timelines(&account)).await;
    let client = Client::of(&app, &tenant).await;
    let (seen, times) = walk(&client, &account, &json!({ "viewKey": "latestActivity" })).await;
    let expected: Vec<_> = (0..ENTRIES).map(|n| format!("t-{:05}", n * 2)).collect();
    assert_eq!(seen, expected);
    assert_eq!(i64::try_from(times.len()).unwrap(), PAGES);
    println!(
        "pages 1-20: {:?}, pages 381-400: {:?}",
        median(&times[..20]),
        median(&times[380..])
    );
}

/// The query of a function of migration 0008 as a statement to be explained ($1 the tenant, $2 the views), after
/// the settings under which the function runs it.
async fn statements(connection: &mut PgConnection, function: &str) -> Vec<String> {
    let (source, settings): (String, Vec<String>) =
        sqlx::query_as("SELECT prosrc, proconfig FROM pg_proc WHERE proname = $1")
            .bind(function)
            .fetch_one(connection)
            .await
            .unwrap();
    let (_, query) = source.split_once("RETURN QUERY").unwrap();
    let (query, _) = query.rsplit_once(";\nEND").unwrap();
    let query = query
        .replace("of_tenant", "$1")
        .replace("NULL::view_query, views", "NULL::view_query, $2");
    let settings = settings
        .into_iter()
        .map(|setting| format!("SET LOCAL {setting}"));
    settings
        .chain([format!("PREPARE page (uuid, jsonb) AS {query}")])
        .collect()
}

/// The plan of `function` for one view, as the serving role runs it, made without looking at the values.
async fn plan(
    connection: &mut PgConnection,
    tenant: &TestTenant,
    function: &str,
    view: &Value,
) -> Value {
    let statements = statements(connection, function).await;
    let mut transaction = connection.begin().await.unwrap();
    let bound = format!(
        "SELECT set_config('userbatch.tenant', '{}', true)",
        tenant.id
    );
    let generic = "SET LOCAL plan_cache_mode = force_generic_plan".to_owned();
    for sql in [bound, generic].into_iter().chain(statements) {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut *transaction)
            .await
            .unwrap();
    }
    let explain = format!(
        "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE page('{}', '{}')",
        tenant.id,
        json!([view])
    );
    let row = sqlx::raw_sql(AssertSqlSafe(explain))
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    let Json(plan): Json<Value> = row.try_get(0).unwrap();
    sqlx::raw_sql("DEALLOCATE page")
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction.rollback().await.unwrap();
    plan[0].clone()
}

fn nodes(plan: &Value) -> Vec<&Value> {
    let below = plan["Plans"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(nodes);
    std::iter::once(plan).chain(below).collect()
}

/// Pages of the database that were touched.
fn buffers(plan: &Value) -> i64 {
    plan["Plan"]["Shared Hit Blocks"].as_i64().unwrap()
        + plan["Plan"]["Shared Read Blocks"].as_i64().unwrap()
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
) {
    let (function, account, deep) = timeline;
    let descending = options["descending"] == true;
    let view = |(at, id): (i64, &str)| {
        let mut view = options.clone();
        let rest =
            json!({ "place": 0, "account": account, "afterAt": at, "afterId": id, "most": 26 });
        view.as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        view
    };
    let start = if descending { i64::MAX } else { i64::MIN };
    let first = plan(connection, tenant, function, &view((start, ""))).await;
    let deep = plan(
        connection,
        tenant,
        function,
        &view(if descending { (100, "") } else { *deep }),
    )
    .await;
    let what = format!("{function} {options}");
    println!(
        "{what}: buffers {} and {}, ms {} and {}",
        buffers(&first),
        buffers(&deep),
        first["Execution Time"],
        deep["Execution Time"]
    );
    for plan in [&first, &deep] {
        let scans = nodes(&plan["Plan"]);
        assert!(
            scans.iter().all(|node| node["Node Type"] != "Seq Scan"),
            "{what}: {plan:#}"
        );
        assert!(plan.get("JIT").is_none(), "{what}: compiled");
        // A page of each of seven collections at most.
        assert!(
            most_rows(plan) <= 7 * 26 + 26,
            "{what}: {} rows {plan:#}",
            most_rows(plan)
        );
    }
    assert!(
        buffers(&deep) <= buffers(&first) + buffers(&first) / 2 + 16,
        "{what}: {deep:#}"
    );
}

#[tokio::test]
async fn a_deep_page_costs_what_the_first_one_costs() {
    let app = TestApp::start().await;
    let tenant = app.tenant("plans").await;
    tenant.put_activity(&long_timelines(&nth_address(1))).await;
    let holdings = (0..ENTRIES).map(|n| holding(&nth_address(3), n)).collect();
    tenant
        .put_activity(&Activity {
            holdings,
            ..Activity::default()
        })
        .await;
    let key = |n| account_key(&nth_address(n)).to_string();
    let timelines: [Timeline; 4] = [
        ("transfer_pages", key(1), (6_600, "t-19800")),
        ("review_pages", key(1), (3_300, "r-09900")),
        ("announcement_pages", key(1), (3_300, "a-09900")),
        ("holding_pages", key(3), (9_900, "")),
    ];
    let mut serving = app.database.serving_connection().await;
    // As an import leaves the tables, and as they are once the database has looked at them.
    for analyzed in [false, true] {
        if analyzed {
            let analyze =
                sqlx::raw_sql("ANALYZE transfer, transfer_party, review, announcement, holding");
            analyze
                .execute(&mut app.database.owner_connection().await)
                .await
                .unwrap();
        }
        for timeline in &timelines {
            for descending in [false, true] {
                for incoming in [false, true] {
                    for collections in [json!(null), json!([1, 2]), json!([77_777])] {
                        let options = json!({ "descending": descending, "incoming": incoming, "collections": collections });
                        assert_flat(&mut serving, &tenant, timeline, &options).await;
                    }
                }
            }
        }
    }
}

fn four_views() -> Value {
    let keys = [
        "latestActivity",
        "latestAnnouncements",
        "latestReviews",
        "badgesCollected",
    ];
    json!(keys.map(|key| json!({ "viewKey": key, "bookmark": "" })))
}

async fn timed(client: &Client, count: usize) -> (u64, Duration, usize) {
    let entries: Value = (1..=count)
        .map(|n| json!({ "address": nth_address(n), "viewsToFetch": four_views() }))
        .collect();
    let before = client.app.serving.statements();
    let started = Instant::now();
    let answer = client.fetch(entries).await;
    let took = started.elapsed();
    let views = answer
        .accounts()
        .iter()
        .flat_map(|account| account["views"].as_object().unwrap().values());
    (
        client.app.serving.statements() - before,
        took,
        views.map(|view| ids(view).len()).sum(),
    )
}

#[tokio::test]
async fn the_number_of_statements_does_not_depend_on_the_number_of_accounts() {
    const ACCOUNTS: usize = 250;
    let app = TestApp::start().await;
    let tenant = app.tenant("many").await;
    let accounts: Vec<_> = (1..=ACCOUNTS).map(nth_address).collect();
    let users: Vec<_> = accounts
        .iter()
        .enumerate()
        .map(|(n, at)| super::user_at(&format!("u{n}"), at))
        .collect();
    tenant.put_users(&users).await;
    let mut activity = Activity::default();
    for account in &accounts {
        for n in 0..30_i64 {
            activity
                .transfers
                .push(transfer(&format!("{account}-{n}"), n, n, "Mint", account));
            activity
                .reviews
                .push(review(&format!("{account}-{n}"), n, account));
            activity.holdings.push(holding(account, n));
        }
    }
    activity.announcements = (0..30)
        .map(|n| announcement(&format!("a-{n}"), n, n))
        .collect();
    tenant.put_activity(&activity).await;
    let client = Client::of(&app, &tenant).await;
    timed(&client, 1).await;
    let (of_one, one, entries_of_one) = timed(&client, 1).await;
    let (of_many, many, entries_of_many) = timed(&client, ACCOUNTS).await;
    println!(
        "1 account: {of_one} statements, {one:?}; {ACCOUNTS} accounts: {of_many} statements, {many:?}"
    );
    assert_eq!((entries_of_one, entries_of_many), (100, 100 * ACCOUNTS));
    // Two for the key, two for the names, one for each kind of view.
    assert_eq!((of_one, of_many), (8, 8));
}

#[tokio::test]
async fn what_is_not_asked_for_is_not_read() {
    let app = TestApp::start().await;
    let client = Client::of(&app, &app.tenant("little").await).await;
    let statements = async |entries: Value| {
        let before = client.app.serving.statements();
        client.fetch(entries).await.accounts();
        client.app.serving.statements() - before
    };
    assert_eq!(statements(json!([])).await, 2, "only the key");
    assert_eq!(
        statements(json!([{ "address": nth_address(1) }])).await,
        3,
        "nobody to load"
    );
    let view = json!([{ "viewKey": "latestReviews" }, { "viewKey": "latestClaimAlerts" }]);
    assert_eq!(
        statements(json!([{ "address": nth_address(1), "viewsToFetch": view }])).await,
        4
    );
}
