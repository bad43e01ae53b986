//! Views: pages of the timelines of a chain account.

mod documents;
mod timeline;

pub use documents::{Announcement, Balance, Holding, Precalculation, Review, Transfer, UintRange};
pub use timeline::{Timeline, TimelineEntry};

use super::address::AccountKey;
use crate::pager::keyset::{Direction, Position};

/// One page of one view of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewQuery {
    /// Whose view.
    pub account: AccountKey,
    /// Which way it is read.
    pub direction: Direction,
    /// Where the page starts: after this position, or at the view's start.
    pub after: Option<Position>,
    /// Only entries of these collections, each named once; of all of them if absent. Reviews have no collection.
    pub collections: Option<Vec<i64>>,
    /// For activity: only transfers *to* the account.
    pub incoming_only: bool,
    /// Entries per page.
    pub size: usize,
}

/// Something with a place in a timeline.
pub trait Positioned {
    /// Its place in the view's order.
    fn position(&self) -> Position;
}

impl Positioned for Transfer {
    fn position(&self) -> Position {
        Position { at: self.at, id: self.id.clone() }
    }
}

impl Positioned for Announcement {
    fn position(&self) -> Position {
        Position { at: self.at, id: self.id.clone() }
    }
}

impl Positioned for Review {
    fn position(&self) -> Position {
        Position { at: self.at, id: self.id.clone() }
    }
}

impl Positioned for Holding {
    /// Holdings are in the order of their collections; one account holds a collection once.
    fn position(&self) -> Position {
        Position { at: self.collection_id, id: String::new() }
    }
}
