//! Every look-up of a user or an entry goes through the index made for it, whatever the planner believes: in serving and
//! in imports, for tenants of 10 and of 200,000 users, under stale, missing, skewed and fresh statistics, with plans
//! made for the values at hand and for any. The plans are those that the real statements of a real gateway and a real
//! import had, as PostgreSQL's `auto_explain` logs them.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use userbatch::admin::{ImportOptions, MatchBy, SINCE_NOW};
use userbatch::api::Limits;
use userbatch::core::clock::Clock;
use userbatch::core::id::UserId;
use userbatch::core::user::User;
use userbatch::embedded::Cluster;
use userbatch::store::migrate;

use crate::app::{Database, OWNER, PASSWORD, SERVING, TestApp, TestTenant, cluster_options};
use crate::bitbadges::{nth_address, transfer};
use crate::cache::Callers;
use crate::importing::Admin;

const DATABASE: &str = "plans";
const SMALL: usize = 10;
const MIDDLE: usize = 15_000;
const LARGE: usize = 200_000;

/// The indexes of users and entries, and the column that a scan of each must have a condition on. That of removed users
/// is not among them: an export of changes may read all of a tenant's.
const LOOKED_UP: [(&str, &str); 14] = [
    ("user_pkey", "id"),
    ("user_key_pkey", "value"),
    ("user_shared_key_pkey", "value"),
    ("transfer_pkey", "id"),
    ("transfer_party_pkey", "account"),
    ("transfer_party_incoming", "account"),
    ("transfer_party_of_collection", "account"),
    ("announcement_pkey", "collection_id"),
    ("review_pkey", "account"),
    ("holding_pkey", "account"),
    ("audience_pkey", "account"),
    ("user_change_pkey", "generation"),
    ("user_word_pkey", "ordinal"),
    ("user_word_by_word", "word"),
];
/// A page of all users is read from the index in the order of the page, up to its end.
const PAGED: &str = "user_by_ordinal";
/// The most rows of that: a page, after at most the users of a block that is counted.
const MOST_PAGED: i64 = 1_000 + 256;
const TABLES: [&str; 11] = [
    "user",
    "user_key",
    "user_shared_key",
    "transfer",
    "transfer_party",
    "announcement",
    "review",
    "holding",
    "audience",
    "user_change",
    "user_word",
];

/// The tables by whose plans serving and imports are known to have been logged.
const FOUND_BY_KEYS: [&str; 3] = ["\"user\"", "user_key", "user_shared_key"];

/// A server of the test's own that logs every plan.
struct PlanLog {
    cluster: Cluster,
    superuser: PgConnection,
    log: PathBuf,
    /// Bytes of the log that were read.
    read: usize,
}

impl PlanLog {
    async fn start() -> Self {
        let options = cluster_options(DATABASE);
        let log = options.data_dir.join("postgres.log");
        let cluster = Cluster::start(options).await.unwrap();
        cluster.ensure_owner(OWNER, PASSWORD).await.unwrap();
        cluster.ensure_database(DATABASE, OWNER, None).await.unwrap();
        migrate(&cluster.url_as(OWNER, PASSWORD, DATABASE), Some(PASSWORD)).await.unwrap();
        let mut superuser = PgConnection::connect(&cluster.url(DATABASE)).await.unwrap();
        for setting in [
            "session_preload_libraries = 'auto_explain'",
            "auto_explain.log_min_duration = 0",
            "auto_explain.log_nested_statements = on",
            "auto_explain.log_analyze = on",
            "auto_explain.log_timing = off",
            "auto_explain.log_format = 'json'",
        ] {
            set(&mut superuser, setting).await;
        }
        for statement in ["ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()"] {
            superuser.execute(statement).await.unwrap();
        }
        Self { cluster, superuser, log, read: 0 }
    }

    fn database(&self) -> Database {
        Database {
            owner_url: self.cluster.url_as(OWNER, PASSWORD, DATABASE),
            serving_url: self.cluster.url_as(SERVING, PASSWORD, DATABASE),
        }
    }

    /// Makes new sessions plan for the values at hand, or for any.
    async fn plan_as(&mut self, mode: &str) {
        set(&mut self.superuser, &format!("plan_cache_mode = {mode}")).await;
    }

