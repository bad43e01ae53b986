//! The feed of changes: pages, long polls and event streams.

mod events;

use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::watch::Receiver;
use tokio_util::sync::CancellationToken;

use super::AdminApi;
use super::auth::Operator;
use super::dto::{ChangesBody, ChangesQuery, ResumeHeader};
use super::error::{CursorErrors, Error, TenantErrors, WaitErrors};
use super::extract::{PathParam, QueryParams};
use crate::admin::{AdminError, Feed, FeedPage};
use crate::api::json::Json;
use crate::core::id::Slug;

/// With what an interrupted event stream goes on (HTML, "Server-sent events").
const LAST_EVENT_ID: &str = "last-event-id";

/// Follow the changes of a tenant's users
///
/// Each change is told once, in the order of the commits, between one cursor and the next. A cursor is good for 30
/// days; after that it is 410, and the consumer starts over without one: whoever is then not told as added is
/// gone.
///
/// With `Accept: text/event-stream`, the response is a stream of events that does not end: each has a change as
/// its data and the cursor after it as its id, from which a client goes on with `Last-Event-ID`.
#[utoipa::path(get, path = "/admin/v1/tenants/{slug}/changes",
    tag = "transfer",
    params(("slug" = String, Path), ChangesQuery, ResumeHeader),
    responses((status = 200, description = "What happened next.",
            content((ChangesBody = "application/json"), (String = "text/event-stream",
                example = "id: AQAAAAAAAAAMBEr1C5oKc_fL\ndata: {\"id\":\"1\",\"change\":\"added\"}\n\n"))),
        Error, WaitErrors, TenantErrors, CursorErrors))]
pub(super) async fn list_changes(
    State(api): State<AdminApi>,
    Operator(admin): Operator,
    PathParam(slug): PathParam<Slug>,
    QueryParams(query): QueryParams<ChangesQuery>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let (limit, wait) = (query.limit()?, query.wait()?);
    let since = last_event_id(&headers)?.or(query.since);
    let is_stream = accepts_events(&headers);
    let waits = is_stream || !wait.is_zero();
    let permit = if waits { Some(api.waiting().ok_or(Error::TooManyWaiting)?) } else { None };
    let feed = admin.feed(&slug, since.as_deref()).await?;
    // Watched before the first page is read, so that no commit is missed in between.
    let waiting = permit.map(|permit| Waiting {
        generation: api.0.watch.generation(feed.tenant()),
        stopping: api.stopping(),
        _permit: permit,
    });
    let mut follower = Follower { feed, limit, waiting };
    let first = follower.page().await?;
    if is_stream {
        return Ok(events::stream(follower, first));
    }
    Ok(Json(ChangesBody::from(follower.wait(first, wait).await?)).into_response())
}

/// The cursor in `Last-Event-ID`, if any. Browsers send the header empty, or not at all, before the first event.
fn last_event_id(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let id = headers.get(LAST_EVENT_ID).map(|id| id.to_str().map(str::to_owned));
    let id = id.transpose().map_err(|_| AdminError::Cursor)?;
    Ok(id.filter(|id| !id.is_empty()))
}

/// Whether the client asks for events by their media type.
fn accepts_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    let ranges = accepted.flat_map(|value| value.split(','));
    let mut types = ranges.map(|range| range.split(';').next().unwrap_or_default().trim());
    types.any(|media_type| media_type.eq_ignore_ascii_case(events::MEDIA_TYPE))
}

/// Who follows a feed. It holds no database connection while it waits.
struct Follower {
    feed: Feed,
    limit: u32,
    /// If it may wait.
    waiting: Option<Waiting>,
}

/// What a request that waits for changes holds.
struct Waiting {
    /// Of the directory, as known last.
    generation: Receiver<i64>,
    stopping: CancellationToken,
    _permit: OwnedSemaphorePermit,
}

impl Follower {
    async fn page(&mut self) -> Result<FeedPage, Error> {
        Ok(self.feed.next_page(self.limit).await?)
    }

    /// The first page with a change from `page` on, or the last one after `wait` or at the stop.
    async fn wait(&mut self, mut page: FeedPage, wait: Duration) -> Result<FeedPage, Error> {
        let end = tokio::time::Instant::now() + wait;
        while page.changes.is_empty() {
            match tokio::time::timeout_at(end, self.moved()).await {
                Ok(true) => page = self.page().await?,
                Ok(false) | Err(_) => break,
            }
        }
        Ok(page)
    }

    /// Waits until the directory has moved past what was read; false at the stop.
    async fn moved(&mut self) -> bool {
        let read = self.feed.generation();
        let Some(Waiting { generation, stopping, .. }) = &mut self.waiting else { return false };
        tokio::select! {
            () = stopping.cancelled() => false,
            moved = generation.wait_for(|&generation| generation > read) => moved.is_ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn events_are_asked_for_by_their_media_type() {
        let asked =
            |value| accepts_events(&HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(value))]));
        assert!(asked("text/event-stream"));
        assert!(asked("application/json;q=0.5, Text/Event-Stream; q=1"));
        assert!(!asked("*/*"));
        assert!(!asked("text/*, application/json"));
        assert!(!accepts_events(&HeaderMap::new()));
    }
}
