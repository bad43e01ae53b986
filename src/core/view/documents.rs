//! The documents of the four timelines, as stored.
//!
//! Chain quantities (amounts, badge ids, block heights) are decimal strings: they can exceed 64 bits.

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
    /// The account that sent the transaction, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiated_by: Option<String>,
    /// What was transferred.
    pub balances: Vec<Balance>,
    /// Block height.
    pub block: String,
    /// The sender's note.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub memo: String,
    /// The approval whose predetermined balances were used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precalculation: Option<Precalculation>,
}

impl Transfer {
    /// The accounts involved, without duplicates, and whether each receives. `Mint` is not an account; whoever sent the
    /// transaction is involved even if neither sender nor receiver.
    #[must_use]
    pub fn parties(&self) -> BTreeMap<AccountKey, bool> {
        let account = |text: &String| Address::parse(text).ok().map(|address| address.key());
        let senders = std::iter::once(&self.from).chain(&self.initiated_by);
        let mut parties: BTreeMap<_, _> = senders.filter_map(account).map(|sender| (sender, false)).collect();
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

/// An amount of badges over ranges of ids and of ownership times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// Amount of each badge.
    pub amount: String,
    /// The badge ids.
    pub badge_ids: Vec<UintRange>,
    /// The times of ownership, in milliseconds since the epoch.
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

/// A message from a collection's manager to everyone who holds any of its badges, or is in its [`Audience`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
    /// Unique within the tenant.
    pub id: String,
    /// Milliseconds since the epoch.
    pub at: i64,
    /// The collection.
    pub collection_id: i64,
    /// The account that announced it.
    pub from: String,
    /// The text.
    pub text: String,
    /// Block height.
    pub block: String,
}

/// An account in the audience of a collection: it gets the collection's announcements, although it is not known to hold
/// any of its badges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Audience {
    /// The account.
    pub account: AccountKey,
    /// The collection.
    pub collection_id: i64,
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
    /// The reviewed account.
    pub about: AccountKey,
    /// Number of stars, as a decimal string.
    pub stars: String,
    /// The text.
    pub text: String,
    /// Block height.
    pub block: String,
}

/// An account's holding in one collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holding {
    /// The holder.
    pub account: AccountKey,
    /// The collection.
    pub collection_id: i64,
    /// The balances held.
    pub balances: Vec<Balance>,
    /// Whether the balance is kept on chain.
    pub on_chain: bool,
    /// Where an off-chain balance is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// What the holder may change in its own approvals, in the chain's format.
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub permissions: JsonObject,
    /// The transfers that the holder approves without a rule.
    #[serde(default, skip_serializing_if = "AutoApprovals::is_none")]
    pub auto_approvals: AutoApprovals,
}

/// The transfers that a holder approves without a rule. Unset means false, as on the chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AutoApprovals {
    /// Outgoing transfers that the holder initiates.
    pub self_initiated_outgoing: bool,
    /// Incoming transfers that the holder initiates.
    pub self_initiated_incoming: bool,
    /// All incoming transfers.
    pub all_incoming: bool,
}

impl AutoApprovals {
    /// Whether nothing is approved.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
