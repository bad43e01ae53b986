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
//! | In a list of users and groups, users come first unless it is sorted. Both are looked at as in their own lists: a filter that no index answers for one of them is 400 `tooMany` if there are more than 10,000 of it, unless it asks for the other alone | `scim::root::*` |
//! | A part of a list of groups has at most 100,000 members together, and so may have fewer groups than `count`; one group is shown with up to 500,000 | `scim::large_groups::*` |
//! | In a bulk request, `bulkId:` is a reference in a path, and as the value of members and managers; elsewhere it is text | `scim::bulk::*` |
//! | Every endpoint needs the token, discovery too | `scim::access::*` |

mod auth;
mod bulk;
mod description;
mod discovery;
mod error;
mod groups;
mod lists;
mod request;
mod response;
mod routes;

use axum::Router;
use axum::routing::{any, get};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::error::Error;
use super::{App, Document};

/// Path under which the endpoints are.
const BASE: &str = "/scim/v2";

/// Path of the OpenAPI document.
pub const DOCUMENT_PATH: &str = "/openapi/scim.json";

/// Whether `path` belongs to SCIM.
pub fn owns(path: &str) -> bool {
    path == "/scim" || path.starts_with("/scim/")
}

/// The operations, with their description.
fn operations() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(description::openapi())
        .routes(routes!(routes::list_users, routes::create_user))
        .routes(routes!(routes::search_users))
        .routes(routes!(routes::get_user, routes::replace_user, routes::patch_user, routes::delete_user))
        .routes(routes!(groups::list_groups, groups::create_group))
        .routes(routes!(groups::search_groups))
        .routes(routes!(groups::get_group, groups::replace_group, groups::patch_group, groups::delete_group))
        .routes(routes!(lists::list_all))
        .routes(routes!(lists::search_all))
        .routes(routes!(bulk::bulk))
        .routes(routes!(discovery::service_provider_config))
        .routes(routes!(discovery::resource_types))
        .routes(routes!(discovery::resource_type))
        .routes(routes!(discovery::schemas))
        .routes(routes!(discovery::schema))
}

/// The OpenAPI document.
#[must_use]
pub fn document() -> Document {
    let openapi = description::complete(operations().into_openapi());
    Document { title: "SCIM 2.0", path: DOCUMENT_PATH, openapi }
}

/// The routes, and that of an optional part of the protocol that is not offered.
pub fn routes() -> Router<App> {
    let others = Router::new()
        .route(&format!("{BASE}/Me"), any(discovery::no_me))
        // As the standard writes the root.
        .route(&format!("{BASE}/"), get(lists::list_all));
    Router::from(operations()).merge(others)
}
