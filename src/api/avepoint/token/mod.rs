//! `POST /connect/token`: OAuth 2.0 client credentials (RFC 6749, section 4.4).

mod error;
mod form;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::header::{CACHE_CONTROL, PRAGMA};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;

use self::error::{OAuthError, TokenError};
use self::form::{ClientProof, TokenRequest};
use super::origin::Origin;
use super::permission::Permission;
use crate::api::App;
use crate::api::context::RequestContext;
use crate::api::fault::Fault;
use crate::api::json::Json;
use crate::auth::{AuthError, Principal, Unspent};
use crate::core::face::Face;

/// How client assertions are signed.
pub(super) const ASSERTION_ALGORITHM: &str = "RS256";
/// Longest `scope`, in characters: the vendor's limit (contract, section 1).
const MAX_SCOPE_CHARS: usize = 300;

/// An access token (RFC 6749, section 5.1).
#[derive(Debug, Serialize, ToSchema)]
struct TokenResponse {
    /// To be sent as `Authorization: Bearer …`.
    access_token: String,
    /// How long it counts, in seconds.
    #[schema(example = 3600)]
    expires_in: i64,
    /// `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// What it grants, separated by spaces.
    #[schema(example = "elements.um.user.read.all")]
    scope: String,
}

/// Get an access token.
///
/// A client proves itself by its secret, in the form or in `Authorization: Basic`, or by an assertion that it
/// signed with RS256 (RFC 7523).
#[utoipa::path(
    post,
    path = "/connect/token",
    operation_id = "getToken",
    tag = "tokens",
    request_body(content = form::TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token that grants what was asked for.", body = TokenResponse),
        (status = 400, description = "What is wrong, as RFC 6749, section 5.2 says it.", body = OAuthError),
        (status = 401, description = "The client in `Authorization: Basic` is not known.", body = OAuthError),
        (status = 413, description = "The body is too large.", body = OAuthError),
        (status = 429, description = "Too many requests; see `Retry-After`.", body = OAuthError),
        (status = 503, description = "Not available now; see `Retry-After`.", body = OAuthError),
    )
)]
pub(super) async fn token(State(app): State<App>, request: Request) -> Response {
    let mut response = match grant(&app, request).await {
        Ok(granted) => Json(granted).into_response(),
        Err(error) => error.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, const { axum::http::HeaderValue::from_static("no-store") });
    headers.insert(PRAGMA, const { axum::http::HeaderValue::from_static("no-cache") });
    response
}

async fn grant(app: &App, request: Request) -> Result<TokenResponse, TokenError> {
    let (parts, body) = request.into_parts();
    let origin = Origin::of(&parts, app);
    let headers = parts.headers.clone();
    let context = RequestContext::of(&parts);
    let body: Result<Bytes, BytesRejection> =
        Bytes::from_request(Request::from_parts(parts, body), app).await;
    let asked = TokenRequest::read(&headers, &body.map_err(Fault::from)?)?;
    let (principal, unspent) =
        identify(app, &asked.proof, &origin).await.map_err(|source| asked.refusal(source))?;
    context.identify(&principal);
    // Before the assertion is used up, so that a request that was put off can be sent again as it is.
    app.rates.check(&principal)?;
    if let Some(assertion) = unspent {
        app.credentials.spend(&principal, assertion).await.map_err(|source| asked.refusal(source))?;
    }
    app.uses.count(&principal);
    let scopes = granted(&principal, asked.scope.as_deref())?;
    let token = app.credentials.issue_token(Face::AvePoint, &principal, origin.issuer(), &scopes)?;
    Ok(TokenResponse {
        access_token: token.expose_secret().to_owned(),
        expires_in: Face::AvePoint.token_seconds(),
        token_type: "Bearer",
        scope: scopes.join(" "),
    })
}

async fn identify(
    app: &App,
    proof: &ClientProof,
    origin: &Origin,
) -> Result<(Principal, Option<Unspent>), AuthError> {
    match proof {
        ClientProof::Secret { client_id, secret, .. } => {
            let secret = secret.expose_secret();
            Ok((app.credentials.by_id_and_secret(Face::AvePoint, client_id, secret).await?, None))
        }
        ClientProof::Assertion { assertion, client_id } => {
            let client_id = client_id.as_deref();
            let audiences = origin.audiences();
            let proved =
                app.credentials.by_assertion(Face::AvePoint, assertion, client_id, &audiences).await?;
            Ok((proved.0, Some(proved.1)))
        }
    }
}

/// What the token will grant: what was asked for, each once, or all that the client has. More than that is
/// refused, not cut down: a client would find out only when a call fails.
fn granted<'a>(principal: &'a Principal, asked: Option<&'a str>) -> Result<Vec<&'a str>, TokenError> {
    let Some(asked) = asked else {
        let all: Vec<&str> = principal.scopes.iter().map(String::as_str).collect();
        return if all.is_empty() { Err(TokenError::InvalidScope) } else { Ok(all) };
    };
    if asked.chars().count() > MAX_SCOPE_CHARS {
        return Err(TokenError::InvalidScope);
    }
    let mut scopes: Vec<&str> = Vec::new();
    for scope in asked.split(' ').filter(|scope| !scope.is_empty()) {
        let permission = Permission::ALL.into_iter().find(|permission| permission.as_str() == scope);
        if !permission.is_some_and(|permission| permission.is_held_by(principal)) {
            return Err(TokenError::InvalidScope);
        }
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    if scopes.is_empty() { Err(TokenError::InvalidScope) } else { Ok(scopes) }
}
