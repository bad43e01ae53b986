//! Views in the answer.

use std::collections::HashSet;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::document::{Activity, AnnouncementDocument, Collected, Document, ReviewDocument};
use crate::core::view::TimelineEntry;

/// One page of a view: the ids of documents that are in the account's lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct View {
    /// Ids, in the view's order.
    pub ids: Vec<String>,
    /// What kind of documents they are.
    #[serde(rename = "type")]
    pub type_name: &'static str,
    /// Where the next page is.
    pub pagination: Pagination,
}

/// Where the next page of a view is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// To be sent with the next request; opaque.
    pub bookmark: String,
    /// Whether there is a next page now.
    pub has_more: bool,
}

/// Views by their names, in the order asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Views(Vec<(String, View)>);

impl Views {
    /// Adds a view.
    pub fn push(&mut self, name: &str, view: View) {
        self.0.push((name.to_owned(), view));
    }
}

impl Serialize for Views {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, view)| (name, view)))
    }
}

/// The documents of one kind that an account's views show, each once.
#[derive(Debug)]
pub struct Shelf<D> {
    documents: Vec<D>,
    ids: HashSet<String>,
}

impl<D> Default for Shelf<D> {
    fn default() -> Self {
        Self { documents: Vec::new(), ids: HashSet::new() }
    }
}

impl<D: Document> Shelf<D> {
    /// Adds a document, unless it is there already, and returns its id.
    fn add(&mut self, document: D) -> String {
        let id = document.id().to_owned();
        if self.ids.insert(id.clone()) {
            self.documents.push(document);
        }
        id
    }

    /// The documents, in the order in which they came.
    pub fn into_documents(self) -> Vec<D> {
        self.documents
    }
}

/// The documents that one account's views show.
#[derive(Debug, Default)]
pub struct Documents {
    /// Transfers.
    pub activity: Shelf<Activity>,
    /// Balances.
    pub collected: Shelf<Collected>,
    /// Announcements.
    pub announcements: Shelf<AnnouncementDocument>,
    /// Reviews.
    pub reviews: Shelf<ReviewDocument>,
}

impl Documents {
    /// Adds the document of an entry, unless it is there already, and returns its id.
    pub fn add(&mut self, entry: TimelineEntry) -> String {
        match entry {
            TimelineEntry::Holding(holding) => self.collected.add(holding.into()),
            TimelineEntry::Transfer(transfer) => self.activity.add(transfer.into()),
            TimelineEntry::Announcement(announcement) => self.announcements.add(announcement.into()),
            TimelineEntry::Review(review) => self.reviews.add(review.into()),
        }
    }
}
