//! Bulk requests (RFC 7644, section 3.7): reading them, the order in which their operations can be carried out,
//! and the ids that take the place of references. Nothing is executed here.

mod order;
mod references;
mod response;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::Value;

pub use self::response::{BULK_RESPONSE_URN, BulkResponse, BulkResult};
use super::error::ScimError;
use super::message::Members;
use super::patch::Patch;
use super::resource::Resource;
use super::schema::{GROUPS, ResourceType, USERS};
use crate::wire::read::FieldError;

/// URN of the body of a bulk request.
pub const BULK_REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// A bulk request.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkRequest {
    /// After how many failed operations the rest is left undone; `None`: never.
    pub fail_on_errors: Option<u64>,
    /// The operations, as far as they can be read: one that cannot be fails alone.
    pub operations: Vec<BulkItem>,
}

/// An operation of a bulk request, and what its response repeats of it.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkItem {
    /// The method as it was sent.
    pub method: String,
    /// The client's name for the operation.
    pub bulk_id: Option<String>,
    /// The operation, or why it cannot be carried out.
    pub operation: Result<BulkOperation, ScimError>,
}

/// An operation.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkOperation {
    /// The type of the resource.
    pub of: &'static ResourceType,
    /// The version that the resource must have.
    pub version: Option<String>,
    /// What is to be done.
    pub action: BulkAction,
}

/// What is to be done with a resource. Ids may be references as long as they are not
/// [resolved](BulkOperation::resolve).
#[derive(Debug, Clone, PartialEq)]
pub enum BulkAction {
    /// Create one.
    Post(Resource),
    /// Replace that with this id.
    Put(String, Resource),
    /// Change that with this id.
    Patch(String, Patch),
    /// Delete that with this id.
    Delete(String),
}

impl BulkRequest {
    /// Reads a body with at most `max_operations`.
    ///
    /// # Errors
    /// [`ScimError::InvalidSyntax`] for what is not of the schema, [`ScimError::TooManyOperations`], and
    /// [`ScimError::InvalidValue`] for a `bulkId` that two operations have.
    pub fn read(body: Value, max_operations: usize) -> Result<Self, ScimError> {
        let mut members = Members::of_schema(body, BULK_REQUEST_URN)?;
        let fail_on_errors = members.integer("failOnErrors")?.and_then(|count| u64::try_from(count).ok());
        let operations = members.list("Operations")?;
        if operations.len() > max_operations {
            return Err(ScimError::TooManyOperations(max_operations));
        }
        let mut bulk_ids = BTreeSet::new();
        let mut items = Vec::with_capacity(operations.len());
        for (index, operation) in operations.into_iter().enumerate() {
            let place = format!("Operations[{index}]");
            let item = BulkItem::read(operation, &place).map_err(|error| error.within(&place))?;
            if item.bulk_id.clone().is_some_and(|id| !bulk_ids.insert(id)) {
                let error = FieldError::new(format!("{place}.bulkId"), "is that of another operation");
                return Err(ScimError::InvalidValue(error));
            }
            items.push(item);
        }
        Ok(Self { fail_on_errors: fail_on_errors.filter(|count| *count > 0), operations: items })
    }
}

impl BulkItem {
    fn read(operation: Value, place: &str) -> Result<Self, ScimError> {
        let mut members = Members::read(operation)?;
        let method =
            members.text("method")?.ok_or_else(|| ScimError::InvalidSyntax(FieldError::missing("method")))?;
        let bulk_id = members.text("bulkId")?.filter(|id| !id.is_empty());
        let operation =
            BulkOperation::read(&method, bulk_id.is_some(), members).map_err(|error| error.within(place));
        Ok(Self { method, bulk_id, operation })
    }
}

impl BulkOperation {
    /// The id of the resource, unless it is to be created.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match &self.action {
            BulkAction::Post(_) => None,
            BulkAction::Put(id, _) | BulkAction::Patch(id, _) | BulkAction::Delete(id) => Some(id),
        }
    }

    fn read(method: &str, has_bulk_id: bool, mut members: Members) -> Result<Self, ScimError> {
        let invalid = |name: &str, reason| Err(ScimError::InvalidSyntax(FieldError::new(name, reason)));
        let path = members.text("path")?.unwrap_or_default();
        let Some((of, id)) = endpoint(&path) else {
            return invalid("path", "must be that of users or groups");
        };
        let version = members.text("version")?;
        let data = members.take("data").unwrap_or_default();
        let action = match (method.to_ascii_uppercase().as_str(), id) {
            ("POST", None) if has_bulk_id => BulkAction::Post(Resource::read(data, of).map_err(in_data)?),
            ("POST", None) => return invalid("bulkId", "is missing"),
            ("PUT", Some(id)) => BulkAction::Put(id, Resource::read(data, of).map_err(in_data)?),
            ("PATCH", Some(id)) => BulkAction::Patch(id, Patch::read(data, of).map_err(in_data)?),
            ("DELETE", Some(id)) => BulkAction::Delete(id),
            ("POST", Some(_)) => return invalid("path", "must be without an id"),
            ("PUT" | "PATCH" | "DELETE", None) => return invalid("path", "must have an id"),
            _ => return invalid("method", "must be POST, PUT, PATCH or DELETE"),
        };
        Ok(Self { of, version, action })
    }
}

fn in_data(error: ScimError) -> ScimError {
    error.within("data")
}

/// The type of resource at the path of an operation, and the id in it.
fn endpoint(path: &str) -> Option<(&'static ResourceType, Option<String>)> {
    [&USERS, &GROUPS].into_iter().find_map(|of| {
        let rest = path.get(..of.endpoint.len()).filter(|start| start.eq_ignore_ascii_case(of.endpoint));
        let rest = rest.and_then(|start| path.get(start.len()..))?;
        match rest.strip_prefix('/') {
            _ if rest.is_empty() => Some((of, None)),
            Some(id) if !id.is_empty() && !id.contains('/') => {
                let id = percent_encoding::percent_decode_str(id).decode_utf8().ok()?;
                Some((of, Some(id.into_owned())))
            }
            _ => None,
        }
    })
}
