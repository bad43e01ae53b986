//! Faults that are no face's own, and how an error reaches the log.

use std::fmt::Write as _;
use std::time::Duration;

use axum::extract::rejection::BytesRejection;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::context::RequestContext;
use super::json::Json;
use super::render;
use crate::auth::AuthError;
use crate::store::StoreError;

/// What can go wrong with any request, before or around its handler. Each face gives it its own shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No such route.
    #[error("There is nothing at this path.")]
    NotFound,
    /// The route has other methods.
    #[error("This path does not take this method.")]
    MethodNotAllowed,
    /// The body is larger than the limit.
    #[error("The request body is too large.")]
    BodyTooLarge,
    /// The body did not arrive.
    #[error("The request body could not be read.")]
    BodyUnreadable,
    /// The request took longer than the limit.
    #[error("The request took too long. Please try again.")]
    TimedOut,
    /// A defect of the gateway.
    #[error("An unexpected error occurred.")]
    Internal,
}

impl Fault {
    /// Its HTTP status.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyUnreadable => StatusCode::BAD_REQUEST,
            Self::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        render::pending(self)
    }
}

impl render::RenderError for Fault {
    /// RFC 9457, for paths that belong to no face.
    fn render(&self, request: &RequestContext) -> Response {
        let status = self.status();
        let problem = json!({
            "type": "about:blank",
            "title": status.canonical_reason(),
            "status": status.as_u16(),
            "detail": self.to_string(),
            "instance": request.id(),
        });
        let mut response = (status, Json(problem)).into_response();
        response.headers_mut().insert("content-type", HeaderValue::from_static("application/problem+json"));
        with_retry_after(response)
    }
}

impl From<BytesRejection> for Fault {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            _ => Self::BodyUnreadable,
        }
    }
}

/// How long a client should wait before it asks again, when the gateway itself is short of something.
pub const RETRY_AFTER_OUTAGE: Duration = Duration::from_secs(2);

/// `response`, with `Retry-After` in whole seconds (RFC 9110, section 10.2.3) if it says 503.
pub fn with_retry_after(mut response: Response) -> Response {
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_OUTAGE.as_secs()));
    }
    response
}

/// The status of a failed store: 503 if the same request may succeed a moment later.
#[must_use]
pub fn store_status(error: &StoreError) -> StatusCode {
    if error.is_transient() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR }
}

/// The status of a refused caller, or of the failure to find out.
#[must_use]
pub fn auth_status(error: &AuthError) -> StatusCode {
    match error {
        AuthError::Refused | AuthError::Token(_) | AuthError::Assertion(_) => StatusCode::UNAUTHORIZED,
        AuthError::Store(error) => store_status(error),
        AuthError::KeyRing(_) | AuthError::Claims(_) | AuthError::Random(_) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

/// What a vendor's API says of a request in the body, where that is not what its HTTP status says; for the log and the
/// metrics.
#[derive(Debug, Clone, Copy)]
pub struct VendorStatus(pub StatusCode);

/// Why a response is an error, for the one log line at the edge. It carries no data: messages of this crate
/// name fields and states, and of the database's own messages only the code is told.
#[derive(Debug, Clone)]
pub struct Cause(pub String);

impl Cause {
    /// `error` and its sources.
    #[must_use]
    pub fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut text = String::new();
        let mut next = Some(error);
        while let Some(error) = next {
            let separator = if text.is_empty() { "" } else { ": " };
            // Writing to a String cannot fail.
            let _ = match error.downcast_ref::<StoreError>() {
                Some(store) => write!(text, "{separator}{store} ({})", store.diagnosis()),
                None => write!(text, "{separator}{error}"),
            };
            next = if error.is::<StoreError>() { None } else { error.source() };
        }
        Self(text)
    }

    /// `response`, which will be logged with this cause.
    #[must_use]
    pub fn attach(self, mut response: Response) -> Response {
        response.extensions_mut().insert(self);
        response
    }
}
