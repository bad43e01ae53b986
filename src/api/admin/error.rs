//! What can go wrong, as RFC 9457 problems.

use std::error::Error as StdError;

use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::http::header::{CONNECTION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tower_http::timeout::TimeoutError;
use utoipa::ToSchema;

use crate::admin::AdminError;
use crate::api::extract::InvalidBody;
use crate::api::fault::{Cause, Fault, auth_status, store_status, with_retry_after};
use crate::api::json::Json;
use crate::store::StoreError;

/// An error of this API.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// No token, or not the right one.
    #[error("This call needs the operators' token.")]
    Unauthorized,
    /// The caller's name for themself is none.
    #[error("X-Operator takes one name of at most 64 characters: letters, digits and any of .@_-")]
    OperatorName,
    /// The body stopped arriving.
    #[error("The request body stopped arriving. Nothing was done; please send it again.")]
    BodyStalled,
    /// As many imports and exports are under way as may be.
    #[error("As many imports and exports are under way as may be at a time. Please try again later.")]
    Busy,
    /// The body is not what the call takes.
    #[error("{0}")]
    Body(#[from] InvalidBody),
    /// The query is not what the call takes.
    #[error("The query of the address is not what this call takes.")]
    Query(#[from] QueryRejection),
    /// The act was not done.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// Anything that is no call's own.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<BytesRejection> for Error {
    fn from(rejection: BytesRejection) -> Self {
        if is_stalled(&rejection) { Self::BodyStalled } else { Self::Fault(rejection.into()) }
    }
}

/// Whether `error` comes from a body of which nothing arrived for too long.
pub(super) fn is_stalled(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source()).any(<dyn StdError>::is::<TimeoutError>)
}

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// What kind of problem it is; `about:blank`, as the status says it all.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: Option<&'static str>,
    /// The HTTP status.
    status: u16,
    /// What is wrong, and what to do about it.
    detail: String,
}

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::OperatorName | Self::Body(_) | Self::Query(_) => StatusCode::BAD_REQUEST,
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
        AdminError::OtherPartner | AdminError::Ended | AdminError::Store(StoreError::Conflict(..)) => {
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
    /// What the caller is told. Of a failure behind the API that is nothing: it is for the log.
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
            // RFC 9110, section 15.5.9: the rest of the body is not waited for.
            StatusCode::REQUEST_TIMEOUT => headers.insert(CONNECTION, HeaderValue::from_static("close")),
            _ => None,
        };
        Cause::of(&self).attach(with_retry_after(response))
    }
}
