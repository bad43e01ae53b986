//! Responses with users: assembled from fragments, limited in size, and counted until the client has taken them.

use axum::body::Bytes;
use axum::response::Response;

use super::fault::Fault;
use super::{App, json};
use crate::capacity::Share;
use crate::store::TenantId;

/// Responses up to this size, in bytes, do not count: the kernel takes them at once.
const UNCOUNTED: usize = 16 << 10;

/// The JSON response of `tenant` with `items`, separated by commas, between `head` and `tail`.
///
/// Waits while the tenant's clients leave too much of earlier responses unread.
///
/// # Errors
/// [`Fault::AnswerTooLarge`].
pub async fn assembled(
    app: &App,
    tenant: TenantId,
    (head, tail): (Vec<u8>, Vec<u8>),
    items: &[&[u8]],
) -> Result<Response, Fault> {
    let size = head.len() + items.iter().map(|item| item.len() + 1).sum::<usize>() + tail.len();
    if size > app.limits.response_bytes {
        return Err(Fault::AnswerTooLarge);
    }
    if size <= UNCOUNTED {
        return Ok(json::response(around(size, &head, items, &tail)));
    }
    let share = app.capacity.answers.take(tenant, size).await;
    let answer = Answer { bytes: around(size, &head, items, &tail), _share: share };
    Ok(json::response(Bytes::from_owner(answer)))
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
