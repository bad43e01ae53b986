//! Who calls this face: whoever signed the request with an access key's secret, or holds a management token.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};

use super::error::{Error, Refusal};
use super::query::{Plus, Query};
use super::signature::{Brand, SignedRequest};
use crate::api::context::RequestContext;
use crate::api::{App, Limits};
use crate::auth::{AuthError, Principal};
use crate::core::face::Face;
use crate::store::TenantStore;

/// Headers by which a token's holder names its user pool.
const USER_POOL_ID: [&str; 2] = ["x-authing-userpool-id", "x-genauth-userpool-id"];

/// A caller who is known, and may call now.
#[derive(Debug)]
pub struct Caller {
    /// The user pool that the credential opens.
    pub directory: TenantStore,
    /// How much one request to this user pool may ask.
    pub limits: Limits,
    /// The query as the caller meant it: a signature can tell.
    pub query: Query,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let (principal, query) = authenticate(parts, app).await?;
        app.uses.count(&principal);
        let tenant = principal.tenant.as_ref().ok_or(AuthError::Refused)?;
        if names_another_pool(&parts.headers, &tenant.user_pool_id) {
            return Err(Refusal::UserPool.into());
        }
        Ok(Self {
            directory: app.store.of_tenant(tenant.id),
            limits: app.limits.of_tenant(&tenant.settings.0),
            query,
        })
    }
}

async fn authenticate(parts: &Parts, app: &App) -> Result<(Principal, Query), Error> {
    let authorization = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let authorization = authorization.ok_or(Refusal::NotSignedIn)?.trim();
    let (scheme, credentials) = authorization.split_once(' ').unwrap_or(("Bearer", authorization));
    if let Some(brand) = Brand::of_scheme(scheme) {
        by_signature(parts, app, brand, credentials).await
    } else if scheme.eq_ignore_ascii_case("Bearer") {
        by_token(parts, app, credentials).await
    } else {
        Err(Refusal::NotSignedIn.into())
    }
}

async fn by_signature(
    parts: &Parts,
    app: &App,
    brand: Brand,
    credentials: &str,
) -> Result<(Principal, Query), Error> {
    let request = SignedRequest::read(parts, brand, credentials, app.clock.now())?;
    let (principal, secrets) = app
        .credentials
        .signing_secrets(Face::GenAuth, request.access_key_id())
        .await
        .map_err(refused_as_signature)?;
    let query = request.verify(&secrets).ok_or(Refusal::Signature)?;
    RequestContext::of(parts).identify(&principal);
    // Before the nonce is used up, so that a request that was put off can be sent again as it is.
    app.rates.check(&principal)?;
    let is_first = app.credentials.use_nonce(&principal, &request.nonce(), request.counts_until()).await?;
    if is_first { Ok((principal, query)) } else { Err(Refusal::Replayed.into()) }
}

async fn by_token(parts: &Parts, app: &App, token: &str) -> Result<(Principal, Query), Error> {
    let principal = app.credentials.by_token(Face::GenAuth, token.trim()).await?;
    RequestContext::of(parts).identify(&principal);
    app.rates.check(&principal)?;
    let raw = parts.uri.query().unwrap_or_default();
    Ok((principal, Query::read(raw, Plus::Space)))
}

/// An unknown or revoked access key is told like a wrong secret of a good one.
pub fn refused_as_signature(error: AuthError) -> Error {
    match error {
        AuthError::Refused => Refusal::Signature.into(),
        other => other.into(),
    }
}

fn names_another_pool(headers: &HeaderMap, own: &str) -> bool {
    USER_POOL_ID
        .iter()
        .flat_map(|name| headers.get_all(*name))
        .map(HeaderValue::as_bytes)
        .any(|named| !named.is_empty() && named != own.as_bytes())
}
