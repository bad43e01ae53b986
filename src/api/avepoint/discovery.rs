//! What an OAuth client can find out by itself (RFC 8414, at the path of OpenID Connect Discovery, where the vendor's
//! C# sample begins).

use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::token::{ASSERTION_ALGORITHM, audiences, token_url};
use crate::api::json::Json;
use crate::api::public_url::PublicUrl;
use crate::core::scope::Scope;

/// The gateway as an authorisation server. There is no `jwks_uri`: its tokens are opaque to clients, and signed with a
/// key that has no public half.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Discovery {
    /// Issuer of the access tokens.
    issuer: String,
    /// Where clients get tokens.
    token_endpoint: String,
    /// `client_credentials` alone.
    grant_types_supported: [&'static str; 1],
    /// None: no one signs in here.
    response_types_supported: [&'static str; 0],
    /// How a client may authenticate. Assertions are supported only where the address of this server is certain.
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    /// How a client assertion is signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_signing_alg_values_supported: Option<[&'static str; 1]>,
    /// The scopes.
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
pub(super) async fn discovery(url: PublicUrl) -> impl IntoResponse {
    let takes_assertions = !audiences(&url).is_empty();
    let by_assertion = takes_assertions.then_some("private_key_jwt");
    let metadata = Discovery {
        issuer: url.as_str().to_owned(),
        token_endpoint: token_url(&url),
        grant_types_supported: ["client_credentials"],
        response_types_supported: [],
        token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"]
            .into_iter()
            .chain(by_assertion)
            .collect(),
        token_endpoint_auth_signing_alg_values_supported: takes_assertions.then_some([ASSERTION_ALGORITHM]),
        scopes_supported: Scope::ALL.map(Scope::as_str),
    };
    // It may name the host of the request, so no cache on the way may give it to another client.
    ([(CACHE_CONTROL, "no-store")], Json(metadata))
}
