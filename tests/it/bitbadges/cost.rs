//! The cost of a batch does not depend on the number of accounts, nor that of a page on its depth: counts full walks
//! and statements.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use userbatch::core::view::TimelineEntry;

use super::{Client, announcement, holding, ids, nth_address, only_view, review, transfer};
use crate::app::TestApp;

pub const ENTRIES: i64 = 10_000;
const PAGES: i64 = ENTRIES / 25;

/// An account with 10,000 entries in every view; every second transfer is its own, and the rest come in.
pub fn long_timelines(account: &str) -> Vec<TimelineEntry> {
    let other = nth_address(2);
    let party = |n: i64| {
        if n % 2 == 0 { ("Mint", account) } else { (account, other.as_str()) }
    };
    let transfers = (0..ENTRIES * 2)
        .map(|n| transfer(&format!("t-{n:05}"), n / 3, n % 4, party(n).0, party(n).1))
        .map(TimelineEntry::Transfer);
    let reviews = (0..ENTRIES).map(|n| review(&format!("r-{n:05}"), n / 3, account));
    let announcements = (0..ENTRIES).map(|n| announcement(&format!("a-{n:05}"), n / 3, n % 7));
    let holdings = (0..7).map(|n| holding(account, n));
    transfers
        .chain(reviews.map(TimelineEntry::Review))
        .chain(announcements.map(TimelineEntry::Announcement))
        .chain(holdings.map(TimelineEntry::Holding))
        .collect()
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
        view["pagination"]["bookmark"].as_str().unwrap().clone_into(&mut bookmark);
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
    tenant.put_entries(&long_timelines(&account)).await;
    let client = Client::of(&app, &tenant).await;
    let (seen, times) = walk(&client, &account, &json!({ "viewKey": "latestActivity" })).await;
    let expected: Vec<_> = (0..ENTRIES).map(|n| format!("t-{:05}", n * 2)).collect();
    assert_eq!(seen, expected);
    assert_eq!(i64::try_from(times.len()).unwrap(), PAGES);
    println!("pages 1-20: {:?}, pages 381-400: {:?}", median(&times[..20]), median(&times[380..]));
}

fn four_views() -> Value {
    let keys = ["latestActivity", "latestAnnouncements", "latestReviews", "badgesCollected"];
    json!(keys.map(|key| json!({ "viewKey": key, "bookmark": "" })))
}

async fn timed(client: &Client, count: usize) -> (u64, Duration, usize) {
    let entries: Value =
        (1..=count).map(|n| json!({ "address": nth_address(n), "viewsToFetch": four_views() })).collect();
    let before = client.app.serving.statements();
    let started = Instant::now();
    let answer = client.fetch(entries).await;
    let took = started.elapsed();
    let views = answer.accounts().iter().flat_map(|account| account["views"].as_object().unwrap().values());
    (client.app.serving.statements() - before, took, views.map(|view| ids(view).len()).sum())
}

#[tokio::test]
async fn the_number_of_statements_does_not_depend_on_the_number_of_accounts() {
    const ACCOUNTS: usize = 250;
    let app = TestApp::start().await;
    let tenant = app.tenant("many").await;
    let accounts: Vec<_> = (1..=ACCOUNTS).map(nth_address).collect();
    let users: Vec<_> =
        accounts.iter().enumerate().map(|(n, at)| super::user_at(&format!("u{n}"), at)).collect();
    tenant.put_users(&users).await;
    let mut entries = Vec::new();
    for account in &accounts {
        for n in 0..30_i64 {
            let id = format!("{account}-{n}");
            entries.push(TimelineEntry::Transfer(transfer(&id, n, n, "Mint", account)));
            entries.push(TimelineEntry::Review(review(&id, n, account)));
            entries.push(TimelineEntry::Holding(holding(account, n)));
        }
    }
    let announcements = (0..30).map(|n| announcement(&format!("a-{n}"), n, n));
    entries.extend(announcements.map(TimelineEntry::Announcement));
    tenant.put_entries(&entries).await;
    let client = Client::of(&app, &tenant).await;
    timed(&client, 1).await;
    let (of_one, one, entries_of_one) = timed(&client, 1).await;
    let (of_many, many, entries_of_many) = timed(&client, ACCOUNTS).await;
    println!("1 account: {of_one} statements, {one:?}; {ACCOUNTS} accounts: {of_many} statements, {many:?}");
    assert_eq!((entries_of_one, entries_of_many), (100, 100 * ACCOUNTS));
    // One shared revalidation, one for each kind of view; and one for all accounts that are not in the cache yet.
    assert_eq!((of_one, of_many), (5, 6));
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
    assert_eq!(statements(json!([])).await, 1, "only the key");
    assert_eq!(statements(json!([{ "address": nth_address(1) }])).await, 2, "nobody to load");
    let view = json!([{ "viewKey": "latestReviews" }, { "viewKey": "latestClaimAlerts" }]);
    assert_eq!(statements(json!([{ "address": nth_address(1), "viewsToFetch": view }])).await, 3);
}
