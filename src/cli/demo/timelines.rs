//! The demo's timelines: those of the BitBadges sample, long ones for one account, and a few entries for all others.

use super::{colleagues, samples};
use crate::core::address::{AccountKey, Address};
use crate::core::user::JsonObject;
use crate::core::view::{
    Announcement, AutoApprovals, Balance, Holding, Precalculation, Review, TimelineEntry, Transfer, UintRange,
};

/// Index of the user with long timelines.
const COLLECTOR_NUMBER: usize = 3;
/// Number of its transfers; two thirds are incoming.
const COLLECTOR_TRANSFERS: usize = 200;
const COLLECTOR_COLLECTIONS: i64 = 40;
const COLLECTOR_REVIEWS: usize = 60;
/// Id of the collector's first collection.
const FIRST_COLLECTION: i64 = 100;
/// Time of the sample's first transfer, in ms: 2023-08-12T00:05:01.549Z.
const START: i64 = 1_691_798_701_549;
const HOUR: i64 = 3_600_000;

/// All timeline entries.
pub(super) fn entries() -> Vec<TimelineEntry> {
    let mut entries = sample();
    entries.extend(collector());
    entries.extend(everyone());
    entries
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
        auto_approvals: AutoApprovals::default(),
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
        initiated_by: None,
    }
}

fn announcement(number: &str, at: i64, text: &str, block: i64) -> Announcement {
    Announcement {
        id: format!("collection-6:{number}"),
        at,
        collection_id: 6,
        from: samples::COSMOS_ADDRESS.to_owned(),
        text: text.to_owned(),
        block: block.to_string(),
    }
}

/// Timelines of the sample's account.
fn sample() -> Vec<TimelineEntry> {
    let mut first = transfer(5, 6_214, START, "Mint", samples::COSMOS_ADDRESS);
    first.precalculation = Some(Precalculation {
        approval_id: "1fd86e356afe6a2c06d2447cf43778022e96d084195d740609e9c746feca34dd".to_owned(),
        approval_level: "collection".to_owned(),
    });
    let second = transfer(6, 7_693, 1_691_800_267_113, "Mint", samples::COSMOS_ADDRESS);
    let third = transfer(7, 9_352, 1_691_801_946_282, "Mint", samples::COSMOS_ADDRESS);
    let announcements = [
        announcement("3761630034074593", 1_691_800_369_288, "HELLO!", 7_795),
        announcement("7169529591936119", 1_691_800_393_922, "testing!!!!", 7_819),
    ];
    let holdings = account(samples::COSMOS_ADDRESS).map(|account| [5, 6, 7].map(|id| holding(&account, id)));
    let mut entries: Vec<_> = [first, second, third].map(TimelineEntry::Transfer).into();
    entries.extend(announcements.map(TimelineEntry::Announcement));
    entries.extend(holdings.into_iter().flatten().map(TimelineEntry::Holding));
    entries
}

/// Long timelines with equal timestamps.
fn collector() -> Vec<TimelineEntry> {
    let Some(collector) = account(&colleagues::address(COLLECTOR_NUMBER)) else {
        return Vec::new();
    };
    let transfers = (0..COLLECTOR_TRANSFERS).map(|index| collector_transfer(&collector, index));
    let holdings = (0..COLLECTOR_COLLECTIONS).map(|step| holding(&collector, FIRST_COLLECTION + step));
    let announcements = (0..COLLECTOR_COLLECTIONS).map(collector_announcement);
    let reviews = (0..COLLECTOR_REVIEWS).filter_map(|index| review(&collector, index));
    transfers
        .map(TimelineEntry::Transfer)
        .chain(holdings.map(TimelineEntry::Holding))
        .chain(announcements.map(TimelineEntry::Announcement))
        .chain(reviews.map(TimelineEntry::Review))
        .collect()
}

fn collector_transfer(collector: &AccountKey, index: usize) -> Transfer {
    let step = i64::try_from(index).unwrap_or(0);
    let other = account(&colleagues::address(10 + index % 50));
    let other = other.map_or_else(String::new, |other| other.to_string());
    let (from, to) =
        if index % 3 == 2 { (collector.as_str(), other.as_str()) } else { ("Mint", collector.as_str()) };
    let collection = FIRST_COLLECTION + step % COLLECTOR_COLLECTIONS;
    // Two transfers per timestamp, so that paging has to break ties.
    transfer(collection, 20_000 + step, START + step / 2 * HOUR, from, to)
}

fn collector_announcement(step: i64) -> Announcement {
    let collection = FIRST_COLLECTION + step;
    let text = format!("Welcome to collection {collection}");
    Announcement {
        id: format!("collection-{collection}:{}", 1_000 + step),
        collection_id: collection,
        ..announcement("", START + step * HOUR, &text, 21_000 + step)
    }
}

fn review(about: &AccountKey, index: usize) -> Option<Review> {
    let step = i64::try_from(index).unwrap_or(0);
    Some(Review {
        id: format!("user-{about}:{}", 5_000 + index),
        at: START + step * HOUR,
        from: account(&colleagues::address(20 + index))?.to_string(),
        about: about.clone(),
        stars: (1 + index % 5).to_string(),
        text: format!("A fair trade, number {}.", index + 1),
        block: (22_000 + step).to_string(),
    })
}

/// A welcome badge for all other users.
fn everyone() -> impl Iterator<Item = TimelineEntry> {
    (4..colleagues::COUNT).filter_map(welcome).flatten()
}

fn welcome(number: usize) -> Option<[TimelineEntry; 2]> {
    let account = account(&colleagues::address(number))?;
    let step = i64::try_from(number).unwrap_or(0);
    let collection = 10 + step % 8;
    let received = transfer(collection, 30_000 + step, START + step * HOUR, "Mint", account.as_str());
    Some([TimelineEntry::Transfer(received), TimelineEntry::Holding(holding(&account, collection))])
}
