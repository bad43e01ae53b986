//! Authentication by an API key in the header `x-api-key`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::error::Error;
use crate::api::context::RequestContext;
use crate::api::rate::RateState;
use crate::api::{App, Limits};
use crate::auth::{AuthError, Principal};
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
    /// State of the caller's rate limit.
    pub rate: RateState,
    /// Limits of a request to this tenant.
    pub limits: Limits,
    /// The request.
    pub context: RequestContext,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let key = parts.headers.get(API_KEY).filter(|key| !key.is_empty()).ok_or(Error::KeyMissing)?;
        let key = key.to_str().map_err(|_| AuthError::Refused)?;
        let context = RequestContext::of(parts);
        let caller = app.credentials.by_secret(Face::BitBadges, key, context.source()).await?;
        context.identify(&caller.principal);
        let rate = app.rates.check(&caller.principal)?;
        app.uses.count(&caller.principal);
        let tenant = caller.principal.tenant.as_ref().ok_or(AuthError::Refused)?;
        Ok(Self {
            directory: caller.directory(&app.cache, tenant.id),
            limits: app.limits.of_tenant(&tenant.settings),
            rate,
            principal: caller.principal,
            context,
        })
    }
}
