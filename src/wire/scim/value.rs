//! Reading the values of attributes, by their types. Clients' dialects end here: booleans as text, a manager as
//! text, one object for a list, null and `""` for nothing.

use serde_json::Value;

use super::elements;
use super::error::within;
use super::schema::{Attribute, DataType};
use crate::core::user::{JsonObject, MAX_TEXT_BYTES};
use crate::wire::read::FieldError;

/// Maximum length of a certificate, or of a reference that may contain a picture, in bytes.
const MAX_LONG_TEXT_BYTES: usize = 1_048_576;

/// Reads `value` as one of `attribute`: `None` if it is unassigned. Members that the table lacks, or that only the
/// service may set, are ignored.
///
/// # Errors
/// It is of another type, or too long.
pub(super) fn read(attribute: &Attribute, value: Value) -> Result<Option<Value>, FieldError> {
    if attribute.multi_valued { read_list(attribute, value) } else { read_one(attribute, value) }
}

/// Like [`read`], for one value of a list, or the value of what is no list.
pub(super) fn read_one(attribute: &Attribute, value: Value) -> Result<Option<Value>, FieldError> {
    match (attribute.data_type, value) {
        (_, Value::Null) => Ok(None),
        (DataType::Complex, value) => read_complex(attribute, value),
        (_, Value::String(text)) if text.is_empty() => Ok(None),
        (DataType::Boolean, value) => boolean(&value).map(|truth| Some(truth.into())),
        (DataType::Integer, Value::Number(number)) if number.is_i64() => Ok(Some(number.into())),
        (DataType::Integer, _) => Err(FieldError::new("", "must be a whole number")),
        (_, Value::String(text)) => read_text(attribute, text).map(Some),
        _ => Err(FieldError::new("", "must be text")),
    }
}

/// `True` and `False` as Microsoft Entra sends them are booleans, too.
fn boolean(value: &Value) -> Result<bool, FieldError> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(FieldError::new("", "must be true or false")),
    }
}

fn read_text(attribute: &Attribute, text: String) -> Result<Value, FieldError> {
    let limit = match (attribute.data_type, attribute.name) {
        (DataType::Binary, _) | (DataType::Reference, "value") => MAX_LONG_TEXT_BYTES,
        _ => MAX_TEXT_BYTES,
    };
    if text.len() > limit {
        return Err(FieldError::new("", format!("is longer than {limit} bytes")));
    }
    // The database has no place for it.
    if text.contains('\0') {
        return Err(FieldError::new("", "contains a NUL"));
    }
    Ok(text.into())
}

/// A text stands for the `value`, and a list of one object for the object: a manager in three forms.
fn read_complex(attribute: &Attribute, value: Value) -> Result<Option<Value>, FieldError> {
    let members = match value {
        Value::Object(members) => members,
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::String(text) if attribute.value().is_some() => {
            JsonObject::from_iter([("value".to_owned(), text.into())])
        }
        Value::Array(mut values) if !attribute.multi_valued && values.len() < 2 => {
            return values.pop().map_or(Ok(None), |value| read_one(attribute, value));
        }
        _ => return Err(FieldError::new("", "must be an object")),
    };
    let mut read = JsonObject::new();
    for (name, value) in members {
        let Some(sub) = attribute.sub_attribute(&name).filter(|sub| !sub.is_read_only()) else { continue };
        if let Some(value) = self::read(sub, value).map_err(|error| within(sub.name, error))? {
            read.insert(sub.name.to_owned(), value);
        }
    }
    Ok((!elements::is_hollow(&read)).then(|| in_order(attribute.sub_attributes.iter(), read).into()))
}

fn read_list(attribute: &Attribute, value: Value) -> Result<Option<Value>, FieldError> {
    let values = match value {
        Value::Array(values) => values,
        Value::Null => return Ok(None),
        one => vec![one],
    };
    let mut list = Vec::with_capacity(values.len());
    for (index, value) in values.into_iter().enumerate() {
        let element = read_one(attribute, value).map_err(|error| within(&format!("[{index}]"), error))?;
        list.extend(element);
    }
    Ok((!list.is_empty()).then_some(Value::Array(list)))
}

