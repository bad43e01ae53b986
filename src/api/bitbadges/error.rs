//! What can go wrong at this face, in its shape: `message` (first eras) and `errorMessage` (later ones).

use axum::Json;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::extract::InvalidBody;
use crate::api::fault::{Cause, Fault, auth_status, store_status, with_retry_after};
use crate::api::rate::RateLimited;
use crate::auth::AuthError;
use crate::store::StoreError;

/// An error of this face.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No API key.
    #[error("Unauthorized request. API key is required.")]
    KeyMissing,
    /// The body is not what the call takes.
    #[error("Invalid request payload. {0}")]
    Body(#[from] InvalidBody),
    /// The caller may not, or could not be checked.
    #[error("Unauthorized request. Error validating API key.")]
    Auth(#[from] AuthError),
    /// Too many requests.
    #[error("Exceeded rate limit. Too many requests, please try again later.")]
    RateLimited(#[from] RateLimited),
    /// The directory could not be read.
    #[error("Error fetching accounts. Please try again later.")]
    Store(#[from] StoreError),
    /// Anything that is no face's own.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The body of an error.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// What is wrong, where clients of the first eras look for it.
    pub message: String,
    /// The same, where later ones do.
    pub error_message: String,
    /// Present and true if the caller is not authorised.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unauthorized: bool,
}

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::KeyMissing => StatusCode::UNAUTHORIZED,
            Self::Body(_) => StatusCode::BAD_REQUEST,
            Self::Auth(error) => auth_status(error),
            Self::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Store(error) => store_status(error),
            Self::Fault(fault) => fault.status(),
        }
    }

    /// What the caller is told: of a failure of ours nothing but that it was one.
    fn message(&self, status: StatusCode) -> String {
        match self {
            Self::Auth(_) if status.is_server_error() => {
                "Error fetching accounts. Please try again later.".to_owned()
            }
            other => other.to_string(),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        let message = self.message(status);
        let unauthorized = status == StatusCode::UNAUTHORIZED;
        let body = ErrorBody {
            error_message: message.clone(),
            message,
            unauthorized,
        };
        let mut response = (status, Json(body)).into_response();
        if let Self::RateLimited(limited) = &self {
            response.headers_mut().insert(
                "retry-after",
                HeaderValue::from(limited.retry_after_seconds()),
            );
        }
        Cause::of(&self).attach(with_retry_after(response))
    }
}
