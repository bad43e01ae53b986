//! The port through which the core reads one tenant's directory. The store implements it; whoever holds a
//! [`Directory`] is already bound to its tenant.

use std::future::Future;

use super::id::UserId;
use super::key::LookupKey;
use super::rendering::{RenderedUser, Rendering};
use super::user::User;
use super::view::{Timeline, TimelineEntry, ViewQuery};
use crate::pager::keyset::KeysetPage;
use crate::pager::offset::PageWindow;

/// Most users that one shared key finds.
pub const MAX_MATCHES: usize = 50;

/// A user as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredUser {
    /// Its place in the order in which users were added.
    pub ordinal: i64,
    /// The document. Where the source of the user did not say when its account was created or changed, it has the
    /// times at which that happened here.
    pub user: User,
}

/// A key, and how the users that have it are written.
#[derive(Debug)]
pub struct RenderedKey<'a, R> {
    /// The key.
    pub key: &'a LookupKey,
    /// How they are written.
    pub rendering: &'a R,
}

// Derived, it would hold only for renderings that are `Copy` themselves.
impl<R> Clone for RenderedKey<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for RenderedKey<'_, R> {}

/// One numbered page of users, with the count of all that match, from one snapshot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserPage {
    /// The users of the page, in the order in which they were added.
    pub users: Vec<RenderedUser>,
    /// How many users match over all pages.
    pub total: i64,
}

/// Reads one tenant's users and timelines. What one call returns is of one snapshot, which is no older than the
/// request that the directory is read for. The number of statements that an operation costs does not depend on how
/// much is asked for.
pub trait Directory: Sync {
    /// Why it could not be read.
    type Error: std::error::Error + Send + 'static;

    /// A text that no other directory has. Bookmarks are bound to it.
    fn scope(&self) -> String;

    /// The users that have each of these keys, in the order of the keys. Of those who share a key at most
    /// [`MAX_MATCHES`], those with the smallest ids; the one added first comes first.
    fn users_by_keys<R: Rendering>(
        &self,
        keys: &[RenderedKey<'_, R>],
    ) -> impl Future<Output = Result<Vec<Vec<RenderedUser>>, Self::Error>> + Send;

    /// One page of all users, or of those with these ids, each once.
    fn user_page<R: Rendering>(
        &self,
        ids: Option<&[UserId]>,
        window: PageWindow,
        rendering: &R,
    ) -> impl Future<Output = Result<UserPage, Self::Error>> + Send;

    /// The page of this timeline that each query asks for, in the order of the queries.
    fn timeline_pages(
        &self,
        timeline: Timeline,
        queries: &[ViewQuery],
    ) -> impl Future<Output = Result<Vec<KeysetPage<TimelineEntry>>, Self::Error>> + Send;
}
