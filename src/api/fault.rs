//! Errors common to all faces, and the causes that are logged. Each vendor's clients expect its own shape of an error, so
//! no library's error responses can serve here.

use std::fmt::Write as _;
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::UNCOUNTED;
use super::context::RequestContext;
use super::json::Json;
use super::paths::{self, KnownPath};
use super::render;
use crate::auth::AuthError;
use crate::store::StoreError;

/// An error raised outside a handler. Each face renders it in its own format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No such route.
    #[error("Not found: no such path. Check it against the API's OpenAPI document.")]
    NotFound,
    /// No such route, but one that is nearly the same.
    #[error("Not found: no such path. Did you mean {0}?")]
    MisspeltPath(&'static KnownPath),
    /// The route does not support the method.
    #[error("Method not allowed for this path. Use one of those in the Allow header.")]
    MethodNotAllowed,
    /// The path supports other methods.
    #[error("Method not allowed for this path. Use {}.", .0.methods())]
    WrongMethod(&'static KnownPath),
    /// The body is larger than the limit, in bytes.
    #[error("The request body is too large: at most {} are allowed. Split it into several requests.", size(*.0))]
    BodyTooLarge(usize),
    /// The body could not be read.
    #[error("The request body could not be read. Please send the request again.")]
    BodyUnreadable,
    /// The body stalled.
    #[error("The request body stalled. Please send the request again.")]
    BodyStalled,
    /// The body is compressed or otherwise coded.
    #[error("The request body has a Content-Encoding. Send it uncoded.")]
    BodyEncoded,
    /// No `Host`, or several.
    #[error("The request must have exactly one Host header. Send it as HTTP/1.1 requires.")]
    Host,
    /// A header with a credential is given more than once.
    #[error("The request has more than one credential in the same header. Send one of them.")]
    RepeatedCredential,
    /// The path, query or body has a byte that no text may have.
    #[error("The request has a NUL or is not UTF-8. Send text without control bytes.")]
    NotText,
    /// The response is larger than the limit.
    #[error("The response would be too large. Ask for fewer users or views at a time.")]
    AnswerTooLarge,
    /// The request timed out.
    #[error("The request timed out. Please try again, or ask for less at a time.")]
    TimedOut,
    /// A bug in the gateway.
    #[error("An unexpected error occurred. Please report it with the id of this request.")]
    Internal,
}

impl Fault {
    /// One with each status and meaning.
    pub const ALL: [Self; 12] = [
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::BodyTooLarge(UNCOUNTED),
        Self::BodyUnreadable,
        Self::BodyStalled,
        Self::BodyEncoded,
        Self::Host,
        Self::RepeatedCredential,
        Self::NotText,
        Self::AnswerTooLarge,
        Self::TimedOut,
        Self::Internal,
    ];

    /// That none of `known` is at `path`.
    #[must_use]
    pub fn not_found(known: impl IntoIterator<Item = &'static KnownPath>, path: &str) -> Self {
        paths::nearest(known, path).map_or(Self::NotFound, Self::MisspeltPath)
    }

    /// That the one of `known` at `path` does not support the method.
    #[must_use]
    pub fn method_not_allowed(known: &'static [KnownPath], path: &str) -> Self {
        paths::matching(known, path).map_or(Self::MethodNotAllowed, Self::WrongMethod)
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::NotFound | Self::MisspeltPath(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed | Self::WrongMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyUnreadable
            | Self::Host
            | Self::RepeatedCredential
            | Self::NotText
            | Self::AnswerTooLarge => StatusCode::BAD_REQUEST,
            Self::BodyStalled => StatusCode::REQUEST_TIMEOUT,
            Self::BodyEncoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// `bytes` in a unit that people read.
pub fn size(bytes: usize) -> String {
    const KIB: usize = 1 << 10;
    const MIB: usize = 1 << 20;
    match bytes {
        MIB.. if bytes.is_multiple_of(MIB) => format!("{} MiB", bytes / MIB),
        KIB.. if bytes.is_multiple_of(KIB) => format!("{} KiB", bytes / KIB),
        _ => format!("{bytes} bytes"),
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        render::pending(self)
    }
}

impl render::RenderError for Fault {
    /// An RFC 9457 problem, for paths that belong to no face.
    fn render(&self, request: &RequestContext) -> Response {
        let problem = Problem {
            instance: Some(request.id().to_string()),
            ..Problem::new(self.status(), self.to_string())
        };
        with_retry_after(problem.into_response())
    }
}

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Problem type; always `about:blank`, since the status is sufficient.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Reason phrase of the status.
    title: Option<&'static str>,
    /// The HTTP status.
    status: u16,
    /// What is wrong and how to fix it.
    detail: String,
    /// Id of the request, if it did not reach an operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
}

impl Problem {
    /// The media type of problems.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// A problem of the status' own type.
    #[must_use]
    pub fn new(status: StatusCode, detail: String) -> Self {
        let (title, status) = (status.canonical_reason(), status.as_u16());
        Self { kind: "about:blank", title, status, detail, instance: None }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(Self::MEDIA_TYPE));
        response
    }
}

/// `Retry-After` of responses with status 503.
pub const RETRY_AFTER_OUTAGE: Duration = Duration::from_secs(2);

/// Adds `Retry-After` in whole seconds (RFC 9110, section 10.2.3) to `response` if its status is 503.
pub fn with_retry_after(mut response: Response) -> Response {
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_OUTAGE.as_secs()));
    }
    response
}

