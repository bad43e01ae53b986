//! Reads pages of timelines.

use serde::Serialize;
use serde::de::DeserializeSeed as _;
use sqlx::types::Json;

use super::TenantStore;
use crate::core::view::{Timeline, TimelineEntry, ViewQuery};
use crate::pager::keyset::{Direction, KeysetPage};
use crate::store::StoreError;
use crate::store::pool::READ_AT_ONCE;

/// The statement that reads pages of a timeline, and its name in the metrics; none if no view shows it.
const fn statement(timeline: Timeline) -> Option<(&'static str, &'static str)> {
    Some(match timeline {
        Timeline::Holdings => ("holding_pages", "SELECT place, document::text FROM holding_pages($1, $2)"),
        Timeline::Transfers => ("transfer_pages", "SELECT place, document::text FROM transfer_pages($1, $2)"),
        Timeline::Announcements => {
            ("announcement_pages", "SELECT place, document::text FROM announcement_pages($1, $2)")
        }
        Timeline::Reviews => ("review_pages", "SELECT place, document::text FROM review_pages($1, $2)"),
        Timeline::Audiences => return None,
    })
}

/// A query, as the SQL type `view_query`.
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
    fn new(place: usize, query: &'a ViewQuery) -> Self {
        let (after_at, after_id) = match (&query.after, query.direction) {
            (Some(key), _) => (key.at, key.id.as_str()),
            (None, Direction::Ascending) => (i64::MIN, ""),
            (None, Direction::Descending) => (i64::MAX, ""),
        };
        Self {
            place,
            account: query.account.as_str(),
            after_at,
            after_id,
            descending: query.direction == Direction::Descending,
            incoming: query.incoming_only,
            collections: query.collections.as_deref(),
            most: KeysetPage::<()>::fetch_limit(query.size),
        }
    }
}

impl TenantStore {
    /// The page of this timeline for each query, in the order of the queries.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, [`StoreError::TimedOut`] if it does not answer in
    /// time. [`StoreError::Document`] if a stored entry cannot be read.
    pub async fn timeline_pages(
        &self,
        timeline: Timeline,
        queries: &[ViewQuery],
    ) -> Result<Vec<KeysetPage<TimelineEntry>>, StoreError> {
        let Some((name, statement)) = statement(timeline) else {
            return pages(timeline, Vec::new(), queries).await;
        };
        let views =
            Json(queries.iter().enumerate().map(|(place, query)| ViewRow::new(place, query)).collect());
        let views: &Json<Vec<ViewRow<'_>>> = &views;
        let query = || sqlx::query_as(statement).bind(self.tenant).bind(views);
        let rows: Vec<(i32, String)> = self.pool.read(name, query).await?;
        pages(timeline, rows, queries).await
    }
}

/// Builds the page of each query from the documents read, which are in no particular order.
async fn pages(
    timeline: Timeline,
    rows: Vec<(i32, String)>,
    queries: &[ViewQuery],
) -> Result<Vec<KeysetPage<TimelineEntry>>, StoreError> {
    let mut entries: Vec<Vec<TimelineEntry>> = queries.iter().map(|_| Vec::new()).collect();
    let mut read = 0;
    for (place, document) in rows {
        read += document.len();
        if read > READ_AT_ONCE {
            read = 0;
            tokio::task::yield_now().await;
        }
        if let Some(of_query) = usize::try_from(place).ok().and_then(|place| entries.get_mut(place)) {
            of_query.push(timeline.deserialize(&mut serde_json::Deserializer::from_str(&document))?);
        }
    }
    let pages = entries.into_iter().zip(queries).map(|(mut entries, query)| {
        entries.sort_by_cached_key(TimelineEntry::sort_key);
        if query.direction == Direction::Descending {
            entries.reverse();
        }
        KeysetPage::cut(entries, query.size)
    });
    Ok(pages.collect())
}
