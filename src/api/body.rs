//! Bodies of requests, read within limits: of size, of time without progress, and of memory for all at once.

use std::pin::pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use futures_util::StreamExt as _;

use super::App;
use super::capacity::Sender;
use super::context::RequestContext;
use super::fault::Fault;
use super::ignored::Ignored;
use crate::capacity::Share;

/// Maximum time without a byte.
const PAUSE: Duration = Duration::from_secs(5);
/// Bodies up to this size, in bytes, do not count: together they take less than the heads of their requests.
pub const UNCOUNTED: usize = 16 << 10;
/// Bodies up to this size, in bytes, are parsed where they are read: it takes less than a millisecond.
const PARSED_AT_ONCE: usize = 64 << 10;

/// A body, and its part of the memory for bodies, which is returned when it is dropped.
#[derive(Debug)]
pub struct HeldBody {
    bytes: Vec<u8>,
    sender: Sender,
    share: Option<Share<Sender>>,
}

/// What a body was parsed to, which takes memory in proportion: with the body's part of it, until it is dropped.
#[derive(Debug)]
pub struct Parsed<T> {
    /// The result of parsing.
    pub value: T,
    _share: Option<Share<Sender>>,
}

impl HeldBody {
    /// Parses it with `parse`; a large one in its sender's turn and on a thread of its own, since that takes many
    /// milliseconds. What `parse` ignores, the response names.
    ///
    /// # Errors
    /// Those of `parse`.
    pub async fn parse<T: Send + 'static, E: From<Fault> + Send + 'static>(
        self,
        app: &App,
        context: &RequestContext,
        parse: impl FnOnce(&[u8], &mut Ignored) -> Result<T, E> + Send + 'static,
    ) -> Result<Parsed<T>, E> {
        let Self { bytes, sender, share } = self;
        let (is_large, context) = (bytes.len() > PARSED_AT_ONCE, context.clone());
        let parse = move || context.noting(|ignored| parse(&bytes, ignored));
        let value = if is_large {
            let _turn = app.capacity.parsers.take(sender, 1).await;
            let parsed = tokio::task::spawn_blocking(parse).await;
            parsed.unwrap_or_else(|_| Err(Fault::Internal.into()))?
        } else {
            parse()?
        };
        Ok(Parsed { value, _share: share })
    }
}

/// Reads the body of a request of `sender`, of at most [`Limits::body_bytes`](super::Limits::body_bytes).
///
/// # Errors
/// [`Fault::BodyTooLarge`], from the head alone if that tells the length; [`Fault::BodyStalled`];
/// [`Fault::BodyUnreadable`].
pub async fn read(app: &App, sender: impl Into<Sender>, body: Body) -> Result<HeldBody, Fault> {
    read_within(app, sender, body, app.limits.body_bytes).await
}

/// As [`read`], of at most `limit` bytes.
///
/// # Errors
/// As [`read`].
pub async fn read_within(
    app: &App,
    sender: impl Into<Sender>,
    body: Body,
    limit: usize,
) -> Result<HeldBody, Fault> {
    let sender = sender.into();
    let share = match expected(&body, limit)? {
        size if size <= UNCOUNTED => None,
        size => Some(app.capacity.bodies.take(sender, size).await),
    };
    Ok(HeldBody { bytes: collect(body, limit).await?, sender, share })
}

/// Reads a body so small that it does not count, of at most 16 KiB: its sender need not be known.
///
/// # Errors
/// As [`read`].
pub async fn read_small(body: Body) -> Result<Vec<u8>, Fault> {
    expected(&body, UNCOUNTED)?;
    collect(body, UNCOUNTED).await
}

/// The size of `body`; the most it may have if its head does not tell.
fn expected(body: &Body, limit: usize) -> Result<usize, Fault> {
    let hint = body.size_hint();
    if usize::try_from(hint.lower()).is_ok_and(|size| size <= limit) {
        let size = hint.exact().and_then(|size| usize::try_from(size).ok());
        return Ok(size.unwrap_or(limit));
    }
    Err(Fault::BodyTooLarge(limit))
}

async fn collect(body: Body, limit: usize) -> Result<Vec<u8>, Fault> {
    let told = body.size_hint().exact().and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
    let mut bytes = Vec::with_capacity(told.min(limit));
    let mut frames = pin!(body.into_data_stream());
    loop {
        let frame = tokio::time::timeout(PAUSE, frames.next()).await.map_err(|_| Fault::BodyStalled)?;
        let Some(frame) = frame else { return Ok(bytes) };
        let frame: Bytes = frame.map_err(|_| Fault::BodyUnreadable)?;
        if bytes.len() + frame.len() > limit {
            return Err(Fault::BodyTooLarge(limit));
        }
        bytes.extend_from_slice(&frame);
    }
}
