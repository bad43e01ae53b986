//! A resource: a JSON object with the names of the table, whatever case a client wrote them in.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

use super::error::{ScimError, within};
use super::schema::{Attribute, ResourceType, Schema};
use super::{elements, value};
use crate::core::user::JsonObject;
use crate::wire::read::FieldError;

/// A resource. It has no member that the table lacks, so none is a password.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resource {
    members: JsonObject,
    /// Ids of users that are shown as the `members` of a group: an object for each would take several times the memory,
    /// and there may be hundreds of thousands.
    shown_users: Vec<String>,
}

impl Serialize for Resource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.members {
            map.serialize_entry(name, value)?;
        }
        if !self.shown_users.is_empty() {
            map.serialize_entry("members", &ShownUsers(&self.shown_users))?;
        }
        map.end()
    }
}

struct ShownUsers<'a>(&'a [String]);

impl Serialize for ShownUsers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|id| BTreeMap::from([("value", id)])))
    }
}

impl Resource {
    /// Reads a whole resource from a client. Unknown members are ignored, and those that only the service may set.
    /// An extension that is sent empty is there and empty.
    ///
    /// # Errors
    /// [`ScimError::InvalidSyntax`] for what is no object of this type, [`ScimError::InvalidValue`] for members of
    /// the wrong type and required ones that are missing.
    pub fn read(body: Value, of: &ResourceType) -> Result<Self, ScimError> {
        let Value::Object(members) = body else {
            return Err(ScimError::InvalidSyntax(FieldError::new("The resource", "must be an object")));
        };
        let mut resource = Self::default();
        for (name, value) in members {
            if name.eq_ignore_ascii_case("schemas") {
                expect_schema(&value, of.core.id)?;
            } else if let Some(extension) = of.extension(&name) {
                let read = read_extension(extension, value).map_err(|error| within(extension.id, error));
                resource
                    .members
                    .insert(extension.id.to_owned(), read.map_err(ScimError::InvalidValue)?.into());
            } else if let Some(attribute) = of.top_attribute(&name) {
                read_into(&mut resource.members, attribute, value).map_err(ScimError::InvalidValue)?;
            }
        }
        resource.expect_required(of)?;
        Ok(resource)
    }

    /// The resource with these members.
    pub(super) const fn from_members(members: JsonObject) -> Self {
        Self { members, shown_users: Vec::new() }
    }

    /// The same with these users as its members, to be shown.
    #[must_use]
    pub(super) fn showing_users(self, shown_users: Vec<String>) -> Self {
        Self { shown_users, ..self }
    }

    /// Takes the users that are shown as its members.
    pub(super) fn take_shown_users(&mut self) -> Vec<String> {
        std::mem::take(&mut self.shown_users)
    }

    /// Its members.
    #[must_use]
    pub const fn members(&self) -> &JsonObject {
        &self.members
    }

    pub(super) const fn members_mut(&mut self) -> &mut JsonObject {
        &mut self.members
    }

    /// The value at `path`, which leads through objects.
    #[must_use]
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.members.get(*first)?, |value, name| value.get(name))
    }

    /// The text at `path`.
    #[must_use]
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        self.get(path).and_then(Value::as_str)
    }

    /// The elements of the list `name`.
    pub(super) fn list(&self, name: &str) -> &[Value] {
        self.members.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Sets the value at `path`, unless there is none.
    pub(super) fn set(&mut self, path: &[&str], value: Option<impl Into<Value>>) {
        let (Some(value), Some((last, parents))) = (value, path.split_last()) else { return };
        let members = parents.iter().try_fold(&mut self.members, |members, name| object_in(members, name));
        if let Some(members) = members {
            members.insert((*last).to_owned(), value.into());
        }
    }

    /// Brings the members into the order of the tables, without empty ones, and sets `schemas` to the URNs of
    /// which there is data.
    pub(super) fn arrange(&mut self, of: &ResourceType) {
        let mut members = std::mem::take(&mut self.members);
        let mut urns = vec![Value::from(of.core.id)];
        let mut extensions = JsonObject::new();
        for extension in of.extensions {
            if let Some(Value::Object(members)) = members.remove(extension.id) {
                let arranged = value::in_order(extension.attributes.iter(), members);
                if !arranged.is_empty() {
                    urns.push(extension.id.into());
                    extensions.insert(extension.id.to_owned(), arranged.into());
                }
            }
        }
        members.insert("schemas".to_owned(), urns.into());
        self.members = value::in_order(of.top_attributes(), members);
        self.members.extend(extensions);
    }

    /// # Errors
    /// The first required attribute that is missing.
    pub(super) fn expect_required(&self, of: &ResourceType) -> Result<(), ScimError> {
        let missing =
            of.top_attributes().find(|known| known.required && !self.members.contains_key(known.name));
        missing.map_or(Ok(()), |known| Err(ScimError::InvalidValue(FieldError::missing(known.name))))
    }
}

/// The object `name` in `members`, made if there is none.
pub(super) fn object_in<'a>(members: &'a mut JsonObject, name: &str) -> Option<&'a mut JsonObject> {
    members.entry(name).or_insert_with(|| JsonObject::new().into()).as_object_mut()
}

/// A list of URNs has that of the resource's type, in any case. Without a list the type is that of the endpoint.
pub(super) fn expect_schema(urns: &Value, urn: &str) -> Result<(), ScimError> {
    let is_right = |value: &Value| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(urn));
    match urns {
        Value::Null => Ok(()),
        Value::Array(urns) if urns.is_empty() || urns.iter().any(is_right) => Ok(()),
        _ => Err(ScimError::InvalidSyntax(FieldError::new("schemas", format!("must contain {urn}")))),
    }
}

fn read_extension(extension: &Schema, value: Value) -> Result<JsonObject, FieldError> {
    let members = match value {
        Value::Object(members) => members,
        Value::Null => return Ok(JsonObject::new()),
        _ => return Err(FieldError::new("", "must be an object")),
    };
    let mut read = JsonObject::new();
    for (name, value) in members {
        if let Some(attribute) = extension.attribute(&name) {
            read_into(&mut read, attribute, value)?;
        }
    }
    Ok(read)
}

fn read_into(members: &mut JsonObject, attribute: &Attribute, value: Value) -> Result<(), FieldError> {
    if attribute.is_read_only() {
        return Ok(());
    }
    let named = |error| within(attribute.name, error);
    let Some(mut value) = value::read(attribute, value).map_err(named)? else { return Ok(()) };
    if let Value::Array(list) = &mut value {
        elements::settle(attribute, list).map_err(named)?;
    }
    members.insert(attribute.name.to_owned(), value);
    Ok(())
}
