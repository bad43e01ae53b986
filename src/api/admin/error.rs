//! Errors of the admin API, as RFC 9457 problems.

use std::error::Error as StdError;
use std::time::Duration;

use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::http::header::{CONNECTION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tower_http::timeout::TimeoutError;
use utoipa::IntoResponses;

use super::MAX_BODY_BYTES;
use crate::admin::AdminError;
use crate::api::extract::InvalidBody;
use crate::api::fault::{Cause, Fault, Problem, auth_status, store_status, with_retry_after};
use crate::api::lookup::UnknownKindError;
use crate::api::rate::RateLimited;
use crate::api::responses::{DescribedError, Responses, errors};
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
    #[error(
        "Too many requests with a wrong admin token. Check USERBATCH_ADMIN_TOKEN, then try again in {}.",
        RateLimited::from(*.0).wait()
    )]
    Throttled(#[from] Throttled),
    /// `If-Match` is not an entity tag.
    #[error("The header If-Match must be one entity tag, as the header ETag of a user is, or *")]
    IfMatch,
    /// `X-Operator` is not a valid name.
    #[error("The header X-Operator must be one name of at most 64 characters: letters, digits and .@_-")]
    OperatorName,
    /// The body stalled.
    #[error("The request body stalled. Nothing was changed; please send it again.")]
    BodyStalled,
    /// The maximum number of imports and exports is already running.
    #[error("The maximum number of imports and exports is already under way. Please try again later.")]
    Busy,
    /// The maximum number of requests already waits for changes.
    #[error(
        "The maximum number of requests is already waiting for changes. Ask without waiting, or try again later."
    )]
    TooManyWaiting,
    /// The body is invalid.
    #[error("{0}")]
    Body(#[from] InvalidBody),
    /// The query is invalid.
    #[error("The query string is invalid{}. Check the names and types of its parameters.", place_in(.0))]
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

/// The parameter that is invalid, if the rejection tells it.
fn place_in(rejection: &QueryRejection) -> String {
    let text = rejection.body_text();
    let place =
        text.strip_prefix("Failed to deserialize query string: ").and_then(|rest| rest.split_once(": "));
    let place = place.map_or("", |(place, _)| place);
    // Only the names of parameters that the API has are made of letters alone.
    let is_name = !place.is_empty() && place.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_name { format!(" at {place}") } else { String::new() }
}

impl From<BytesRejection> for Error {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            _ if is_stalled(&rejection) => Self::BodyStalled,
            StatusCode::PAYLOAD_TOO_LARGE => Self::Fault(Fault::BodyTooLarge(MAX_BODY_BYTES)),
            _ => Self::Fault(Fault::BodyUnreadable),
        }
    }
}

/// Whether `error` comes from a stalled body.
pub(super) fn is_stalled(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source()).any(<dyn StdError>::is::<TimeoutError>)
}

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::OperatorName | Self::IfMatch | Self::Body(_) | Self::Query(_) | Self::UserName(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::BodyStalled => StatusCode::REQUEST_TIMEOUT,
            Self::Busy | Self::TooManyWaiting => StatusCode::SERVICE_UNAVAILABLE,
            Self::Fault(fault) => fault.status(),
            Self::Admin(error) => admin_status(error),
        }
    }
}

