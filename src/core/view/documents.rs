//! The documents of the four timelines, as they are stored.
//!
//! Chain quantities (amounts, badge ids, block heights) are decimal strings: they outgrow 64 bits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::core::address::{AccountKey, Address};
use crate::core::user::JsonObject;

/// A transfer of badges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    /// Unique within the tenant.
    pub id: String,
    /// Milliseconds since the epoch.
    pub at: i64,
    /// Collection of the badges.
    pub collection_id: i64,
    /// Sender: an account, or `Mint`.
    pub from: String,
    /// Receivers.
    pub to: Vec<String>,
    /// What was transferred.
    pub balances: Vec<Balance>,
    /// Height of the block.
    pub block: String,
    /// Note of the sender.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub memo: String,
    /// The approval whose predetermined balances were used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precalculation: Option<Precalculation>,
}

impl Transfer {
    /// The accounts it concerns, each once, and whether the account receives. `Mint` is not an account.
    #[must_use]
    pub fn parties(&self) -> BTreeMap<AccountKey, bool> {
        let account = |text: &String| Address::parse(text).ok().map(|address| address.key());
        let mut parties: BTreeMap<_, _> = account(&self.from).into_iter().map(|from| (from, false)).collect();
        parties.extend(self.to.iter().filter_map(account).map(|to| (to, true)));
        parties
    }
}

/// The approval whose predetermined balances a transfer used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Precalculation {
    /// Id of the approval.
    pub approval_id: String,
    /// Level of the approval: `collection`, `incoming` or `outgoing`.
    pub approval_level: String,
}

/// A number of badges over a range of ids, owned over a range of times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// How many of each.
    pub amount: String,
    /// Which badges.
    pub badge_ids: Vec<UintRange>,
    /// When owned, in milliseconds since the epoch.
    pub ownership_times: Vec<UintRange>,
}

/// An inclusive range of unsigned integers, as decimal strings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UintRange {
    /// First.
    pub start: String,
    /// Last.
    pub end: String,
}

/// A message from the manager of a collection to everyone who holds any of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
    /// Unique within the tenant.
    pub id: String,
    /// Milliseconds since the epoch.
    pub at: i64,
    /// The collection.
    pub collection_id: i64,
    /// Who announced it.
    pub from: String,
    /// The text.
    pub text: String,
    /// Height of the block.
    pub block: String,
}

/// One account's review of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// Unique within the tenant.
    pub id: String,
    /// Milliseconds since the epoch.
    pub at: i64,
    /// The reviewer.
    pub from: String,
    /// The account reviewed.
    pub about: AccountKey,
    /// How many stars, as a decimal string.
    pub stars: String,
    /// The text.
    pub text: String,
    /// Height of the block.
    pub block: String,
}

/// What an account holds of one collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holding {
    /// The holder.
    pub account: AccountKey,
    /// The collection.
    pub collection_id: i64,
    /// What is held.
    pub balances: Vec<Balance>,
    /// Whether the balance is kept on chain.
    pub on_chain: bool,
    /// Where an off-chain balance is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// What the holder may change of its own approvals, as the chain has it.
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub permissions: JsonObject,
}
