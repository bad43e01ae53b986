//! References to the results of other operations, where an id would stand.

use std::collections::HashMap;

use serde_json::Value;

use super::{BulkAction, BulkOperation};
use crate::wire::read::FieldError;
use crate::wire::scim::error::ScimError;
use crate::wire::scim::resource::Resource;

/// What precedes a `bulkId` where an id would stand.
pub(super) const REFERENCE: &str = "bulkId:";

impl BulkOperation {
    /// Puts the ids that operations got, by their `bulkId`, in the place of references to them.
    ///
    /// # Errors
    /// [`ScimError::InvalidValue`] for a reference to an operation that got none, since it failed.
    pub fn resolve(&mut self, ids: &HashMap<String, String>) -> Result<(), ScimError> {
        let mut is_missing = false;
        self.visit_ids(&mut |id| {
            if let Some(bulk_id) = id.strip_prefix(REFERENCE) {
                match ids.get(bulk_id) {
                    Some(got) => got.clone_into(id),
                    None => is_missing = true,
                }
            }
        });
        let error = || ScimError::InvalidValue(FieldError::new("data", "refers to an operation that failed"));
        if is_missing { Err(error()) } else { Ok(()) }
    }

    /// Visits every text that can be a reference.
    pub(super) fn visit_ids(&mut self, visit: &mut dyn FnMut(&mut String)) {
        match &mut self.action {
            BulkAction::Post(resource) => visit_members(resource, visit),
            BulkAction::Put(id, resource) => {
                visit(id);
                visit_members(resource, visit);
            }
            BulkAction::Patch(id, patch) => {
                visit(id);
                patch.values_mut().for_each(|value| visit_texts(value, visit));
            }
            BulkAction::Delete(id) => visit(id),
        }
    }
}

fn visit_members(resource: &mut Resource, visit: &mut dyn FnMut(&mut String)) {
    resource.members_mut().values_mut().for_each(|value| visit_texts(value, visit));
}

fn visit_texts(value: &mut Value, visit: &mut dyn FnMut(&mut String)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(values) => values.iter_mut().for_each(|value| visit_texts(value, visit)),
        Value::Object(members) => members.values_mut().for_each(|value| visit_texts(value, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
