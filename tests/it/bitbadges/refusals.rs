//! What cannot be answered is refused in the vendor's shape, with the place of the fault, and never fails the gateway.

use serde_json::{Value, json};
use userbatch::api::Limits;
use userbatch::auth::Face;
use userbatch::core::clock::Clock;

use super::{Answer, Client, PATHS, SEED_ADDRESS, nth_address};
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

#[tokio::test]
async fn a_body_of_another_shape_is_refused_with_the_place() {
    let client = client().await;
    let view = |view: &str| {
        format!(
            r#"{{"accountsToFetch":[{{"username":"a"}},{{"username":"a","viewsToFetch":[{{}},{view}]}}]}}"#
        )
    };
    let entry = |entry: &str| format!(r#"{{"accountsToFetch":[{{"username":"a"}},{entry}]}}"#);
    let at_view = "accountsToFetch[1].viewsToFetch[1]";
    for (body, place) in [
        (String::new(), ""),
        ("{\"accountsToFetch\": [".to_owned(), ""),
        ("{\"accountsToFetch\": []} trailing".to_owned(), ""),
        ("accountsToFetch=1".to_owned(), ""),
        ("[".repeat(100_000), ""),
        ("null".to_owned(), ""),
        ("{}".to_owned(), "accountsToFetch"),
        (
            r#"{"accountsToFetch":null}"#.to_owned(),
            "accountsToFetch: ",
        ),
        (r#"{"accountsToFetch":{}}"#.to_owned(), "accountsToFetch: "),
        (
            r#"{"accountsToFetch":["0x"]}"#.to_owned(),
            "accountsToFetch[0]: ",
        ),
        (
            r#"{"accountsToFetch":[{"username":"\ud800"}]}"#.to_owned(),
            "accountsToFetch[0].username: ",
        ),
        (entry("null"), "accountsToFetch[1]: "),
        (entry(r#"{"address":17}"#), "accountsToFetch[1].address: "),
        (
            entry(r#"{"username":["a"]}"#),
            "accountsToFetch[1].username: ",
        ),
        (
            entry(r#"{"fetchSequence":"true"}"#),
            "accountsToFetch[1].fetchSequence: ",
        ),
        (
            entry(r#"{"fetchBalance":1}"#),
            "accountsToFetch[1].fetchBalance: ",
        ),
        (
            entry(r#"{"noExternalCalls":"x"}"#),
            "accountsToFetch[1].noExternalCalls: ",
        ),
        (
            entry(r#"{"viewsToFetch":"latestActivity"}"#),
            "accountsToFetch[1].viewsToFetch: ",
        ),
        (
            entry(r#"{"username":"a","viewsToFetch":[{}]}"#),
            "accountsToFetch[1].viewsToFetch[0]: ",
        ),
        (
            entry(r#"{"username":"a","viewsToFetch":[{"viewId":"v"}]}"#),
            "accountsToFetch[1].viewsToFetch[0]: ",
        ),
        (
            view(r#"{"viewKey":"latestGossip"}"#),
            &format!("{at_view}.viewKey: "),
        ),
        (
            view(r#"{"viewKey":"latestactivity"}"#),
            &format!("{at_view}.viewKey: "),
        ),
        (
            view(r#"{"viewId":"v","viewType":"gossip"}"#),
            &format!("{at_view}.viewType: "),
        ),
        (
            view(r#"{"viewId":7,"viewType":"reviews"}"#),
            &format!("{at_view}.viewId: "),
        ),
        (
            view(r#"{"viewKey":"latestActivity","bookmark":25}"#),
            &format!("{at_view}.bookmark: "),
        ),
        (
            view(r#"{"viewKey":"latestActivity","specificCollections":[{}]}"#),
            &format!("{at_view}.specificCollections[0]"),
        ),
        (
            view(r#"{"viewKey":"latestActivity","filteredCollections":[{"collectionId":"1.5"}]}"#),
            &format!("{at_view}.filteredCollections[0].collectionId: "),
        ),
        (
            view(r#"{"viewKey":"latestActivity","oldestFirst":"yes"}"#),
            &format!("{at_view}.oldestFirst: "),
        ),
    ] {
        let answer = client.post(body.clone()).await;
        let message = answer.refusal(400);
        let start = format!("Invalid request payload. {place}");
        let shown = &body[..body.len().min(90)];
        assert!(
            message.starts_with(&start) || message.contains(&format!("`{place}`")),
            "{shown}: {message}"
        );
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
        let answer = client
            .fetch(json!([{ "address": SEED_ADDRESS }, { "address": address }]))
            .await;
        let message = answer.refusal(400);
        assert!(
            message.starts_with("Invalid request payload. accountsToFetch[1].address: "),
            "{message}"
        );
        assert!(message.len() < 300);
    }
}

#[tokio::test]
async fn bookmarks_that_were_never_given_are_refused() {
    let client = client().await;
    let long = "A".repeat(100_000);
    for bookmark in [
        "made-up",
        "25",
        "null",
        "NIL",
        "\u{0}",
        "g2wAAAACaAJkAA5zdGFydGtleV9kb2NpZG0",
        &long,
    ] {
        for view in [
            json!({ "viewKey": "latestActivity", "bookmark": bookmark }),
            json!({ "viewId": "v", "viewType": "reviews", "bookmark": bookmark }),
            json!({ "viewKey": "latestClaimAlerts", "bookmark": bookmark }),
        ] {
            let answer = client
                .fetch(json!([{ "address": SEED_ADDRESS, "viewsToFetch": [view] }]))
                .await;
            let message = answer.refusal(400);
            assert!(
                message.contains("accountsToFetch[0].viewsToFetch[0].bookmark: "),
                "{message}"
            );
        }
    }
}

#[tokio::test]
async fn batches_have_limits() {
    let client = client().await;
    assert_eq!(
        client.fetch(entries(250, |_| false)).await.accounts().len(),
        250
    );
    assert_eq!(
        client.fetch(entries(251, |n| n > 0)).await.refusal(400),
        "You can only fetch up to 250 accounts with external calls at a time. Please structure your request accordingly."
    );
    assert_eq!(
        client.fetch(entries(251, |_| true)).await.accounts().len(),
        251
    );
    assert_eq!(
        client
            .fetch(entries(10_000, |_| true))
            .await
            .accounts()
            .len(),
        10_000
    );
    assert_eq!(
        client.fetch(entries(10_001, |_| true)).await.refusal(400),
        "You can only fetch up to 10,000 accounts without external calls at a time. Please structure your request accordingly."
    );
    client.fetch(entries(20_000, |_| true)).await.refusal(400);
    let views = json!(vec![json!({ "viewKey": "latestReviews" }); 4_001]);
    let answer = client
        .fetch(json!([{ "address": SEED_ADDRESS, "viewsToFetch": views }]))
        .await;
    assert!(
        answer
            .refusal(400)
            .starts_with("You can only fetch up to 4,000 views at a time.")
    );
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let client = client().await;
    let answer = client
        .post(format!(
            r#"{{"accountsToFetch":[],"x":"{}"}}"#,
            "x".repeat(10 << 20)
        ))
        .await;
    assert_eq!(answer.refusal(413), "The request body is too large.");
    assert_eq!(answer.header("ratelimit-limit"), Some("1000"));
}

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
        for key in [
            "wrong",
            &genauth_secret,
            &foreign_prefix,
            &flipped,
            &"k".repeat(7_000),
        ] {
            let stranger = Client {
                key: key.to_owned(),
                ..client.clone()
            };
            let answer = stranger.post_to(path, r#"{"accountsToFetch":[]}"#).await;
            assert_eq!(
                answer.refusal(401),
                "Unauthorized request. Error validating API key."
            );
            assert_eq!(answer.body["unauthorized"], true);
        }
        let none = Answer::of(
            app.http
                .post(app.url(path))
                .body("{}")
                .send()
                .await
                .unwrap(),
        )
        .await;
        assert_eq!(
            none.refusal(401),
            "Unauthorized request. API key is required."
        );
        let empty = Answer::of(
            app.http
                .post(app.url(path))
                .header("x-api-key", "")
                .send()
                .await
                .unwrap(),
        )
        .await;
        assert_eq!(
            empty.refusal(401),
            "Unauthorized request. API key is required."
        );
        let odd = app
            .http
            .post(app.url(path))
            .header("x-api-key", b"\xff\xfe".as_slice());
        Answer::of(odd.send().await.unwrap()).await.refusal(401);
        let bearer = app.http.post(app.url(path)).bearer_auth(&client.key);
        Answer::of(bearer.send().await.unwrap()).await.refusal(401);
    }
    assert_eq!(Face::BitBadges.as_str(), "bitbadges");
}

#[tokio::test]
async fn other_paths_and_methods_are_refused_in_the_same_shape() {
    let app = TestApp::start().await;
    let not_found = Answer::of(
        app.http
            .post(app.url("/api/v0/nothing"))
            .send()
            .await
            .unwrap(),
    )
    .await;
    not_found.refusal(404);
    for path in PATHS {
        let not_allowed = Answer::of(app.http.get(app.url(path)).send().await.unwrap()).await;
        not_allowed.refusal(405);
    }
}

#[tokio::test]
async fn who_calls_too_often_is_told_when_to_come_back() {
    let limits = Limits {
        requests_per_second: 2,
        ..Limits::default()
    };
    let app = TestApp::start_with(Clock::system(), limits).await;
    let tenant = app.tenant("rates").await;
    let client = Client::of(&app, &tenant).await;
    let first = client.fetch(json!([])).await;
    assert_eq!(first.status, 200);
    let told = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]
        .map(|name| first.header(name).unwrap());
    assert_eq!(told, ["2", "1", "1"]);
    let mut refused = Vec::new();
    for _ in 0..20 {
        let answer = client.fetch(json!([])).await;
        if answer.status == 429 {
            refused.push(answer);
        }
    }
    let refused = refused
        .first()
        .expect("twenty calls in a row go beyond two a second");
    assert_eq!(
        refused.refusal(429),
        "Exceeded rate limit. Too many requests, please try again later."
    );
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("ratelimit-remaining"), Some("0"));
    let bad = Client::of(&app, &app.tenant("other").await)
        .await
        .post("broken")
        .await;
    bad.refusal(400);
    assert_eq!(
        bad.header("ratelimit-remaining"),
        Some("1"),
        "a refusal counts, and tells what is left"
    );
}

#[tokio::test]
async fn a_foreign_tenants_users_and_entries_are_not_there() {
    let app = TestApp::start().await;
    let (mine, theirs) = (app.tenant("mine").await, app.tenant("theirs").await);
    theirs
        .put_users(&[super::user_at("bob", SEED_ADDRESS)])
        .await;
    let activity = userbatch::store::Activity {
        transfers: vec![super::transfer("t", 1, 1, "Mint", SEED_ADDRESS)],
        announcements: vec![super::announcement("a", 1, 1)],
        reviews: vec![super::review("r", 1, SEED_ADDRESS)],
        holdings: vec![super::holding(SEED_ADDRESS, 1)],
    };
    theirs.put_activity(&activity).await;
    let names = [
        "latestActivity",
        "latestAnnouncements",
        "latestReviews",
        "badgesCollected",
    ];
    let views = json!(names.map(|name| json!({ "viewKey": name })));
    for (tenant, username, entries) in [(&theirs, json!("bob"), 1), (&mine, json!(null), 0)] {
        let client = Client::of(&app, tenant).await;
        let account = client
            .account(json!({ "address": SEED_ADDRESS, "viewsToFetch": views }))
            .await;
        assert_eq!(account["username"], username);
        for name in names {
            assert_eq!(
                account["views"][name]["ids"].as_array().unwrap().len(),
                entries,
                "{name}"
            );
        }
    }
}