/// The value with its members in the order of the table.
pub(super) fn arranged(attribute: &Attribute, value: Value) -> Value {
    match value {
        Value::Object(members) => in_order(attribute.sub_attributes.iter(), members).into(),
        Value::Array(list) => list.into_iter().map(|element| arranged(attribute, element)).collect(),
        simple => simple,
    }
}

/// The members in the order of the table, without empty ones.
pub(super) fn in_order<'a>(
    attributes: impl Iterator<Item = &'a Attribute>,
    mut members: JsonObject,
) -> JsonObject {
    let mut arranged = JsonObject::new();
    for attribute in attributes {
        let value = members.remove(attribute.name).map(|value| self::arranged(attribute, value));
        if let Some(value) = value.filter(|value| !is_empty(value)) {
            arranged.insert(attribute.name.to_owned(), value);
        }
    }
    arranged
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::{ENTERPRISE, USER};
    use super::*;
    use serde_json::json;

    fn read_as(name: &str, value: Value) -> Result<Option<Value>, String> {
        let attribute = USER.attribute(name).or_else(|| ENTERPRISE.attribute(name)).unwrap();
        read(attribute, value).map_err(|error| error.to_string())
    }

    #[test]
    fn what_means_nothing_is_unassigned() {
        for value in [
            json!(null),
            json!(""),
            json!([]),
            json!([null]),
            json!({}),
            json!([{}]),
            json!([{ "value": "" }]),
        ] {
            assert_eq!(read_as("emails", value.clone()), Ok(None), "{value}");
        }
        for value in [json!(null), json!(""), json!({}), json!({ "value": "" }), json!([])] {
            assert_eq!(read_as("manager", value.clone()), Ok(None), "{value}");
        }
        assert_eq!(read_as("title", json!("")), Ok(None));
        assert_eq!(read_as("emails", json!([{ "type": "work", "primary": true }])), Ok(None));
    }

    #[test]
    fn booleans_are_read_as_text_too_and_nothing_else_is() {
        for (value, truth) in [(json!("True"), true), (json!("false"), false), (json!(true), true)] {
            assert_eq!(read_as("active", value), Ok(Some(json!(truth))));
        }
        assert_eq!(read_as("active", json!("yes")).unwrap_err(), " must be true or false");
        assert_eq!(read_as("title", json!(5)).unwrap_err(), " must be text");
        assert_eq!(read_as("name", json!("Ann")).unwrap_err(), " must be an object");
        let error = read_as("emails", json!([{ "value": "a" }, { "VALUE": ["x"] }])).unwrap_err();
        assert_eq!(error, "[1].value must be text");
    }

    #[test]
    fn a_manager_is_read_in_every_form() {
        let manager = json!({ "value": "m" });
        for value in [json!("m"), json!({ "VALUE": "m" }), json!([{ "value": "m", "x": 1 }])] {
            assert_eq!(read_as("manager", value), Ok(Some(manager.clone())));
        }
        let full = json!({ "displayName": "M", "$ref": "/Users/m", "value": "m" });
        let read = read_as("manager", full.clone()).unwrap().unwrap();
        assert_eq!(read, full);
        assert_eq!(read.to_string(), r#"{"value":"m","$ref":"/Users/m","displayName":"M"}"#);
    }

    #[test]
    fn texts_have_a_limit() {
        let text = "x".repeat(MAX_TEXT_BYTES + 1);
        assert_eq!(read_as("title", json!(text)).unwrap_err(), " is longer than 2048 bytes");
        assert!(read_as("photos", json!([{ "value": text }])).is_ok());
        assert_eq!(read_as("title", json!("a\0")).unwrap_err(), " contains a NUL");
    }
}
