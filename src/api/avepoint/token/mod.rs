//! `POST /connect/token`: OAuth 2.0 client credentials (RFC 6749, section 4.4).

mod audience;
mod error;
mod form;

use axum::extract::{Request, State};
use axum::http::header::PRAGMA;
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) use self::audience::{TOKEN_PATH, audiences, token_url};
pub(super) use self::error::OAuthError;
use self::error::TokenError;
use self::form::{ClientProof, TokenRequest};
pub(super) use self::form::{GRANT_TYPE, GrantType};
use crate::api::avepoint::auth::note_readers;
use crate::api::context::RequestContext;
use crate::api::enumerated::enumerated;
use crate::api::json::Json;
use crate::api::public_url::PublicUrl;
use crate::api::{App, body};
use crate::auth::{AuthError, OneTimeAssertion, Principal, Source};
use crate::core::face::Face;
use crate::core::scope::Scope;

/// Maximum length of `scope`, in characters: the vendor's limit (contract, section 1).
const MAX_SCOPE_CHARS: usize = 300;

enumerated! {
    /// Type of a token.
    TokenType = [BEARER];
}

/// The type of all tokens.
const BEARER: &str = "Bearer";

/// An access token (RFC 6749, section 5.1).
#[derive(Debug, Serialize, ToSchema)]
struct TokenResponse {
    /// The token, to be sent as `Authorization: Bearer …`.
    access_token: String,
    /// Lifetime, in seconds.
    expires_in: i64,
    /// `Bearer`.
    #[schema(value_type = TokenType)]
    token_type: &'static str,
    /// Its scopes, separated by spaces.
    scope: String,
}

/// Get an access token.
///
/// The client authenticates with its secret, in the form or in `Authorization: Basic`, or with an assertion signed with
/// RS256 or PS256 (RFC 7523).
#[utoipa::path(
    post,
    path = "/connect/token",
    operation_id = "getToken",
    tag = "tokens",
    request_body(content = form::TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token with the requested scopes.", body = TokenResponse),
        TokenError,
    )
)]
pub(super) async fn token(State(app): State<App>, request: Request) -> Response {
    let mut response = match grant(&app, request).await {
        Ok(granted) => Json(granted).into_response(),
        Err(error) => error.into_response(),
    };
    response.headers_mut().insert(PRAGMA, const { axum::http::HeaderValue::from_static("no-cache") });
    response
}

async fn grant(app: &App, request: Request) -> Result<TokenResponse, TokenError> {
    let (parts, body) = request.into_parts();
    let url = PublicUrl::of(&parts, app);
    let context = RequestContext::of(&parts);
    let body = body::read_small(body).await?;
    let request = TokenRequest::read(&parts.headers, &body)?;
    if matches!(request.proof, ClientProof::Assertion { .. }) && !url.is_trusted() {
        return Err(TokenError::NoAudience);
    }
    let authenticated = authenticate(app, &request.proof, &url, context.source()).await;
    let (principal, assertion) = authenticated.map_err(|source| request.invalid_client(source))?;
    context.identify(&principal);
    // Before the assertion is consumed, so that a client that was refused can send the same one again: one that is
    // rate-limited, or MSAL, which keeps an assertion for minutes, with other scopes.
    app.rates.check(&principal, context.rates())?;
    let scopes = granted(&principal, request.scope.as_deref());
    let scopes = scopes.inspect_err(|_| app.uses.count(&principal))?;
    if let Some(assertion) = assertion {
        let consumed = app.credentials.consume(&principal, assertion).await;
        consumed.map_err(|source| request.invalid_client(source))?;
    }
    app.uses.count(&principal);
    note_readers(app, &context, &principal).await?;
    let token = app.credentials.issue_token(Face::AvePoint, &principal, url.as_str(), &scopes)?;
    Ok(TokenResponse {
        access_token: token.expose_secret().to_owned(),
        expires_in: Face::AvePoint.token_seconds(),
        token_type: BEARER,
        scope: Scope::join(&scopes),
    })
}

/// Authenticates the client; returns its assertion, if it used one.
async fn authenticate(
    app: &App,
    proof: &ClientProof,
    url: &PublicUrl,
    source: &Source,
) -> Result<(Principal, Option<OneTimeAssertion>), AuthError> {
    match proof {
        ClientProof::Secret { client_id, secret, .. } => {
            let secret = secret.expose_secret();
            Ok((app.credentials.by_id_and_secret(Face::AvePoint, client_id, secret, source).await?, None))
        }
        ClientProof::Assertion { assertion, client_id } => {
            let (client_id, audiences) = (client_id.as_ref(), audiences(url));
            let signed =
                app.credentials.by_assertion(Face::AvePoint, assertion, client_id, &audiences, source);
            signed.await.map(|(principal, unspent)| (principal, Some(unspent)))
        }
    }
}

/// The scopes of the token: those requested, without duplicates, or all that the client has. A scope not granted to the
/// client is an error rather than dropped, so that the client notices early.
fn granted(principal: &Principal, requested: Option<&str>) -> Result<Vec<Scope>, TokenError> {
    let Some(requested) = requested else {
        return Some(principal.scopes.clone()).filter(|all| !all.is_empty()).ok_or(TokenError::InvalidScope);
    };
    if requested.chars().count() > MAX_SCOPE_CHARS {
        return Err(TokenError::InvalidScope);
    }
    let mut scopes = Vec::new();
    for name in requested.split(' ').filter(|name| !name.is_empty()) {
        let scope = name.parse().map_err(|_| TokenError::InvalidScope)?;
        if !principal.has_scope(scope) {
            return Err(TokenError::InvalidScope);
        }
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    if scopes.is_empty() { Err(TokenError::InvalidScope) } else { Ok(scopes) }
}
