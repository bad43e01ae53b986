//! JSON answers.

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
