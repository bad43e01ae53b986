//! One account for each entry that names one: found by any of its names, blank if there is no such account.

use serde_json::{Value, json};
use userbatch::core::id::UserId;
use userbatch::core::user::{ChainAccount, Coin, Community, User};
use userbatch::core::view::TimelineEntry;

use super::{Client, SEED_ADDRESS, SEED_COSMOS, nth_address, transfer, user_at};
use crate::app::TestApp;

const SOLANA: &str = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v";

async fn client_with(users: &[User]) -> Client {
    let app = TestApp::start().await;
    let tenant = app.tenant("accounts").await;
    tenant.put_users(users).await;
    Client::of(&app, &tenant).await
}

fn members<'a>(account: &'a Value, names: &[&str]) -> Vec<&'a Value> {
    names.iter().map(|name| &account[name]).collect()
}

#[tokio::test]
async fn every_form_of_an_address_finds_the_same_account() {
    let client = client_with(&[user_at("trevormil", SEED_ADDRESS)]).await;
    let forms = [
        SEED_ADDRESS.to_owned(),
        SEED_ADDRESS.to_lowercase(),
        format!("0x{}", SEED_ADDRESS[2..].to_uppercase()),
        SEED_COSMOS.to_owned(),
        SEED_COSMOS.to_uppercase(),
        "bc1qkfr2xajdvs46h0ttqadu50nhu8x4v0tclft2tt".to_owned(),
        "tthor1kfr2xajdvs46h0ttqadu50nhu8x4v0tctra2ru".to_owned(),
    ];
    let expected = client.account(json!({ "username": "trevormil" })).await;
    let names = ["address", "cosmosAddress", "chain", "username", "btcAddress"];
    assert_eq!(
        members(&expected, &names),
        [SEED_ADDRESS, SEED_COSMOS, "Ethereum", "trevormil", "bc1qkfr2xajdvs46h0ttqadu50nhu8x4v0tclft2tt"]
    );
    let bitbadges = expected["bitbadgesAddress"].as_str().unwrap();
    assert!(bitbadges.starts_with("bb1"));
    for form in forms.iter().map(String::as_str).chain([bitbadges]) {
        assert_eq!(client.account(json!({ "address": form })).await, expected, "{form}");
    }
}

#[tokio::test]
async fn a_user_with_several_chain_accounts_is_shown_as_the_one_asked_for() {
    let mut user = user_at("two", SEED_ADDRESS);
    user.chain_accounts.push(ChainAccount {
        address: SOLANA.to_owned(),
        account_number: Some("7".to_owned()),
        ..ChainAccount::default()
    });
    let client = client_with(&[user]).await;
    let by_name = client.account(json!({ "username": "two" })).await;
    assert_eq!(members(&by_name, &["address", "accountNumber", "solAddress"]), [SEED_ADDRESS, "-1", ""]);
    let by_address = client.account(json!({ "address": SOLANA })).await;
    assert_eq!(
        members(&by_address, &["address", "accountNumber", "solAddress", "chain", "username"]),
        [SOLANA, "7", SOLANA, "Solana", "two"]
    );
}

#[tokio::test]
async fn the_newest_clients_find_all_balances_and_the_type_of_the_key() {
    let coin = |amount: &str, denom: &str| Coin { amount: amount.to_owned(), denom: denom.to_owned() };
    let mut rich = user_at("rich", SEED_ADDRESS);
    rich.chain_accounts[0].balance = Some(coin("5", "ubadge"));
    rich.chain_accounts[0].other_balances = vec![coin("7", "uosmo")];
    rich.chain_accounts[0].public_key_type = Some("ethsecp256k1".to_owned());
    let client = client_with(&[rich, user_at("poor", &nth_address(1))]).await;
    let (native, other) =
        (json!({ "amount": "5", "denom": "ubadge" }), json!({ "amount": "7", "denom": "uosmo" }));
    let rich = client.account(json!({ "username": "rich" })).await;
    let names = ["balance", "balances", "pubKeyType", "thorAddress", "bitbadgesAddress"];
    assert_eq!(
        members(&rich, &names),
        [
            &native,
            &json!([native, other]),
            &json!("ethsecp256k1"),
            &json!("tthor1kfr2xajdvs46h0ttqadu50nhu8x4v0tctra2ru"),
            &json!("bb1kfr2xajdvs46h0ttqadu50nhu8x4v0tc2wajnh"),
        ]
    );
    let none = json!({ "amount": "0", "denom": "badge" });
    let poor = client.account(json!({ "username": "poor" })).await;
    assert_eq!(members(&poor, &["balance", "balances", "pubKeyType"]), [&none, &json!([none]), &json!("")]);
}