/// The status for a store error: 400 if it asks for too much, 503 if a retry may succeed, otherwise 500.
#[must_use]
pub fn store_status(error: &StoreError) -> StatusCode {
    match error {
        StoreError::TooLarge => Fault::AnswerTooLarge.status(),
        error if error.is_transient() => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The status for an authentication error: 401, or 5xx if the check itself failed.
#[must_use]
pub fn auth_status(error: &AuthError) -> StatusCode {
    match error {
        AuthError::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
        AuthError::Refused | AuthError::Token(_) | AuthError::Assertion(_) => StatusCode::UNAUTHORIZED,
        AuthError::Store(error) => store_status(error),
        AuthError::KeyRing(_) | AuthError::Claims(_) | AuthError::Random(_) => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

/// Converts an authentication error into a face's: one from a throttled address is over a rate limit.
macro_rules! from_auth_error {
    ($error:ty) => {
        impl From<$crate::auth::AuthError> for $error {
            fn from(error: $crate::auth::AuthError) -> Self {
                match error {
                    $crate::auth::AuthError::Throttled(throttled) => Self::RateLimited(throttled.into()),
                    error => Self::Auth(error),
                }
            }
        }
    };
}
pub(super) use from_auth_error;

/// Converts a store error into a face's: the caller can mend a result that is too large.
macro_rules! from_store_error {
    ($error:ty) => {
        impl From<$crate::store::StoreError> for $error {
            fn from(error: $crate::store::StoreError) -> Self {
                match error {
                    $crate::store::StoreError::TooLarge => {
                        Self::Fault($crate::api::fault::Fault::AnswerTooLarge)
                    }
                    error => Self::Store(error),
                }
            }
        }
    };
}
pub(super) use from_store_error;

/// The status in the body where it differs from the HTTP status, as in GenAuth's envelope; used for logs and metrics.
#[derive(Debug, Clone, Copy)]
pub struct VendorStatus(pub StatusCode);

/// The cause of an error response, for the request's log line. It contains no personal data: messages of this crate
/// name fields and states only, and database errors are reduced to their SQLSTATE.
#[derive(Debug, Clone)]
pub struct Cause(pub String);

impl Cause {
    /// `error` and its chain of sources.
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

    /// Attaches this cause to `response`, to be logged.
    #[must_use]
    pub fn attach(self, mut response: Response) -> Response {
        response.extensions_mut().insert(self);
        response
    }
}
