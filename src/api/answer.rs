//! Responses with users: assembled from fragments, limited in size, and counted until the client has taken them.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use axum::response::Response;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::fault::Fault;
use super::{App, gzip, json};
use crate::capacity::Share;
use crate::store::TenantId;

/// Responses up to this size, in bytes, do not count: the kernel takes them at once.
const UNCOUNTED: usize = 16 << 10;
/// Longer responses, in bytes, are sent in pieces of this size: the layer takes about a millisecond to compress one.
const PIECE: usize = 256 << 10;

/// The JSON response of `tenant` with `items`, separated by commas, between `head` and `tail`. If the client `takes_gzip`
/// and it is not long, it is compressed here.
///
/// Waits while the tenant's clients leave too much of earlier responses unread.
///
/// # Errors
/// [`Fault::AnswerTooLarge`].
pub async fn assembled(
    app: &App,
    (tenant, takes_gzip): (TenantId, bool),
    (head, tail): (Vec<u8>, Vec<u8>),
    items: &[&[u8]],
) -> Result<Response, Fault> {
    let size = head.len() + items.iter().map(|item| item.len() + 1).sum::<usize>() + tail.len();
    if size > app.limits.response_bytes {
        return Err(Fault::AnswerTooLarge);
    }
    let share = if size <= UNCOUNTED { None } else { Some(app.capacity.answers.take(tenant, size).await) };
    let bytes = around(size, &head, items, &tail);
    let compressed =
        (takes_gzip && gzip::AT_ONCE.contains(&bytes.len())).then(|| gzip::compressed(&bytes)).flatten();
    Ok(match compressed {
        Some(compressed) => in_gzip(json::response(counted(compressed, share))),
        None => json::response(counted(bytes, share)),
    })
}

fn around(size: usize, head: &[u8], items: &[&[u8]], tail: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(size);
    body.extend_from_slice(head);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(item);
    }
    body.extend_from_slice(tail);
    body
}

fn counted(bytes: Vec<u8>, share: Option<Share<TenantId>>) -> Body {
    let bytes = match share {
        None => bytes.into(),
        Some(share) => Bytes::from_owner(Answer { bytes, _share: share }),
    };
    if bytes.len() <= PIECE { bytes.into() } else { Body::new(Pieces { rest: bytes, is_waiting: false }) }
}

fn in_gzip(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.append(VARY, ACCEPT_ENCODING.into());
    response
}

/// The body of a long response, in pieces between which other requests of the thread get a turn.
struct Pieces {
    rest: Bytes,
    /// Whether the others are to have theirs before the next piece.
    is_waiting: bool,
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if std::mem::take(&mut self.is_waiting) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let size = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(size);
        self.is_waiting = !self.rest.is_empty();
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.rest.len()).unwrap_or(u64::MAX))
    }
}

/// A response, and its part of the memory for responses: returned when the last of it was written, or given up.
struct Answer {
    bytes: Vec<u8>,
    _share: Share<TenantId>,
}

impl AsRef<[u8]> for Answer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn others_get_a_turn_between_the_pieces_of_a_long_answer() {
        let whole: Vec<u8> = (0..=u8::MAX).cycle().take(2 * PIECE + 1).collect();
        let mut body = counted(whole.clone(), None);
        assert_eq!(body.size_hint().exact(), Some(whole.len() as u64));
        let mut turns = Vec::new();
        while turns.last() != Some(&Poll::Ready(None)) {
            let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut body).poll_frame(cx))).await;
            turns.push(polled.map(|frame| frame.map(|frame| frame.unwrap().into_data().unwrap().len())));
        }
        let piece = |size| Poll::Ready(Some(size));
        let expected =
            [piece(PIECE), Poll::Pending, piece(PIECE), Poll::Pending, piece(1), Poll::Ready(None)];
        assert_eq!(turns, expected);
        assert_eq!(to_bytes(counted(whole.clone(), None), usize::MAX).await.unwrap(), whole);
    }
}