    /// The plans logged since the last call.
    fn take(&mut self) -> Vec<Value> {
        let log = fs::read(&self.log).unwrap();
        let new = String::from_utf8_lossy(&log[self.read..]).into_owned();
        self.read = log.len();
        let plans = new.split("  plan:\n").skip(1);
        let plans = plans.map(|text| {
            let lines = text.lines().take_while(|line| line.starts_with('\t'));
            let text: String = lines.flat_map(|line| [line, "\n"]).collect();
            serde_json::from_str(&text).unwrap()
        });
        plans.collect()
    }
}

/// Sets something for new sessions of both roles.
async fn set(superuser: &mut PgConnection, setting: &str) {
    for role in [OWNER, SERVING] {
        let set = format!("ALTER ROLE {role} IN DATABASE {DATABASE} SET {setting}");
        superuser.execute(AssertSqlSafe(set)).await.unwrap();
    }
}

/// The nodes of a plan.
pub fn nodes(plan: &Value) -> Vec<&Value> {
    let below = plan["Plans"].as_array().into_iter().flatten().flat_map(nodes);
    std::iter::once(plan).chain(below).collect()
}

/// What is wrong with a node of a plan, if anything.
fn fault(node: &Value) -> Option<String> {
    let text = |name: &str| node[name].as_str().unwrap_or_default();
    let (kind, table, index) = (text("Node Type"), text("Relation Name"), text("Index Name"));
    if node["Actual Loops"] == 0 {
        return None;
    }
    let thrown_away = node["Rows Removed by Filter"].as_i64().unwrap_or(0);
    if TABLES.contains(&table) && thrown_away > 0 {
        return Some(format!("{kind} of {table}, {thrown_away} rows thrown away"));
    }
    match kind {
        "Index Scan" | "Index Only Scan" | "Bitmap Index Scan" => {
            let condition = text("Index Cond");
            (!is_narrow(index, condition, node["Actual Rows"].as_i64()))
                .then(|| format!("{kind} {index} on {condition:?}"))
        }
        // Of rows that other nodes found.
        "ModifyTable" | "Tid Scan" | "Bitmap Heap Scan" => None,
        _ => TABLES.contains(&table).then(|| format!("{kind} of {table}")),
    }
}

/// Whether a scan of an index reads what is looked up and no more.
fn is_narrow(index: &str, condition: &str, rows: Option<i64>) -> bool {
    if index == PAGED {
        return rows <= Some(MOST_PAGED);
    }
    let looked_up = LOOKED_UP.iter().find(|(name, _)| *name == index);
    looked_up.is_none_or(|(_, column)| {
        let is_named = |before: &str, after: &str| condition.contains(&[before, column, after].concat());
        is_named("(", " ") || is_named(" ", " ") || is_named("ROW(", ",")
    })
}

