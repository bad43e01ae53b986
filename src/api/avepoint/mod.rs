//! The AvePoint Elements face: access tokens, customers with their tenants, and users of a tenant in numbered pages.
//!
//! # Deviations
//!
//! Behaviour where the seed is silent or inconsistent, or the live service is unknown:
//!
//! * Members and parameters that this API does not know are ignored, as by the vendor; the response names them in
//!   `x-userbatch-ignored`.
//! * Method: POST only, as in the table of methods; "send a GET" in the seed's sample is boilerplate. Any other
//!   method gets 405 with `Allow: POST`, with or without a body.
//! * Filter: `userIds` that is missing, null or empty, a body of JSON `null`, and no body at all mean all users.
//!   Unknown ids match no user, repeated ids count once, and a list of only unknown ids gives an empty page.
//! * Body: any content type is accepted and unknown members are ignored. `userIds` is
//!   case-insensitive, as in ASP.NET: ignoring a misspelt filter would return all users. Anything but a list of
//!   strings, more than 10,000 ids (a setting) or a repeated `userIds` gets 400 with the path.
//! * Paging: `pageIndex` from 1, `pageSize` from 1 to 1,000 (a setting; 100 in the vendor's later text), 100 by default
//!   as in the seed (50 later). Parameter names are case-insensitive; anything but a single decimal integer gets 400
//!   rather than being clamped. Paging members of the body have no effect. A page past the end is empty and has the
//!   correct total.
//! * A tenant's `batchLimit` caps the number of ids, the maximum `pageSize` and the default `pageSize`.
//! * Order: users are sorted by the order in which they were added, which never changes, so users added while a client
//!   pages come last. The total is from the same snapshot as the page.
//! * Customers, and the tenants of each, are sorted by id.
//! * A user always has all 18 members. Unknown text is null, an unknown `age` is 0 and an unset date is
//!   1970-01-01T00:00:00Z, as in the vendor's types, which have no null. Dates are in UTC and whole seconds.
//! * `age`: whole days since the password was set; 0 if that is in the future.
//! * `status`: an array, as in every sample, although the table says integer; distinct and ascending.
//! * `id`: the id issued by Elements if one is stored, otherwise the user's own. Lookups accept both.
//! * `readwrite` implies `read`, both when a token is requested and when it is used.
//! * A missing or invalid token gets 401 with `WWW-Authenticate` (RFC 6750), a token without the permission 403. A
//!   customer or tenant that does not exist, is suspended or belongs to another partner gets the same 404.
//! * A message says which fault a token has; for a missing one only the form of the request decides, never whether
//!   something else in it is valid.
//! * Errors have `statusCode`, `message` and `requestId`; every response also has the latter in the header
//!   `request-id`.
//! * Tokens: `invalid_client` is 400, as the vendor's server responds, but 401 if the client used
//!   `Authorization: Basic`, as RFC 6749, section 5.2 requires. A request without `scope` gets all granted scopes; a
//!   scope that was not granted, or more than 300 characters, is `invalid_scope`. 429 and 503 are
//!   `temporarily_unavailable`.
//! * Client assertions: RS256 or PS256. `aud` is the token endpoint or the issuer, with or without a slash at its end, at
//!   the configured public URL, since callers control `Host`, and a proxy beside the gateway may send it a loopback
//!   address; only the demo believes a loopback `Host`, of a request without a proxy's headers. Times may have a fraction. `exp` is at most an hour ahead, `jti` is required, and each assertion is accepted once.
//! * A response of more than 24 MiB gets 400, and a request counts against the rate limit once more for each hundred users
//!   that it names or pages through.
//! * Discovery has no `jwks_uri`, since access tokens are opaque to clients. Its other members are those of RFC 8414.

mod auth;
mod body;
mod discovery;
pub mod error;
mod page;
mod rendering;
mod routes;
mod token;

use axum::extract::DefaultBodyLimit;
use utoipa::openapi::security::{ClientCredentials, Flow, OAuth2, Scopes, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::token::{OAuthError, TOKEN_PATH};
use super::FaceRoutes;
use super::body::UNCOUNTED;
use crate::core::scope::Scope;
use crate::wire::avepoint::ErrorBody;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "AvePoint Elements: users",
        description = "The users of customers' tenants, as AvePoint Elements returns them."
    ),
    servers((url = "/")),
    components(schemas(ErrorBody, OAuthError)),
    modifiers(&ClientCredentialsFlow),
    tags(
        (name = "tokens", description = "Access tokens for app registrations."),
        (name = "customers", description = "Customers and their tenants."),
        (name = "users", description = "Users of a tenant.")
    )
)]
struct Description;

struct ClientCredentialsFlow;

impl Modify for ClientCredentialsFlow {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        describe_tokens(openapi, "");
    }
}

/// Describes where clients get tokens: from the gateway at `public_url`, or at the document's own address if empty.
/// Many tools do not resolve a relative URL.
pub(super) fn describe_tokens(openapi: &mut utoipa::openapi::OpenApi, public_url: &str) {
    let token_url = format!("{}{TOKEN_PATH}", public_url.trim_end_matches('/'));
    let scopes = Scope::ALL.map(|scope| (scope.as_str(), scope.description()));
    let flow = ClientCredentials::new(token_url, Scopes::from_iter(scopes));
    let scheme = SecurityScheme::OAuth2(OAuth2::new([Flow::ClientCredentials(flow)]));
    openapi.components.get_or_insert_default().add_security_scheme("oauth2", scheme);
}

/// The face's routes.
pub(super) fn routes() -> FaceRoutes {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(token::token))
        .layer(DefaultBodyLimit::max(UNCOUNTED))
        .routes(routes!(discovery::server_metadata))
        .routes(routes!(discovery::discovery))
        .routes(routes!(routes::customers_batch))
        .routes(routes!(routes::users_batch))
}

/// Whether `path` belongs to this face, even without a route.
pub(super) fn owns(path: &str) -> bool {
    path.starts_with("/partner/")
        || path.starts_with("/connect/")
        || path == "/.well-known/oauth-authorization-server"
        || path == "/.well-known/openid-configuration"
}