#[tokio::test]
async fn one_account_is_that_of_a_batch() {
    let client = client_with(&[user_at("trevormil", SEED_ADDRESS)]).await;
    let payload = "%7B%22address%22%3A%20%220xb246a3764d642BABbd6b075bca3e77E1cD563d78%22%7D";
    for (query, entry) in [
        ("username=trevormil".to_owned(), json!({ "username": "trevormil" })),
        (format!("address={SEED_COSMOS}"), json!({ "address": SEED_COSMOS })),
        (format!("payload={payload}"), json!({ "address": SEED_ADDRESS })),
        (format!("username=trevormil&address={SOLANA}"), json!({ "username": "trevormil" })),
        (format!("address={SOLANA}"), json!({ "address": SOLANA })),
        ("username=nobody".to_owned(), json!({ "username": "nobody" })),
    ] {
        let answer = client.one(&query).await;
        assert_eq!(answer.status, 200, "{query}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(answer.header("ratelimit-limit").is_some());
        assert_eq!(answer.body, json!({ "account": client.account(entry).await }), "{query}");
    }
}

#[tokio::test]
async fn a_request_for_one_account_that_names_none_or_a_malformed_address_is_refused() {
    let client = client_with(&[]).await;
    let refusal = client.one("").await;
    assert!(refusal.refusal(400).ends_with("It needs the parameter address or username"));
    assert!(client.one("address=secret").await.refusal(400).contains("address: not a "));
    assert!(client.one("payload=%5B%5D").await.refusal(400).contains("payload"));
    let stranger = Client { key: "wrong".to_owned(), ..client };
    let refused = stranger.one("username=nobody").await;
    assert!(refused.refusal(401).starts_with("Unauthorized request. Error validating API key. "));
}

#[tokio::test]
async fn an_address_that_nobody_has_gives_a_blank_account() {
    let client = client_with(&[]).await;
    for (address, chain) in [
        (SEED_ADDRESS, "Ethereum"),
        (SEED_COSMOS, "Cosmos"),
        ("bc1qkfr2xajdvs46h0ttqadu50nhu8x4v0tclft2tt", "Bitcoin"),
        ("tthor1kfr2xajdvs46h0ttqadu50nhu8x4v0tctra2ru", "Thorchain"),
        (SOLANA, "Solana"),
    ] {
        let blank = client.account(json!({ "address": address })).await;
        assert_eq!(
            members(&blank, &["address", "chain", "accountNumber", "publicKey", "resolvedName", "_id"]),
            [address, chain, "-1", "", "", ""]
        );
        assert_eq!(blank["balance"], json!({ "amount": "0", "denom": "badge" }));
        assert_eq!(blank["airdropped"], false);
        for absent in ["sequence", "username", "seenActivity", "createdAt", "avatar", "discord"] {
            assert!(blank.get(absent).is_none(), "{absent}");
        }
    }
    insta::assert_json_snapshot!(
        "blank_by_address",
        client.account(json!({ "address": SEED_ADDRESS })).await
    );
    insta::assert_json_snapshot!("blank_by_username", client.account(json!({ "username": "nobody" })).await);
}

#[tokio::test]
async fn a_sequence_that_is_not_known_is_zero_only_if_asked_for() {
    let mut known = user_at("known", &nth_address(1));
    known.chain_accounts[0].sequence = Some("11".to_owned());
    let client = client_with(&[known]).await;
    for (asked, unknown) in
        [(json!(null), json!(null)), (json!(false), json!(null)), (json!(true), json!("0"))]
    {
        let account = client.account(json!({ "username": "known", "fetchSequence": asked })).await;
        assert_eq!(account["sequence"], "11");
        let account = client.account(json!({ "address": SEED_ADDRESS, "fetchSequence": asked })).await;
        assert_eq!(account["sequence"], unknown);
    }
}

#[tokio::test]
async fn a_profile_is_told_as_it_is_stored_with_or_without_external_calls() {
    let mut user = user_at("known", SEED_ADDRESS);
    user.community = Community {
        discord: Some("d#1".to_owned()),
        twitter: Some("t".to_owned()),
        github: Some("g".to_owned()),
        telegram: Some("m".to_owned()),
        readme: Some("**hello**".to_owned()),
        avatar: Some("https://example.com/a.png".to_owned()),
        resolved_name: Some("known.eth".to_owned()),
        seen_activity: Some(1_691_845_143_945),
        joined_at: Some(1_690_000_000_000),
    };
    let client = client_with(&[user]).await;
    for no_external_calls in [false, true] {
        let entry = json!({ "username": "known", "noExternalCalls": no_external_calls, "fetchBalance": !no_external_calls });
        let account = client.account(entry).await;
        let expected = json!({
            "_id": "", "seenActivity": 1_691_845_143_945_i64, "createdAt": 1_690_000_000_000_i64, "discord": "d#1",
            "twitter": "t", "github": "g", "telegram": "m", "readme": "**hello**",
            "avatar": "https://example.com/a.png", "resolvedName": "known.eth",
        });
        let names: Vec<_> = account.as_object().unwrap().keys().take(10).collect();
        assert_eq!(names, expected.as_object().unwrap().keys().collect::<Vec<_>>());
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&account[name], value, "{name}");
        }
        assert_eq!(account["balance"], json!({ "amount": "0", "denom": "badge" }));
    }
}

