//! Changes as server-sent events (HTML, "Server-sent events").

use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, StreamExt as _, stream};

use super::Follower;
use crate::admin::FeedPage;
use crate::api::admin::dto::ChangeBody;
use crate::api::admin::error::Error;
use crate::api::fault::Cause;

pub(super) const MEDIA_TYPE: &str = "text/event-stream";
/// A comment is sent when nothing else was for so long: proxies close connections that are silent for a minute,
/// and so a client that is gone is noticed.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A response that tells `first` and what follows until the gateway stops.
pub(super) fn stream(follower: Follower, first: FeedPage) -> Response {
    let stopping = follower.waiting.as_ref().map(|waiting| waiting.stopping.clone()).unwrap_or_default();
    let events = pages(follower, first).flat_map(|page| stream::iter(events(page)));
    let events = events.take_until(stopping.cancelled_owned());
    // nginx would keep events back until it has a buffer full of them.
    let unbuffered = [("x-accel-buffering", "no")];
    (unbuffered, Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT))).into_response()
}

/// The pages from `first` on, each as soon as it has something. It ends with the first error: the client connects
/// again, and is told then.
fn pages(follower: Follower, first: FeedPage) -> impl Stream<Item = FeedPage> {
    stream::unfold((follower, Some(first), true), async |(mut follower, first, has_more)| {
        let page = match first {
            Some(page) => Ok(page),
            None if has_more || follower.moved().await => follower.page().await,
            None => return None,
        };
        let page = page.inspect_err(log).ok()?;
        let has_more = page.has_more;
        Some((page, (follower, None, has_more)))
    })
}

fn log(error: &Error) {
    tracing::warn!(cause = %Cause::of(error).0, "a stream of changes was ended");
}

/// An event for each change, and one without data, which clients take the id of: it is past what was not told,
/// such as changes of timelines.
fn events(page: FeedPage) -> Vec<Result<Event, axum::Error>> {
    let last = page.changes.last().map(|change| change.cursor.clone());
    let tail = (last.as_ref() != Some(&page.next)).then(|| Ok(Event::default().id(&page.next)));
    let changes = page.changes.into_iter().map(|change| {
        let id = change.cursor.clone();
        Event::default().id(id).json_data(ChangeBody::from(change))
    });
    changes.chain(tail).collect()
}
