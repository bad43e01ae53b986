//! Views in the answer.

use std::collections::HashSet;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::document::{Activity, AnnouncementDocument, Collected, Document, ReviewDocument};
use crate::core::view::Positioned;
use crate::pager::keyset::{Page, Position};

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
    /// Adds a page's documents that are not there yet.
    pub fn add<T: Positioned + Into<D>>(&mut self, page: Page<T>) -> Shown {
        let mut shown = Shown { ids: Vec::new(), last: None, has_more: page.has_more };
        for item in page.items {
            shown.last = Some(item.position());
            let document = item.into();
            shown.ids.push(document.id().to_owned());
            if self.ids.insert(document.id().to_owned()) {
                self.documents.push(document);
            }
        }
        shown
    }

    /// The documents, in the order in which they came.
    pub fn into_documents(self) -> Vec<D> {
        self.documents
    }
}

/// What a page showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Ids of its documents.
    pub ids: Vec<String>,
    /// Where it ended; `None` if it was empty.
    pub last: Option<Position>,
    /// Whether another follows.
    pub has_more: bool,
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
