//! Views: pages of the timelines of a chain account.

#[cfg(test)]
pub(crate) mod arbitrary;
mod documents;
mod timeline;

pub use documents::{Announcement, Balance, Holding, Precalculation, Review, Transfer, UintRange};
pub use timeline::{Timeline, TimelineEntry};

use super::address::AccountKey;
use crate::pager::keyset::{Direction, SortKey};

/// A page of a view, as a caller asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewRequest {
    /// What the view shows; `None` if it is nothing that this gateway keeps, so that its one page is empty.
    pub timeline: Option<Timeline>,
    /// In which direction it is read.
    pub direction: Direction,
    /// Only entries of these collections, each named once; of all collections if absent. Reviews have none.
    pub collections: Option<Vec<i64>>,
    /// Of transfers, only those to the account.
    pub incoming_only: bool,
    /// The bookmark that the page before gave; none for the first page.
    pub bookmark: Option<String>,
    /// Entries per page.
    pub size: usize,
}

/// A page of a view of one account, as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewQuery {
    /// Whose view.
    pub account: AccountKey,
    /// In which direction it is read.
    pub direction: Direction,
    /// The key after which the page starts; the first page if absent.
    pub after: Option<SortKey>,
    /// As [`ViewRequest::collections`].
    pub collections: Option<Vec<i64>>,
    /// As [`ViewRequest::incoming_only`].
    pub incoming_only: bool,
    /// Entries per page.
    pub size: usize,
}

/// A page of a view.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ViewPage {
    /// Its entries, in the view's direction.
    pub entries: Vec<TimelineEntry>,
    /// The bookmark of the next page. That of an empty page is the one it was asked for with, so that a client can
    /// go on from there once more entries have arrived.
    pub bookmark: Option<String>,
    /// Whether the next page has entries now.
    pub has_more: bool,
}