fn admin_status(error: &AdminError) -> StatusCode {
    match error {
        AdminError::NoTenant
        | AdminError::NoCredential
        | AdminError::NoUser
        | AdminError::NotErased
        | AdminError::NothingErased => StatusCode::NOT_FOUND,
        AdminError::Stale => StatusCode::PRECONDITION_FAILED,
        AdminError::Slug
        | AdminError::Empty(_)
        | AdminError::Option(_)
        | AdminError::Face(_)
        | AdminError::Api(_)
        | AdminError::Scope(_)
        | AdminError::Format(_)
        | AdminError::Mapping(_)
        | AdminError::Origin
        | AdminError::Cursor
        | AdminError::SearchText(_)
        | AdminError::SearchCursor
        | AdminError::Certificate(_)
        | AdminError::Unconfirmed
        | AdminError::Field(_)
        | AdminError::NoCustomer => StatusCode::BAD_REQUEST,
        AdminError::CursorGone => StatusCode::GONE,
        AdminError::OtherPartner
        | AdminError::Ended
        | AdminError::Taken(_)
        | AdminError::Erased(_)
        | AdminError::SeveralUsers(_)
        | AdminError::SeveralErased(_)
        | AdminError::Store(StoreError::Conflict(..) | StoreError::Gone(_) | StoreError::Locked(_)) => {
            StatusCode::CONFLICT
        }
        AdminError::Source(_)
        | AdminError::NothingUsable(_)
        | AdminError::Rejected(_)
        | AdminError::Incomplete(_)
        | AdminError::TooManyRemovals(..) => StatusCode::UNPROCESSABLE_ENTITY,
        AdminError::Auth(error) => auth_status(error),
        AdminError::Store(error) => store_status(error),
        AdminError::Output(_) | AdminError::Unreadable => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Error {
    /// The message for the caller, without details of internal errors, which are only logged.
    fn detail(&self, status: StatusCode) -> String {
        match self {
            Self::Busy | Self::TooManyWaiting => self.to_string(),
            _ if status.is_server_error() => Fault::Internal.to_string(),
            _ => self.to_string(),
        }
    }
}

impl DescribedError for Error {
    type Body = Problem;
    const MEDIA_TYPE: &'static str = Problem::MEDIA_TYPE;

    fn http_status(&self) -> StatusCode {
        self.status()
    }

    fn body(&self, _: &str) -> Problem {
        Problem::new(self.status(), self.detail(self.status()))
    }
}

/// Errors of every operation.
impl IntoResponses for Error {
    fn responses() -> Responses {
        errors([
            (Self::OperatorName, "A header, a parameter or the body is invalid; nothing was changed."),
            (Self::Unauthorized, "The admin token is missing or wrong."),
            (Self::Fault(Fault::BodyEncoded), "The body has a `Content-Encoding`."),
            (
                Self::Throttled(Throttled { retry_after: Duration::ZERO }),
                "Too many wrong tokens; see `Retry-After`.",
            ),
            (Self::Fault(Fault::Internal), "An unexpected error, of which the log has the cause."),
            (Self::Fault(Fault::TimedOut), "The database is unavailable; see `Retry-After`."),
        ])
    }
}

/// Errors of operations with a body.
pub(super) struct BodyErrors;

impl IntoResponses for BodyErrors {
    fn responses() -> Responses {
        errors([
            (Error::BodyStalled, "The body stalled for a minute; nothing was changed."),
            (Error::Fault(Fault::BodyTooLarge(MAX_BODY_BYTES)), "The body is larger than 256 KiB."),
        ])
    }
}

/// Errors of operations on a tenant.
pub(super) struct TenantErrors;

impl IntoResponses for TenantErrors {
    fn responses() -> Responses {
        errors([(Error::Admin(AdminError::NoTenant), "There is no such tenant.")])
    }
}

/// Errors of operations on a user.
pub(super) struct UserErrors;

impl IntoResponses for UserErrors {
    fn responses() -> Responses {
        errors([(Error::Admin(AdminError::NoUser), "There is no such tenant or user.")])
    }
}

/// Errors of changes of one version.
pub(super) struct VersionErrors;

impl IntoResponses for VersionErrors {
    fn responses() -> Responses {
        errors([(Error::Admin(AdminError::Stale), "The user is no longer in the version of `If-Match`.")])
    }
}

/// Errors of operations on a credential.
pub(super) struct CredentialErrors;

impl IntoResponses for CredentialErrors {
    fn responses() -> Responses {
        errors([(Error::Admin(AdminError::NoCredential), "There is no such credential.")])
    }
}

/// Errors of operations that change something.
pub(super) struct ChangeErrors;

impl IntoResponses for ChangeErrors {
    fn responses() -> Responses {
        let conflict = Error::Admin(AdminError::OtherPartner);
        errors([(
            conflict,
            "It contradicts what is stored, or another change is under way; nothing was changed.",
        )])
    }
}

/// Errors of imports and exports.
pub(super) struct TransferErrors;

impl IntoResponses for TransferErrors {
    fn responses() -> Responses {
        errors([(
            Error::Busy,
            "The maximum number of imports and exports is running, or the database is unavailable.",
        )])
    }
}

/// Errors of operations that wait for changes.
pub(super) struct WaitErrors;

impl IntoResponses for WaitErrors {
    fn responses() -> Responses {
        errors([(
            Error::TooManyWaiting,
            "The maximum number of requests is waiting for changes, or the database is unavailable.",
        )])
    }
}

/// Errors of operations that start from a cursor.
pub(super) struct CursorErrors;

impl IntoResponses for CursorErrors {
    fn responses() -> Responses {
        errors([(
            Error::Admin(AdminError::CursorGone),
            "What came after the cursor is no longer known: start over without one.",
        )])
    }
}

/// Errors of imports.
pub(super) struct ImportErrors;

impl IntoResponses for ImportErrors {
    fn responses() -> Responses {
        errors([
            (Error::BodyStalled, "The body stalled for a minute; nothing was imported."),
            (
                Error::Admin(AdminError::NothingUsable(2)),
                "Nothing was imported: the body is not in the format, or records were rejected.",
            ),
        ])
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = Problem::new(status, self.detail(status)).into_response();
        let headers = response.headers_mut();
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
