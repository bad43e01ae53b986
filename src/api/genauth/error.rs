//! What can go wrong at this face, in its shape: HTTP 200 with `statusCode`, `apiCode`, `message` and `requestId`
//! for everything that the vendor's table knows; real HTTP codes for what a proxy must see.

use axum::Json;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::fault::{Cause, Fault, auth_status, store_status, with_retry_after};
use crate::api::rate::RateLimited;
use crate::api::request_id;
use crate::auth::AuthError;
use crate::store::StoreError;

/// An error of this face.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller may not, or could not be checked.
    #[error("Not signed in")]
    Auth(#[from] AuthError),
    /// Too many requests.
    #[error("Too many requests, please try again later")]
    RateLimited(#[from] RateLimited),
    /// The directory could not be read.
    #[error("Service unavailable, please try again later")]
    Store(#[from] StoreError),
    /// Anything that is no face's own.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The envelope of an error.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// Business status: one of the HTTP numbers, whatever the HTTP status is.
    pub status_code: u16,
    /// What is wrong, in the caller's language.
    pub message: String,
    /// The finer code, where the vendor's table has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_code: Option<u16>,
    /// The request, for support.
    pub request_id: String,
}

impl Error {
    /// The business status.
    fn status(&self) -> StatusCode {
        match self {
            Self::Auth(error) => auth_status(error),
            Self::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Store(error) => store_status(error),
            Self::Fault(fault) => fault.status(),
        }
    }

    /// The HTTP status: what a proxy must see keeps its number, all else is 200.
    fn http_status(status: StatusCode) -> StatusCode {
        match status {
            StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::URI_TOO_LONG
            | StatusCode::TOO_MANY_REQUESTS => status,
            status if status.is_server_error() => status,
            _ => StatusCode::OK,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = ErrorBody {
            status_code: status.as_u16(),
            message: self.to_string(),
            api_code: None,
            request_id: request_id::current().to_string(),
        };
        let mut response = (Self::http_status(status), Json(body)).into_response();
        if let Self::RateLimited(limited) = &self {
            response.headers_mut().insert(
                "retry-after",
                HeaderValue::from(limited.retry_after_seconds()),
            );
        }
        Cause::of(&self).attach(with_retry_after(response))
    }
}
