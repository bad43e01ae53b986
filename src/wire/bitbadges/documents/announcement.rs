//! An announcement.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::document_id;
use crate::core::view::Announcement;
use crate::wire::bitbadges::{ignored, number};
use crate::wire::read::{FieldError, or_default};

/// An announcement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnnouncementDocument {
    #[serde(rename = "_id", default, deserialize_with = "or_default")]
    #[schema(required)]
    id: String,
    #[serde(default, deserialize_with = "ignored")]
    #[schema(required)]
    method: Cow<'static, str>,
    #[serde(with = "number::decimal_i64")]
    #[schema(value_type = String)]
    collection_id: i64,
    announcement: String,
    from: String,
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

impl From<Announcement> for AnnouncementDocument {
    fn from(announcement: Announcement) -> Self {
        Self {
            doc_id: announcement.id.clone(),
            id: announcement.id,
            method: Cow::Borrowed("Announcement"),
            collection_id: announcement.collection_id,
            announcement: announcement.text,
            from: announcement.from,
            timestamp: announcement.at,
            block: announcement.block,
        }
    }
}

impl TryFrom<AnnouncementDocument> for Announcement {
    type Error = FieldError;

    fn try_from(document: AnnouncementDocument) -> Result<Self, FieldError> {
        Ok(Self {
            id: document_id(document.id, document.doc_id)?,
            at: document.timestamp,
            collection_id: document.collection_id,
            from: document.from,
            text: document.announcement,
            block: document.block,
        })
    }
}
