//! Arbitrary timeline entries, for the property tests of the vendors' JSON.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{
    Announcement, Audience, AutoApprovals, Balance, Holding, Precalculation, Review, Timeline, TimelineEntry,
    Transfer, UintRange,
};
use crate::core::address::{AccountKey, Address};
use crate::core::user::JsonObject;

/// An entry of `timeline` with any of its fields set. No id is blank, and quantities are decimal.
pub(crate) fn entry(timeline: Timeline) -> BoxedStrategy<TimelineEntry> {
    match timeline {
        Timeline::Holdings => holding().prop_map(TimelineEntry::Holding).boxed(),
        Timeline::Transfers => transfer().prop_map(TimelineEntry::Transfer).boxed(),
        Timeline::Announcements => announcement().prop_map(TimelineEntry::Announcement).boxed(),
        Timeline::Reviews => review().prop_map(TimelineEntry::Review).boxed(),
        Timeline::Audiences => audience().prop_map(TimelineEntry::Audience).boxed(),
    }
}

/// An entry of any timeline.
pub(crate) fn any_entry() -> impl Strategy<Value = TimelineEntry> {
    proptest::sample::select(Timeline::ALL.to_vec()).prop_flat_map(entry)
}

/// The key of any account.
pub(crate) fn account() -> impl Strategy<Value = AccountKey> {
    "0x[0-9a-f]{40}".prop_map(|text| Address::parse(&text).unwrap().key())
}

fn transfer() -> impl Strategy<Value = Transfer> {
    let precalculation = (text(), text())
        .prop_map(|(approval_id, approval_level)| Precalculation { approval_id, approval_level });
    let parties = (party(), vec(party(), 0..3), option::of(party()));
    let told = ("\\PC{0,12}", option::of(precalculation));
    (stamp(), any::<i64>(), parties, balances(), told).prop_map(
        |((id, at, block), collection_id, (from, to, initiated_by), balances, (memo, precalculation))| {
            Transfer { id, at, collection_id, from, to, initiated_by, balances, block, memo, precalculation }
        },
    )
}

fn announcement() -> impl Strategy<Value = Announcement> {
    (stamp(), any::<i64>(), party(), "\\PC{0,12}").prop_map(|((id, at, block), collection_id, from, text)| {
        Announcement { id, at, collection_id, from, text, block }
    })
}

fn audience() -> impl Strategy<Value = Audience> {
    (account(), any::<i64>()).prop_map(|(account, collection_id)| Audience { account, collection_id })
}

fn review() -> impl Strategy<Value = Review> {
    (stamp(), party(), account(), decimal(), "\\PC{0,12}").prop_map(
        |((id, at, block), from, about, stars, text)| Review { id, at, from, about, stars, text, block },
    )
}

fn holding() -> impl Strategy<Value = Holding> {
    let names = prop_oneof!["canUpdate[A-Z][a-z]{1,8}", Just("canUpdateIncomingApprovals".to_owned())];
    let permission = vec(any::<bool>(), 1..3).prop_map(serde_json::Value::from);
    let permissions = vec((names, permission), 0..3).prop_map(JsonObject::from_iter);
    let place = (any::<bool>(), option::of(text()));
    (account(), any::<i64>(), balances(), place, permissions, auto_approvals()).prop_map(
        |(account, collection_id, balances, (on_chain, uri), permissions, auto_approvals)| Holding {
            account,
            collection_id,
            balances,
            on_chain,
            uri,
            permissions,
            auto_approvals,
        },
    )
}

fn auto_approvals() -> impl Strategy<Value = AutoApprovals> {
    any::<[bool; 3]>().prop_map(|[self_initiated_outgoing, self_initiated_incoming, all_incoming]| {
        AutoApprovals { self_initiated_outgoing, self_initiated_incoming, all_incoming }
    })
}

/// Id, time and block of an entry.
fn stamp() -> impl Strategy<Value = (String, i64, String)> {
    (text(), any::<i64>(), decimal())
}

fn party() -> impl Strategy<Value = String> {
    prop_oneof![1 => Just("Mint".to_owned()), 4 => account().prop_map(String::from)]
}

fn balances() -> impl Strategy<Value = Vec<Balance>> {
    let balance = (decimal(), ranges(), ranges()).prop_map(|(amount, badge_ids, ownership_times)| Balance {
        amount,
        badge_ids,
        ownership_times,
    });
    vec(balance, 0..3)
}

fn ranges() -> impl Strategy<Value = Vec<UintRange>> {
    vec((decimal(), decimal()).prop_map(|(start, end)| UintRange { start, end }), 0..3)
}

fn decimal() -> impl Strategy<Value = String> {
    "0|[1-9][0-9]{0,40}"
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{1,12}".prop_filter("not blank", |text| !text.trim().is_empty())
}

proptest! {
    #[test]
    fn any_entry_reads_back_the_same(entry in any_entry()) {
        let document = serde_json::to_string(&entry).unwrap();
        let mut reader = serde_json::Deserializer::from_str(&document);
        let read = serde::de::DeserializeSeed::deserialize(entry.timeline(), &mut reader).unwrap();
        prop_assert_eq!(read, entry);
    }
}
