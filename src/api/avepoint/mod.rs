//! The AvePoint Elements face: tokens, customers with their tenants, and the users of a tenant in numbered pages.
//!
//! # Deviations
//!
//! Where the seed is silent, contradicts itself or the live service is not known, this is what is answered:
//!
//! * Method: POST alone, as the method table says; "send a GET" in the seed's sample is boilerplate. Any other
//!   method is 405 with `Allow: POST`, whether it has a body or not.
//! * Filter: `userIds` that is missing, null or empty, JSON `null` and no body at all mean all users. Ids that
//!   are not known match nobody, repeated ones count once; a list of none but unknown ids matches nobody.
//! * Body: of any content type; members that are not known are ignored; `userIds` is read in any case, as
//!   ASP.NET reads it, for a filter that is silently none would answer with everybody. Anything but a list of
//!   strings, more than 10,000 ids (a setting), and `userIds` twice are 400 with the place.
//! * Paging: `pageIndex` from 1, `pageSize` 1 to 1,000 (a setting; the vendor's later text has 100), default 100
//!   as in the seed (later 50). Names in any case; anything but one integer in digits is 400: clamping would
//!   answer another question. In the body they have no effect. A page past the end is empty with the true total.
//! * A tenant's `batchLimit` lowers the most ids and the largest `pageSize`, and with it the default one.
//! * Order: the order in which users were added, which no later change touches. Users that are added while a
//!   client pages come after all it has seen. The total is counted in the snapshot of the page.
//! * Customers come in the order of their ids, and their tenants in the order of theirs.
//! * All 18 members of a user are always there. Text that is not known is null; `age` is then 0, and a date
//!   1970-01-01T00:00:00Z, as the vendor's types without null show them. Dates are UTC in whole seconds.
//! * `age`: whole days since the password was set, 0 if that is still to come.
//! * `status`: an array, as every sample has it, though the table says integer; each number once, ascending.
//! * `id`: the one that Elements issued for the user, if one was kept, or the user's own. Either finds it.
//! * `readwrite` implies `read`, when a token is asked for and when it is used.
//! * 401 for a token that is missing or not good, with `WWW-Authenticate` (RFC 6750); 403 for one that lacks the
//!   permission. A customer or tenant that is absent, suspended or another's is the same 404.
//! * Errors: `statusCode`, `message`, `requestId`, the last also as the header `request-id` of every answer.
//! * Tokens: `invalid_client` is 400, as the vendor's server answers, but 401 if the client tried by
//!   `Authorization: Basic`, as RFC 6749, section 5.2 demands. No scope asks for all that is granted; one too
//!   many, or more than 300 characters, is `invalid_scope`. 429 and 503 say `temporarily_unavailable`.
//! * Client assertions: RS256 alone. `aud` is the token endpoint or the issuer, at the configured address
//!   (without one at a loopback address alone: a `Host` header is the caller's own word); `exp` at most an hour ahead; `jti` is required and counts once.
//! * Discovery has no `jwks_uri`: access tokens are opaque to clients. Its other members are those of RFC 8414.

mod auth;
mod discovery;
mod dto;
pub mod error;
mod origin;
mod page;
mod permission;
mod rendering;
mod routes;
mod token;

use axum::extract::DefaultBodyLimit;
use utoipa::openapi::security::{ClientCredentials, Flow, OAuth2, Scopes, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::origin::TOKEN_PATH;
use self::permission::Permission;
use super::{FaceRoutes, TOKEN_BODY_BYTES};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "AvePoint Elements: users",
        description = "The users of customers' tenants, as AvePoint Elements answers for them."
    ),
    servers((url = "/")),
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
        let scopes = Permission::ALL.map(|permission| (permission.as_str(), permission.description()));
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
