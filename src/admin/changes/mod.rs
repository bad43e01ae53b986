//! The feed of changes to a tenant's users, followed by cursors.

mod cursor;
mod watch;

use super::{AdminError, Administration};
use crate::core::id::{Slug, UserId};
use crate::store::{Change, ChangePage, FeedPosition, OwnerStore, TenantId};

pub(super) use cursor::{cursor, position};
pub use watch::FeedWatch;

/// In place of a cursor: from now on.
pub const SINCE_NOW: &str = "now";

/// A tenant's feed, read from a position on.
#[derive(Debug, Clone)]
pub struct Feed {
    store: OwnerStore,
    tenant: TenantId,
    position: FeedPosition,
}

/// A page of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPage {
    /// What happened, in the order of the commits.
    pub changes: Vec<ToldChange>,
    /// The cursor after it.
    pub next: String,
    /// Whether there was more when the page was read.
    pub has_more: bool,
}

/// What happened to a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldChange {
    /// The user.
    pub id: UserId,
    /// What happened.
    pub change: Change,
    /// The cursor after it.
    pub cursor: String,
}

impl Administration {
    /// The feed of the tenant with this slug: after the cursor `since`, from [`SINCE_NOW`] on, or else with every
    /// user who is there told as added first.
    ///
    /// # Errors
    /// [`AdminError::NoTenant`]; [`AdminError::Cursor`] if the tenant has no such cursor; [`AdminError::Store`] if
    /// the database fails.
    pub async fn feed(&self, slug: &Slug, since: Option<&str>) -> Result<Feed, AdminError> {
        let store = self.store.clone();
        let tenant = self.tenant(slug).await?.id;
        let position = match since {
            Some(SINCE_NOW) => {
                let generation = store.generation(tenant).await?;
                FeedPosition::after(generation.ok_or(AdminError::NoTenant)?)
            }
            Some(text) => position(tenant, text)?,
            None => store.feed_start(tenant).await?.ok_or(AdminError::NoTenant)?,
        };
        Ok(Feed { store, tenant, position })
    }

    /// Tells when a tenant's directory has changed.
    #[must_use]
    pub fn feed_watch(&self) -> FeedWatch {
        FeedWatch::new(self.store.clone())
    }
}

impl Feed {
    /// The tenant.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The generation of the directory up to which it has been read.
    #[must_use]
    pub const fn generation(&self) -> i64 {
        self.position.generation
    }

    /// The next page, of at most `most` changes.
    ///
    /// # Errors
    /// [`AdminError::CursorGone`] if the feed no longer has what comes next; [`AdminError::Store`] if the database
    /// fails.
    pub async fn next_page(&mut self, most: u32) -> Result<FeedPage, AdminError> {
        let page = self.store.changes(self.tenant, self.position, most).await?;
        let ChangePage { changes, next, has_more } = page.ok_or(AdminError::CursorGone)?;
        self.position = next;
        let told = changes.into_iter().map(|change| ToldChange {
            id: change.id,
            change: change.change,
            cursor: cursor(self.tenant, change.position),
        });
        Ok(FeedPage { changes: told.collect(), next: cursor(self.tenant, next), has_more })
    }
}
