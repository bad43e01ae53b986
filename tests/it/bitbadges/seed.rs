//! The documented request gets the documented response.

use serde_json::Value;
use userbatch::core::user::{ChainAccount, Coin, User};
use userbatch::core::view::{Announcement, Precalculation, TimelineEntry, Transfer};

use super::{Client, PATHS, SEED_ADDRESS, SEED_COSMOS, announcement, holding, transfer, user_at};
use crate::app::TestApp;
use crate::plain::Plain;

const REQUEST: &str = include_str!("../../fixtures/bitbadges/fetching-users.request.json");
const RESPONSE: &str = include_str!("../../fixtures/bitbadges/fetching-users.response.json");

fn seed_user() -> User {
    let mut user = user_at("trevormil", SEED_ADDRESS);
    user.profile.username = None;
    user.community.discord = Some("trevormil#5747".to_owned());
    user.community.seen_activity = Some(1_691_845_143_945);
    user.chain_accounts = vec![ChainAccount {
        address: SEED_ADDRESS.to_owned(),
        public_key: Some("Ag3SzcvRj/U4dXwN8APIpLzj5TyiR8OTZJwoThMN7XBt".to_owned()),
        account_number: Some("10".to_owned()),
        sequence: Some("11".to_owned()),
        balance: Some(Coin { amount: "1000".to_owned(), denom: "badge".to_owned() }),
        airdropped: Some(true),
        ..ChainAccount::default()
    }];
    user
}

fn minted(collection: i64, block: &str, at: i64, approval: char) -> Transfer {
    Transfer {
        block: block.to_owned(),
        precalculation: Some(Precalculation {
            approval_id: format!("{approval}fd86e356afe6a2c06d2447cf43778022e96d084195d740609e9c746feca34dd"),
            approval_level: "collection".to_owned(),
        }),
        ..transfer(&format!("collection-{collection}:{block}-0-0"), at, collection, "Mint", SEED_COSMOS)
    }
}

fn seed_entries() -> Vec<TimelineEntry> {
    let told = |id, at, text: &str, block: &str| Announcement {
        text: text.to_owned(),
        block: block.to_owned(),
        ..announcement(id, at, 6)
    };
    let transfers = [
        minted(5, "6214", 1_691_798_701_549, '1'),
        minted(6, "7693", 1_691_800_263_000, '2'),
        minted(7, "9352", 1_691_802_009_770, '3'),
    ];
    let announcements = [
        told("collection-6:3761630034074593", 1_691_800_369_288, "HELLO!", "7795"),
        told("collection-6:7169529591936119", 1_691_800_393_922, "testing!!!!", "7819"),
    ];
    let holdings = [5, 6, 7].map(|collection| holding(SEED_ADDRESS, collection));
    let transfers = transfers.map(TimelineEntry::Transfer).into_iter();
    let entries = transfers.chain(announcements.map(TimelineEntry::Announcement));
    entries.chain(holdings.map(TimelineEntry::Holding)).collect()
}

/// Fails unless everything in `expected` is in `actual`, and lists are equally long. Bookmarks are opaque.
fn assert_has(actual: &Value, expected: &Value, place: &str) {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => {
            for (name, value) in expected {
                let place = format!("{place}.{name}");
                assert!(actual.contains_key(name), "{place} is missing");
                assert_has(&actual[name], value, &place);
            }
            let order: Vec<_> = actual.keys().filter(|name| expected.contains_key(*name)).collect();
            assert_eq!(order, expected.keys().collect::<Vec<_>>(), "order of the members of {place}");
        }
        (Value::Array(actual), Value::Array(expected)) => {
            assert_eq!(actual.len(), expected.len(), "length of {place}");
            for (index, (actual, expected)) in actual.iter().zip(expected).enumerate() {
                assert_has(actual, expected, &format!("{place}[{index}]"));
            }
        }
        (Value::String(actual), Value::String(expected))
            if place.ends_with(".bookmark") && expected != "nil" =>
        {
            assert!(actual.len() > 20, "{place} is no bookmark: {actual}");
        }
        _ => assert_eq!(actual, expected, "{place}"),
    }
}

#[tokio::test]
async fn the_seeds_request_gets_the_seeds_answer() {
    let app = TestApp::start().await;
    let tenant = app.tenant("seed").await;
    tenant.put_users(&[seed_user()]).await;
    tenant.put_entries(&seed_entries()).await;
    let client = Client::of(&app, &tenant).await;
    for path in PATHS {
        let answer = client.post_to(path, REQUEST).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_has(&answer.body, &serde_json::from_str(RESPONSE).unwrap(), "");
        insta::with_settings!({ sort_maps => false }, {
            insta::assert_json_snapshot!("the_seeds_answer", Plain(&answer.body), {
                ".accounts[].views.*.pagination.bookmark" => insta::dynamic_redaction(|bookmark, _| {
                    if bookmark.as_str() == Some("nil") { "nil" } else { "[bookmark]" }
                }),
            });
        });
    }
}
