//! Tenants share what there is of connections for SCIM.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;
use userbatch::core::id::UserId;
use userbatch::core::user::User;

use super::Provider;

/// Requests that one tenant sends at once: several times the connections.
const AT_ONCE: usize = 64;

/// The other tenant's requests are answered, each before more than a few of the greedy ones were served. (Some of those are
/// refused meanwhile, since they waited too long for their own tenant's turn.)
async fn assert_answered_soon(other: &Provider, done: &AtomicUsize) {
    for _ in 0..3 {
        let (before, started) = (done.load(Ordering::SeqCst), Instant::now());
        let (status, list) = other.get("/Users?filter=userName%20eq%20%22ann%22").await;
        assert_eq!((status, &list["totalResults"]), (StatusCode::OK, &json!(1)));
        let meanwhile = done.load(Ordering::SeqCst) - before;
        assert!(meanwhile <= AT_ONCE / 4, "{meanwhile} of the others came first, in {:?}", started.elapsed());
    }
    assert!(done.load(Ordering::SeqCst) < AT_ONCE, "nothing was left to be waited for");
}

async fn two_tenants() -> (Provider, Provider) {
    let greedy = Provider::start().await;
    let other = Provider::of(&greedy.app.tenant("b").await).await;
    other.create(json!({ "userName": "ann" })).await;
    (greedy, other)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_lists_of_one_tenant_do_not_keep_another_waiting() {
    let (greedy, other) = two_tenants().await;
    let users: Vec<User> = (0..3_000).map(|n| User::new(UserId::new(n.to_string()))).collect();
    greedy.tenant.put_users(&users).await;
    let done = Arc::new(AtomicUsize::new(0));
    let mut requests = JoinSet::new();
    for _ in 0..AT_ONCE {
        let request = greedy.request(Method::GET, "/Users?filter=title%20co%20%22x%22");
        let done = Arc::clone(&done);
        requests.spawn(async move {
            let status = request.send().await.unwrap().status();
            done.fetch_add(usize::from(status.is_success()), Ordering::SeqCst);
            status
        });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_answered_soon(&other, &done).await;
    // Who waits too long in its own tenant's queue is told to come again.
    for status in requests.join_all().await {
        assert!([StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE].contains(&status), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_wait_for_an_import_keep_neither_their_tenants_reads_nor_others_waiting() {
    let (greedy, other) = two_tenants().await;
    greedy.create(json!({ "userName": "ann" })).await;
    let mut holder = greedy.app.database.owner_connection().await;
    let lock = "SELECT FROM directory WHERE tenant_id = (SELECT id FROM tenant WHERE slug = 'a') FOR UPDATE";
    let bind =
        "BEGIN; SELECT set_config('userbatch.tenant', (SELECT id::text FROM tenant WHERE slug = 'a'), true)";
    sqlx::raw_sql(bind).execute(&mut holder).await.unwrap();
    sqlx::raw_sql(lock).execute(&mut holder).await.unwrap();
    let done = Arc::new(AtomicUsize::new(0));
    let mut requests = JoinSet::new();
    for number in 0..AT_ONCE {
        let body = json!({ "userName": format!("user-{number}") }).to_string();
        let request =
            greedy.request(Method::POST, "/Users").header("content-type", "application/json").body(body);
        let done = Arc::clone(&done);
        requests.spawn(async move {
            let status = request.send().await.unwrap().status();
            done.fetch_add(usize::from(status.is_success()), Ordering::SeqCst);
        });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_answered_soon(&other, &done).await;
    assert_answered_soon(&greedy, &done).await;
    let (status, _) = other.call(Method::POST, "/Users", Some(json!({ "userName": "bob" }))).await;
    assert_eq!(status, StatusCode::CREATED);
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.unwrap();
    requests.join_all().await;
}
