//! Authentication by the admin token.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::AdminApi;
use super::error::Error;
use crate::admin::CredentialAdministration;
use crate::api::context::RequestContext;
use crate::api::extract::bearer;

/// The header in which callers may give their name.
pub(super) const OPERATOR: &str = "X-Operator";
/// Maximum length of the name, in characters.
pub(super) const MAX_OPERATOR_CHARS: usize = 64;

/// An authenticated caller. Taking it as an argument authorises a handler.
pub(super) struct Operator(pub(super) CredentialAdministration);

impl FromRequestParts<AdminApi> for Operator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, api: &AdminApi) -> Result<Self, Error> {
        let token = bearer(&parts.headers).ok_or(Error::Unauthorized)?;
        if !api.holds(token) {
            RequestContext::of(parts).source().fail()?;
            return Err(Error::Unauthorized);
        }
        let administration = api.administration();
        Ok(Self(match claimed_name(&parts.headers)? {
            Some(name) => administration.claimed_by(name),
            None => administration,
        }))
    }
}

/// The name given by the caller, if any. It goes into the audit log, so only one plain word is accepted.
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
