//! JSON responses, serialized whole or assembled from cached fragments.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::fault::{Cause, Fault};

/// A JSON response. Unlike axum's type of this name it is not an extractor: bodies are parsed by
/// [`extract::json`](super::extract::json), whose errors each API renders in its own format.
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

/// A response whose body is already JSON.
pub fn response(body: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, "application/json")], body.into()).into_response()
}

/// Serializes a document with an empty list and splits it where the items go. The first empty list counts.
pub fn halves<T: Serialize>(document: &T) -> Result<(Vec<u8>, Vec<u8>), serde_json::Error> {
    let mut head = serde_json::to_vec(document)?;
    let at = head.windows(2).position(|pair| pair == b"[]").map_or(head.len(), |at| at + 1);
    let tail = head.split_off(at);
    Ok((head, tail))
}
