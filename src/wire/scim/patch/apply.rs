//! Applies a patch to a resource: in order, all of it or nothing.

use serde_json::Value;

use super::list::{self, Selection};
use super::target::Target;
use super::{Kind, Operation, Patch};
use crate::core::user::JsonObject;
use crate::wire::read::FieldError;
use crate::wire::scim::error::{ScimError, within};
use crate::wire::scim::path::AttributePath;
use crate::wire::scim::resource::{Resource, object_in};
use crate::wire::scim::schema::{Attribute, DataType, ResourceType, Schema};
use crate::wire::scim::{elements, value};

/// How often the operations of a patch may look at an element of a list, together.
const MAX_LOOKS: usize = 5_000_000;

impl Patch {
    /// What the operations make of `shown`; `None` if that is the same, and then its version stays.
    ///
    /// # Errors
    /// That of the first operation that fails: [`ScimError::InvalidValue`], [`ScimError::Mutability`],
    /// [`ScimError::NoTarget`]; [`ScimError::TooMany`] for too much work. Nothing has happened then.
    pub fn apply(&self, shown: &Resource, of: &ResourceType) -> Result<Option<Resource>, ScimError> {
        let mut before = shown.clone();
        before.arrange(of);
        let mut resource = before.clone();
        let mut looks = 0_usize;
        for operation in &self.operations {
            looks = looks.saturating_add(operation.looks(&resource));
            if looks > MAX_LOOKS {
                return Err(ScimError::TooMany(FieldError::new("Operations", "take too much work")));
            }
            let place = format!("Operations[{}]", operation.index);
            apply_one(operation, resource.members_mut()).map_err(|error| error.within(&place))?;
        }
        settle(&mut resource, &before, of)?;
        resource.arrange(of);
        resource.expect_required(of)?;
        Ok((resource != before).then_some(resource))
    }
}

impl Operation {
    /// How often it looks at an element: once to change a list, and for each condition of a filter.
    fn looks(&self, resource: &Resource) -> usize {
        let conditions = match &self.target {
            Target::Elements { filter, .. } => filter.conditions(),
            Target::Attribute(_) | Target::Extension(_) => 0,
        };
        resource.list(self.target.name()).len().saturating_mul(1 + conditions)
    }
}

/// Applies the rules of lists to those that have changed.
fn settle(resource: &mut Resource, before: &Resource, of: &ResourceType) -> Result<(), ScimError> {
    let lists = of.top_attributes().filter(|attribute| attribute.multi_valued && !attribute.is_read_only());
    for attribute in lists {
        if resource.list(attribute.name) != before.list(attribute.name)
            && let Some(Value::Array(list)) = resource.members_mut().get_mut(attribute.name)
        {
            let settled = elements::settle(attribute, list);
            settled.map_err(|error| ScimError::InvalidValue(within(attribute.name, error)))?;
        }
    }
    Ok(())
}

fn apply_one(operation: &Operation, members: &mut JsonObject) -> Result<(), ScimError> {
    let Operation { kind, target, value, .. } = operation;
    match target {
        Target::Extension(extension) => apply_extension(*kind, extension, value, members),
        Target::Attribute(path) => apply_attribute(*kind, *path, value, members),
        Target::Elements { list, filter, sub } => {
            let selection = Selection { filter: Some(filter), sub: *sub };
            apply_elements(*kind, *list, selection, value, members)
        }
    }
}

/// Each member of the value is an operation on the extension's attribute; without a value, or to remove it, on
/// all.
fn apply_extension(
    kind: Kind,
    extension: &'static Schema,
    value: &Value,
    members: &mut JsonObject,
) -> Result<(), ScimError> {
    let writable = extension.attributes.iter().filter(|attribute| !attribute.is_read_only());
    let path = |attribute| AttributePath { extension: Some(extension), attribute, sub: None };
    match value {
        Value::Object(values) if kind != Kind::Remove => {
            for (name, value) in values {
                let attribute = extension.attribute(name).filter(|attribute| !attribute.is_read_only());
                if let Some(attribute) = attribute {
                    apply_attribute(kind, path(attribute), value, members)?;
                }
            }
            Ok(())
        }
        Value::Null | Value::Object(_) => {
            for attribute in writable {
                apply_attribute(Kind::Remove, path(attribute), &Value::Null, members)?;
            }
            Ok(())
        }
        _ => Err(ScimError::InvalidValue(FieldError::new(extension.id, "must be an object"))),
    }
}

