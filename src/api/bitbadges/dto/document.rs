//! The documents of the views, in the seed's order of members. Each carries its id twice: the first eras look
//! for `_id`, the later SDKs for `_docId`. Numbers are decimal strings.

use serde::Serialize;
use utoipa::ToSchema;

use crate::core::user::JsonObject;
use crate::core::view::{Announcement, Balance, Holding, Review, Transfer, UintRange};

/// A list that this gateway has nothing for, but without which some SDK fails.
pub type Empty = [(); 0];

/// A document with an id.
pub trait Document {
    /// Its id, which the view lists.
    fn id(&self) -> &str;
}

/// Declares that a document's id is its member `id`.
macro_rules! documents {
    ($($name:ident),*) => { $(impl Document for $name {
        fn id(&self) -> &str {
            &self.id
        }
    })* };
}

documents!(Activity, Collected, AnnouncementDocument, ReviewDocument);

/// An inclusive range of unsigned integers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Range {
    /// First, decimal.
    pub start: String,
    /// Last, decimal.
    pub end: String,
}

/// Badges that are held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldBalance {
    /// How many of each, decimal.
    pub amount: String,
    /// Which.
    pub badge_ids: Vec<Range>,
    /// When, in milliseconds since the epoch.
    pub ownership_times: Vec<Range>,
}

/// Badges that were transferred: what [`HeldBalance`] says, in the other order that the seed has here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferredBalance {
    /// How many of each, decimal.
    pub amount: String,
    /// When, in milliseconds since the epoch.
    pub ownership_times: Vec<Range>,
    /// Which.
    pub badge_ids: Vec<Range>,
}

/// The approval whose predetermined balances a transfer used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrecalculationDetails {
    /// Id of the approval.
    pub approval_id: String,
    /// `collection`, `incoming` or `outgoing`.
    pub approval_level: String,
}

/// A transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    #[serde(rename = "_id")]
    id: String,
    from: String,
    to: Vec<String>,
    balances: Vec<TransferredBalance>,
    method: &'static str,
    block: String,
    collection_id: String,
    timestamp: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    memo: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    precalculation_details: Option<PrecalculationDetails>,
    #[serde(rename = "_docId")]
    doc_id: String,
}

/// What the account holds of one collection.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Collected {
    #[serde(rename = "_id")]
    id: String,
    balances: Vec<HeldBalance>,
    collection_id: String,
    cosmos_address: String,
    on_chain: bool,
    #[schema(value_type = Vec<Object>)]
    approved_incoming_transfers_timeline: Empty,
    #[schema(value_type = Vec<Object>)]
    approved_outgoing_transfers_timeline: Empty,
    #[schema(value_type = Object)]
    user_permissions: JsonObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[schema(value_type = Vec<Object>)]
    incoming_approvals: Empty,
    #[schema(value_type = Vec<Object>)]
    outgoing_approvals: Empty,
    #[schema(value_type = Vec<Object>)]
    update_history: Empty,
    #[serde(rename = "_docId")]
    doc_id: String,
}

/// An announcement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnnouncementDocument {
    #[serde(rename = "_id")]
    id: String,
    method: &'static str,
    collection_id: String,
    announcement: String,
    from: String,
    timestamp: String,
    block: String,
    #[serde(rename = "_docId")]
    doc_id: String,
}

/// A review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReviewDocument {
    #[serde(rename = "_id")]
    id: String,
    method: &'static str,
    review: String,
    stars: String,
    from: String,
    reviewed_address: String,
    timestamp: String,
    block: String,
    #[serde(rename = "_docId")]
    doc_id: String,
}

/// The permissions without whose lists the first era's SDK, and the later ones, fail.
const PERMISSIONS: [&str; 6] = [
    "canUpdateApprovedOutgoingTransfers",
    "canUpdateApprovedIncomingTransfers",
    "canUpdateOutgoingApprovals",
    "canUpdateIncomingApprovals",
    "canUpdateAutoApproveSelfInitiatedOutgoingTransfers",
    "canUpdateAutoApproveSelfInitiatedIncomingTransfers",
];

/// The stored permissions, with an empty list for each that is not stored.
fn permissions(stored: JsonObject) -> JsonObject {
    let mut all: JsonObject =
        PERMISSIONS.iter().map(|name| ((*name).to_owned(), serde_json::Value::Array(Vec::new()))).collect();
    all.extend(stored);
    all
}

impl From<Transfer> for Activity {
    fn from(transfer: Transfer) -> Self {
        Self {
            doc_id: transfer.id.clone(),
            id: transfer.id,
            from: transfer.from,
            to: transfer.to,
            balances: transfer.balances.into_iter().map(Into::into).collect(),
            method: "Transfer",
            block: transfer.block,
            collection_id: transfer.collection_id.to_string(),
            timestamp: transfer.at.to_string(),
            memo: transfer.memo,
            precalculation_details: transfer.precalculation.map(|details| PrecalculationDetails {
                approval_id: details.approval_id,
                approval_level: details.approval_level,
            }),
        }
    }
}

impl From<Holding> for Collected {
    fn from(holding: Holding) -> Self {
        let id = format!("{}:{}", holding.collection_id, holding.account);
        Self {
            doc_id: id.clone(),
            id,
            balances: holding.balances.into_iter().map(Into::into).collect(),
            collection_id: holding.collection_id.to_string(),
            cosmos_address: holding.account.to_string(),
            on_chain: holding.on_chain,
            approved_incoming_transfers_timeline: Empty::default(),
            approved_outgoing_transfers_timeline: Empty::default(),
            user_permissions: permissions(holding.permissions),
            uri: holding.uri,
            incoming_approvals: Empty::default(),
            outgoing_approvals: Empty::default(),
            update_history: Empty::default(),
        }
    }
}

impl From<Announcement> for AnnouncementDocument {
    fn from(announcement: Announcement) -> Self {
        Self {
            doc_id: announcement.id.clone(),
            id: announcement.id,
            method: "Announcement",
            collection_id: announcement.collection_id.to_string(),
            announcement: announcement.text,
            from: announcement.from,
            timestamp: announcement.at.to_string(),
            block: announcement.block,
        }
    }
}

impl From<Review> for ReviewDocument {
    fn from(review: Review) -> Self {
        Self {
            doc_id: review.id.clone(),
            id: review.id,
            method: "Review",
            review: review.text,
            stars: review.stars,
            from: review.from,
            reviewed_address: review.about.to_string(),
            timestamp: review.at.to_string(),
            block: review.block,
        }
    }
}

impl From<UintRange> for Range {
    fn from(range: UintRange) -> Self {
        Self { start: range.start, end: range.end }
    }
}

impl From<Balance> for HeldBalance {
    fn from(balance: Balance) -> Self {
        Self {
            amount: balance.amount,
            badge_ids: balance.badge_ids.into_iter().map(Into::into).collect(),
            ownership_times: balance.ownership_times.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Balance> for TransferredBalance {
    fn from(balance: Balance) -> Self {
        let HeldBalance { amount, badge_ids, ownership_times } = balance.into();
        Self { amount, ownership_times, badge_ids }
    }
}
