//! What operations refuse.

use axum::http::StatusCode;
use utoipa::IntoResponses;

use crate::api::fault::Fault;
use crate::api::rate::RateLimited;
use crate::api::responses::{DescribedError, Responses, errors};
use crate::api::scim::Error;
use crate::api::scim::request::MAX_BODY_BYTES;
use crate::wire::scim::{ErrorBody, ScimError};

impl DescribedError for Error {
    type Body = ErrorBody;
    const MEDIA_TYPE: &'static str = "application/scim+json";

    fn http_status(&self) -> StatusCode {
        self.status()
    }

    fn body(&self, _: &str) -> ErrorBody {
        self.error_body()
    }
}

/// Of every operation.
pub struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> Responses {
        errors([
            (
                Error::Scim(ScimError::InvalidCount),
                "A parameter, a header or the body is not valid; `scimType` tells which error of the protocol it is.",
            ),
            (Error::TokenMissing, "The token is missing or not valid; see `WWW-Authenticate`."),
            (Error::Fault(Fault::BodyEncoded), "The body has a `Content-Encoding`, or is of another type."),
            (Error::RateLimited(RateLimited::EXAMPLE), "Too many requests; see `Retry-After`."),
            (Error::Fault(Fault::Internal), "An unexpected error."),
            (Error::NotConfigured, "This gateway cannot write."),
            (Error::Fault(Fault::TimedOut), "Temporarily unavailable; see `Retry-After`."),
        ])
    }
}

/// Of operations with a body.
pub struct BodyRefusals;

impl IntoResponses for BodyRefusals {
    fn responses() -> Responses {
        errors([
            (Error::Fault(Fault::BodyStalled), "The body stalled."),
            (Error::Scim(ScimError::BodyTooLarge(MAX_BODY_BYTES)), "The body is too large."),
        ])
    }
}

/// Of operations on one resource.
pub struct NotFound;

impl IntoResponses for NotFound {
    fn responses() -> Responses {
        errors([(Error::Scim(ScimError::NotFound), "There is no such resource.")])
    }
}

/// Of operations that write one.
pub struct Taken;

impl IntoResponses for Taken {
    fn responses() -> Responses {
        errors([(
            Error::Scim(ScimError::Uniqueness("userName")),
            "Another resource has a value that only one can have.",
        )])
    }
}

/// Of operations that may be for one version only.
pub struct VersionRefusal;

impl IntoResponses for VersionRefusal {
    fn responses() -> Responses {
        errors([(
            Error::Scim(ScimError::VersionMismatch),
            "The resource has another version than `If-Match` names.",
        )])
    }
}

/// Of lists that take no filter.
pub struct FilterRefusal;

impl IntoResponses for FilterRefusal {
    fn responses() -> Responses {
        errors([(Error::Scim(ScimError::FilterForbidden), "There is a filter.")])
    }
}
