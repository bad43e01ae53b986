//! Authentication. Taking one of these extractors as an argument authorises a handler.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::error::Error;
use crate::api::context::RequestContext;
use crate::api::extract::{self, bearer};
use crate::api::misplaced::Misplaced;
use crate::api::{App, Limits};
use crate::auth::{Authenticated, Principal};
use crate::cache::CachedDirectory;
use crate::core::face::Face;
use crate::core::id::{CustomerPublicId, TenantPublicId};
use crate::core::scope::Scope;

/// A caller with permission to read users, bound to the tenant in the path.
pub(super) struct UserReader {
    pub(super) principal: Principal,
    pub(super) directory: CachedDirectory,
    /// Limits of a request to this tenant.
    pub(super) limits: Limits,
}

/// A caller with permission to read customers.
pub(super) struct CustomerReader(pub(super) Principal);

impl FromRequestParts<App> for UserReader {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let token =
            bearer(&parts.headers).ok_or_else(|| Error::TokenMissing(Misplaced::of(parts)))?.to_owned();
        let source = RequestContext::of(parts).source().clone();
        let path = extract::path::<(CustomerPublicId, TenantPublicId)>(parts).await;
        // Authenticate first, so that unauthenticated callers cannot tell which paths exist.
        let caller = match &path {
            Some(path) => {
                let path = path.clone();
                app.credentials.by_token_for_tenant(Face::AvePoint, &token, path, &source).await?
            }
            None => app.credentials.by_token(Face::AvePoint, &token, &source).await?,
        };
        permit(&caller, parts, app, Scope::ReadUsers)?;
        let tenant = caller.principal.tenant.as_ref().ok_or(Error::NotFound)?;
        Ok(Self {
            directory: caller.directory(&app.cache, tenant.id),
            limits: app.limits.of_tenant(&tenant.settings),
            principal: caller.principal,
        })
    }
}

impl FromRequestParts<App> for CustomerReader {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let token = bearer(&parts.headers).ok_or_else(|| Error::TokenMissing(Misplaced::of(parts)))?;
        let context = RequestContext::of(parts);
        let caller = app.credentials.by_token(Face::AvePoint, token, context.source()).await?;
        permit(&caller, parts, app, Scope::ReadCustomers)?;
        Ok(Self(caller.principal))
    }
}

/// Counts the request and checks the rate limit and `scope`.
fn permit(caller: &Authenticated, parts: &Parts, app: &App, scope: Scope) -> Result<(), Error> {
    let context = RequestContext::of(parts);
    context.identify(&caller.principal);
    app.rates.check(&caller.principal, context.rates())?;
    app.uses.count(&caller.principal);
    if caller.principal.has_scope(scope) { Ok(()) } else { Err(Error::Forbidden(scope)) }
}
