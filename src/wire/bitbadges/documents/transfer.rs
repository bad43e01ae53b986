//! A transfer.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::document_id;
use crate::core::view::{Precalculation, Transfer};
use crate::wire::bitbadges::balance::{TransferredBalance, converted};
use crate::wire::bitbadges::{Members, ignored, number};
use crate::wire::read::{FieldError, filled, or_default};

/// A transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Activity)]
pub struct TransferDocument {
    #[serde(rename = "_id", default, deserialize_with = "or_default")]
    #[schema(required)]
    id: String,
    from: String,
    #[serde(default)]
    #[schema(required)]
    to: Vec<String>,
    #[serde(default)]
    #[schema(required)]
    balances: Vec<TransferredBalance>,
    #[serde(default, deserialize_with = "ignored")]
    #[schema(required)]
    method: Cow<'static, str>,
    #[serde(default = "number::zero", deserialize_with = "number::or_zero")]
    #[schema(required)]
    block: String,
    #[serde(with = "number::decimal_i64")]
    #[schema(value_type = String)]
    collection_id: i64,
    #[serde(with = "number::decimal_i64")]
    #[schema(value_type = String)]
    timestamp: i64,
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    memo: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    precalculation_details: Option<PrecalculationDetails>,
    /// Empty if unknown; absent by `viewKey`.
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    initiated_by: Option<String>,
    #[serde(rename = "_docId", default, deserialize_with = "or_default")]
    #[schema(required)]
    doc_id: String,
}

/// The approval whose predetermined balances a transfer used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrecalculationDetails {
    /// Id of the approval.
    pub approval_id: String,
    /// `collection`, `incoming` or `outgoing`.
    #[serde(default)]
    #[schema(required)]
    pub approval_level: String,
}

impl TransferDocument {
    /// `transfer` with these members.
    #[must_use]
    pub fn new(transfer: Transfer, members: Members) -> Self {
        let balances = transfer.balances.into_iter();
        Self {
            doc_id: transfer.id.clone(),
            id: transfer.id,
            from: transfer.from,
            to: transfer.to,
            balances: balances.map(|balance| TransferredBalance::new(balance, members)).collect(),
            method: Cow::Borrowed("Transfer"),
            block: transfer.block,
            collection_id: transfer.collection_id,
            timestamp: transfer.at,
            memo: transfer.memo,
            initiated_by: (members == Members::All).then(|| transfer.initiated_by.unwrap_or_default()),
            precalculation_details: transfer.precalculation.map(Into::into),
        }
    }
}

impl TryFrom<TransferDocument> for Transfer {
    type Error = FieldError;

    fn try_from(document: TransferDocument) -> Result<Self, FieldError> {
        Ok(Self {
            id: document_id(document.id, document.doc_id)?,
            at: document.timestamp,
            collection_id: document.collection_id,
            from: document.from,
            to: document.to,
            initiated_by: document.initiated_by,
            balances: converted(document.balances),
            block: document.block,
            memo: document.memo,
            precalculation: document.precalculation_details.map(Into::into),
        })
    }
}

impl From<Precalculation> for PrecalculationDetails {
    fn from(Precalculation { approval_id, approval_level }: Precalculation) -> Self {
        Self { approval_id, approval_level }
    }
}

impl From<PrecalculationDetails> for Precalculation {
    fn from(PrecalculationDetails { approval_id, approval_level }: PrecalculationDetails) -> Self {
        Self { approval_id, approval_level }
    }
}