/// Asserts that each statement looks up what it reads of users and entries.
fn assert_looked_up(plans: &[Value], tables: &[&str], what: &str) {
    let mut faults = BTreeSet::new();
    for plan in plans {
        let text = plan["Query Text"].as_str().unwrap_or_default();
        // A changed transfer's parties are indexed by account: they are found by reading the tenant's once an import.
        if text.contains("changed_transfer") {
            continue;
        }
        for fault in nodes(&plan["Plan"]).into_iter().filter_map(fault) {
            faults
                .insert(format!("{fault}\n   in {}", text.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
    }
    let faults: Vec<_> = faults.into_iter().collect();
    assert!(faults.is_empty(), "{what}:\n{}", faults.join("\n"));
    for table in tables {
        let is_read = |plan: &Value| plan["Query Text"].as_str().is_some_and(|text| text.contains(table));
        assert!(plans.iter().any(is_read), "{what}: no plan of {table} was logged");
    }
}

/// Users as an import would write them, but written at once.
async fn load(log: &PlanLog, tenant: &TestTenant, users: usize) {
    let mut owner = PgConnection::connect(&log.cluster.url(DATABASE)).await.unwrap();
    let bind = format!("BEGIN; SELECT set_config('userbatch.tenant', '{}', true)", tenant.id);
    let users = format!(
        r#"INSERT INTO "user" (tenant_id, id, ordinal, document)
           SELECT bound_tenant(), 'user-' || n, n, json_build_object('id', 'user-' || n,
                  'contact', json_build_object('email', n || '@example.com', 'phone', '555' || n % 100))
             FROM generate_series(0, {users} - 1) n;
           INSERT INTO user_key (tenant_id, kind, value, user_id)
           SELECT bound_tenant(), kind, value, 'user-' || n
             FROM generate_series(0, {users} - 1) n
            CROSS JOIN LATERAL (VALUES (1, 'user-' || n), (3, n || '@example.com')) k (kind, value);
           INSERT INTO user_shared_key (tenant_id, kind, value, user_id)
           SELECT bound_tenant(), 7, '555' || n % 100, 'user-' || n FROM generate_series(0, {users} - 1) n;
           UPDATE directory SET next_ordinal = {users} WHERE tenant_id = bound_tenant();
           COMMIT"#
    );
    for statement in [bind, users] {
        owner.execute(AssertSqlSafe(statement)).await.unwrap();
    }
}

/// Calls of every face, by ids, addresses, telephone numbers and pages.
async fn serve(callers: &Callers, users: usize) {
    let known = |count: usize| (0..count).map(move |n| n * users / count);
    let list = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(",");
    let found = |answer: &Value| answer["data"].as_array().map_or(0, Vec::len);
    let few = users.min(25);
    let unknown = (0..25).map(|n| format!("nobody-{n}"));
    let ids = list(&mut known(few).map(|n| format!("user-{n}")).chain(unknown.clone()));
    assert_eq!(found(&callers.genauth("user_id", &ids).await), few);
    let emails = list(&mut known(few).map(|n| format!("{n}@example.com")).chain(unknown));
    assert_eq!(found(&callers.genauth("email", &emails).await), few);
    assert!(found(&callers.genauth("phone", "5551,5552").await) > 1);
    let many: Vec<_> = known(users.min(998)).map(|n| format!("user-{n}")).collect();
    let answer = callers.avepoint(json!({ "userIds": many })).await;
    assert_eq!(answer["metadata"]["totalCount"], json!(many.len()));
    let answer = callers.avepoint(json!({})).await;
    assert!(answer["metadata"]["totalCount"].as_u64() >= Some(users as u64));
    let views: Vec<_> = ["latestActivity", "latestAnnouncements", "latestReviews", "badgesCollected"]
        .map(|view| json!({ "viewKey": view, "bookmark": "" }))
        .to_vec();
    let accounts = [1, 2, 3].map(|n| json!({ "address": nth_address(n), "viewsToFetch": views }));
    assert_eq!(callers.bitbadges(json!(accounts)).await["accounts"].as_array().map(Vec::len), Some(3));
}

/// An import of 150 records: changed and new users, some of whom have another's address, and timeline entries.
async fn import(tenant: &TestTenant, users: usize, run: i64) {
    let mut lines = Vec::new();
    for n in 0..users.min(100) {
        let id = n * users / users.min(100);
        let phone = if n < 5 { format!("555{n}") } else { format!("556{run}") };
        let contact = json!({ "email": format!("{id}@example.com"), "phone": phone });
        // Matched by the address: the record's own id is new in the first run.
        lines.push(json!({ "id": format!("other-{id}"), "contact": contact }));
        lines.push(json!({ "id": format!("user-{id}"), "profile": { "nickname": format!("run {run}") } }));
    }
    for n in 0..50 {
        let contact =
            json!({ "email": format!("new-{run}-{n}@example.com"), "emailSelfRegistered": n % 2 == 0 });
        lines.push(json!({ "id": format!("new-{run}-{n}"), "contact": contact }));
    }
    lines.push(json!({ "id": "thief", "contact": { "email": format!("new-{run}-1@example.com") } }));
    for n in 0..20 {
        let sent = transfer(&format!("t-{n}"), n + run, 1, &nth_address(1), &nth_address(2));
        lines.push(json!({ "transfer": sent }));
    }
    let text = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let options = ImportOptions { match_by: Some(vec![MatchBy::Email]), ..ImportOptions::default() };
    let (outcome, rejects) =
        Admin::of(&tenant.app).try_import(tenant.new.slug.as_str(), text, &options).await;
    let report = outcome.unwrap();
    assert!(report.merged.applied && report.merged.changed > 0 && report.merged.added >= 50, "{report:?}");
    assert_eq!(rejects.len(), 1, "{rejects:?}");
}

/// Who is there, and then the changes of an import after `before`, by the feed and by an export.
async fn follow(admin: &Admin, slug: &str, before: &str) {
    let there = admin.changes(slug, None).await;
    assert_eq!(admin.changes(slug, Some(&there.next)).await.changes.is_empty(), !there.has_more);
    let changed = admin.changes(slug, Some(before)).await.changes.len();
    assert!(changed >= 50, "{changed} changes");
    assert_eq!(admin.export_since(slug, before).await.lines().count(), changed);
}

/// Searches by a part that everybody has, one that few have, and both.
async fn find(admin: &Admin, slug: &str) {
    for (text, least) in [("example", 5), ("new", 5), ("example new", 5), ("nobody example", 0)] {
        assert!(admin.find(slug, text, 5).await.users.len() >= least, "{text}");
    }
}

/// The plans of a gateway and of an import, for each of the tenants.
async fn assert_plans(log: &mut PlanLog, statistics: &str, tenants: &[(&TestTenant, usize)], run: &mut i64) {
    for mode in ["force_custom_plan", "force_generic_plan"] {
        log.plan_as(mode).await;
        let app = TestApp::start_on(log.database(), Clock::system(), Limits::default()).await;
        for &(tenant, users) in tenants {
            let tenant = TestTenant { app: app.clone(), ..tenant.clone() };
            let callers = Callers::of(&app, &tenant).await;
            let what = format!("{statistics} statistics, {mode}, {users} users");
            log.take();
            serve(&callers, users).await;
            assert_looked_up(&log.take(), &FOUND_BY_KEYS, &format!("serving, {what}"));
            *run += 1;
            let admin = Admin::of(&app);
            let before = admin.changes(tenant.new.slug.as_str(), Some(SINCE_NOW)).await.next;
            log.take();
            import(&tenant, users, *run).await;
            assert_looked_up(&log.take(), &FOUND_BY_KEYS, &format!("import, {what}"));
            follow(&admin, tenant.new.slug.as_str(), &before).await;
            assert_looked_up(&log.take(), &["\"user\"", "user_change"], &format!("changes, {what}"));
            find(&admin, tenant.new.slug.as_str()).await;
            assert_looked_up(&log.take(), &["\"user\"", "user_word"], &format!("search, {what}"));
        }
    }
}

#[tokio::test]
async fn no_look_up_depends_on_statistics() {
    let mut log = PlanLog::start().await;
    let app = TestApp::start_on(log.database(), Clock::system(), Limits::default()).await;
    let [small, middle, large] =
        [app.tenant("small").await, app.tenant("middle").await, app.tenant("large").await];
    let mut run = 0;
    load(&log, &small, SMALL).await;
    log.superuser.execute("ANALYZE").await.unwrap();
    load(&log, &large, LARGE).await;
    assert_plans(&mut log, "stale", &[(&small, SMALL), (&large, LARGE)], &mut run).await;
    for forget in
        ["DELETE FROM pg_statistic", "UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid > 16384"]
    {
        log.superuser.execute(forget).await.unwrap();
    }
    assert_plans(&mut log, "no", &[(&small, SMALL), (&large, LARGE)], &mut run).await;
    log.superuser.execute("ANALYZE").await.unwrap();
    load(&log, &middle, MIDDLE).await;
    assert_plans(&mut log, "skewed", &[(&small, SMALL), (&middle, MIDDLE)], &mut run).await;
    log.superuser.execute("ANALYZE").await.unwrap();
    let all = [(&small, SMALL), (&middle, MIDDLE), (&large, LARGE)];
    assert_plans(&mut log, "fresh", &all, &mut run).await;
}

#[tokio::test]
async fn a_large_import_leaves_statistics_behind_and_a_small_one_none() {
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let rows = "SELECT reltuples::bigint FROM pg_class WHERE oid = '\"user\"'::regclass";
    let mut owner = app.database.owner_connection().await;
    for (added, expected) in [(999, -1), (1_000, 1_999)] {
        let users: Vec<_> = (0..added).map(|n| User::new(UserId::new(format!("{added}-{n}")))).collect();
        tenant.put_users(&users).await;
        let known: i64 = sqlx::query_scalar(rows).fetch_one(&mut owner).await.unwrap();
        assert_eq!(known, expected, "after {added} users");
    }
}
