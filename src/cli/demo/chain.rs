//! What happened on the demo's chain: the BitBadges sample's activity, an account with long timelines, and a
//! little for everyone.

use super::{people, seed};
use crate::core::address::{AccountKey, Address};
use crate::core::user::JsonObject;
use crate::core::view::{Announcement, Balance, Holding, Precalculation, Review, Transfer, UintRange};
use crate::store::Activity;

/// Index of the account with long timelines among the users.
const COLLECTOR_NUMBER: usize = 3;
/// Its transfers, of which it received two in three.
const COLLECTOR_TRANSFERS: usize = 200;
const COLLECTOR_COLLECTIONS: i64 = 40;
const COLLECTOR_REVIEWS: usize = 60;
/// First collection of the collector's.
const FIRST_COLLECTION: i64 = 100;
/// 2023-08-12T00:05:01.549Z, of the sample's first transfer.
const START: i64 = 1_691_798_701_549;
const HOUR: i64 = 3_600_000;

/// Everything.
pub(super) fn activity() -> Activity {
    let mut activity = sample();
    collector(&mut activity);
    everyone(&mut activity);
    activity
}

fn account(address: &str) -> Option<AccountKey> {
    Address::parse(address).ok().map(|address| address.key())
}

fn range(start: i64, end: i64) -> UintRange {
    UintRange { start: start.to_string(), end: end.to_string() }
}

fn balance(amount: i64, badges: i64) -> Balance {
    Balance {
        amount: amount.to_string(),
        badge_ids: vec![range(1, badges)],
        ownership_times: vec![range(1_691_802_000_000, 1_723_338_000_000)],
    }
}

fn holding(account: &AccountKey, collection_id: i64) -> Holding {
    Holding {
        account: account.clone(),
        collection_id,
        balances: vec![balance(1, 100)],
        on_chain: true,
        uri: None,
        permissions: JsonObject::new(),
    }
}

fn transfer(collection_id: i64, block: i64, at: i64, from: &str, to: &str) -> Transfer {
    Transfer {
        id: format!("collection-{collection_id}:{block}-0-0"),
        at,
        collection_id,
        from: from.to_owned(),
        to: vec![to.to_owned()],
        balances: vec![balance(1, 100)],
        block: block.to_string(),
        memo: String::new(),
        precalculation: None,
    }
}

fn announcement(number: &str, at: i64, text: &str, block: i64) -> Announcement {
    Announcement {
        id: format!("collection-6:{number}"),
        at,
        collection_id: 6,
        from: seed::COSMOS_ADDRESS.to_owned(),
        text: text.to_owned(),
        block: block.to_string(),
    }
}

/// What the sample's account received, holds and was told.
fn sample() -> Activity {
    let mut first = transfer(5, 6_214, START, "Mint", seed::COSMOS_ADDRESS);
    first.precalculation = Some(Precalculation {
        approval_id: "1fd86e356afe6a2c06d2447cf43778022e96d084195d740609e9c746feca34dd".to_owned(),
        approval_level: "collection".to_owned(),
    });
    let second = transfer(6, 7_693, 1_691_800_267_113, "Mint", seed::COSMOS_ADDRESS);
    let third = transfer(7, 9_352, 1_691_801_946_282, "Mint", seed::COSMOS_ADDRESS);
    let holdings = account(seed::COSMOS_ADDRESS).map(|account| [5, 6, 7].map(|id| holding(&account, id)));
    Activity {
        transfers: vec![first, second, third],
        announcements: vec![
            announcement("3761630034074593", 1_691_800_369_288, "HELLO!", 7_795),
            announcement("7169529591936119", 1_691_800_393_922, "testing!!!!", 7_819),
        ],
        reviews: Vec::new(),
        holdings: holdings.into_iter().flatten().collect(),
    }
}

/// Long timelines, with ties in time.
fn collector(activity: &mut Activity) {
    let Some(collector) = account(&people::address(COLLECTOR_NUMBER)) else {
        return;
    };
    for index in 0..COLLECTOR_TRANSFERS {
        let step = i64::try_from(index).unwrap_or(0);
        let other =
            account(&people::address(10 + index % 50)).map_or_else(String::new, |other| other.to_string());
        let (from, to) =
            if index % 3 == 2 { (collector.as_str(), other.as_str()) } else { ("Mint", collector.as_str()) };
        let collection = FIRST_COLLECTION + step % COLLECTOR_COLLECTIONS;
        // Two transfers share each moment, so that paging must break ties.
        activity.transfers.push(transfer(collection, 20_000 + step, START + step / 2 * HOUR, from, to));
    }
    for step in 0..COLLECTOR_COLLECTIONS {
        activity.holdings.push(holding(&collector, FIRST_COLLECTION + step));
        activity.announcements.push(Announcement {
            id: format!("collection-{}:{}", FIRST_COLLECTION + step, 1_000 + step),
            collection_id: FIRST_COLLECTION + step,
            ..announcement(
                "",
                START + step * HOUR,
                &format!("Welcome to collection {}", FIRST_COLLECTION + step),
                21_000 + step,
            )
        });
    }
    for index in 0..COLLECTOR_REVIEWS {
        activity.reviews.extend(review(&collector, index));
    }
}

fn review(about: &AccountKey, index: usize) -> Option<Review> {
    let step = i64::try_from(index).unwrap_or(0);
    Some(Review {
        id: format!("user-{about}:{}", 5_000 + index),
        at: START + step * HOUR,
        from: account(&people::address(20 + index))?.to_string(),
        about: about.clone(),
        stars: (1 + index % 5).to_string(),
        text: format!("A fair trade, number {}.", index + 1),
        block: (22_000 + step).to_string(),
    })
}

/// A welcome badge for everyone else.
fn everyone(activity: &mut Activity) {
    for number in 4..people::COUNT {
        let Some(account) = account(&people::address(number)) else {
            continue;
        };
        let step = i64::try_from(number).unwrap_or(0);
        let collection = 10 + step % 8;
        activity.transfers.push(transfer(
            collection,
            30_000 + step,
            START + step * HOUR,
            "Mint",
            account.as_str(),
        ));
        activity.holdings.push(holding(&account, collection));
    }
}
