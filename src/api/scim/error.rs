//! Errors, as SCIM bodies of every status (RFC 7644, section 3.12).

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::response::Scim;
use crate::admin::ProvisioningError;
use crate::api::fault::{
    Cause, Fault, auth_status, from_auth_error, from_store_error, store_status, with_retry_after,
};
use crate::api::rate::RateLimited;
use crate::auth::AuthError;
use crate::store::StoreError;
use crate::wire::scim::{ErrorBody, ScimError};

/// An error of SCIM.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The gateway cannot write users.
    #[error(
        "SCIM is not configured on this gateway. It needs USERBATCH_ADMIN_DATABASE_URL and USERBATCH_ADMIN_TOKEN, as \
         the admin API does."
    )]
    NotConfigured,
    /// No token.
    #[error("The request has no token. Send it as Authorization: Bearer, as issued for SCIM.")]
    TokenMissing,
    /// Authentication failed or could not be completed.
    #[error("The token is not valid for SCIM here.")]
    Auth(#[source] AuthError),
    /// Too many requests.
    #[error("Too many requests. Wait for as long as Retry-After says.")]
    RateLimited(#[from] RateLimited),
    /// The protocol has an error for it.
    #[error(transparent)]
    Scim(#[from] ScimError),
    /// The body is of another type.
    #[error("The body must be application/scim+json or application/json.")]
    MediaType,
    /// A stored user cannot be read by this version.
    #[error("A stored user cannot be read.")]
    Unreadable,
    /// The directory could not be read or written.
    #[error("The directory could not be reached. Please try again later.")]
    Store(#[source] StoreError),
    /// An error that is not specific to SCIM.
    #[error(transparent)]
    Fault(#[from] Fault),
}

from_auth_error!(Error);
from_store_error!(Error);

impl From<ProvisioningError> for Error {
    fn from(error: ProvisioningError) -> Self {
        match error {
            ProvisioningError::Scim(error) => Self::Scim(error),
            ProvisioningError::Unreadable => Self::Unreadable,
            ProvisioningError::Store(error) => error.into(),
        }
    }
}

impl Error {
    /// Its HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotConfigured => StatusCode::NOT_IMPLEMENTED,
            Self::TokenMissing => StatusCode::UNAUTHORIZED,
            Self::Auth(error) => auth_status(error),
            Self::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Scim(error) => {
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unreadable => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Store(error) => store_status(error),
            Self::Fault(fault) => fault.status(),
        }
    }

    /// Its body.
    pub fn error_body(&self) -> ErrorBody {
        self.body(self.status())
    }

    fn body(&self, status: StatusCode) -> ErrorBody {
        match self {
            Self::Scim(error) => error.into(),
            Self::Auth(_) if status.is_server_error() => {
                ErrorBody::new(status.as_u16(), "The token could not be checked. Please try again later.")
            }
            other => ErrorBody::new(status.as_u16(), other.to_string()),
        }
    }

    /// What a client without a valid token is asked for (RFC 6750, section 3).
    const fn challenge(&self, status: StatusCode) -> Option<&'static str> {
        match self {
            Self::TokenMissing => Some("Bearer realm=\"scim\""),
            _ if status.as_u16() == 401 => Some("Bearer realm=\"scim\", error=\"invalid_token\""),
            _ => None,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, Scim(self.body(status))).into_response();
        let headers = response.headers_mut();
        if let Some(challenge) = self.challenge(status) {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Self::RateLimited(limited) = &self {
            headers.insert(RETRY_AFTER, HeaderValue::from(limited.retry_after_seconds()));
        }
        Cause::of(&self).attach(with_retry_after(response))
    }
}
