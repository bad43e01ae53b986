//! Authentication by an API key in the header `x-api-key`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::error::Error;
use crate::api::context::RequestContext;
use crate::api::misplaced::Misplaced;
use crate::api::{App, Limits};
use crate::auth::{AuthError, Principal, SecretForm};
use crate::cache::CachedDirectory;
use crate::core::face::Face;

/// The header that carries the API key.
pub const API_KEY: &str = "x-api-key";

/// A caller with a valid key, within its rate limit.
#[derive(Debug)]
pub struct Caller {
    /// The directory of the key's tenant.
    pub directory: CachedDirectory,
    /// The holder of the key.
    pub principal: Principal,
    /// Limits of a request to this tenant.
    pub limits: Limits,
    /// The request.
    pub context: RequestContext,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let key = parts.headers.get(API_KEY).filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| Error::KeyMissing(Misplaced::of(parts)))?;
        let key = key.to_str().map_err(|_| Error::KeyRefused(SecretForm::Other))?;
        let refused = || Error::KeyRefused(SecretForm::of(key));
        let context = RequestContext::of(parts);
        let found = app.credentials.by_secret(Face::BitBadges, key, context.source()).await;
        let caller = found.map_err(|error| match error {
            AuthError::Refused => refused(),
            other => other.into(),
        })?;
        context.identify(&caller.principal);
        if caller.principal.is_publishable {
            may_be_published_by(&context)?;
        }
        app.rates.check(&caller.principal, context.rates())?;
        app.uses.count(&caller.principal);
        let tenant = caller.principal.tenant.as_ref().ok_or_else(refused)?;
        Ok(Self {
            directory: caller.directory(&app.cache, tenant.id),
            limits: limits(app.limits.of_tenant(&tenant.settings), &caller.principal),
            principal: caller.principal,
            context,
        })
    }
}

/// Checks that the page that sent the request may use a publishable key. Before the request is counted, so that pages of
/// other origins do not use up the key's rate limit.
fn may_be_published_by(context: &RequestContext) -> Result<(), Error> {
    match context.is_origin_listed() {
        Some(true) => Ok(()),
        Some(false) => Err(Error::OriginUnlisted),
        None => Err(Error::OriginMissing),
    }
}

/// The limits of a request, of those of the tenant. A publishable key gets no batches of the size that servers need.
fn limits(mut limits: Limits, principal: &Principal) -> Limits {
    if principal.is_publishable {
        limits.bitbadges_local_accounts = limits.bitbadges_local_accounts.min(limits.bitbadges_accounts);
    }
    limits
}
