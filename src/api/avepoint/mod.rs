//! The AvePoint Elements face: access tokens, customers with their tenants, and the users of a tenant in numbered pages.
//!
//! # Deviations
//!
//! What the gateway does where the seed is silent or contradicts itself, or where the live service is not known:
//!
//! * Method: POST alone, as the table of methods says; "send a GET" in the seed's sample is boilerplate. Any other
//!   method gets 405 with `Allow: POST`, with or without a body.
//! * Filter: `userIds` that is missing, null or empty, a body of JSON `null`, and no body at all mean all users.
//!   Unknown ids match nobody, repeated ids count once, and a list of unknown ids alone matches nobody.
//! * Body: any content type is accepted and unknown members are ignored. `userIds` is read in any case, as ASP.NET
//!   reads it: a filter that is dropped over a capital letter would return everybody. Anything but a list of strings,
//!   more than 10,000 ids (a setting) and a repeated `userIds` get 400 with the path.
//! * Paging: `pageIndex` from 1, `pageSize` from 1 to 1,000 (a setting; 100 in the vendor's later text), 100 by default
//!   as in the seed (50 later). Parameter names are read in any case; anything but one integer in digits gets 400, since
//!   clamping would answer a different question. Paging members of the body have no effect. A page past the end is
//!   empty and has the true total.
//! * A tenant's `batchLimit` lowers the maximum number of ids, the maximum `pageSize`, and with it the default one.
//! * Order: users come in the order in which they were added, which no later change affects, so that users added while
//!   a client pages come after all it has seen. The total is counted in the snapshot of the page.
//! * Customers come in the order of their ids, and so do the tenants of each.
//! * A user always has all 18 members. Text that is not known is null; an unknown `age` is 0 and an unset date is
//!   1970-01-01T00:00:00Z, as in the vendor's types, which have no null. Dates are in UTC and whole seconds.
//! * `age`: whole days since the password was set; 0 if that is still to come.
//! * `status`: an array, as in every sample, although the table says integer; each number once, ascending.
//! * `id`: the id that Elements issued for the user, if one is stored, or else the user's own. Either finds the user.
//! * `readwrite` implies `read`, both when a token is requested and when it is used.
//! * A token that is missing or not valid gets 401 with `WWW-Authenticate` (RFC 6750), and a token without the
//!   permission 403. A customer or tenant that does not exist, is suspended or belongs to another partner gets the same
//!   404.
//! * Errors have `statusCode`, `message` and `requestId`; every response has the last also in its header `request-id`.
//! * Tokens: `invalid_client` is 400, as the vendor's server responds, but 401 if the client used
//!   `Authorization: Basic`, as RFC 6749, section 5.2 demands. A request without `scope` gets every scope that was
//!   granted; a scope that was not granted, or more than 300 characters, is `invalid_scope`. 429 and 503 are
//!   `temporarily_unavailable`.
//! * Client assertions: RS256 alone. `aud` is the token endpoint or the issuer, at the configured address; without one,
//!   at a loopback address only, since `Host` is whatever the caller wrote. `exp` is at most an hour ahead, `jti` is
//!   required, and an assertion is accepted once.
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

use self::token::TOKEN_PATH;
use super::{FaceRoutes, TOKEN_BODY_BYTES};
use crate::core::scope::Scope;
use crate::wire::avepoint::ErrorBody;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "AvePoint Elements: users",
        description = "The users of customers' tenants, as AvePoint Elements returns them."
    ),
    servers((url = "/")),
    components(schemas(ErrorBody)),
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
        let scopes = Scope::ALL.map(|scope| (scope.as_str(), scope.description()));
        let flow = ClientCredentials::new(TOKEN_PATH, Scopes::from_iter(scopes));
        let scheme = SecurityScheme::OAuth2(OAuth2::new([Flow::ClientCredentials(flow)]));
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("oauth2", scheme);
    }
}

/// The face's routes.
pub(super) fn routes() -> FaceRoutes {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(token::token))
        .layer(DefaultBodyLimit::max(TOKEN_BODY_BYTES))
        .routes(routes!(discovery::discovery))
        .routes(routes!(routes::customers_batch))
        .routes(routes!(routes::users_batch))
}

/// Whether a path without a route belongs to this face.
pub(super) fn owns(path: &str) -> bool {
    path.starts_with("/partner/")
        || path.starts_with("/connect/")
        || path == "/.well-known/openid-configuration"
}
