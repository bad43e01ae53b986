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
use crate::auth::{AuthError, Authenticated, Signer};
use crate::cache::CachedDirectory;
use crate::core::face::Face;
use crate::core::id::{CredentialPublicId, UserPoolId};

/// Headers by which a token's holder names its user pool.
const USER_POOL_ID: [&str; 2] = ["x-authing-userpool-id", "x-genauth-userpool-id"];

/// A caller who is known, and may call now.
#[derive(Debug)]
pub struct Caller {
    /// The user pool that the credential opens.
    pub directory: CachedDirectory,
    /// How much one request to this user pool may ask.
    pub limits: Limits,
    /// The query as the caller meant it: a signature can tell.
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
) -> Result<(Authenticated, Query), Error> {
    let request = SignedRequest::read(parts, brand, credentials, app.clock.now())?;
    let (signer, query) = signer_of(app, &request, false).await?;
    RequestContext::of(parts).identify(&signer.principal);
    // Before the nonce is used up, so that a request that was put off can be sent again as it is.
    app.rates.check(&signer.principal)?;
    let accepted = app.credentials.accept(signer, request.nonce(), request.counts_until()).await?;
    let accepted = accepted.ok_or(Refusal::Replayed)?;
    if !accepted.is_current {
        // The credential has changed since it was last read: is it still this signature's?
        signer_of(app, &request, true).await?;
    }
    Ok((accepted.caller, query))
}

/// Who signed `request`, and the query as it was signed. A signature that does not fit what is kept of the access key
/// may be made with a newer secret; the database is asked before it is refused.
async fn signer_of(app: &App, request: &SignedRequest<'_>, is_anew: bool) -> Result<(Signer, Query), Error> {
    let id = &CredentialPublicId::new(request.access_key_id());
    let found = if is_anew {
        app.credentials.signer_anew(Face::GenAuth, id).await
    } else {
        app.credentials.signer(Face::GenAuth, id).await
    };
    let signer = found.map_err(refused_as_signature)?;
    match request.verify(&signer.secrets) {
        Some(query) => Ok((signer, query)),
        None if signer.is_cached() => Box::pin(signer_of(app, request, true)).await,
        None => Err(Refusal::Signature.into()),
    }
}

async fn by_token(parts: &Parts, app: &App, token: &str) -> Result<(Authenticated, Query), Error> {
    let caller = app.credentials.by_token(Face::GenAuth, token.trim()).await?;
    RequestContext::of(parts).identify(&caller.principal);
    app.rates.check(&caller.principal)?;
    let raw = parts.uri.query().unwrap_or_default();
    Ok((caller, Query::read(raw, Plus::Space)))
}

/// An unknown or revoked access key is told like a wrong secret of a good one.
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
