//! The port through which the core reads one tenant's directory, implemented by the store. A [`Directory`] is always
//! bound to one tenant.

use std::fmt;
use std::future::Future;

use time::OffsetDateTime;

use super::id::UserId;
use super::key::LookupKey;
use super::rendering::{RenderedUser, Rendering};
use super::user::BorrowedUser;
use super::view::{Timeline, TimelineEntry, ViewQuery};
use crate::pager::keyset::KeysetPage;
use crate::pager::offset::PageWindow;

/// Maximum number of users returned for a shared key.
pub const MAX_MATCHES: usize = 50;

/// A stored user, whose document is read one at a time: a batch of them as users would not fit the processor's caches.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredUser {
    /// Its position in the order in which users were added.
    pub ordinal: i64,
    /// Its document, as JSON.
    pub document: String,
    /// When it was added to this directory, and when it was last changed there, if known.
    pub times: Option<(OffsetDateTime, OffsetDateTime)>,
}

impl StoredUser {
    /// The user. If its source did not say when the account was created or changed, these are the times at which that
    /// happened in this directory.
    ///
    /// # Errors
    /// [`serde_json::Error`] if the document is not one of this version.
    pub fn read(&self) -> Result<BorrowedUser<'_>, serde_json::Error> {
        let mut user: BorrowedUser<'_> = serde_json::from_str(&self.document)?;
        if let Some((created_here, updated_here)) = self.times {
            let updated_at = *user.account.updated_at.get_or_insert(updated_here);
            user.account.created_at.get_or_insert_with(|| created_here.min(updated_at));
        }
        Ok(user)
    }
}

impl fmt::Debug for StoredUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredUser").field("ordinal", &self.ordinal).finish_non_exhaustive()
    }
}

/// A key, and how the users that match it are rendered.
#[derive(Debug)]
pub struct RenderedKey<'a, R> {
    /// The key.
    pub key: &'a LookupKey,
    /// How they are rendered.
    pub rendering: &'a R,
}

// A derived impl would require the renderings to be `Copy` themselves.
impl<R> Clone for RenderedKey<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for RenderedKey<'_, R> {}

/// One numbered page of users, and the count of all matches, from one snapshot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserPage {
    /// The users of the page, in the order in which they were added.
    pub users: Vec<RenderedUser>,
    /// Number of matching users over all pages.
    pub total: i64,
}

/// Reads one tenant's users and timelines. Each call reads one snapshot, no older than the request that it is made
/// for. The number of statements per operation does not depend on how much is requested.
pub trait Directory: Sync {
    /// Why a read failed.
    type Error: std::error::Error + Send + 'static;

    /// A text unique to this directory. Bookmarks are bound to it.
    fn scope(&self) -> String;

    /// The users that match each of these keys, in the order of the keys, each list in the order in which they were
    /// added. For a shared key, at most the [`MAX_MATCHES`] users with the smallest ids.
    fn users_by_keys<R: Rendering>(
        &self,
        keys: &[RenderedKey<'_, R>],
    ) -> impl Future<Output = Result<Vec<Vec<RenderedUser>>, Self::Error>> + Send;

    /// One page of all users, or of those with these ids, without duplicates.
    fn user_page<R: Rendering>(
        &self,
        ids: Option<&[UserId]>,
        window: PageWindow,
        rendering: &R,
    ) -> impl Future<Output = Result<UserPage, Self::Error>> + Send;

    /// The page of this timeline for each query, in the order of the queries.
    fn timeline_pages(
        &self,
        timeline: Timeline,
        queries: &[ViewQuery],
    ) -> impl Future<Output = Result<Vec<KeysetPage<TimelineEntry>>, Self::Error>> + Send;
}
