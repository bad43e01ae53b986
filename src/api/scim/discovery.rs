//! What the service offers, and the optional part of the protocol that it does not have.

use axum::extract::State;
use serde_json::Value;

use super::auth::Caller;
use super::bulk::MAX_OPERATIONS;
use super::description::{FilterRefusal, NotFound, Refusals};
use super::error::Error;
use super::request::{Name, Query, max_body_bytes};
use super::response::Scim;
use crate::admin::CURSOR_TIMEOUT;
use crate::api::App;
use crate::wire::scim::{BulkLimits, Capabilities, ListResponse, ScimError};

fn capabilities(app: &App, caller: &Caller) -> Capabilities {
    let bulk = BulkLimits { max_operations: MAX_OPERATIONS, max_payload_size: max_body_bytes(app) };
    Capabilities {
        base: caller.provider.base.clone(),
        documentation: None,
        bulk: Some(bulk),
        groups: true,
        sort: true,
        pages: caller.pages,
        cursor_timeout: CURSOR_TIMEOUT.whole_seconds().try_into().ok(),
    }
}

/// What the service offers (RFC 7643, section 5).
#[utoipa::path(
    get,
    path = "/scim/v2/ServiceProviderConfig",
    operation_id = "getServiceProviderConfig",
    tag = "discovery",
    responses((status = 200, description = "What the service offers.", body = ref("#/components/schemas/ServiceProviderConfig"), content_type = "application/scim+json"), Refusals)
)]
pub(super) async fn service_provider_config(State(app): State<App>, caller: Caller) -> Scim<Value> {
    Scim(capabilities(&app, &caller).service_provider_config())
}

/// The types of resources (section 6).
#[utoipa::path(
    get,
    path = "/scim/v2/ResourceTypes",
    operation_id = "listResourceTypes",
    tag = "discovery",
    responses((status = 200, description = "All types of resources.", body = ref("#/components/schemas/ResourceTypeList"), content_type = "application/scim+json"), Refusals, FilterRefusal)
)]
pub(super) async fn resource_types(
    State(app): State<App>,
    caller: Caller,
    query: Query,
) -> Result<Scim<ListResponse<Value>>, Error> {
    list(&query, capabilities(&app, &caller).resource_types())
}

/// One of them.
#[utoipa::path(
    get,
    path = "/scim/v2/ResourceTypes/{name}",
    operation_id = "getResourceType",
    tag = "discovery",
    params(("name" = String, Path, description = "Name of the type.")),
    responses((status = 200, description = "The type.", body = ref("#/components/schemas/ResourceType"), content_type = "application/scim+json"), Refusals, NotFound)
)]
pub(super) async fn resource_type(
    State(app): State<App>,
    caller: Caller,
    Name(name): Name,
) -> Result<Scim<Value>, Error> {
    Ok(Scim(capabilities(&app, &caller).resource_type(&name).ok_or(ScimError::NotFound)?))
}

/// The schemas of all resources (section 7).
#[utoipa::path(
    get,
    path = "/scim/v2/Schemas",
    operation_id = "listSchemas",
    tag = "discovery",
    responses((status = 200, description = "All schemas.", body = ref("#/components/schemas/SchemaList"), content_type = "application/scim+json"), Refusals, FilterRefusal)
)]
pub(super) async fn schemas(
    State(app): State<App>,
    caller: Caller,
    query: Query,
) -> Result<Scim<ListResponse<Value>>, Error> {
    list(&query, capabilities(&app, &caller).schemas())
}

/// One of them.
#[utoipa::path(
    get,
    path = "/scim/v2/Schemas/{name}",
    operation_id = "getSchema",
    tag = "discovery",
    params(("name" = String, Path, description = "URN of the schema.")),
    responses((status = 200, description = "The schema.", body = ref("#/components/schemas/Schema"), content_type = "application/scim+json"), Refusals, NotFound)
)]
pub(super) async fn schema(
    State(app): State<App>,
    caller: Caller,
    Name(urn): Name,
) -> Result<Scim<Value>, Error> {
    Ok(Scim(capabilities(&app, &caller).schema(&urn).ok_or(ScimError::NotFound)?))
}

/// All of these: such a list takes no filter, and has no parts (RFC 7644, section 4).
fn list(query: &Query, documents: Vec<Value>) -> Result<Scim<ListResponse<Value>>, Error> {
    if query.has("filter") {
        return Err(ScimError::FilterForbidden.into());
    }
    let total = documents.len().try_into().unwrap_or(u64::MAX);
    Ok(Scim(ListResponse::from_index(documents, 1, total)))
}

/// `/Me` is the user who is authenticated (RFC 7644, section 3.11): the token is an identity provider's and no user's.
pub(super) async fn no_me(_: Caller) -> Error {
    ScimError::NoSubject.into()
}
