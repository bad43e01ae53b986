//! Who may call, how often, and for what data.

use serde_json::json;
use userbatch::api::Limits;
use userbatch::core::clock::Clock;
use userbatch::core::view::TimelineEntry;

use super::{Answer, Client, PATHS, SEED_ADDRESS};
use crate::app::TestApp;

#[tokio::test]
async fn without_a_good_key_nobody_is_answered() {
    let app = TestApp::start().await;
    let tenant = app.tenant("keys").await;
    let client = Client::of(&app, &tenant).await;
    let (_, genauth_secret) = tenant.genauth_key().await;
    let foreign_prefix = client.key.replacen("ubb", "ubg", 1);
    let mut flipped = client.key.clone();
    flipped.replace_range(10..11, if &flipped[10..11] == "A" { "B" } else { "A" });
    for path in PATHS {
        for key in ["wrong", &genauth_secret, &foreign_prefix, &flipped, &"k".repeat(7_000)] {
            let stranger = Client { key: key.to_owned(), ..client.clone() };
            let answer = stranger.post_to(path, r#"{"accountsToFetch":[]}"#).await;
            assert!(answer.refusal(401).starts_with("Unauthorized request. Error validating API key. It "));
            assert_eq!(answer.body["unauthorized"], true);
        }
        let none = Answer::of(app.http.post(app.url(path)).body("{}").send().await.unwrap()).await;
        let told = "Unauthorized request. API key is required. Send it in the header x-api-key.";
        assert_eq!(none.refusal(401), told);
        let empty =
            Answer::of(app.http.post(app.url(path)).header("x-api-key", "").send().await.unwrap()).await;
        assert_eq!(empty.refusal(401), told);
        let odd = app.http.post(app.url(path)).header("x-api-key", b"\xff\xfe".as_slice());
        Answer::of(odd.send().await.unwrap()).await.refusal(401);
        let bearer = app.http.post(app.url(path)).bearer_auth(&client.key);
        Answer::of(bearer.send().await.unwrap()).await.refusal(401);
    }
}

#[tokio::test]
async fn a_stranger_with_a_large_body_is_told_so_too() {
    let app = TestApp::start().await;
    let client = Client::of(&app, &app.tenant("keys").await).await;
    let stranger = Client { key: "wrong".to_owned(), ..client };
    for _ in 0..10 {
        stranger.post("x".repeat(7 << 20)).await.refusal(401);
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_refused_in_the_same_shape() {
    let app = TestApp::start().await;
    let not_found = Answer::of(app.http.post(app.url("/api/v0/nothing")).send().await.unwrap()).await;
    not_found.refusal(404);
    for path in PATHS {
        let not_allowed = Answer::of(app.http.get(app.url(path)).send().await.unwrap()).await;
        not_allowed.refusal(405);
    }
}

#[tokio::test]
async fn who_calls_too_often_is_told_when_to_come_back() {
    let limits = Limits { requests_per_second: 2, ..Limits::default() };
    let app = TestApp::start_with(Clock::system(), limits).await;
    let tenant = app.tenant("rates").await;
    let client = Client::of(&app, &tenant).await;
    let first = client.fetch(json!([])).await;
    assert_eq!(first.status, 200);
    let told =
        ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| first.header(name).unwrap());
    assert_eq!(told, ["2", "1", "1"]);
    let mut refused = Vec::new();
    for _ in 0..20 {
        let answer = client.fetch(json!([])).await;
        if answer.status == 429 {
            refused.push(answer);
        }
    }
    let refused = refused.first().expect("twenty calls in a row go beyond two a second");
    let told = "Exceeded rate limit. Too many requests, please try again later. Wait 1 second.";
    assert_eq!(refused.refusal(429), told);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("ratelimit-remaining"), Some("0"));
    let bad = Client::of(&app, &app.tenant("other").await).await.post("broken").await;
    bad.refusal(400);
    assert_eq!(bad.header("ratelimit-remaining"), Some("1"), "a refusal counts, and tells what is left");
}

#[tokio::test]
async fn a_foreign_tenants_users_and_entries_are_not_there() {
    let app = TestApp::start().await;
    let (mine, theirs) = (app.tenant("mine").await, app.tenant("theirs").await);
    theirs.put_users(&[super::user_at("bob", SEED_ADDRESS)]).await;
    let entries = [
        TimelineEntry::Transfer(super::transfer("t", 1, 1, "Mint", SEED_ADDRESS)),
        TimelineEntry::Announcement(super::announcement("a", 1, 1)),
        TimelineEntry::Review(super::review("r", 1, SEED_ADDRESS)),
        TimelineEntry::Holding(super::holding(SEED_ADDRESS, 1)),
    ];
    theirs.put_entries(&entries).await;
    let names = ["latestActivity", "latestAnnouncements", "latestReviews", "badgesCollected"];
    let views = json!(names.map(|name| json!({ "viewKey": name })));
    for (tenant, username, entries) in [(&theirs, json!("bob"), 1), (&mine, json!(null), 0)] {
        let client = Client::of(&app, tenant).await;
        let account = client.account(json!({ "address": SEED_ADDRESS, "viewsToFetch": views })).await;
        assert_eq!(account["username"], username);
        for name in names {
            assert_eq!(account["views"][name]["ids"].as_array().unwrap().len(), entries, "{name}");
        }
    }
}
