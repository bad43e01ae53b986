//! Answers put together from what was rendered before.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response as HttpResponse};
use axum::response::Response;

/// An answer with a JSON body.
pub fn response(body: Vec<u8>) -> Response {
    let mut response = HttpResponse::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// `head`, then `items` with commas between them, then `tail`: head and tail are the two halves of a document around an
/// empty list.
pub fn around<'a>(head: &[u8], items: impl Iterator<Item = &'a [u8]> + Clone, tail: &[u8]) -> Vec<u8> {
    let length: usize = items.clone().map(|item| item.len() + 1).sum();
    let mut body = Vec::with_capacity(head.len() + length + tail.len());
    body.extend_from_slice(head);
    for (index, item) in items.enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(item);
    }
    body.extend_from_slice(tail);
    body
}

/// The two halves of a document that was written with an empty list: before and after what goes into the list. The
/// first empty list is meant.
pub fn halves<T: serde::Serialize>(document: &T) -> Result<(Vec<u8>, Vec<u8>), serde_json::Error> {
    let mut head = serde_json::to_vec(document)?;
    let at = head.windows(2).position(|pair| pair == b"[]").map_or(head.len(), |at| at + 1);
    let tail = head.split_off(at);
    Ok((head, tail))
}
