//! JSON answers, written whole or put together from what was rendered before.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::fault::{Cause, Fault};

/// An answer in JSON. Unlike axum's type of this name no handler can take it as an argument: what a client sent is
/// read by [`extract::json`](super::extract::json), which reports errors as the API at hand does.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => Cause::of(&error).attach(Fault::Internal.into_response()),
        }
    }
}

/// An answer whose body is JSON already.
pub fn response(body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

/// `head`, then `items` with commas between them, then `tail`: head and tail are the two halves of a document around an
/// empty list.
pub fn around(head: &[u8], items: &[&[u8]], tail: &[u8]) -> Vec<u8> {
    let length: usize = items.iter().map(|item| item.len() + 1).sum();
    let mut body = Vec::with_capacity(head.len() + length + tail.len());
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

/// The two halves of a document that was written with an empty list: before and after what goes into the list. The
/// first empty list is meant.
pub fn halves<T: Serialize>(document: &T) -> Result<(Vec<u8>, Vec<u8>), serde_json::Error> {
    let mut head = serde_json::to_vec(document)?;
    let at = head.windows(2).position(|pair| pair == b"[]").map_or(head.len(), |at| at + 1);
    let tail = head.split_off(at);
    Ok((head, tail))
}
