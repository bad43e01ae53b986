//! Errors of the token endpoint, in the format of RFC 6749, section 5.2.

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

use crate::api::avepoint::error::ServerErrors;
use crate::api::body::UNCOUNTED;
use crate::api::fault::{Cause, Fault, auth_status, from_auth_error, with_retry_after};
use crate::api::json::Json;
use crate::api::rate::RateLimited;
use crate::api::responses::{DescribedError, Responses, either, errors};
use crate::auth::AuthError;

/// Why no token was granted.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenError {
    /// A parameter is missing, repeated, or contradicts another.
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// The grant type is not `client_credentials`.
    #[error("The grant_type must be client_credentials.")]
    UnsupportedGrantType,
    /// The request has no client authentication.
    #[error("The client authentication is missing. Send client_id with client_secret, or client_assertion.")]
    NoClient,
    /// No assertion can name this gateway: it is not certain what its URL is.
    #[error(
        "Client assertions are not accepted at this address. Send client_id with client_secret; the operator can set \
         USERBATCH_PUBLIC_URL, the audience of assertions."
    )]
    NoAudience,
    /// `Authorization: Basic` cannot be decoded.
    #[error("The Authorization header is malformed. Send Basic with base64(client_id:client_secret).")]
    MalformedBasic,
    /// The client could not be authenticated.
    #[error("The client could not be authenticated. Check its id and its secret or certificate.")]
    InvalidClient {
        /// Whether the client used `Authorization: Basic`.
        by_header: bool,
        /// The cause.
        source: AuthError,
    },
    /// A scope is unknown or was not granted to the client, or there are too many of them.
    #[error("A requested scope is unknown or not granted to this client, or scope exceeds 300 characters.")]
    InvalidScope,
    /// Too many requests.
    #[error("Too many requests. Please try again in {}.", .0.wait())]
    RateLimited(#[from] RateLimited),
    /// The token could not be issued.
    #[error("The service is not available. Please try again later.")]
    Auth(#[source] AuthError),
    /// An error that is not specific to this face.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The code of an error.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ErrorCode {
    InvalidRequest,
    InvalidClient,
    InvalidScope,
    UnsupportedGrantType,
    TemporarilyUnavailable,
    ServerError,
}

/// The body of an error of the token endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::avepoint) struct OAuthError {
    /// The code of the error.
    error: ErrorCode,
    /// Human-readable description.
    error_description: String,
}

from_auth_error!(TokenError);

impl TokenError {
    /// 401 if the client used `Authorization: Basic`, as the RFC requires, otherwise 400, as the vendor's server
    /// responds (contract, section 1).
    fn status(&self) -> StatusCode {
        match self {
            Self::InvalidRequest(_)
            | Self::UnsupportedGrantType
            | Self::NoClient
            | Self::NoAudience
            | Self::InvalidScope => StatusCode::BAD_REQUEST,
            Self::MalformedBasic => StatusCode::UNAUTHORIZED,
            Self::InvalidClient { by_header, source } => match auth_status(source) {
                StatusCode::UNAUTHORIZED if !by_header => StatusCode::BAD_REQUEST,
                status => status,
            },
            Self::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Auth(source) => auth_status(source),
            Self::Fault(fault) => fault.status(),
        }
    }

    fn code(&self, status: StatusCode) -> ErrorCode {
        match status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                return ErrorCode::TemporarilyUnavailable;
            }
            status if status.is_server_error() => return ErrorCode::ServerError,
            _ => {}
        }
        match self {
            Self::UnsupportedGrantType => ErrorCode::UnsupportedGrantType,
            Self::NoClient
            | Self::NoAudience
            | Self::MalformedBasic
            | Self::InvalidClient { .. }
            | Self::Auth(_) => ErrorCode::InvalidClient,
            Self::InvalidScope => ErrorCode::InvalidScope,
            Self::InvalidRequest(_) | Self::RateLimited(_) | Self::Fault(_) => ErrorCode::InvalidRequest,
        }
    }

    /// The description for the caller, including faults of an assertion but no details of internal errors.
    fn description(&self, status: StatusCode) -> String {
        match self {
            Self::InvalidClient { .. } | Self::Auth(_) if status.is_server_error() => {
                "The service is not available. Please try again later.".to_owned()
            }
            Self::InvalidClient { source: AuthError::Assertion(fault), .. } => format!("{self} ({fault})"),
            other => other.to_string(),
        }
    }
}

impl DescribedError for TokenError {
    type Body = OAuthError;

    fn http_status(&self) -> StatusCode {
        self.status()
    }

    fn body(&self, _: &str) -> OAuthError {
        let status = self.status();
        OAuthError { error: self.code(status), error_description: self.description(status) }
    }
}

/// Errors of the token endpoint. Those raised outside its handler are in the format of the other operations.
impl IntoResponses for TokenError {
    fn responses() -> Responses {
        let own = errors([
            (Self::NoClient, "The request is not valid, or its client could not be authenticated."),
            (Self::MalformedBasic, "The client in `Authorization: Basic` could not be authenticated."),
            (Self::Fault(Fault::BodyStalled), "The body stalled."),
            (Self::Fault(Fault::BodyTooLarge(UNCOUNTED)), "The body is larger than 16 KiB."),
            (Self::RateLimited(RateLimited::EXAMPLE), "Too many requests; see `Retry-After`."),
            (Self::Fault(Fault::Internal), "An unexpected error."),
            (Self::Fault(Fault::TimedOut), "Temporarily unavailable; see `Retry-After`."),
        ]);
        let mut responses = ServerErrors::responses();
        either(&mut responses, own);
        responses
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, Json(self.body(""))).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"userbatch\""));
        }
        if let Self::RateLimited(limited) = &self {
            headers.insert(RETRY_AFTER, HeaderValue::from(limited.retry_after_seconds()));
        }
        Cause::of(&self).attach(with_retry_after(response))
    }
}
