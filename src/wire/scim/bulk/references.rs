//! References to the results of other operations. They stand where the id of a resource may stand (RFC 7644, section
//! 3.7.2): in paths, and in the attributes that the table says are such ids. Elsewhere the same text is text.

use std::collections::HashMap;

use super::{BulkAction, BulkOperation};
use crate::wire::read::FieldError;
use crate::wire::scim::error::ScimError;
use crate::wire::scim::resource::Resource;
use crate::wire::scim::schema::ResourceType;

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
            BulkAction::Post(resource) => visit_resource(resource, self.of, visit),
            BulkAction::Put(id, resource) => {
                visit(id);
                visit_resource(resource, self.of, visit);
            }
            BulkAction::Patch(id, patch) => {
                visit(id);
                patch.visit_ids(visit);
            }
            BulkAction::Delete(id) => visit(id),
        }
    }
}

fn visit_resource(resource: &mut Resource, of: &ResourceType, visit: &mut dyn FnMut(&mut String)) {
    for (name, value) in resource.members_mut() {
        match of.extension(name) {
            Some(extension) => extension.visit_ids(value, visit),
            None => of.top_attribute(name).into_iter().for_each(|known| known.visit_ids(value, visit)),
        }
    }
}
