//! Schemas of the protocol's other bodies, which the code reads and writes as JSON: changes, searches and bulk requests
//! (RFC 7644, section 3), and what describes the service (RFC 7643, sections 5 to 7).
#![expect(dead_code, reason = "these types only stand for bodies in the document")]

use serde_json::Value;
use utoipa::ToSchema;

use crate::api::enumerated::enumerated;
use crate::core::user::JsonObject;
use crate::wire::scim::ErrorBody;

enumerated! {
    /// In which order.
    pub SortOrder = ["ascending", "descending"];
}

/// Changes of a resource, made in this order, all or none.
#[derive(ToSchema)]
pub(super) struct PatchRequest {
    schemas: Vec<String>,
    #[schema(rename = "Operations")]
    operations: Vec<PatchOperation>,
}

/// A change.
#[derive(ToSchema)]
pub(super) struct PatchOperation {
    /// `add`, `replace` or `remove`, in any case.
    op: String,
    /// An attribute, or those elements of a list that a filter finds: `emails[type eq "work"].value`.
    #[schema(required = false, nullable = false)]
    path: Option<String>,
    /// What is added, or replaces what is there.
    #[schema(required = false)]
    value: Value,
}

/// The parameters of a list, as a body.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct SearchRequest {
    schemas: Vec<String>,
    filter: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<SortOrder>,
    start_index: Option<i64>,
    count: Option<i64>,
    cursor: Option<String>,
    attributes: Option<Vec<String>>,
    excluded_attributes: Option<Vec<String>>,
}

/// Operations, each of which succeeds or fails by itself.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct BulkRequest {
    schemas: Vec<String>,
    /// After how many failures the rest is left undone.
    fail_on_errors: Option<u64>,
    #[schema(rename = "Operations")]
    operations: Vec<BulkOperation>,
}

/// A request within a bulk request.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct BulkOperation {
    /// `POST`, `PUT`, `PATCH` or `DELETE`.
    method: String,
    /// `/Users` or `/Groups`, with an id unless the method is `POST`.
    path: String,
    /// Name of what a `POST` creates; `bulkId:` and it stand for its id in other operations.
    bulk_id: Option<String>,
    /// The entity tag that the resource must have.
    version: Option<String>,
    /// The body of the single request.
    #[schema(value_type = Option<Object>)]
    data: Option<JsonObject>,
}

/// What the operations did.
#[derive(ToSchema)]
pub(super) struct BulkResponse {
    schemas: Vec<String>,
    #[schema(rename = "Operations")]
    operations: Vec<BulkResult>,
}

/// What an operation did.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct BulkResult {
    method: String,
    #[schema(nullable = false)]
    bulk_id: Option<String>,
    /// The entity tag of the resource.
    #[schema(nullable = false)]
    version: Option<String>,
    /// Where the resource is.
    #[schema(nullable = false)]
    location: Option<String>,
    /// The HTTP status of the single request.
    status: String,
    /// Why it failed.
    #[schema(nullable = false)]
    response: Option<ErrorBody>,
}

/// What the service offers.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct ServiceProviderConfig {
    schemas: Vec<String>,
    patch: Supported,
    bulk: BulkSupport,
    filter: FilterSupport,
    change_password: Supported,
    sort: Supported,
    etag: Supported,
    pagination: PaginationSupport,
    #[schema(value_type = Vec<Object>)]
    authentication_schemes: Vec<JsonObject>,
    #[schema(value_type = Object)]
    meta: JsonObject,
}

/// Whether there is something.
#[derive(ToSchema)]
pub(super) struct Supported {
    supported: bool,
}

/// Bulk requests.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct BulkSupport {
    supported: bool,
    max_operations: u64,
    /// In bytes.
    max_payload_size: u64,
}

/// Filters.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct FilterSupport {
    supported: bool,
    /// Maximum number of resources in a response.
    max_results: u64,
}

/// The parts of lists (RFC 9865).
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct PaginationSupport {
    cursor: bool,
    index: bool,
    default_pagination_method: String,
    default_page_size: u64,
    max_page_size: u64,
    /// In seconds.
    #[schema(nullable = false)]
    cursor_timeout: Option<u64>,
}

/// A type of resource.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct ResourceType {
    schemas: Vec<String>,
    id: String,
    name: String,
    endpoint: String,
    description: String,
    /// URN of the core schema.
    schema: String,
    schema_extensions: Vec<SchemaExtension>,
    #[schema(value_type = Object)]
    meta: JsonObject,
}

/// A schema that resources of a type may have besides the core schema.
#[derive(ToSchema)]
pub(super) struct SchemaExtension {
    schema: String,
    required: bool,
}

/// The attributes under one URN.
#[derive(ToSchema)]
pub(super) struct Schema {
    schemas: Vec<String>,
    /// The URN.
    id: String,
    name: String,
    description: String,
    #[schema(value_type = Vec<Object>)]
    attributes: Vec<JsonObject>,
    #[schema(value_type = Object)]
    meta: JsonObject,
}
