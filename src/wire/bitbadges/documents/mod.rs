//! The documents shown in the views of an account, with their members in the seed's order.
//!
//! Each contains its id twice: clients of the first eras read `_id`, later SDKs `_docId`. On input either is accepted.

mod announcement;
mod holding;
mod review;
mod transfer;

pub use announcement::AnnouncementDocument;
pub use holding::HoldingDocument;
pub use review::ReviewDocument;
pub use transfer::{PrecalculationDetails, TransferDocument};

use crate::core::view::TimelineEntry;
use crate::wire::read::FieldError;
use holding::holding_id;

/// The id of the document of an entry.
pub(super) fn entry_id(entry: &TimelineEntry) -> String {
    match entry {
        TimelineEntry::Holding(holding) => holding_id(holding),
        TimelineEntry::Transfer(transfer) => transfer.id.clone(),
        TimelineEntry::Announcement(announcement) => announcement.id.clone(),
        TimelineEntry::Review(review) => review.id.clone(),
        TimelineEntry::Audience(audience) => format!("{}:{}", audience.collection_id, audience.account),
    }
}

/// The id of an input document: its `_docId`, or else its `_id`.
fn document_id(id: String, doc_id: String) -> Result<String, FieldError> {
    let id = if doc_id.trim().is_empty() { id } else { doc_id };
    if id.trim().is_empty() { Err(FieldError::missing("_id")) } else { Ok(id) }
}
