//! Long polls.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::{expected, next, page, told, user};
use crate::admin_api::Api;

/// Requests that may wait at the same time.
const PLACES: usize = 64;
/// A long wait, which is not waited for to its end.
const LONG: &str = "60";
const PATIENCE: Duration = Duration::from_secs(20);

fn polls(api: &Api, since: &str, wait: &str) -> reqwest::RequestBuilder {
    api.request(Method::GET, "/tenants/acme/changes").query(&[("since", since), ("wait", wait)])
}

async fn poll(api: &Api, since: &str, wait: &str) -> (Value, Duration) {
    let started = Instant::now();
    let response = polls(api, since, wait).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    (response.json().await.unwrap(), started.elapsed())
}

/// Waits until no session of the administration does anything, such as to stay in a transaction.
async fn until_idle(api: &Api) {
    let mut owner = api.app.database.owner_connection().await;
    let busy = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
                   AND state <> 'idle'";
    let end = Instant::now() + PATIENCE;
    while sqlx::query_scalar::<_, i64>(busy).fetch_one(&mut owner).await.unwrap() > 0 {
        assert!(Instant::now() < end, "a waiting request holds a connection");
    }
}

#[tokio::test]
async fn a_waiting_request_is_answered_soon_after_a_commit() {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    let since = next(&page(&api, "acme", &[("since", "now")]).await);
    let write = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        until_idle(&api).await;
        tenant.put_users(&[user("a", "1")]).await;
        Instant::now()
    };
    let wait = async { (poll(&api, &since, LONG).await, Instant::now()) };
    let (written, ((page, _), answered)) = tokio::join!(write, wait);
    assert_eq!(told(&page), expected(&[("a", "added")]));
    // A second, and a statement on a busy machine.
    let late = answered.saturating_duration_since(written);
    assert!(late < Duration::from_secs(5), "{late:?} after the commit");
    // What is there already is not waited for.
    let (page, took) = poll(&api, &since, LONG).await;
    assert_eq!((told(&page).len(), took < PATIENCE), (1, true));
}

#[tokio::test]
async fn a_wait_without_changes_ends_empty_with_a_cursor() {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    tenant.put_users(&[user("a", "1")]).await;
    let since = next(&page(&api, "acme", &[("since", "now")]).await);
    let (page, took) = poll(&api, &since, "2").await;
    assert_eq!((told(&page), next(&page)), (Vec::new(), since));
    assert!(took >= Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn timelines_move_the_cursor_but_end_no_wait() {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    let since = next(&page(&api, "acme", &[("since", "now")]).await);
    let writing = async {
        let entry = crate::bitbadges::transfer("t", 1, 1, "bb1a", "bb1b");
        tenant.put_entries(&[userbatch::core::view::TimelineEntry::Transfer(entry)]).await;
    };
    let ((), (page, took)) = tokio::join!(writing, poll(&api, &since, "4"));
    assert_eq!(told(&page), []);
    assert_ne!(next(&page), since);
    assert!(took >= Duration::from_secs(4), "{took:?}");
}

#[tokio::test]
async fn a_stop_ends_all_waits_at_once() {
    let api = Api::start().await;
    api.app.tenant("acme").await;
    let since = next(&page(&api, "acme", &[("since", "now")]).await);
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        api.stopped.cancel();
    };
    let ((), (page, took)) = tokio::join!(stopping, poll(&api, &since, LONG));
    assert_eq!((told(&page), next(&page)), (Vec::new(), since));
    assert!(took < PATIENCE, "{took:?}");
}

#[tokio::test]
async fn only_so_many_requests_wait() {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    let since = next(&page(&api, "acme", &[("since", "now")]).await);
    let mut requests: FuturesUnordered<_> = (0..=PLACES).map(|_| polls(&api, &since, LONG).send()).collect();
    let refused = tokio::time::timeout(PATIENCE, requests.next()).await.expect("one is too many");
    let refused = refused.unwrap().unwrap();
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
    let problem: Value = refused.json().await.unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("waiting for changes"), "{problem}");
    let at_once = page(&api, "acme", &[("since", &since)]).await;
    assert_eq!(told(&at_once), [], "who does not wait needs no place");
    tenant.put_users(&[user("a", "1")]).await;
    while let Some(response) = requests.next().await {
        assert_eq!(told(&response.unwrap().json().await.unwrap()), expected(&[("a", "added")]));
    }
}
