//! An account's holding in one collection.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::core::address::{AccountKey, Address};
use crate::core::user::JsonObject;
use crate::core::view::{AutoApprovals, Holding};
use crate::wire::bitbadges::balance::{HeldBalance, converted};
use crate::wire::bitbadges::{EmptyList, Members, ignored, number};
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
    #[schema(value_type = serde_json::Map<String, serde_json::Value>, required)]
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
    /// Absent by `viewKey`, as are the next three.
    #[serde(default, deserialize_with = "ignored", skip_serializing_if = "Option::is_none")]
    bitbadges_address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auto_approve_self_initiated_outgoing_transfers: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auto_approve_self_initiated_incoming_transfers: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auto_approve_all_incoming_transfers: Option<bool>,
}

/// Permissions whose lists are required by the SDKs of the eras until 2025.
const PERMISSIONS: [&str; 6] = [
    "canUpdateApprovedOutgoingTransfers",
    "canUpdateApprovedIncomingTransfers",
    "canUpdateOutgoingApprovals",
    "canUpdateIncomingApprovals",
    "canUpdateAutoApproveSelfInitiatedOutgoingTransfers",
    "canUpdateAutoApproveSelfInitiatedIncomingTransfers",
];

/// The permission whose list the newest SDKs require as well.
const NEWEST_PERMISSION: &str = "canUpdateAutoApproveAllIncomingTransfers";

/// Whether an empty list of the permission carries no information.
fn is_always_written(name: &str) -> bool {
    name == NEWEST_PERMISSION || PERMISSIONS.contains(&name)
}

fn empty_list() -> Value {
    Value::Array(Vec::new())
}

/// The stored permissions, with an empty list for each that clients require and that is not stored.
fn written_permissions(stored: JsonObject, members: Members) -> JsonObject {
    let newest = (members == Members::All).then_some(NEWEST_PERMISSION);
    let required = PERMISSIONS.into_iter().chain(newest);
    let mut all: JsonObject = required.map(|name| (name.to_owned(), empty_list())).collect();
    all.extend(stored);
    if members == Members::All {
        name_ids_twice(&mut all);
    }
    all
}

/// Names the ids of each rule in both ways.
fn name_ids_twice(permissions: &mut JsonObject) {
    for rule in rules(permissions) {
        if let Some(ids) = rule.get(BADGE_IDS).or_else(|| rule.get(TOKEN_IDS)).cloned() {
            rule.entry(BADGE_IDS).or_insert_with(|| ids.clone());
            rule.entry(TOKEN_IDS).or_insert(ids);
        }
    }
}

/// The oldest and the newest name of the ids to which a rule applies.
const BADGE_IDS: &str = "badgeIds";
const TOKEN_IDS: &str = "tokenIds";

/// The rules of all permissions.
fn rules(permissions: &mut JsonObject) -> impl Iterator<Item = &mut JsonObject> {
    let lists = permissions.values_mut().filter_map(Value::as_array_mut);
    lists.flatten().filter_map(Value::as_object_mut)
}

/// The permissions to store, with ids under their oldest name.
fn read_permissions(mut written: JsonObject) -> JsonObject {
    written.retain(|name, list| *list != empty_list() || !is_always_written(name));
    for rule in rules(&mut written) {
        if let Some(ids) = rule.remove(TOKEN_IDS) {
            rule.entry(BADGE_IDS).or_insert(ids);
        }
    }
    written
}

/// The id of the document of `holding`.
pub(super) fn holding_id(holding: &Holding) -> String {
    format!("{}:{}", holding.collection_id, holding.account)
}

fn bitbadges_address(account: &AccountKey) -> String {
    Address::parse(account.as_str()).map(|address| address.bitbadges()).unwrap_or_default()
}

impl HoldingDocument {
    /// `holding` with these members.
    #[must_use]
    pub fn new(holding: Holding, members: Members) -> Self {
        let id = holding_id(&holding);
        let later = (members == Members::All).then_some(&holding.auto_approvals);
        let balances = holding.balances.into_iter();
        Self {
            doc_id: id.clone(),
            bitbadges_address: later.map(|_| bitbadges_address(&holding.account)),
            auto_approve_self_initiated_outgoing_transfers: later.map(|it| it.self_initiated_outgoing),
            auto_approve_self_initiated_incoming_transfers: later.map(|it| it.self_initiated_incoming),
            auto_approve_all_incoming_transfers: later.map(|it| it.all_incoming),
            id,
            balances: balances.map(|balance| HeldBalance::new(balance, members)).collect(),
            collection_id: holding.collection_id,
            cosmos_address: holding.account.to_string(),
            on_chain: Some(holding.on_chain),
            approved_incoming_transfers_timeline: EmptyList::default(),
            approved_outgoing_transfers_timeline: EmptyList::default(),
            user_permissions: written_permissions(holding.permissions, members),
            uri: holding.uri,
            incoming_approvals: EmptyList::default(),
            outgoing_approvals: EmptyList::default(),
            update_history: EmptyList::default(),
        }
    }

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
            auto_approvals: AutoApprovals {
                self_initiated_outgoing: self
                    .auto_approve_self_initiated_outgoing_transfers
                    .unwrap_or_default(),
                self_initiated_incoming: self
                    .auto_approve_self_initiated_incoming_transfers
                    .unwrap_or_default(),
                all_incoming: self.auto_approve_all_incoming_transfers.unwrap_or_default(),
            },
        }
    }
}
