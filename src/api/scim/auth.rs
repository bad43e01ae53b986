//! Authentication by a bearer token.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::BASE;
use super::error::Error;
use crate::admin::{Provider, Provisioning};
use crate::api::App;
use crate::api::context::RequestContext;
use crate::api::extract::bearer;
use crate::api::public_url::PublicUrl;
use crate::api::rate::{RateLimited, weight};
use crate::auth::{AuthError, Principal};
use crate::core::face::Api;
use crate::wire::scim::PageLimits;

/// Sizes of the parts of lists; Okta asks for 100.
const PAGES: PageLimits = PageLimits { default: 100, max: 200 };

/// An identity provider with a valid token, within its rate limit.
#[derive(Debug)]
pub struct Caller {
    /// Reads and writes users.
    pub provisioning: Provisioning,
    /// On whose behalf.
    pub provider: Provider,
    /// Sizes of the parts of its lists.
    pub pages: PageLimits,
    principal: Principal,
}

impl Caller {
    /// Counts `requests` beyond the one that was counted already.
    ///
    /// # Errors
    /// [`RateLimited`] if a limit is exceeded.
    pub fn charge(&self, app: &App, requests: usize, context: &RequestContext) -> Result<(), RateLimited> {
        app.rates.charge(&self.principal, weight(requests), context.rates())
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let provisioning = app.provisioning().ok_or(Error::NotConfigured)?;
        let token = bearer(&parts.headers).filter(|token| !token.is_empty()).ok_or(Error::TokenMissing)?;
        let context = RequestContext::of(parts);
        let caller = app.credentials.by_secret(Api::Scim, token, context.source()).await?;
        context.identify(&caller.principal);
        app.rates.check(&caller.principal, context.rates())?;
        app.uses.count(&caller.principal);
        let tenant = caller.principal.tenant.as_ref().ok_or(AuthError::Refused)?;
        let most = tenant.settings.batch_limit.filter(|&limit| limit > 0).unwrap_or(u32::MAX);
        let provider = Provider {
            tenant: tenant.id,
            slug: tenant.slug.clone(),
            credential: caller.principal.public_id.clone(),
            base: format!("{}{BASE}", PublicUrl::of(parts, app).as_str()),
        };
        let pages = PageLimits { default: PAGES.default.min(most), max: PAGES.max.min(most) };
        let principal = caller.principal;
        Ok(Self { provisioning: provisioning.clone(), provider, pages, principal })
    }
}
