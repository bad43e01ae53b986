//! Errors of the admin API, as RFC 9457 problems.

use std::error::Error as StdError;

use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tower_http::timeout::TimeoutError;
use utoipa::ToSchema;

use crate::admin::AdminError;
use crate::api::extract::InvalidBody;
use crate::api::fault::{Cause, Fault, auth_status, store_status, with_retry_after};
use crate::api::json::Json;
use crate::api::lookup::UnknownKindError;
use crate::api::rate::RateLimited;
use crate::auth::Throttled;
use crate::store::StoreError;

/// An error of this API.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// Missing or wrong token.
    #[error(
        "The admin token is missing or wrong. Send the gateway's USERBATCH_ADMIN_TOKEN in the header Authorization: Bearer <token>."
    )]
    Unauthorized,
    /// Too many wrong tokens from this address.
    #[error("Too many requests with a wrong admin token. Check USERBATCH_ADMIN_TOKEN, then try again later.")]
    Throttled(#[from] Throttled),
    /// `X-Operator` is not a valid name.
    #[error("The header X-Operator must be one name of at most 64 characters: letters, digits and .@_-")]
    OperatorName,
    /// The body stalled.
    #[error("The request body stalled. Nothing was changed; please send it again.")]
    BodyStalled,
    /// The maximum number of imports and exports is already running.
    #[error("The maximum number of imports and exports is already under way. Please try again later.")]
    Busy,
    /// The body is invalid.
    #[error("{0}")]
    Body(#[from] InvalidBody),
    /// The query is invalid.
    #[error("The query string is invalid. Check the names and types of its parameters.")]
    Query(#[from] QueryRejection),
    /// The API has no such kind of name.
    #[error(transparent)]
    UserName(#[from] UnknownKindError),
    /// The operation failed; nothing was changed.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// An error raised outside a handler.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<BytesRejection> for Error {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            _ if is_stalled(&rejection) => Self::BodyStalled,
            StatusCode::PAYLOAD_TOO_LARGE => Self::Fault(Fault::BodyTooLarge),
            _ => Self::Fault(Fault::BodyUnreadable),
        }
    }
}

/// Whether `error` comes from a stalled body.
pub(super) fn is_stalled(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source()).any(<dyn StdError>::is::<TimeoutError>)
}

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// Problem type; always `about:blank`, since the status is sufficient.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Reason phrase of the status.
    title: Option<&'static str>,
    /// The HTTP status.
    status: u16,
    /// What is wrong and how to fix it.
    detail: String,
}

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::OperatorName | Self::Body(_) | Self::Query(_) | Self::UserName(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::BodyStalled => StatusCode::REQUEST_TIMEOUT,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault(fault) => fault.status(),
            Self::Admin(error) => admin_status(error),
        }
    }
}

fn admin_status(error: &AdminError) -> StatusCode {
    match error {
        AdminError::NoTenant | AdminError::NoCredential => StatusCode::NOT_FOUND,
        AdminError::Slug
        | AdminError::Empty(_)
        | AdminError::Option(_)
        | AdminError::Face(_)
        | AdminError::Scope(_)
        | AdminError::Format(_)
        | AdminError::Origin
        | AdminError::Certificate(_)
        | AdminError::Unconfirmed
        | AdminError::NoCustomer => StatusCode::BAD_REQUEST,
        AdminError::OtherPartner
        | AdminError::Ended
        | AdminError::Store(StoreError::Conflict(..) | StoreError::Gone(_) | StoreError::Locked(_)) => {
            StatusCode::CONFLICT
        }
        AdminError::Source(_) | AdminError::NothingUsable(_) | AdminError::Rejected(_) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        AdminError::Auth(error) => auth_status(error),
        AdminError::Store(error) => store_status(error),
        AdminError::Output(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Error {
    /// The message for the caller, without details of internal errors, which are only logged.
    fn detail(&self, status: StatusCode) -> String {
        match self {
            Self::Busy => self.to_string(),
            _ if status.is_server_error() => Fault::Internal.to_string(),
            _ => self.to_string(),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        let problem = Problem {
            kind: "about:blank",
            title: status.canonical_reason(),
            status: status.as_u16(),
            detail: self.detail(status),
        };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match status {
            StatusCode::UNAUTHORIZED => headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            // RFC 9110, section 15.5.9: close the connection instead of waiting for the rest of the body.
            StatusCode::REQUEST_TIMEOUT => headers.insert(CONNECTION, HeaderValue::from_static("close")),
            _ => None,
        };
        if let Self::Throttled(throttled) = &self {
            let seconds = RateLimited::from(*throttled).retry_after_seconds();
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        Cause::of(&self).attach(with_retry_after(response))
    }
}
