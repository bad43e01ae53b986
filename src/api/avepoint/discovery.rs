//! What an OAuth client can find out by itself (RFC 8414, at the path of OpenID Connect Discovery, where the
//! vendor's C# sample begins).

use axum::extract::{Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::origin::Origin;
use super::token::ASSERTION_ALGORITHM;
use crate::api::App;
use crate::api::json::Json;
use crate::core::scope::Scope;

/// The gateway as an authorisation server. There is no `jwks_uri`: its tokens are opaque to clients, and signed
/// with a key that has no public half.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Discovery {
    /// Issuer of the access tokens.
    issuer: String,
    /// Where tokens are got.
    token_endpoint: String,
    /// `client_credentials` alone.
    grant_types_supported: [&'static str; 1],
    /// None: no one signs in here.
    response_types_supported: [&'static str; 0],
    /// How a client may prove itself: by an assertion only where one can name this server.
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    /// How a client assertion is signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_signing_alg_values_supported: Option<[&'static str; 1]>,
    /// The permissions.
    scopes_supported: [&'static str; 3],
}

/// What this authorisation server supports.
#[utoipa::path(
    get,
    path = "/.well-known/openid-configuration",
    operation_id = "getDiscovery",
    tag = "tokens",
    responses((status = 200, description = "The authorisation server's metadata.", body = Discovery))
)]
pub(super) async fn discovery(State(app): State<App>, request: Request) -> impl IntoResponse {
    let (parts, _) = request.into_parts();
    let origin = Origin::of(&parts, &app);
    let takes_assertions = !origin.audiences().is_empty();
    let by_assertion = takes_assertions.then_some("private_key_jwt");
    let metadata = Discovery {
        issuer: origin.issuer().to_owned(),
        token_endpoint: origin.token_url(),
        grant_types_supported: ["client_credentials"],
        response_types_supported: [],
        token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"]
            .into_iter()
            .chain(by_assertion)
            .collect(),
        token_endpoint_auth_signing_alg_values_supported: takes_assertions.then_some([ASSERTION_ALGORITHM]),
        scopes_supported: Scope::ALL.map(Scope::as_str),
    };
    // It may name the host of the request, so no cache between may give it to another.
    ([(CACHE_CONTROL, "no-store")], Json(metadata))
}
