//! SCIM 2.0 (RFC 7643, RFC 7644) at `/scim/v2`: identity providers such as Microsoft Entra and Okta create, change and
//! delete the users and groups of one tenant, which callers of the vendors' APIs see at once.
//!
//! The protocol itself is [`wire::scim`](crate::wire::scim), what is done [`admin::Provisioning`](crate::admin); this is
//! its HTTP. It writes as the schema's owner: a gateway without that login answers 501.
//!
//! # Deviations
//!
//! | decision | test |
//! | --- | --- |
//! | `/Me` is 501: the token is an identity provider's and no user's | `scim::discovery::*` |
//! | Without `sortBy`, users are in the order in which they were added, which is that of `meta.created` too, and groups in that of their ids | `scim::orders::*` |
//! | A filter that no index answers, or an order other than the usual one, looks at every user or group if there are at most 10,000, and is 400 `tooMany` if there are more | `scim::lists::*` |
//! | A cursor of a sorted list expires when the resource that ended the part is deleted or gets another value | `scim::orders::*` |
//! | `userName` is unique in any case, except that an import may hold names that differ in nothing else: a filter finds both | `scim::users::*` |
//! | A group is a department: its members are the users whose `departmentIds` hold its id, whoever set them. One that an import brought is named by its id, and is there until it is deleted | `scim::groups::*` |
//! | PATCH of a group is 204, unless attributes are named: fifty thousand members are not sent back for one who joined | `scim::groups::*` |
//! | A member that is the id of no user is 400: groups have no groups | `scim::groups::*` |
//! | Members are not in the audit log, which counts them | `scim::groups::*` |
//! | Each operation of a bulk request counts as a request against rate limits | `scim::bulk::*` |
//! | POST for a name that an import has is 409: the client finds and changes that user | `scim::users::*` |
//! | `profileUrl` is any text, and so published as text: identity providers and imports write names there | `scim::dialects::*` |
//! | `active` is true for a user without a status, and so after it was removed | `.ci/scim` |
//! | `POST /.search` is 501: `/Users/.search` and `/Groups/.search` are there | `scim::discovery::*` |
//! | Every endpoint needs the token, discovery too | `scim::access::*` |
//! | The OpenAPI documents describe the vendors' APIs alone: SCIM describes itself, in `/Schemas` | `scim::discovery::*` |

mod auth;
mod bulk;
mod discovery;
mod error;
mod groups;
mod lists;
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
        .route("/Bulk", post(bulk::bulk))
        .route("/Groups", get(groups::list_groups).post(groups::create_group))
        .route("/Groups/.search", post(groups::search_groups))
        .route(
            "/Groups/{id}",
            get(groups::get_group)
                .put(groups::replace_group)
                .patch(groups::patch_group)
                .delete(groups::delete_group),
        );
    Router::new().nest(BASE, endpoints)
}
