//! Who calls, and what that lets them reach: a handler that takes one of these is authorised by it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::error::Error;
use crate::api::extract::{self, bearer};
use crate::api::{App, Limits};
use crate::auth::Principal;
use crate::core::face::Face;
use crate::core::scope::Scope;
use crate::store::TenantStore;

/// A caller who may read users, bound to the tenant that the path names.
pub(super) struct UserReader {
    pub(super) directory: TenantStore,
    /// How much one request to this tenant may ask.
    pub(super) limits: Limits,
}

/// A caller who may read customers.
pub(super) struct CustomerReader(pub(super) Principal);

impl FromRequestParts<App> for UserReader {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let principal = caller(parts, app, Scope::ReadUsers).await?;
        let (customer, tenant) = extract::path::<(String, String)>(parts).await.ok_or(Error::NotFound)?;
        let found = app.credentials.tenant_of(&principal, &customer, &tenant).await?;
        let (directory, settings) = found.ok_or(Error::NotFound)?;
        app.rates.check_tenant(directory.tenant(), settings.rate_limit)?;
        Ok(Self { directory, limits: app.limits.of_tenant(&settings) })
    }
}

impl FromRequestParts<App> for CustomerReader {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        caller(parts, app, Scope::ReadCustomers).await.map(Self)
    }
}

/// The caller, if its token is good, it has not called too often, and it holds `scope`.
async fn caller(parts: &Parts, app: &App, scope: Scope) -> Result<Principal, Error> {
    let token = bearer(&parts.headers).ok_or(Error::TokenMissing)?;
    let principal = app.credentials.by_token(Face::AvePoint, token).await?;
    app.rates.check(&principal)?;
    app.uses.count(&principal);
    if principal.has_scope(scope) { Ok(principal) } else { Err(Error::Forbidden(scope)) }
}
