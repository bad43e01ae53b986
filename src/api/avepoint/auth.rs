//! Authentication. Taking one of these extractors as an argument authorises a handler.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::error::Error;
use crate::api::context::RequestContext;
use crate::api::extract::{self, bearer};
use crate::api::misplaced::Misplaced;
use crate::api::{App, Limits};
use crate::auth::{AuthError, Authenticated, Principal};
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
        note_readers(app, &context, &caller.principal).await?;
        Ok(Self(caller.principal))
    }
}

/// Records whether the page that sent the request may read the answer, which names no tenant: if a tenant that the app
/// registration may access lists its origin.
pub(super) async fn note_readers(
    app: &App,
    context: &RequestContext,
    principal: &Principal,
) -> Result<(), AuthError> {
    let origin = context.origin().filter(|_| principal.tenant.is_none());
    if let Some(origin) = origin.and_then(|origin| origin.to_str().ok()) {
        context.list_origin(app.credentials.may_be_read_by(principal, origin).await?);
    }
    Ok(())
}

/// Counts the request and checks the rate limit and `scope`.
fn permit(caller: &Authenticated, parts: &Parts, app: &App, scope: Scope) -> Result<(), Error> {
    let context = RequestContext::of(parts);
    context.identify(&caller.principal);
    app.rates.check(&caller.principal, context.rates())?;
    app.uses.count(&caller.principal);
    if caller.principal.has_scope(scope) { Ok(()) } else { Err(Error::Forbidden(scope)) }
}
