//! Authorization server metadata (RFC 8414), also at the path of OpenID Connect Discovery, which the vendor's C# sample
//! requests.

use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ServerErrors;
use super::token::{GRANT_TYPE, GrantType, audiences, token_url};
use crate::api::enumerated::{ScopeName, enumerated};
use crate::api::json::Json;
use crate::api::public_url::PublicUrl;
use crate::auth::SignatureAlgorithm;
use crate::core::scope::Scope;

enumerated! {
    /// How a client authenticates.
    AuthMethod = BY_SECRET.into_iter().chain([BY_ASSERTION]);
    /// Signature algorithm of a client's assertion.
    Algorithm = SignatureAlgorithm::ALL.map(SignatureAlgorithm::as_str);
}

const BY_SECRET: [&str; 2] = ["client_secret_post", "client_secret_basic"];
const BY_ASSERTION: &str = "private_key_jwt";

/// The metadata. There is no `jwks_uri`: tokens are opaque to clients and signed with a symmetric key.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Discovery {
    /// Issuer of the access tokens.
    issuer: String,
    /// URL of the token endpoint.
    token_endpoint: String,
    /// Only `client_credentials`.
    #[schema(value_type = Vec<GrantType>)]
    grant_types_supported: [&'static str; 1],
    /// Empty: there is no authorization endpoint.
    #[schema(value_type = Vec<String>, max_items = 0)]
    response_types_supported: [&'static str; 0],
    /// Client authentication methods. Assertions require a trusted public URL.
    #[schema(value_type = Vec<AuthMethod>)]
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    /// Signature algorithms of client assertions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Algorithm>, required = false)]
    token_endpoint_auth_signing_alg_values_supported: Option<[&'static str; SignatureAlgorithm::ALL.len()]>,
    /// Supported scopes.
    #[schema(value_type = Vec<ScopeName>)]
    scopes_supported: [&'static str; 3],
}

/// Get the authorization server's metadata, as RFC 8414 has it.
#[utoipa::path(
    get,
    path = "/.well-known/oauth-authorization-server",
    operation_id = "getServerMetadata",
    tag = "tokens",
    responses((status = 200, description = "The authorization server's metadata.", body = Discovery), ServerErrors)
)]
pub(super) async fn server_metadata(url: PublicUrl) -> impl IntoResponse {
    metadata(&url)
}

/// Get the authorization server's metadata, as OpenID Connect Discovery has it.
#[utoipa::path(
    get,
    path = "/.well-known/openid-configuration",
    operation_id = "getDiscovery",
    tag = "tokens",
    responses((status = 200, description = "The authorization server's metadata.", body = Discovery), ServerErrors)
)]
pub(super) async fn discovery(url: PublicUrl) -> impl IntoResponse {
    metadata(&url)
}

fn metadata(url: &PublicUrl) -> impl IntoResponse + use<> {
    let supports_assertions = !audiences(url).is_empty();
    let by_assertion = supports_assertions.then_some(BY_ASSERTION);
    let metadata = Discovery {
        issuer: url.as_str().to_owned(),
        token_endpoint: token_url(url),
        grant_types_supported: [GRANT_TYPE],
        response_types_supported: [],
        token_endpoint_auth_methods_supported: BY_SECRET.into_iter().chain(by_assertion).collect(),
        token_endpoint_auth_signing_alg_values_supported: supports_assertions
            .then_some(SignatureAlgorithm::ALL.map(SignatureAlgorithm::as_str)),
        scopes_supported: Scope::ALL.map(Scope::as_str),
    };
    // Not cacheable, since it may contain the request's `Host`. It holds nothing of a tenant: every page may read it.
    ([(CACHE_CONTROL, "no-store"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")], Json(metadata))
}
