//! Pages of views.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::FromRow;
use sqlx::types::Json;

use super::TenantStore;
use crate::core::view::{Announcement, Holding, Positioned, Review, Transfer, ViewQuery};
use crate::pager::keyset::{Direction, Page};
use crate::store::StoreError;

/// `view_query` of migration 0008.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ViewRow<'a> {
    place: usize,
    account: &'a str,
    after_at: i64,
    after_id: &'a str,
    descending: bool,
    incoming: bool,
    collections: Option<&'a [i64]>,
    most: usize,
}

impl<'a> ViewRow<'a> {
    fn new(place: usize, view: &'a ViewQuery) -> Self {
        let (after_at, after_id) = match (&view.after, view.direction) {
            (Some(position), _) => (position.at, position.id.as_str()),
            (None, Direction::Ascending) => (i64::MIN, ""),
            (None, Direction::Descending) => (i64::MAX, ""),
        };
        Self {
            place,
            account: view.account.as_str(),
            after_at,
            after_id,
            descending: view.direction == Direction::Descending,
            incoming: view.incoming_only,
            collections: view.collections.as_deref(),
            most: Page::<()>::fetch_limit(view.size),
        }
    }
}

#[derive(FromRow)]
struct PageRow<T> {
    place: i32,
    document: Json<T>,
}

impl TenantStore {
    async fn pages<T>(
        &self,
        name: &'static str,
        statement: &'static str,
        views: &[ViewQuery],
    ) -> Result<Vec<Page<T>>, StoreError>
    where
        T: Positioned + DeserializeOwned + Send + Unpin + 'static,
    {
        let queries: Vec<ViewRow<'_>> =
            views.iter().enumerate().map(|(place, view)| ViewRow::new(place, view)).collect();
        let queries = Json(queries);
        let queries = &queries;
        let rows: Vec<PageRow<T>> = self
            .store
            .read(name, |pool| async move {
                sqlx::query_as(statement).bind(self.tenant).bind(queries).fetch_all(&pool).await
            })
            .await?;
        Ok(cut(rows, views))
    }
}

/// The rows of each view, in its direction, cut to its size.
fn cut<T: Positioned>(rows: Vec<PageRow<T>>, views: &[ViewQuery]) -> Vec<Page<T>> {
    let mut items: Vec<Vec<T>> = views.iter().map(|_| Vec::new()).collect();
    for row in rows {
        if let Some(of_view) = usize::try_from(row.place).ok().and_then(|place| items.get_mut(place)) {
            of_view.push(row.document.0);
        }
    }
    let ordered = items.into_iter().zip(views).map(|(mut items, view)| {
        items.sort_by_cached_key(Positioned::position);
        if view.direction == Direction::Descending {
            items.reverse();
        }
        Page::cut(items, view.size)
    });
    ordered.collect()
}

impl TenantStore {
    /// A page of transfers for each view, in their order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn transfers(&self, views: &[ViewQuery]) -> Result<Vec<Page<Transfer>>, StoreError> {
        self.pages("transfer_pages", "SELECT place, document FROM transfer_pages($1, $2)", views).await
    }

    /// A page of announcements, of all collections the account holds any of, for each view.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn announcements(&self, views: &[ViewQuery]) -> Result<Vec<Page<Announcement>>, StoreError> {
        self.pages("announcement_pages", "SELECT place, document FROM announcement_pages($1, $2)", views)
            .await
    }

    /// A page of reviews of the account for each view.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reviews(&self, views: &[ViewQuery]) -> Result<Vec<Page<Review>>, StoreError> {
        self.pages("review_pages", "SELECT place, document FROM review_pages($1, $2)", views).await
    }

    /// A page of what the account holds for each view.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn holdings(&self, views: &[ViewQuery]) -> Result<Vec<Page<Holding>>, StoreError> {
        self.pages("holding_pages", "SELECT place, document FROM holding_pages($1, $2)", views).await
    }
}
