//! A review.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::document_id;
use crate::core::address::AccountKey;
use crate::core::view::Review;
use crate::wire::bitbadges::{ignored, number};
use crate::wire::read::{FieldError, or_default};

/// A review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReviewDocument {
    #[serde(rename = "_id", default, deserialize_with = "or_default")]
    #[schema(required)]
    id: String,
    #[serde(default, deserialize_with = "ignored")]
    #[schema(required)]
    method: Cow<'static, str>,
    review: String,
    #[serde(deserialize_with = "number::decimal")]
    stars: String,
    from: String,
    // Always written.
    #[schema(value_type = String, required)]
    reviewed_address: Option<AccountKey>,
    #[serde(with = "number::decimal_i64")]
    #[schema(value_type = String)]
    timestamp: i64,
    #[serde(default = "number::zero", deserialize_with = "number::or_zero")]
    #[schema(required)]
    block: String,
    #[serde(rename = "_docId", default, deserialize_with = "or_default")]
    #[schema(required)]
    doc_id: String,
}

impl From<Review> for ReviewDocument {
    fn from(review: Review) -> Self {
        Self {
            doc_id: review.id.clone(),
            id: review.id,
            method: Cow::Borrowed("Review"),
            review: review.text,
            stars: review.stars,
            from: review.from,
            reviewed_address: Some(review.about),
            timestamp: review.at,
            block: review.block,
        }
    }
}

impl ReviewDocument {
    /// The review; of `account` unless the document names another.
    ///
    /// # Errors
    /// The document has no id.
    pub fn into_review(self, account: &AccountKey) -> Result<Review, FieldError> {
        Ok(Review {
            id: document_id(self.id, self.doc_id)?,
            at: self.timestamp,
            from: self.from,
            about: self.reviewed_address.unwrap_or_else(|| account.clone()),
            stars: self.stars,
            text: self.review,
            block: self.block,
        })
    }
}
