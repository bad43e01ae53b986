//! Responses with users: assembled from fragments, limited in size, and counted until the client has taken them.

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use axum::response::Response;

use super::fault::Fault;
use super::{App, gzip, json};
use crate::capacity::Share;
use crate::store::TenantId;

/// Responses up to this size, in bytes, do not count: the kernel takes them at once.
const UNCOUNTED: usize = 16 << 10;

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
    match share {
        None => bytes.into(),
        Some(share) => Bytes::from_owner(Answer { bytes, _share: share }).into(),
    }
}

fn in_gzip(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.append(VARY, ACCEPT_ENCODING.into());
    response
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
