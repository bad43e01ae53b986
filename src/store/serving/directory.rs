//! The core's port, as the store implements it.

use std::sync::Arc;

use super::TenantStore;
use crate::core::directory::{Directory, StoredUser, UserPage};
use crate::core::id::UserId;
use crate::core::key::LookupKey;
use crate::core::view::{Timeline, TimelineEntry, ViewQuery};
use crate::pager::keyset::KeysetPage;
use crate::pager::offset::PageWindow;
use crate::store::StoreError;

impl Directory for TenantStore {
    type Error = StoreError;

    fn scope(&self) -> String {
        self.tenant.to_string()
    }

    async fn users_by_keys(&self, keys: &[LookupKey]) -> Result<Vec<Vec<Arc<StoredUser>>>, StoreError> {
        self.users_of_keys(keys).await
    }

    async fn user_page(&self, ids: Option<&[UserId]>, window: PageWindow) -> Result<UserPage, StoreError> {
        match ids {
            None => self.page_of_all(window).await,
            Some(ids) => self.page_of_ids(ids, window).await,
        }
    }

    async fn timeline_pages(
        &self,
        timeline: Timeline,
        queries: &[ViewQuery],
    ) -> Result<Vec<KeysetPage<TimelineEntry>>, StoreError> {
        self.pages(timeline, queries).await
    }
}
