//! An account's holding in one collection.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::core::address::AccountKey;
use crate::core::user::JsonObject;
use crate::core::view::Holding;
use crate::wire::bitbadges::balance::{HeldBalance, converted};
use crate::wire::bitbadges::{EmptyList, ignored, number};
use crate::wire::read::{filled, or_default};

/// An account's holding in one collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Collected)]
pub struct HoldingDocument {
    #[serde(rename = "_id", default, deserialize_with = "ignored")]
    #[schema(required)]
    id: String,
    balances: Vec<HeldBalance>,
    #[serde(with = "number::decimal_i64")]
    #[schema(value_type = String)]
    collection_id: i64,
    #[serde(default, deserialize_with = "ignored")]
    #[schema(required)]
    cosmos_address: String,
    // Always written.
    #[serde(default)]
    #[schema(value_type = bool, required)]
    on_chain: Option<bool>,
    #[serde(default, deserialize_with = "ignored")]
    #[schema(value_type = Vec<Object>, required)]
    approved_incoming_transfers_timeline: EmptyList,
    #[serde(default, deserialize_with = "ignored")]
    #[schema(value_type = Vec<Object>, required)]
    approved_outgoing_transfers_timeline: EmptyList,
    #[serde(default, deserialize_with = "or_default")]
    #[schema(value_type = Object, required)]
    user_permissions: JsonObject,
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    #[serde(default, deserialize_with = "ignored")]
    #[schema(value_type = Vec<Object>, required)]
    incoming_approvals: EmptyList,
    #[serde(default, deserialize_with = "ignored")]
    #[schema(value_type = Vec<Object>, required)]
    outgoing_approvals: EmptyList,
    #[serde(default, deserialize_with = "ignored")]
    #[schema(value_type = Vec<Object>, required)]
    update_history: EmptyList,
    #[serde(rename = "_docId", default, deserialize_with = "ignored")]
    #[schema(required)]
    doc_id: String,
}

/// Permissions whose lists are required by the SDKs of every era.
const PERMISSIONS: [&str; 6] = [
    "canUpdateApprovedOutgoingTransfers",
    "canUpdateApprovedIncomingTransfers",
    "canUpdateOutgoingApprovals",
    "canUpdateIncomingApprovals",
    "canUpdateAutoApproveSelfInitiatedOutgoingTransfers",
    "canUpdateAutoApproveSelfInitiatedIncomingTransfers",
];

fn empty_list() -> Value {
    Value::Array(Vec::new())
}

/// The stored permissions, with an empty list for each of [`PERMISSIONS`] that is not stored.
fn written_permissions(stored: JsonObject) -> JsonObject {
    let mut all: JsonObject = PERMISSIONS.iter().map(|name| ((*name).to_owned(), empty_list())).collect();
    all.extend(stored);
    all
}

/// The permissions to store: an empty list of [`PERMISSIONS`] carries no information.
fn read_permissions(mut written: JsonObject) -> JsonObject {
    written.retain(|name, list| *list != empty_list() || !PERMISSIONS.contains(&name.as_str()));
    written
}

/// The id of the document of `holding`.
pub(super) fn holding_id(holding: &Holding) -> String {
    format!("{}:{}", holding.collection_id, holding.account)
}

impl From<Holding> for HoldingDocument {
    fn from(holding: Holding) -> Self {
        let id = holding_id(&holding);
        Self {
            doc_id: id.clone(),
            id,
            balances: converted(holding.balances),
            collection_id: holding.collection_id,
            cosmos_address: holding.account.to_string(),
            on_chain: Some(holding.on_chain),
            approved_incoming_transfers_timeline: EmptyList::default(),
            approved_outgoing_transfers_timeline: EmptyList::default(),
            user_permissions: written_permissions(holding.permissions),
            uri: holding.uri,
            incoming_approvals: EmptyList::default(),
            outgoing_approvals: EmptyList::default(),
            update_history: EmptyList::default(),
        }
    }
}

impl HoldingDocument {
    /// The holding of `account`. It is on chain unless the document says otherwise.
    #[must_use]
    pub fn into_holding(self, account: &AccountKey) -> Holding {
        Holding {
            account: account.clone(),
            collection_id: self.collection_id,
            balances: converted(self.balances),
            on_chain: self.on_chain.unwrap_or(true),
            uri: self.uri,
            permissions: read_permissions(self.user_permissions),
        }
    }
}
