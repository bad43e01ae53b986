//! Authentication by a signature with an access key's secret, or by a management token.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};

use super::error::{Error, Refusal};
use super::query::{Plus, Query};
use super::signature::{Brand, SignedRequest};
use crate::api::context::RequestContext;
use crate::api::misplaced::Misplaced;
use crate::api::{App, Limits};
use crate::auth::{AuthError, Authenticated, Signer, Source};
use crate::cache::CachedDirectory;
use crate::core::face::Face;
use crate::core::id::{CredentialPublicId, UserPoolId};

/// Headers in which clients with a token send their user pool id.
const USER_POOL_ID: [&str; 2] = ["x-authing-userpool-id", "x-genauth-userpool-id"];

/// An authenticated caller within its rate limit.
#[derive(Debug)]
pub struct Caller {
    /// The directory of the credential's user pool.
    pub directory: CachedDirectory,
    /// Limits of a request to this user pool.
    pub limits: Limits,
    /// The query, with `+` interpreted as the signature confirms.
    pub query: Query,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let (caller, query) = authenticate(parts, app).await?;
        app.uses.count(&caller.principal);
        let tenant = caller.principal.tenant.as_ref().ok_or(AuthError::Refused)?;
        if names_another_pool(&parts.headers, &tenant.user_pool_id) {
            return Err(Refusal::UserPool.into());
        }
        Ok(Self {
            directory: caller.directory(&app.cache, tenant.id),
            limits: app.limits.of_tenant(&tenant.settings),
            query,
        })
    }
}

async fn authenticate(parts: &Parts, app: &App) -> Result<(Authenticated, Query), Error> {
    let authorization = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let not_signed_in = || Refusal::NotSignedIn(Misplaced::of(parts));
    let authorization = authorization.map(str::trim).filter(|value| !is_only_bearer(value));
    let authorization = authorization.ok_or_else(not_signed_in)?;
    let (scheme, credentials) = authorization.split_once(' ').unwrap_or(("Bearer", authorization));
    if let Some(brand) = Brand::of_scheme(scheme) {
        by_signature(parts, app, brand, credentials).await
    } else if scheme.eq_ignore_ascii_case("Bearer") {
        by_token(parts, app, credentials).await
    } else {
        Err(not_signed_in().into())
    }
}

/// Whether `authorization` has no token: it is empty, or the scheme alone.
fn is_only_bearer(authorization: &str) -> bool {
    authorization.is_empty() || authorization.eq_ignore_ascii_case("Bearer")
}

async fn by_signature(
    parts: &Parts,
    app: &App,
    brand: Brand,
    credentials: &str,
) -> Result<(Authenticated, Query), Error> {
    let request = SignedRequest::read(parts, brand, credentials, app.clock.now())?;
    let context = RequestContext::of(parts);
    let (signer, query) = signer_of(app, &request, context.source(), false).await?;
    context.identify(&signer.principal);
    // Before the nonce is consumed, so that a rate-limited request can be retried unchanged.
    app.rates.check(&signer.principal, context.rates())?;
    let accepted = app.credentials.accept(signer, request.nonce(), request.valid_until()).await?;
    let accepted = accepted.ok_or(Refusal::Replayed)?;
    if !accepted.is_current {
        // A credential has changed since it was cached: check the signature against the current one. Whoever signed with
        // a cached secret is no stranger, whatever others at the same address have failed at.
        signer_of(app, &request, context.source(), true).await?;
    }
    Ok((accepted.caller, query))
}

/// The signer of `request`, and the query as signed. A signature that does not match the cached secrets may use a newer
/// one, so the database is queried before it is refused.
async fn signer_of(
    app: &App,
    request: &SignedRequest<'_>,
    source: &Source,
    skip_cache: bool,
) -> Result<(Signer, Query), Error> {
    let id = &CredentialPublicId::new(request.access_key_id());
    let found = if skip_cache {
        app.credentials.signer_uncached(Face::GenAuth, id, source).await
    } else {
        app.credentials.signer(Face::GenAuth, id, source).await
    };
    let signer = found.map_err(refused_as_signature)?;
    match request.verify(&signer.secrets) {
        Some(query) => Ok((signer, query)),
        None if signer.is_cached() => {
            source.check().map_err(AuthError::from)?;
            Box::pin(signer_of(app, request, source, true)).await
        }
        None => {
            source.fail().map_err(AuthError::from)?;
            Err(Refusal::Signature.into())
        }
    }
}

async fn by_token(parts: &Parts, app: &App, token: &str) -> Result<(Authenticated, Query), Error> {
    let context = RequestContext::of(parts);
    let caller = app.credentials.by_token(Face::GenAuth, token.trim(), context.source()).await?;
    context.identify(&caller.principal);
    app.rates.check(&caller.principal, context.rates())?;
    let raw = parts.uri.query().unwrap_or_default();
    Ok((caller, Query::read(raw, Plus::Space)))
}

/// Reports an unknown or revoked access key like a wrong secret, so that callers cannot tell them apart.
pub fn refused_as_signature(error: AuthError) -> Error {
    match error {
        AuthError::Refused => Refusal::Signature.into(),
        other => other.into(),
    }
}

fn names_another_pool(headers: &HeaderMap, own: &UserPoolId) -> bool {
    USER_POOL_ID
        .iter()
        .flat_map(|name| headers.get_all(*name))
        .map(HeaderValue::as_bytes)
        .any(|named| !named.is_empty() && named != own.as_str().as_bytes())
}
