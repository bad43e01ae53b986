//! The OpenAPI document: what the operations have in common.

mod messages;
mod parameters;
mod refusals;
mod resources;

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{self, Components};
use utoipa::{Modify, OpenApi as _};

use self::messages::{
    BulkRequest, BulkResponse, PatchRequest, ResourceType, Schema, SearchRequest, ServiceProviderConfig,
};
pub(super) use self::parameters::{ListParameters, ShownAttributes};
pub(super) use self::refusals::{BodyRefusals, FilterRefusal, NotFound, Refusals, Taken, VersionRefusal};
use crate::api::completion;
use crate::wire::scim::ErrorBody;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "SCIM 2.0",
        description = "Users and groups of one tenant, as identity providers create, change and delete them \
            (RFC 7643, RFC 7644; cursors by RFC 9865). What each attribute is, `/Schemas` tells. Bodies may also be sent \
            as `application/json`."
    ),
    servers((url = "/")),
    components(schemas(
        ErrorBody,
        PatchRequest,
        SearchRequest,
        BulkRequest,
        BulkResponse,
        ServiceProviderConfig,
        ResourceType,
        Schema
    )),
    modifiers(&Bearer, &Resources),
    tags(
        (name = "users", description = "Users."),
        (name = "groups", description = "Departments with their users."),
        (name = "all", description = "Users and groups in one list."),
        (name = "bulk", description = "Several operations in one request."),
        (name = "discovery", description = "What the service offers.")
    ),
    security(("bearer" = []))
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut openapi::OpenApi) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description =
            Some("A token of one tenant, as `userbatch credential issue --face scim` issues it.".to_owned());
        components(openapi).add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The bodies that are users and groups.
struct Resources;

impl Modify for Resources {
    fn modify(&self, openapi: &mut openapi::OpenApi) {
        components(openapi).schemas.extend(resources::schemas());
    }
}

fn components(openapi: &mut openapi::OpenApi) -> &mut Components {
    openapi.components.get_or_insert_default()
}

/// The document without its operations.
pub(super) fn openapi() -> openapi::OpenApi {
    Description::openapi()
}

/// Adds the examples to `document`.
pub(super) fn complete(mut document: openapi::OpenApi) -> openapi::OpenApi {
    completion::complete(&mut document, include_str!("../examples.json"));
    document
}