#[tokio::test]
async fn a_user_without_a_chain_account_is_found_by_name_and_has_no_address() {
    let mut user = User::new(UserId::new("6229ffaxxxxxxxxcade3e3d9"));
    user.profile.username = Some("kevin".to_owned());
    user.community.twitter = Some("kevin".to_owned());
    user.community.resolved_name = Some("kevin.eth".to_owned());
    let client = client_with(&[user]).await;
    let views = json!([{ "viewKey": "latestActivity", "bookmark": "whatever" }, { "viewId": "c", "viewType": "badgesCollected" }]);
    let account =
        client.account(json!({ "username": "kevin", "noExternalCalls": true, "viewsToFetch": views })).await;
    assert_eq!(
        members(&account, &["username", "twitter", "resolvedName", "address", "cosmosAddress", "chain"]),
        ["kevin", "kevin", "kevin.eth", "", "", "Unknown"]
    );
    // Its views are empty; without an account, any bookmark is accepted.
    assert_eq!(
        account["views"]["latestActivity"]["pagination"],
        json!({ "bookmark": "whatever", "hasMore": false })
    );
    assert_eq!(
        account["views"]["c"],
        json!({ "ids": [], "type": "Balances", "pagination": { "bookmark": "", "hasMore": false } })
    );
}

#[tokio::test]
async fn accounts_come_in_the_order_of_the_request_and_repeated_ones_in_full() {
    let app = TestApp::start().await;
    let tenant = app.tenant("order").await;
    tenant.put_users(&[user_at("a", &nth_address(1)), user_at("b", &nth_address(2))]).await;
    let received = transfer("t", 1, 1, "Mint", &nth_address(1));
    tenant.put_entries(&[TimelineEntry::Transfer(received)]).await;
    let client = Client::of(&app, &tenant).await;
    let views = json!([{ "viewKey": "latestActivity", "bookmark": "" }]);
    let answer = client
        .fetch(json!([
            { "address": nth_address(2) },
            {},
            { "username": "a", "viewsToFetch": views },
            { "username": "", "address": "" },
            { "username": "nobody" },
            { "username": "b", "address": "this is not looked at" },
            { "username": "", "address": nth_address(1), "viewsToFetch": views, "unknown": [1] },
            { "address": nth_address(1), "username": null },
        ]))
        .await;
    let names: Vec<_> = answer.accounts().iter().map(|account| account["username"].as_str()).collect();
    assert_eq!(names, [Some("b"), Some("a"), None, Some("b"), Some("a"), Some("a")]);
    assert_eq!(answer.accounts()[1], answer.accounts()[4]);
    assert_eq!(answer.accounts()[1]["activity"][0]["_id"], "t");
    assert_eq!(answer.accounts()[5]["views"], json!({}));
    assert_eq!(client.fetch(json!([])).await.body, json!({ "accounts": [] }));
}

#[tokio::test]
async fn usernames_are_exact() {
    let client = client_with(&[user_at("Bob", &nth_address(1))]).await;
    for (name, found) in [("Bob", true), ("bob", false), ("Bob ", false), ("B\u{0}b", false)] {
        let account = client.account(json!({ "username": name })).await;
        assert_eq!(account["username"] == "Bob", found, "{name:?}");
    }
    let long = "x".repeat(10_000);
    assert_eq!(client.account(json!({ "username": long })).await["accountNumber"], "-1");
}
