//! Operations on lists and on their elements.

use std::collections::HashSet;

use serde_json::Value;

use super::Kind;
use crate::core::user::JsonObject;
use crate::wire::read::FieldError;
use crate::wire::scim::error::{ScimError, within};
use crate::wire::scim::filter::{Filter, Name, Operand, Operator};
use crate::wire::scim::schema::{Attribute, Mutability};
use crate::wire::scim::{elements, value};

/// An operation on a whole list. Elements that are to be removed may be named by a value: Microsoft Entra removes
/// members so, and must not lose the others.
pub(super) fn apply(
    kind: Kind,
    attribute: &Attribute,
    value: &Value,
    siblings: &mut JsonObject,
) -> Result<(), FieldError> {
    let given = match value::read(attribute, value.clone())? {
        Some(Value::Array(given)) => given,
        _ => Vec::new(),
    };
    let mut list = take_list(siblings, attribute);
    match kind {
        Kind::Add => add(attribute, &mut list, given),
        Kind::Replace => list = given,
        Kind::Remove if value.is_null() => list.clear(),
        Kind::Remove => remove(&mut list, &given),
    }
    siblings.insert(attribute.name.to_owned(), list.into());
    Ok(())
}

fn take_list(siblings: &mut JsonObject, attribute: &Attribute) -> Vec<Value> {
    match siblings.shift_remove(attribute.name) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

/// Appends what is not yet there. An element of a type that is unique takes the place of the one that has it.
fn add(attribute: &Attribute, list: &mut Vec<Value>, given: Vec<Value>) {
    let mut known: HashSet<String> = list.iter().map(Value::to_string).collect();
    // Elements of nothing but a value, members of a group, are many, and equal or not.
    let is_plain = attribute.sub_attributes.len() == 1;
    for element in given {
        if !known.insert(element.to_string()) {
            continue;
        }
        let same =
            if is_plain { None } else { list.iter().position(|old| is_same(attribute, old, &element)) };
        let index = same.unwrap_or(list.len());
        let is_primary = elements::is_primary(&element);
        match (list.get_mut(index), element) {
            (Some(Value::Object(old)), Value::Object(new)) => old.extend(new),
            (_, element) => list.push(element),
        }
        if is_primary {
            elements::leave_primary_to(list, index);
        }
    }
}

fn is_same(attribute: &Attribute, old: &Value, new: &Value) -> bool {
    let of_type = elements::unique_type(attribute, new);
    of_type.is_some() && of_type == elements::unique_type(attribute, old) || is_part_of(new, old)
}

/// Whether the element has all members of `part`. Whether it is the preferred one does not make it another.
fn is_part_of(part: &Value, element: &Value) -> bool {
    let members = part.as_object().into_iter().flatten().filter(|(name, _)| *name != "primary");
    members.into_iter().all(|(name, value)| element.get(name) == Some(value))
}

fn remove(list: &mut Vec<Value>, given: &[Value]) {
    let only_value = |element: &Value| {
        let members = element.as_object().filter(|members| members.len() == 1)?;
        members.get("value").map(Value::to_string)
    };
    let (plain, others): (Vec<_>, Vec<_>) = given.iter().partition(|element| only_value(element).is_some());
    let plain: HashSet<String> = plain.into_iter().filter_map(only_value).collect();
    list.retain(|element| {
        let is_plain = element.get("value").is_some_and(|value| plain.contains(&value.to_string()));
        !is_plain && !others.iter().any(|part| is_part_of(part, element))
    });
}

/// Elements of a list, or a sub-attribute of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selection<'a> {
    /// Which elements; without a filter all.
    pub filter: Option<&'a Filter>,
    /// Their sub-attribute.
    pub sub: Option<&'static Attribute>,
}

