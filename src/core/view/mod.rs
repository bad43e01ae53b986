//! Views: pages of the timelines of a chain account.

#[cfg(test)]
pub(crate) mod arbitrary;
mod documents;
mod timeline;

pub use documents::{
    Announcement, Audience, AutoApprovals, Balance, Holding, Precalculation, Review, Transfer, UintRange,
};
pub use timeline::{Timeline, TimelineEntry};

use super::address::AccountKey;
use crate::pager::keyset::{Direction, SortKey};

/// A page of a view, as requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewRequest {
    /// What the view shows; `None` if this gateway does not store it, so that its only page is empty.
    pub timeline: Option<Timeline>,
    /// The direction.
    pub direction: Direction,
    /// Only entries of these collections, without duplicates; all collections if absent. Does not apply to reviews.
    pub collections: Option<Vec<i64>>,
    /// Only transfers to the account.
    pub incoming_only: bool,
    /// The bookmark from the previous page; none for the first page.
    pub bookmark: Option<String>,
    /// Entries per page.
    pub size: usize,
}

/// A page of a view of one account, as read from the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewQuery {
    /// The account.
    pub account: AccountKey,
    /// The direction.
    pub direction: Direction,
    /// The key after which the page starts; none for the first page.
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
    /// The bookmark of the next page. An empty page returns the bookmark it was requested with, so that a client can
    /// continue from there once more entries have arrived.
    pub bookmark: Option<String>,
    /// Whether the next page currently has entries.
    pub has_more: bool,
}
