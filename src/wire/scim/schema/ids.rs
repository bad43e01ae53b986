//! Ids of resources in the values of attributes, in whatever form a client sends those.

use serde_json::Value;

use super::{Attribute, Schema};

impl Schema {
    /// Visits the ids of resources in the object `value` with attributes of this schema.
    pub(in crate::wire::scim) fn visit_ids(&self, value: &mut Value, visit: &mut dyn FnMut(&mut String)) {
        for (name, value) in value.as_object_mut().into_iter().flatten() {
            self.attribute(name).into_iter().for_each(|known| known.visit_ids(value, visit));
        }
    }
}

impl Attribute {
    /// Visits the ids of resources in `value`, which is one of this attribute: a text may stand for the `value` of a
    /// complex one.
    pub(in crate::wire::scim) fn visit_ids(&self, value: &mut Value, visit: &mut dyn FnMut(&mut String)) {
        match value {
            Value::String(text) if self.value().unwrap_or(self).is_resource_id() => visit(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.visit_ids(value, visit)),
            Value::Object(members) => {
                for (name, value) in members {
                    self.sub_attribute(name).into_iter().for_each(|sub| sub.visit_ids(value, visit));
                }
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
