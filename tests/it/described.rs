//! Whether JSON is as an OpenAPI document describes it.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What is wrong with `value` by `schema`, a part of `document`. It knows the keywords that our documents use; any
/// other counts as a fault.
pub fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let by = |schema: &Value, value: &Value| faults(document, schema, value);
    let mut found = Vec::new();
    for (keyword, rule) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$ref" => found.extend(by(referred(document, rule), value)),
            "allOf" => found.extend(list(rule).iter().flat_map(|schema| by(schema, value))),
            "oneOf" => {
                let fitting = list(rule).iter().filter(|schema| by(schema, value).is_empty()).count();
                found.extend((fitting != 1).then(|| format!("{value} fits {fitting} of {rule}")));
            }
            "items" => found.extend(members(value).flat_map(|(_, item)| by(rule, item))),
            "properties" => found.extend(members(value).flat_map(|(name, member)| {
                let faults = rule.get(name).map(|schema| by(schema, member)).unwrap_or_default();
                faults.into_iter().map(move |fault| format!("{name}: {fault}"))
            })),
            "additionalProperties" => {
                let others = members(value).filter(|(name, _)| schema["properties"].get(name).is_none());
                found.extend(others.flat_map(|(name, member)| match rule {
                    Value::Bool(false) => vec![format!("{name} is not described")],
                    schema => by(schema, member),
                }));
            }
            "propertyNames" => {
                found.extend(members(value).flat_map(|(name, _)| by(rule, &name.into())));
            }
            "required" => {
                let missing = list(rule).iter().filter(|name| value.get(name.as_str().unwrap()).is_none());
                found.extend(missing.map(|name| format!("{name} is missing")));
            }
            _ => found.extend((!fits(keyword, rule, value)).then(|| format!("{value} is not {rule}"))),
        }
    }
    found
}

fn referred<'a>(document: &'a Value, reference: &Value) -> &'a Value {
    document.pointer(reference.as_str().unwrap().trim_start_matches('#')).unwrap()
}

fn list(rule: &Value) -> &[Value] {
    rule.as_array().unwrap()
}

/// The members of an object, or the items of an array, which have no names.
fn members(value: &Value) -> Box<dyn Iterator<Item = (&str, &Value)> + '_> {
    match value {
        Value::Object(members) => Box::new(members.iter().map(|(name, member)| (name.as_str(), member))),
        Value::Array(items) => Box::new(items.iter().map(|item| ("", item))),
        _ => Box::new(std::iter::empty()),
    }
}

/// Whether `value` is as one keyword that stands for itself demands.
fn fits(keyword: &str, rule: &Value, value: &Value) -> bool {
    // A keyword demands nothing of a value of another type.
    let is_at_most = |size: Option<usize>| size.is_none_or(|size| size as u64 <= rule.as_u64().unwrap());
    match keyword {
        "type" => match rule {
            Value::Array(kinds) => kinds.iter().any(|kind| is_of(kind, value)),
            kind => is_of(kind, value),
        },
        "enum" => list(rule).contains(value),
        "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
        "maxItems" => is_at_most(value.as_array().map(Vec::len)),
        "maxLength" => is_at_most(value.as_str().map(|text| text.chars().count())),
        "uniqueItems" => {
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
            items.iter().enumerate().all(|(at, item)| !items[..at].contains(item))
        }
        "format" => match rule.as_str().unwrap() {
            "date-time" => value.as_str().is_none_or(|text| OffsetDateTime::parse(text, &Rfc3339).is_ok()),
            "int32" | "int64" | "binary" => true,
            _ => false,
        },
        // What a pattern demands is left to the gateway, which must accept the example.
        "description" | "default" | "example" | "pattern" | "readOnly" => true,
        _ => false,
    }
}

fn is_of(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}
