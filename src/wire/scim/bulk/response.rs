//! The answer to a bulk request.

use serde::Serialize;

use super::BulkItem;
use crate::wire::scim::error::ErrorBody;

/// URN of the body of the answer.
pub const BULK_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// The answer to a bulk request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BulkResponse {
    schemas: [&'static str; 1],
    #[serde(rename = "Operations")]
    operations: Vec<BulkResult>,
}

impl BulkResponse {
    /// The answer with the results of the operations.
    #[must_use]
    pub const fn new(operations: Vec<BulkResult>) -> Self {
        Self { schemas: [BULK_RESPONSE_URN], operations }
    }
}

/// The result of an operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkResult {
    method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bulk_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<ErrorBody>,
}

impl BulkResult {
    /// What was asked for is done, with this status: 201 for a new resource, 200 or 204 for another.
    #[must_use]
    pub fn done(item: &BulkItem, status: u16, location: String, version: Option<String>) -> Self {
        let (method, bulk_id) = (item.method.clone(), item.bulk_id.clone());
        let (location, status) = (Some(location), status.to_string());
        Self { method, bulk_id, version, location, status, response: None }
    }

    /// It failed. `location` is that of the resource, which only one that was to be created has not.
    #[must_use]
    pub fn failed(item: &BulkItem, location: Option<String>, error: ErrorBody) -> Self {
        let (method, bulk_id) = (item.method.clone(), item.bulk_id.clone());
        Self { method, bulk_id, version: None, location, status: error.status.clone(), response: Some(error) }
    }
}
