//! Errors of this face, in its format: `message` (early versions) and `errorMessage` (later ones).

use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::extract::InvalidBody;
use crate::api::fault::{
    Cause, Fault, auth_status, from_auth_error, from_store_error, store_status, with_retry_after,
};
use crate::api::json::Json;
use crate::api::rate::RateLimited;
use crate::api::responses::DescribedError;
use crate::auth::AuthError;
use crate::store::StoreError;

/// An error of this face.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No API key.
    #[error("Unauthorized request. API key is required.")]
    KeyMissing,
    /// The body is invalid.
    #[error("Invalid request payload. {0}")]
    Body(#[from] InvalidBody),
    /// The batch is too large.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// Authentication failed or could not be completed.
    #[error("Unauthorized request. Error validating API key.")]
    Auth(#[source] AuthError),
    /// Too many requests.
    #[error("Exceeded rate limit. Too many requests, please try again later.")]
    RateLimited(#[from] RateLimited),
    /// The directory could not be read.
    #[error("Error fetching accounts. Please try again later.")]
    Store(#[source] StoreError),
    /// An error that is not specific to this face.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A batch that is too large, in the vendor's wording (contract, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooMany {
    /// Accounts, if any of them may cause an external call.
    #[error(
        "You can only fetch up to {} accounts with external calls at a time. Please structure your request accordingly.",
        grouped(*.0)
    )]
    Accounts(usize),
    /// Accounts, if none may cause an external call.
    #[error(
        "You can only fetch up to {} accounts without external calls at a time. Please structure your request accordingly.",
        grouped(*.0)
    )]
    LocalAccounts(usize),
    /// Views, over all accounts.
    #[error(
        "You can only fetch up to {} views at a time. Please structure your request accordingly.",
        grouped(*.0)
    )]
    Views(usize),
    /// Collection filters, over all views.
    #[error(
        "You can only narrow views to up to {} collections at a time. Please structure your request accordingly.",
        grouped(*.0)
    )]
    Collections(usize),
}

/// `number` with thousands separators, as the vendor writes its limits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The body of an error.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// What is wrong, for clients of early versions.
    pub message: String,
    /// The same, for clients of later versions.
    pub error_message: String,
    /// True if the caller is not authorised; otherwise absent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unauthorized: bool,
}

from_auth_error!(Error);
from_store_error!(Error);

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::KeyMissing => StatusCode::UNAUTHORIZED,
            Self::Body(_) | Self::TooMany(_) => StatusCode::BAD_REQUEST,
            Self::Auth(error) => auth_status(error),
            Self::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Store(error) => store_status(error),
            Self::Fault(fault) => fault.status(),
        }
    }

    /// The message for the caller, without details of internal errors.
    fn message(&self, status: StatusCode) -> String {
        match self {
            Self::Auth(_) if status.is_server_error() => {
                "Error fetching accounts. Please try again later.".to_owned()
            }
            other => other.to_string(),
        }
    }
}

impl DescribedError for Error {
    type Body = ErrorBody;

    fn http_status(&self) -> StatusCode {
        self.status()
    }

    fn body(&self, _: &str) -> ErrorBody {
        let status = self.status();
        let message = self.message(status);
        let unauthorized = status == StatusCode::UNAUTHORIZED;
        ErrorBody { error_message: message.clone(), message, unauthorized }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(self.body(""))).into_response();
        if let Self::RateLimited(limited) = &self {
            let seconds = HeaderValue::from(limited.retry_after_seconds());
            let headers = response.headers_mut();
            headers.insert("ratelimit-limit", HeaderValue::from(limited.limit));
            headers.insert("ratelimit-remaining", HeaderValue::from(0));
            headers.insert("ratelimit-reset", seconds.clone());
            headers.insert("retry-after", seconds);
        }
        Cause::of(&self).attach(with_retry_after(response))
    }
}