/// The members that the attribute is among.
fn siblings(path: AttributePath, members: &mut JsonObject) -> Result<&mut JsonObject, ScimError> {
    let Some(extension) = path.extension else { return Ok(members) };
    let error = || ScimError::InvalidValue(FieldError::new(extension.id, "must be an object"));
    object_in(members, extension.id).ok_or_else(error)
}

fn apply_attribute(
    kind: Kind,
    path: AttributePath,
    value: &Value,
    members: &mut JsonObject,
) -> Result<(), ScimError> {
    let AttributePath { attribute, sub, .. } = path;
    if attribute.multi_valued && sub.is_some() {
        return apply_elements(kind, path, Selection { filter: None, sub }, value, members);
    }
    let siblings = siblings(path, members)?;
    let applied = match (attribute.data_type, sub) {
        _ if attribute.multi_valued => list::apply(kind, attribute, value, siblings),
        (DataType::Complex, None) if kind != Kind::Remove => set_complex(attribute, value, siblings),
        (_, Some(sub)) => set_sub(kind, attribute, sub, value, siblings),
        (_, None) => return set(kind, attribute, value, siblings),
    };
    applied.map_err(|error| ScimError::InvalidValue(within(attribute.name, error)))
}

fn apply_elements(
    kind: Kind,
    path: AttributePath,
    selection: Selection<'_>,
    value: &Value,
    members: &mut JsonObject,
) -> Result<(), ScimError> {
    let siblings = siblings(path, members)?;
    selection.apply(kind, path.attribute, value, siblings).map_err(|error| error.within(path.attribute.name))
}

fn set(kind: Kind, attribute: &Attribute, value: &Value, siblings: &mut JsonObject) -> Result<(), ScimError> {
    if kind == Kind::Remove {
        if attribute.required {
            return Err(ScimError::Mutability(FieldError::new(attribute.name, "is required")));
        }
        siblings.shift_remove(attribute.name);
        return Ok(());
    }
    let read = value::read(attribute, value.clone());
    match read.map_err(|error| ScimError::InvalidValue(within(attribute.name, error)))? {
        Some(value) => drop(siblings.insert(attribute.name.to_owned(), value)),
        None if attribute.required => {
            return Err(ScimError::InvalidValue(FieldError::missing(attribute.name)));
        }
        None => drop(siblings.shift_remove(attribute.name)),
    }
    Ok(())
}

/// Sets the sub-attributes that are given. Of one that refers to another resource, what belongs to the old one
/// goes.
fn set_complex(attribute: &Attribute, value: &Value, siblings: &mut JsonObject) -> Result<(), FieldError> {
    if attribute.value().is_none()
        && let Value::Object(values) = value
    {
        for (name, value) in values {
            let sub = attribute.sub_attribute(name).filter(|sub| !sub.is_read_only());
            if let Some(sub) = sub {
                set_sub(Kind::Replace, attribute, sub, value, siblings)?;
            }
        }
        return Ok(());
    }
    let Some(Value::Object(new)) = value::read_one(attribute, value.clone())? else {
        siblings.shift_remove(attribute.name);
        return Ok(());
    };
    if let Some(old) = object_in(siblings, attribute.name) {
        if new.contains_key("value") && old.get("value") != new.get("value") {
            old.clear();
        }
        old.extend(new);
    }
    Ok(())
}

fn set_sub(
    kind: Kind,
    attribute: &Attribute,
    sub: &Attribute,
    value: &Value,
    siblings: &mut JsonObject,
) -> Result<(), FieldError> {
    let Some(members) = object_in(siblings, attribute.name) else { return Ok(()) };
    let new = match kind {
        Kind::Remove => None,
        Kind::Add | Kind::Replace => {
            value::read(sub, value.clone()).map_err(|error| within(sub.name, error))?
        }
    };
    if sub.name == "value" && members.get("value") != new.as_ref() {
        members.clear();
    }
    match new {
        Some(new) => drop(members.insert(sub.name.to_owned(), new)),
        None => drop(members.shift_remove(sub.name)),
    }
    Ok(())
}
