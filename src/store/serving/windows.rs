//! Numbered pages of users.

use std::sync::Arc;

use sqlx::FromRow;
use sqlx::types::Json;

use super::TenantStore;
use crate::core::directory::{StoredUser, UserPage};
use crate::core::id::UserId;
use crate::core::key::LookupKey;
use crate::core::user::User;
use crate::pager::offset::PageWindow;
use crate::store::StoreError;

/// The total, in the first row; a user of the page, in every other.
#[derive(FromRow)]
struct WindowRow {
    total: Option<i64>,
    version: Option<i64>,
    document: Option<Json<User>>,
}

fn page(rows: Vec<WindowRow>) -> UserPage {
    let total = rows.iter().find_map(|row| row.total).unwrap_or(0);
    let users = rows.into_iter().filter_map(|row| {
        let (version, document) = row.version.zip(row.document)?;
        Some(Arc::new(StoredUser { version, user: document.0 }))
    });
    UserPage { users: users.collect(), total }
}

fn limit(window: PageWindow) -> i32 {
    i32::try_from(window.size()).unwrap_or(i32::MAX)
}

impl TenantStore {
    pub(super) async fn page_of_all(&self, window: PageWindow) -> Result<UserPage, StoreError> {
        let rows = self.store.read("user_window", |pool| async move {
            sqlx::query_as("SELECT total, version, document FROM user_window($1, $2, $3)")
                .bind(self.tenant)
                .bind(window.offset())
                .bind(limit(window))
                .fetch_all(&pool)
                .await
        });
        rows.await.map(page)
    }

    pub(super) async fn page_of_ids(
        &self,
        ids: &[UserId],
        window: PageWindow,
    ) -> Result<UserPage, StoreError> {
        let keys: Vec<LookupKey> = ids.iter().filter_map(|id| LookupKey::id(id.as_str())).collect();
        let ids: &[&str] = &keys.iter().map(LookupKey::value).collect::<Vec<_>>();
        let rows = self.store.read("user_window_of", |pool| async move {
            sqlx::query_as("SELECT total, version, document FROM user_window_of($1, $2, $3, $4)")
                .bind(self.tenant)
                .bind(ids)
                .bind(window.offset())
                .bind(limit(window))
                .fetch_all(&pool)
                .await
        });
        rows.await.map(page)
    }
}
