//! Who may administrate: whoever holds the token.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::Operators;
use super::error::Error;
use crate::admin::CredentialAdministration;
use crate::api::extract::bearer;

/// The header by which a caller may name themself.
pub(super) const OPERATOR: &str = "X-Operator";
/// Longest such name.
pub(super) const MAX_OPERATOR_CHARS: usize = 64;

/// A caller who holds the token. A handler that takes one is authorised by it.
pub(super) struct Operator(pub(super) CredentialAdministration);

impl FromRequestParts<Operators> for Operator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, operators: &Operators) -> Result<Self, Error> {
        let token = bearer(&parts.headers).ok_or(Error::Unauthorized)?;
        if !operators.holds(token) {
            return Err(Error::Unauthorized);
        }
        let administration = operators.administration();
        Ok(Self(match claimed_name(&parts.headers)? {
            Some(name) => administration.claimed_by(name),
            None => administration,
        }))
    }
}

/// The name that the caller claims, if any. It goes into the record of acts, so that it must be one plain word.
fn claimed_name(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    let mut names = headers.get_all(OPERATOR).iter();
    match (names.next(), names.next()) {
        (None, _) => Ok(None),
        (Some(name), None) => {
            let name = name.to_str().ok().filter(|name| is_name(name));
            name.map(Some).ok_or(Error::OperatorName)
        }
        (Some(_), Some(_)) => Err(Error::OperatorName),
    }
}

fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || ".@_-".contains(c);
    (1..=MAX_OPERATOR_CHARS).contains(&text.len()) && text.chars().all(is_part)
}
