//! Who may administrate: whoever holds the token.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Operators;
use super::error::Error;
use crate::admin::CredentialAdministration;
use crate::api::extract::bearer;

/// A caller who holds the token. A handler that takes one is authorised by it.
pub(super) struct Operator(pub(super) CredentialAdministration);

impl FromRequestParts<Operators> for Operator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, operators: &Operators) -> Result<Self, Error> {
        let token = bearer(&parts.headers).ok_or(Error::Unauthorized)?;
        if operators.holds(token) { Ok(Self(operators.administration())) } else { Err(Error::Unauthorized) }
    }
}
