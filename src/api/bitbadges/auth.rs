//! Who calls this face: the holder of an API key, in the header `x-api-key`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::error::Error;
use crate::api::context::RequestContext;
use crate::api::rate::RateState;
use crate::api::{App, Limits};
use crate::auth::AuthError;
use crate::cache::CachedDirectory;
use crate::core::face::Face;

/// The header that carries the API key.
pub const API_KEY: &str = "x-api-key";

/// A caller whose key is good and whose bucket is not empty.
#[derive(Debug)]
pub struct Caller {
    /// The directory that the key opens.
    pub directory: CachedDirectory,
    /// Origins whose pages may call with credentials.
    pub cors_origins: Vec<String>,
    /// What is left in the caller's bucket.
    pub rate: RateState,
    /// How much one request to this tenant may ask.
    pub limits: Limits,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let key = parts.headers.get(API_KEY).filter(|key| !key.is_empty()).ok_or(Error::KeyMissing)?;
        let key = key.to_str().map_err(|_| AuthError::Refused)?;
        let mut caller = app.credentials.by_secret(Face::BitBadges, key).await?;
        RequestContext::of(parts).identify(&caller.principal);
        let rate = app.rates.check(&caller.principal)?;
        app.uses.count(&caller.principal);
        let tenant = caller.principal.tenant.take().ok_or(AuthError::Refused)?;
        Ok(Self {
            directory: caller.directory(&app.cache, tenant.id),
            limits: app.limits.of_tenant(&tenant.settings),
            cors_origins: tenant.settings.cors_origins,
            rate,
        })
    }
}
