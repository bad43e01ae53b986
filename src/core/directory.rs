//! The port through which the core reads one tenant's directory. The store implements it; whoever holds a
//! [`Directory`] is already bound to its tenant.

use std::future::Future;

use super::id::{UserId, UserRef};
use super::key::LookupKey;
use super::user::User;
use super::view::{Announcement, Holding, Review, Transfer, ViewQuery};
use crate::pager::keyset::Page;
use crate::pager::offset::PageWindow;

/// One user found by one of the keys asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Index of the key among those asked for.
    pub key: usize,
    /// The user.
    pub user: UserRef,
}

/// A user as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredUser {
    /// Grows with every change.
    pub version: i64,
    /// The document.
    pub user: User,
}

/// One numbered page of a directory, with the count of all that match, from one snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The users of the page, in the directory's order.
    pub users: Vec<StoredUser>,
    /// How many users match over all pages.
    pub total: i64,
}

/// Reads one tenant's users and timelines. Every method costs a number of statements that does not depend on
/// how much is asked for.
pub trait Directory: Sync {
    /// Why it could not be read.
    type Error: std::error::Error + Send + 'static;

    /// The users that the keys name, in the order of the keys. Of a shared key at most
    /// [`MAX_MATCHES`] users, those with the smallest ids, first added first.
    fn resolve(&self, keys: &[LookupKey]) -> impl Future<Output = Result<Vec<Match>, Self::Error>> + Send;

    /// The users with these ids, in no particular order; those that are gone are left out. An account whose
    /// source did not say when it was made or changed tells when it was here.
    fn load(&self, ids: &[UserId]) -> impl Future<Output = Result<Vec<StoredUser>, Self::Error>> + Send;

    /// One page of all users, in the order in which they were added.
    fn window(&self, window: PageWindow) -> impl Future<Output = Result<Window, Self::Error>> + Send;

    /// One page of those users that have these ids, each once, in the order in which they were added.
    fn window_of(
        &self,
        ids: &[UserId],
        window: PageWindow,
    ) -> impl Future<Output = Result<Window, Self::Error>> + Send;

    /// A page of transfers for each query, in their order.
    fn transfers(
        &self,
        views: &[ViewQuery],
    ) -> impl Future<Output = Result<Vec<Page<Transfer>>, Self::Error>> + Send;

    /// A page of announcements, of all collections the account holds any of, for each query.
    fn announcements(
        &self,
        views: &[ViewQuery],
    ) -> impl Future<Output = Result<Vec<Page<Announcement>>, Self::Error>> + Send;

    /// A page of reviews of the account for each query.
    fn reviews(
        &self,
        views: &[ViewQuery],
    ) -> impl Future<Output = Result<Vec<Page<Review>>, Self::Error>> + Send;

    /// A page of what the account holds for each query.
    fn holdings(
        &self,
        views: &[ViewQuery],
    ) -> impl Future<Output = Result<Vec<Page<Holding>>, Self::Error>> + Send;
}

/// Most users that one shared key finds.
pub const MAX_MATCHES: usize = 50;
