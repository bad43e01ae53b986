//! What a batch requests.

use crate::core::address::AccountKey;
use crate::core::id::UserId;
use crate::core::key::LookupKey;
use crate::core::view::ViewRequest;
use crate::pager::bookmark::Bookmarks;
use crate::pager::offset::PageWindow;

/// Which users, and which of their views.
#[derive(Debug, Clone, Copy)]
pub enum BatchQuery<'a, R> {
    /// The users that match these keys. `None` is a key that no user can have.
    Keys {
        /// The keys.
        keys: &'a [Option<LookupKey>],
        /// How the users are rendered.
        rendering: R,
    },
    /// The same, with views.
    Entries {
        /// The keys, each with its views.
        entries: &'a [BatchEntry<R>],
        /// Issues and reads the bookmarks of the views.
        bookmarks: &'a Bookmarks,
    },
    /// A numbered page of all users, or of those with these ids, in the order in which they were added.
    Page {
        /// The ids; all users if absent.
        ids: Option<&'a [UserId]>,
        /// The page.
        window: PageWindow,
        /// How the users are rendered.
        rendering: R,
    },
}

/// A user by key, and views of its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchEntry<R> {
    /// The key; `None` if no user can have it.
    pub key: Option<LookupKey>,
    /// How the user is rendered.
    pub rendering: R,
    /// The account whose views are read, even if no user is found; the user's first chain account if absent.
    pub account: Option<AccountKey>,
    /// The views.
    pub views: Vec<ViewRequest>,
}
