//! SCIM 2.0 (RFC 7643, RFC 7644) at `/scim/v2`: identity providers such as Microsoft Entra and Okta create, change and
//! delete the users of one tenant, which callers of the vendors' APIs see at once.
//!
//! The protocol itself is [`wire::scim`](crate::wire::scim), what is done [`admin::Provisioning`](crate::admin); this is
//! its HTTP. It writes as the schema's owner: a gateway without that login answers 501.
//!
//! # Deviations
//!
//! | decision | test |
//! | --- | --- |
//! | No groups, bulk requests, `/Me`, cursors: 501, and discovery says so; lists are in the order in which users were added, `sortBy` is ignored | `scim::discovery::*` |
//! | A filter that no index answers looks at every user of a directory of at most 10,000, and is 400 `tooMany` in a larger one | `scim::lists::*` |
//! | `userName` is unique in any case among the users that a provider wrote; an imported user is found by its own spelling and in small letters | `scim::users::*` |
//! | POST for a name that an import has is 409: the client finds and changes that user | `scim::users::*` |
//! | `profileUrl` is any text, and so published as text: identity providers and imports write names there | `scim::dialects::*` |
//! | `active` is true for a user without a status, and so after it was removed | `.ci/scim` |
//! | `POST /.search` is 501: `/Users/.search` is there | `scim::discovery::*` |
//! | Every endpoint needs the token, discovery too | `scim::access::*` |
//! | The OpenAPI documents describe the vendors' APIs alone: SCIM describes itself, in `/Schemas` | `scim::discovery::*` |

mod auth;
mod discovery;
mod error;
mod request;
mod response;
mod routes;

use axum::Router;
use axum::routing::{any, get, post};

pub use self::error::Error;
use super::App;

/// Path under which the endpoints are.
const BASE: &str = "/scim/v2";

/// Whether `path` belongs to SCIM.
pub fn owns(path: &str) -> bool {
    path == "/scim" || path.starts_with("/scim/")
}

/// The routes.
pub fn routes() -> Router<App> {
    let endpoints = Router::new()
        .route("/Users", get(routes::list_users).post(routes::create_user))
        .route("/Users/.search", post(routes::search_users))
        .route(
            "/Users/{id}",
            get(routes::get_user)
                .put(routes::replace_user)
                .patch(routes::patch_user)
                .delete(routes::delete_user),
        )
        .route("/ServiceProviderConfig", get(discovery::service_provider_config))
        .route("/ResourceTypes", get(discovery::resource_types))
        .route("/ResourceTypes/{name}", get(discovery::resource_type))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/{name}", get(discovery::schema))
        .route("/.search", post(discovery::no_common_search))
        .route("/Me", any(discovery::no_me))
        .route("/Bulk", any(discovery::no_bulk))
        .route("/Groups", any(discovery::no_groups))
        .route("/Groups/{*rest}", any(discovery::no_groups));
    Router::new().nest(BASE, endpoints)
}
