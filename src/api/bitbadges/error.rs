//! Errors of this face, in its format: `message` (early versions) and `errorMessage` (later ones).

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::extract::InvalidBody;
use crate::api::fault::{
    Cause, Fault, auth_status, from_auth_error, from_store_error, store_status, with_retry_after,
};
use crate::api::json::Json;
use crate::api::misplaced::Misplaced;
use crate::api::rate::RateLimited;
use crate::api::responses::DescribedError;
use crate::auth::{AuthError, SecretForm};
use crate::core::face::{Api, Face};
use crate::store::StoreError;

/// An error of this face.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No API key.
    #[error("Unauthorized request. API key is required. {}", put_in_header(*.0))]
    KeyMissing(Misplaced),
    /// The API key is refused.
    #[error("Unauthorized request. Error validating API key. {}", check_key(*.0))]
    KeyRefused(SecretForm),
    /// A publishable key in a request that no page sent.
    #[error(
        "Unauthorized request. A publishable key is only for web pages, and the request has no Origin. Send a secret key from a server."
    )]
    OriginMissing,
    /// A publishable key from a page of an origin that the tenant does not list.
    #[error(
        "Unauthorized request. The tenant does not list this page's origin. Ask its operator to add the origin to corsOrigins."
    )]
    OriginUnlisted,
    /// A view that a publishable key does not open, at this path of the request.
    #[error("Unauthorized request. {0} is not public. Ask for it with a secret key, from a server.")]
    PrivateView(String),
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
    #[error("Exceeded rate limit. Too many requests, please try again later. Wait {}.", .0.wait())]
    RateLimited(#[from] RateLimited),
    /// The directory could not be read.
    #[error("Error fetching accounts. Please try again later.")]
    Store(#[source] StoreError),
    /// An error that is not specific to this face.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What a caller without a key is to do, by what was sent instead.
const fn put_in_header(misplaced: Misplaced) -> &'static str {
    match misplaced {
        Misplaced::Bearer | Misplaced::Basic | Misplaced::OtherScheme => {
            "Send it in the header x-api-key, not in Authorization."
        }
        Misplaced::Query => "Send it in the header x-api-key, not in the query.",
        Misplaced::ApiKeyHeader | Misplaced::Nowhere => "Send it in the header x-api-key.",
    }
}

/// What a caller with a wrong key is to do, by the form of the key.
fn check_key(form: SecretForm) -> String {
    match form {
        SecretForm::Secret(Api::Face(Face::BitBadges)) => {
            "It is unknown or no longer valid: ask for a new one.".to_owned()
        }
        SecretForm::Secret(other) => {
            format!(
                "It has the form of a secret for {}: send one for {}.",
                other.title(),
                Face::BitBadges.title()
            )
        }
        SecretForm::Token => "It has the form of an access token: send an API key.".to_owned(),
        SecretForm::Other => {
            "It does not have the form of an API key: check that it was copied whole.".to_owned()
        }
    }
}

/// A batch that is too large, in the vendor's wording (contract, section 4), and what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} The request has {}.", grouped(*.given))]
pub struct TooMany {
    /// What there are too many of, with the limit.
    pub kind: TooManyKind,
    /// The number in the request.
    pub given: usize,
}

/// What a batch has too many of, with the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooManyKind {
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
            Self::KeyMissing(_) | Self::KeyRefused(_) => StatusCode::UNAUTHORIZED,
            Self::OriginMissing | Self::OriginUnlisted | Self::PrivateView(_) => StatusCode::FORBIDDEN,
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
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        Cause::of(&self).attach(with_retry_after(response))
    }
}
