//! The port through which the core reads one tenant's directory. The store implements it; whoever holds a
//! [`Directory`] is already bound to its tenant.

use std::future::Future;

use super::id::UserId;
use super::key::LookupKey;
use super::rendering::{Rendered, Rendering};
use super::user::User;
use super::view::{Announcement, Holding, Review, Transfer, ViewQuery};
use crate::pager::keyset::Page;
use crate::pager::offset::PageWindow;

/// A user as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredUser {
    /// Its place in the directory's order.
    pub ordinal: i64,
    /// The document. An account whose source did not say when it was created or changed says when it was here.
    pub user: User,
}

/// A key, and how the users that it names are to be written.
#[derive(Debug, Clone)]
pub struct Wanted<R> {
    /// The key.
    pub key: LookupKey,
    /// How a face writes them.
    pub rendering: R,
}

/// One numbered page of a directory, with the count of all that match, from one snapshot.
#[derive(Debug, Clone, Default)]
pub struct Window {
    /// The users of the page, in the directory's order.
    pub users: Vec<Rendered>,
    /// How many users match over all pages.
    pub total: i64,
}

/// Reads one tenant's users and timelines. What one call yields is of one snapshot, and no older than the call. Every
/// method costs a number of statements that does not depend on how much is asked for.
pub trait Directory: Sync {
    /// Why it could not be read.
    type Error: std::error::Error + Send + 'static;

    /// For each key the users that it names: at most one of an exclusive kind, else at most [`MAX_MATCHES`] with the
    /// smallest ids, in the order in which they were added.
    fn find<R: Rendering>(
        &self,
        wanted: &[Wanted<R>],
    ) -> impl Future<Output = Result<Vec<Vec<Rendered>>, Self::Error>> + Send;

    /// One page of all users, in the order in which they were added.
    fn window<R: Rendering>(
        &self,
        window: PageWindow,
        rendering: &R,
    ) -> impl Future<Output = Result<Window, Self::Error>> + Send;

    /// One page of those users that have these ids, each once, in the order in which they were added.
    fn window_of<R: Rendering>(
        &self,
        ids: &[UserId],
        window: PageWindow,
        rendering: &R,
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
