//! Invalid requests get errors in the vendor's format, with the position of the fault, and never a 5xx.

use serde_json::{Value, json};

use super::{Client, SEED_ADDRESS, nth_address};
use crate::administration::limit_batches;
use crate::app::TestApp;

async fn client() -> Client {
    let app = TestApp::start().await;
    let tenant = app.tenant("refusals").await;
    Client::of(&app, &tenant).await
}

fn entries(count: usize, no_external_calls: impl Fn(usize) -> bool) -> Value {
    (0..count)
        .map(|n| json!({ "address": nth_address(n), "noExternalCalls": no_external_calls(n) }))
        .collect()
}

async fn assert_refused(client: &Client, body: String, place: &str) {
    let shown = body.chars().take(90).collect::<String>();
    let answer = client.post(body).await;
    let message = answer.refusal(400);
    let start = format!("Invalid request payload. {place}");
    assert!(message.starts_with(&start) || message.contains(&format!("`{place}`")), "{shown}: {message}");
}

#[tokio::test]
async fn a_body_of_another_shape_is_refused() {
    let client = client().await;
    for (body, place) in [
        ("", ""),
        ("{\"accountsToFetch\": [", ""),
        ("{\"accountsToFetch\": []} trailing", ""),
        ("accountsToFetch=1", ""),
        (&"[".repeat(100_000), ""),
        ("null", ""),
        ("{}", "accountsToFetch"),
        (r#"{"accountsToFetch":[],"accountsToFetch":[]}"#, "accountsToFetch"),
        (r#"{"accountsToFetch":null}"#, "accountsToFetch: "),
        (r#"{"accountsToFetch":{}}"#, "accountsToFetch: "),
        (r#"{"accountsToFetch":["0x"]}"#, "accountsToFetch[0]: "),
        (r#"{"accountsToFetch":[{"username":"\ud800"}]}"#, "accountsToFetch[0].username: "),
    ] {
        assert_refused(&client, body.to_owned(), place).await;
    }
}

#[tokio::test]
async fn a_fault_of_an_entry_is_told_with_its_place() {
    let client = client().await;
    for (entry, place) in [
        ("null", ": "),
        (r#"{"address":17}"#, ".address: "),
        (r#"{"username":["a"]}"#, ".username: "),
        (r#"{"fetchSequence":"true"}"#, ".fetchSequence: "),
        (r#"{"fetchBalance":1}"#, ".fetchBalance: "),
        (r#"{"noExternalCalls":"x"}"#, ".noExternalCalls: "),
        (r#"{"viewsToFetch":"latestActivity"}"#, ".viewsToFetch: "),
        (r#"{"username":"a","viewsToFetch":[{}]}"#, ".viewsToFetch[0]: "),
        (r#"{"username":"a","viewsToFetch":[{"viewId":"v"}]}"#, ".viewsToFetch[0]: "),
    ] {
        let body = format!(r#"{{"accountsToFetch":[{{"username":"a"}},{entry}]}}"#);
        assert_refused(&client, body, &format!("accountsToFetch[1]{place}")).await;
    }
}

#[tokio::test]
async fn a_fault_of_a_view_is_told_with_its_place() {
    let client = client().await;
    for (view, place) in [
        (r#"{"viewKey":"latestGossip"}"#, ".viewKey: "),
        (r#"{"viewKey":"latestactivity"}"#, ".viewKey: "),
        (r#"{"viewId":"v","viewType":"gossip"}"#, ".viewType: "),
        (r#"{"viewId":7,"viewType":"reviews"}"#, ".viewId: "),
        (r#"{"viewKey":"latestActivity","bookmark":25}"#, ".bookmark: "),
        (r#"{"viewKey":"latestActivity","oldestFirst":"yes"}"#, ".oldestFirst: "),
        (r#"{"viewKey":"latestActivity","specificCollections":[{}]}"#, ".specificCollections[0]"),
        (
            r#"{"viewKey":"latestActivity","filteredCollections":[{"collectionId":"1.5"}]}"#,
            ".filteredCollections[0].collectionId: ",
        ),
    ] {
        let first = r#"{"viewKey":"latestReviews"}"#;
        let body = format!(r#"{{"accountsToFetch":[{{"username":"a","viewsToFetch":[{first},{view}]}}]}}"#);
        assert_refused(&client, body, &format!("accountsToFetch[0].viewsToFetch[1]{place}")).await;
    }
}

#[tokio::test]
async fn a_malformed_address_is_refused_with_its_place() {
    let client = client().await;
    for address in [
        "Mint",
        "not an address",
        "0x",
        "0X0000000000000000000000000000000000000001",
        "0xB246a3764d642BABbd6b075bca3e77E1cD563d78",
        "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0q",
        "a\u{0}b",
        " 0x0000000000000000000000000000000000000001",
        &"1".repeat(1_000_000),
    ] {
        let answer = client.fetch(json!([{ "address": SEED_ADDRESS }, { "address": address }])).await;
        let message = answer.refusal(400);
        assert!(message.starts_with("Invalid request payload. accountsToFetch[1].address: "), "{message}");
        assert!(message.len() < 300);
    }
}

#[tokio::test]
async fn bookmarks_that_were_never_given_are_refused() {
    let client = client().await;
    let long = "A".repeat(100_000);
    for bookmark in ["made-up", "25", "null", "NIL", "\u{0}", "g2wAAAACaAJkAA5zdGFydGtleV9kb2NpZG0", &long] {
        for view in [
            json!({ "viewKey": "latestActivity", "bookmark": bookmark }),
            json!({ "viewId": "v", "viewType": "reviews", "bookmark": bookmark }),
            json!({ "viewKey": "latestClaimAlerts", "bookmark": bookmark }),
        ] {
            let answer = client.fetch(json!([{ "address": SEED_ADDRESS, "viewsToFetch": [view] }])).await;
            let message = answer.refusal(400);
            assert!(message.contains("accountsToFetch[0].viewsToFetch[0].bookmark: "), "{message}");
        }
    }
}

#[tokio::test]
async fn batches_have_limits() {
    let client = client().await;
    assert_eq!(client.fetch(entries(250, |_| false)).await.accounts().len(), 250);
    assert_eq!(
        client.fetch(entries(251, |n| n > 0)).await.refusal(400),
        "You can only fetch up to 250 accounts with external calls at a time. Please structure your request accordingly. The request has 251."
    );
    assert_eq!(client.fetch(entries(251, |_| true)).await.accounts().len(), 251);
    assert_eq!(client.fetch(entries(10_000, |_| true)).await.accounts().len(), 10_000);
    assert_eq!(
        client.fetch(entries(10_001, |_| true)).await.refusal(400),
        "You can only fetch up to 10,000 accounts without external calls at a time. Please structure your request accordingly. The request has 10,001."
    );
    client.fetch(entries(20_000, |_| true)).await.refusal(400);
    let views = json!(vec![json!({ "viewKey": "latestReviews" }); 2_001]);
    let answer = client.fetch(json!([{ "address": SEED_ADDRESS, "viewsToFetch": views }])).await;
    assert!(answer.refusal(400).starts_with("You can only fetch up to 2,000 views at a time."));
}

#[tokio::test]
async fn a_tenant_may_lower_the_limits_of_its_batches_and_never_raise_them() {
    let app = TestApp::start().await;
    let client = Client::of(&app, &app.tenant("limited").await).await;
    let other = Client::of(&app, &app.tenant("other").await).await;
    limit_batches(&app, "limited", 3).await;
    for (local, kind) in [(false, "with"), (true, "without")] {
        assert_eq!(client.fetch(entries(3, |_| local)).await.accounts().len(), 3);
        let refused = client.fetch(entries(4, |_| local)).await;
        let told = format!(
            "You can only fetch up to 3 accounts {kind} external calls at a time. Please structure your request accordingly. The request has 4."
        );
        assert_eq!(refused.refusal(400), told);
        assert_eq!(other.fetch(entries(4, |_| local)).await.accounts().len(), 4);
    }
    limit_batches(&app, "limited", 300).await;
    assert_eq!(client.fetch(entries(300, |_| true)).await.accounts().len(), 300);
    assert!(client.fetch(entries(301, |_| true)).await.refusal(400).contains("up to 300 accounts"));
    assert!(client.fetch(entries(251, |_| false)).await.refusal(400).contains("up to 250 accounts"));
    limit_batches(&app, "limited", 0).await;
    assert_eq!(client.fetch(entries(301, |_| true)).await.accounts().len(), 301);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let client = client().await;
    let answer = client.post(format!(r#"{{"accountsToFetch":[],"x":"{}"}}"#, "x".repeat(10 << 20))).await;
    assert_eq!(
        answer.refusal(413),
        "The request body is too large: at most 6 MiB are allowed. Split it into several requests."
    );
    assert_eq!(answer.header("ratelimit-limit"), Some("1000"));
}
