//! Reads the body of a PATCH.

use serde_json::Value;

use super::target::Target;
use super::{Kind, MAX_OPERATIONS, Operation, PATCH_URN, Patch};
use crate::core::user::JsonObject;
use crate::wire::read::FieldError;
use crate::wire::scim::error::ScimError;
use crate::wire::scim::message::Members;
use crate::wire::scim::schema::ResourceType;

impl Patch {
    /// Reads a body that is about a resource of this type. A password is dropped.
    ///
    /// # Errors
    /// [`ScimError::InvalidSyntax`] for what is not of the schema, [`ScimError::InvalidPath`],
    /// [`ScimError::InvalidFilter`] and [`ScimError::NoTarget`] for paths, [`ScimError::TooMany`] for too many
    /// operations.
    pub fn read(body: Value, of: &ResourceType) -> Result<Self, ScimError> {
        let mut members = Members::of_schema(body, PATCH_URN)?;
        let mut operations = Vec::new();
        for (index, operation) in members.list("Operations")?.into_iter().enumerate() {
            let place = format!("Operations[{index}]");
            read_operation(operation, index, of, &mut operations).map_err(|error| error.within(&place))?;
            if operations.len() > MAX_OPERATIONS {
                let error = FieldError::new("Operations", format!("are more than {MAX_OPERATIONS}"));
                return Err(ScimError::TooMany(error));
            }
        }
        Ok(Self { operations })
    }
}

fn read_operation(
    operation: Value,
    index: usize,
    of: &ResourceType,
    operations: &mut Vec<Operation>,
) -> Result<(), ScimError> {
    let mut members = Members::read(operation)?;
    let kind = kind(members.text("op")?.as_deref())?;
    let path = members.text("path")?.filter(|path| !path.trim().is_empty());
    let value = members.take("value");
    if kind != Kind::Remove && value.is_none() {
        return Err(ScimError::InvalidSyntax(FieldError::missing("value")));
    }
    let value = value.unwrap_or_default();
    let Some(path) = path else { return read_members(kind, value, index, of, operations) };
    if let Some(target) = Target::parse(&path, of)? {
        if target.is_read_only() {
            return Err(ScimError::Mutability(FieldError::new(target.name(), "is set by the service alone")));
        }
        operations.push(Operation { index, kind, target, value });
    }
    Ok(())
}

fn kind(op: Option<&str>) -> Result<Kind, ScimError> {
    match op.map(str::to_ascii_lowercase).as_deref() {
        Some("add") => Ok(Kind::Add),
        Some("replace") => Ok(Kind::Replace),
        Some("remove") => Ok(Kind::Remove),
        _ => Err(ScimError::InvalidSyntax(FieldError::new("op", "must be add, replace or remove"))),
    }
}

/// An operation without a path is one on each member of its value, whose names are paths (Microsoft Entra). As in
/// a whole resource, unknown ones are ignored, and those that only the service may set: Okta sends the `id` along.
fn read_members(
    kind: Kind,
    value: Value,
    index: usize,
    of: &ResourceType,
    operations: &mut Vec<Operation>,
) -> Result<(), ScimError> {
    if kind == Kind::Remove {
        let error = FieldError::new("path", "is missing, so there is nothing to remove");
        return Err(ScimError::NoTarget(error));
    }
    let Value::Object(members) = value else {
        let error = FieldError::new("value", "must be an object, since there is no path");
        return Err(ScimError::InvalidValue(error));
    };
    for (name, value) in core_members(members, of) {
        if let Ok(Some(target)) = Target::parse(&name, of)
            && !target.is_read_only()
        {
            operations.push(Operation { index, kind, target, value });
        }
    }
    Ok(())
}

/// The members, with those below the URN of the core schema among them.
fn core_members(members: JsonObject, of: &ResourceType) -> impl Iterator<Item = (String, Value)> {
    members.into_iter().flat_map(|(name, value)| match value {
        Value::Object(below) if name.eq_ignore_ascii_case(of.core.id) => below.into_iter().collect(),
        value => vec![(name, value)],
    })
}