impl Selection<'_> {
    /// # Errors
    /// [`ScimError::InvalidValue`]; [`ScimError::NoTarget`] if there is no such element and none can be made;
    /// [`ScimError::Mutability`].
    pub fn apply(
        self,
        kind: Kind,
        attribute: &Attribute,
        value: &Value,
        siblings: &mut JsonObject,
    ) -> Result<(), ScimError> {
        let mut list = take_list(siblings, attribute);
        self.apply_to(&mut list, kind, attribute, value)?;
        siblings.insert(attribute.name.to_owned(), list.into());
        Ok(())
    }

    fn apply_to(
        self,
        list: &mut Vec<Value>,
        kind: Kind,
        attribute: &Attribute,
        value: &Value,
    ) -> Result<(), ScimError> {
        let new = match kind {
            Kind::Remove => None,
            Kind::Add | Kind::Replace => self.read(attribute, value).map_err(ScimError::InvalidValue)?,
        };
        let Some(new) = new else {
            self.remove(list);
            return Ok(());
        };
        let is_selected: Vec<bool> = list.iter().map(|element| self.selects(element)).collect();
        if !is_selected.contains(&true) {
            add(attribute, list, vec![self.make(new)?]);
            return Ok(());
        }
        if self.sub.is_some_and(|sub| sub.mutability == Mutability::Immutable) {
            let reason = "cannot be changed; remove the element and add another";
            return Err(ScimError::Mutability(FieldError::new("", reason)));
        }
        let mut primary = None;
        for (index, element) in
            list.iter_mut().enumerate().filter(|(index, _)| is_selected.get(*index) == Some(&true))
        {
            if let Value::Object(element) = element {
                self.set(kind, element, &new);
            }
            primary = elements::is_primary(element).then_some(index).or(primary);
        }
        if let (Some(index), Some(_)) = (primary, new.get("primary")) {
            elements::leave_primary_to(list, index);
        }
        Ok(())
    }

    /// The members that the operation sets; `None` if it unassigns them.
    fn read(self, attribute: &Attribute, value: &Value) -> Result<Option<JsonObject>, FieldError> {
        if let Some(sub) = self.sub {
            let read = value::read(sub, value.clone()).map_err(|error| within(sub.name, error))?;
            return Ok(read.map(|value| JsonObject::from_iter([(sub.name.to_owned(), value)])));
        }
        // The filter says what a value like `{"primary": true}` alone does not.
        let mut value = value.clone();
        if let (Value::Object(members), Some(mut equal)) = (&mut value, self.filter.and_then(equalities)) {
            equal.extend(std::mem::take(members));
            *members = equal;
        }
        match value::read_one(attribute, value)? {
            Some(Value::Object(members)) => Ok(Some(members)),
            _ => Ok(None),
        }
    }

    fn selects(self, element: &Value) -> bool {
        self.filter.is_none_or(|filter| filter.matches_element(element))
    }

    /// Sets the sub-attribute, adds to the element, or replaces it but for what the filter says.
    fn set(self, kind: Kind, element: &mut JsonObject, new: &JsonObject) {
        if self.sub.is_none() && kind == Kind::Replace {
            element.clear();
            element.extend(self.filter.and_then(equalities).unwrap_or_default());
        }
        element.extend(new.clone());
    }

    /// Removes the elements, or their sub-attribute. One without a value that would have one goes as a whole.
    fn remove(self, list: &mut Vec<Value>) {
        list.retain_mut(|element| {
            if !self.selects(element) {
                return true;
            }
            let (Some(sub), Value::Object(members)) = (self.sub, element) else { return false };
            members.shift_remove(sub.name);
            sub.name != "value" && !elements::is_hollow(members)
        });
    }

    /// The element that the filter describes, with `new` set: Microsoft Entra sets the address of a type so,
    /// whether there is one or not.
    fn make(self, new: JsonObject) -> Result<Value, ScimError> {
        let element = match self.filter {
            None => Some(new.into()),
            Some(filter) => equalities(filter).map(|mut element| {
                element.extend(new);
                Value::Object(element)
            }),
        };
        let no_target = || ScimError::NoTarget(FieldError::new("", "has no element that the filter selects"));
        element.filter(|element| self.selects(element)).ok_or_else(no_target)
    }
}

/// The members that every selected element has, if the filter says no more than what they are.
fn equalities(filter: &Filter) -> Option<JsonObject> {
    match filter {
        Filter::And(filters) => {
            let mut members = JsonObject::new();
            for filter in filters {
                members.extend(equalities(filter)?);
            }
            Some(members)
        }
        Filter::Compare(Name::Known(path), Operator::Eq, operand) => {
            let value = match operand {
                Operand::Bool(truth) => Value::Bool(*truth),
                Operand::Text(text) => Value::String(text.clone()),
                Operand::Null | Operand::Number(_) => return None,
            };
            Some(JsonObject::from_iter([(path.sub?.name.to_owned(), value)]))
        }
        _ => None,
    }
}
