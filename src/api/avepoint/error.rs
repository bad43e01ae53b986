//! Errors of this face, in its format: `statusCode`, `message`, `requestId`.

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use utoipa::IntoResponses;

use crate::api::Limits;
use crate::api::context::RequestContext;
use crate::api::extract::InvalidBody;
use crate::api::fault::{
    Cause, Fault, auth_status, from_auth_error, from_store_error, store_status, with_retry_after,
};
use crate::api::json::Json;
use crate::api::misplaced::Misplaced;
use crate::api::rate::RateLimited;
use crate::api::render;
use crate::api::responses::{DescribedError, Responses, errors};
use crate::auth::{AuthError, TokenFault};
use crate::core::scope::Scope;
use crate::pager::offset::PageWindowError;
use crate::store::StoreError;
use crate::wire::avepoint::ErrorBody;

/// An error of this face.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No bearer token.
    #[error("{} Get one from /connect/token and send it as: Bearer <token>.", no_token(*.0))]
    TokenMissing(Misplaced),
    /// The token does not carry this scope.
    #[error("The access token lacks the permission {}. Request a token with this scope.", .0.as_str())]
    Forbidden(Scope),
    /// The customer or tenant does not exist, or the caller has no access to it.
    #[error("The customer or tenant does not exist. Check the two ids in the path.")]
    NotFound,
    /// The body is not valid.
    #[error("The request body is not valid. {0}")]
    Body(#[from] InvalidBody),
    /// Too many ids.
    #[error(
        "The request body is not valid. At most {most} ids can be given at a time, not {given}; split the request."
    )]
    TooManyIds {
        /// Maximum number of ids.
        most: usize,
        /// The number in the request.
        given: usize,
    },
    /// A query parameter is not valid.
    #[error("{0}.")]
    Window(#[from] PageWindowError),
    /// Authentication failed or could not be completed.
    #[error("The access token in the Authorization header is not valid. Get a new one from /connect/token.")]
    Auth(#[source] AuthError),
    /// Too many requests.
    #[error("Too many requests. Please try again in {}.", .0.wait())]
    RateLimited(#[from] RateLimited),
    /// The directory could not be read.
    #[error("The service is not available. Please try again later.")]
    Store(#[source] StoreError),
    /// An error that is not specific to this face.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl DescribedError for Error {
    type Body = ErrorBody;

    fn http_status(&self) -> StatusCode {
        self.status()
    }

    fn body(&self, request_id: &str) -> ErrorBody {
        let status = self.status();
        let (message, request_id) = (self.message(status), request_id.to_owned());
        ErrorBody { status_code: status.as_u16(), message, request_id }
    }
}

/// Errors of both batches, but for [`Error::NotFound`].
impl IntoResponses for Error {
    fn responses() -> Responses {
        let mut responses = ServerErrors::responses();
        responses.extend(errors([
            (
                Self::Window(PageWindowError::Index),
                "A parameter or the body is not valid, or the page too large.",
            ),
            (
                Self::TokenMissing(Misplaced::Nowhere),
                "The access token is missing or not valid; see `WWW-Authenticate`.",
            ),
            (Self::Forbidden(Scope::ReadUsers), "The access token lacks the permission."),
            (Self::Fault(Fault::BodyStalled), "The body stalled."),
            (Self::Fault(Fault::BodyTooLarge(Limits::default().body_bytes)), "The body is too large."),
            (Self::RateLimited(RateLimited::EXAMPLE), "Too many requests; see `Retry-After`."),
        ]));
        responses
    }
}

/// The error of operations on a customer's tenant.
pub(super) struct TenantErrors;

impl IntoResponses for TenantErrors {
    fn responses() -> Responses {
        errors([(Error::NotFound, "There is no such customer or tenant that the app may access.")])
    }
}

/// Errors of every operation, raised outside its handler.
pub(super) struct ServerErrors;

impl IntoResponses for ServerErrors {
    fn responses() -> Responses {
        errors([
            (Error::Fault(Fault::Host), "The request does not have exactly one `Host`."),
            (Error::Fault(Fault::BodyEncoded), "The body has a `Content-Encoding`."),
            (Error::Fault(Fault::Internal), "An unexpected error."),
            (Error::Fault(Fault::TimedOut), "Temporarily unavailable; see `Retry-After`."),
        ])
    }
}

from_auth_error!(Error);
from_store_error!(Error);

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::TokenMissing(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Body(_) | Self::TooManyIds { .. } | Self::Window(_) => StatusCode::BAD_REQUEST,
            Self::Auth(error) => auth_status(error),
            Self::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Store(error) => store_status(error),
            Self::Fault(fault) => fault.status(),
        }
    }

    /// `WWW-Authenticate` (RFC 6750, section 3), without an error code if no token was sent.
    fn challenge(&self, status: StatusCode) -> Option<HeaderValue> {
        let text = match self {
            Self::TokenMissing(_) => "Bearer".to_owned(),
            Self::Forbidden(scope) => {
                format!(r#"Bearer error="insufficient_scope", scope="{}""#, scope.as_str())
            }
            Self::Auth(AuthError::Token(fault)) => {
                format!(r#"Bearer error="invalid_token", error_description="{fault}""#)
            }
            Self::Auth(_) if status == StatusCode::UNAUTHORIZED => {
                r#"Bearer error="invalid_token""#.to_owned()
            }
            _ => return None,
        };
        HeaderValue::try_from(text).ok()
    }

    /// The cause to log, without details of an invalid body, whose member names may be personal data.
    fn cause(&self) -> Cause {
        match self {
            Self::Body(_) => Cause("the request body is not valid".to_owned()),
            other => Cause::of(other),
        }
    }

    /// The message for the caller, without details of internal errors.
    fn message(&self, status: StatusCode) -> String {
        match self {
            Self::Auth(_) if status.is_server_error() => {
                "The service is not available. Please try again later.".to_owned()
            }
            Self::Auth(AuthError::Token(fault)) => {
                format!("Authorization header: {fault}. {}", after(*fault))
            }
            other => other.to_string(),
        }
    }
}

/// What a caller without a token has sent instead.
const fn no_token(misplaced: Misplaced) -> &'static str {
    match misplaced {
        Misplaced::ApiKeyHeader => {
            "The Authorization header has no access token, and x-api-key is not used here."
        }
        Misplaced::Basic => "Authorization: Basic is for /connect/token; all else needs an access token.",
        Misplaced::OtherScheme => "The Authorization header needs the scheme Bearer and an access token.",
        Misplaced::Query => "The access token belongs in the Authorization header, not in the query.",
        Misplaced::Bearer | Misplaced::Nowhere => "The Authorization header has no access token.",
    }
}

/// What to do after a fault of the token.
const fn after(fault: TokenFault) -> &'static str {
    match fault {
        TokenFault::Malformed => {
            "Check that it was copied whole; a key or secret is exchanged for a token at /connect/token."
        }
        TokenFault::NotYetValid => "Check the clocks, or get a new access token from /connect/token.",
        TokenFault::Withdrawn => {
            "Its client, secret or tenant is no longer valid: get a new access token from /connect/token."
        }
        TokenFault::Invalid | TokenFault::Expired | TokenFault::Audience => {
            "Get a new access token from /connect/token."
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        render::pending(self)
    }
}

impl render::RenderError for Error {
    fn render(&self, request: &RequestContext) -> Response {
        let status = self.status();
        let mut response = (status, Json(self.body(&request.id().to_string()))).into_response();
        let headers = response.headers_mut();
        if let Some(challenge) = self.challenge(status) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Self::RateLimited(limited) = self {
            headers.insert(RETRY_AFTER, HeaderValue::from(limited.retry_after_seconds()));
        }
        self.cause().attach(with_retry_after(response))
    }
}
