//! The rules of lists (RFC 7643, section 2.4): at most one element is primary, none is there twice, and of those
//! that Microsoft Entra finds by their type each type is there once.

use std::collections::HashSet;

use serde_json::Value;

use super::schema::Attribute;
use crate::core::case::fold;
use crate::core::user::JsonObject;
use crate::wire::read::FieldError;

/// Maximum number of elements of a user's list.
pub const MAX_ELEMENTS: usize = 250;

/// Maximum number of members of a group.
pub const MAX_MEMBERS: usize = 100_000;

/// The lists in which a type is unique. Roles, for one, may all be of one type.
const UNIQUE_TYPES: [&str; 3] = ["emails", "phoneNumbers", "addresses"];

/// Whether an element says nothing but how it would be used.
pub(super) fn is_hollow(element: &JsonObject) -> bool {
    element.keys().all(|name| matches!(name.as_str(), "type" | "primary"))
}

pub(super) fn is_primary(element: &Value) -> bool {
    element.get("primary") == Some(&Value::Bool(true))
}

pub(super) fn has_type(element: &Value, of_type: &str) -> bool {
    kind(element).is_some_and(|own| own == of_type)
}

fn kind(element: &Value) -> Option<String> {
    element.get("type").and_then(Value::as_str).map(fold)
}

/// The type that no other element may have, too.
pub(super) fn unique_type(attribute: &Attribute, element: &Value) -> Option<String> {
    UNIQUE_TYPES.contains(&attribute.name).then(|| kind(element)).flatten()
}

/// Takes `primary` from all but the element at `index`.
pub(super) fn leave_primary_to(list: &mut [Value], index: usize) {
    for (_, element) in list.iter_mut().enumerate().filter(|(at, _)| *at != index) {
        if is_primary(element)
            && let Some(primary) = element.get_mut("primary")
        {
            *primary = Value::Bool(false);
        }
    }
}

/// Applies the rules to a list from a client: the last primary one is it, a repeated element is there once, and
/// one that says nothing is not.
///
/// # Errors
/// The list is too long, or has two elements of a type that is unique.
pub(super) fn settle(attribute: &Attribute, list: &mut Vec<Value>) -> Result<(), FieldError> {
    list.retain(|element| element.as_object().is_none_or(|members| !is_hollow(members)));
    if let Some(last) = list.iter().rposition(is_primary) {
        leave_primary_to(list, last);
    }
    let mut seen = HashSet::new();
    list.retain(|element| seen.insert(element.to_string()));
    let limit = if attribute.name == "members" { MAX_MEMBERS } else { MAX_ELEMENTS };
    if list.len() > limit {
        return Err(FieldError::new("", format!("has more than {limit} elements")));
    }
    let mut types = HashSet::new();
    for (index, element) in list.iter().enumerate() {
        if unique_type(attribute, element).is_some_and(|of_type| !types.insert(of_type)) {
            return Err(FieldError::new(format!("[{index}].type"), "is that of another element"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::schema::USER;
    use super::*;
    use serde_json::json;

    fn settled(name: &str, list: Value) -> Result<Value, String> {
        let Value::Array(mut list) = list else { panic!("{list}") };
        settle(USER.attribute(name).unwrap(), &mut list).map_err(|error| error.to_string())?;
        Ok(list.into())
    }

    #[test]
    fn the_last_primary_element_is_it() {
        let list =
            json!([{ "value": "a", "primary": true }, { "value": "b", "primary": true }, { "value": "c" }]);
        let expected =
            json!([{ "value": "a", "primary": false }, { "value": "b", "primary": true }, { "value": "c" }]);
        assert_eq!(settled("emails", list), Ok(expected));
    }

    #[test]
    fn an_element_is_there_once_and_so_is_a_type() {
        let twice = json!([{ "value": "a", "type": "work" }, { "value": "a", "type": "work" }]);
        assert_eq!(settled("emails", twice), Ok(json!([{ "value": "a", "type": "work" }])));
        let types = json!([{ "value": "a", "type": "work" }, { "value": "b", "type": "WORK" }]);
        assert_eq!(settled("emails", types.clone()).unwrap_err(), "[1].type is that of another element");
        assert_eq!(settled("roles", types.clone()), Ok(types));
    }

    #[test]
    fn a_list_has_a_limit() {
        let list = |count| (0..count).map(|value| json!({ "value": value.to_string() })).collect::<Value>();
        assert!(settled("roles", list(MAX_ELEMENTS)).is_ok());
        assert_eq!(settled("roles", list(MAX_ELEMENTS + 1)).unwrap_err(), " has more than 250 elements");
    }
}
