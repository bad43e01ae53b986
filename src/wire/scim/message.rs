//! Bodies that are not resources: their members are found in any case, as attributes are.

use serde_json::Value;

use super::error::ScimError;
use super::resource::expect_schema;
use crate::core::user::JsonObject;
use crate::wire::read::FieldError;

/// Maximum depth of a body. The deepest valid one is a bulk request with a patch.
pub const MAX_BODY_DEPTH: usize = 16;

/// Reads a body as JSON.
///
/// # Errors
/// [`ScimError::BodyTooLarge`] above `limit` bytes, [`ScimError::InvalidSyntax`] for what is not JSON or too deep.
pub fn read_json(body: &[u8], limit: usize) -> Result<Value, ScimError> {
    if body.len() > limit {
        return Err(ScimError::BodyTooLarge(limit));
    }
    let fault = |reason: &str| ScimError::InvalidSyntax(FieldError::new("The body", reason));
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        // The parser's own text may quote the body.
        fault(&format!("is not JSON: see line {}, column {}", error.line(), error.column()))
    })?;
    if depth(&value) > MAX_BODY_DEPTH {
        return Err(fault("is nested too deeply"));
    }
    Ok(value)
}

fn depth(value: &Value) -> usize {
    let within = match value {
        Value::Array(values) => values.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    1 + within.unwrap_or_default()
}

/// The members of a body.
#[derive(Debug)]
pub(super) struct Members(JsonObject);

impl Members {
    /// # Errors
    /// [`ScimError::InvalidSyntax`] for what is not an object.
    pub fn read(body: Value) -> Result<Self, ScimError> {
        match body {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(ScimError::InvalidSyntax(FieldError::new("", "must be an object"))),
        }
    }

    /// The members of a body that has this URN among its `schemas`, if it has any.
    pub fn of_schema(body: Value, urn: &str) -> Result<Self, ScimError> {
        let mut members = Self::read(body)?;
        expect_schema(&members.take("schemas").unwrap_or_default(), urn)?;
        Ok(members)
    }

    /// Takes the member of this name, which may be null.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let name = self.0.keys().find(|known| known.eq_ignore_ascii_case(name))?.clone();
        self.0.shift_remove(&name)
    }

    /// Takes the text of this name.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, ScimError> {
        match self.take(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ScimError::InvalidSyntax(FieldError::new(name, "must be text"))),
        }
    }

    /// Takes the list of this name.
    pub fn list(&mut self, name: &str) -> Result<Vec<Value>, ScimError> {
        match self.take(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(values)) => Ok(values),
            Some(_) => Err(ScimError::InvalidSyntax(FieldError::new(name, "must be a list"))),
        }
    }

    /// Takes the whole number of this name.
    pub fn integer(&mut self, name: &str) -> Result<Option<i64>, ScimError> {
        match self.take(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value
                .as_i64()
                .map(Some)
                .ok_or_else(|| ScimError::InvalidSyntax(FieldError::new(name, "must be a whole number"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_body_is_bounded() {
        assert_eq!(read_json(b"{\"a\": 1}", 8), Ok(json!({ "a": 1 })));
        assert_eq!(read_json(b"{\"a\": 1}", 7).unwrap_err(), ScimError::BodyTooLarge(7));
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(read_json(nested(MAX_BODY_DEPTH).as_bytes(), 1_000).is_ok());
        for text in [
            nested(MAX_BODY_DEPTH + 1),
            nested(5_000),
            "{".to_owned(),
            String::new(),
            "\"\\ud800\"".to_owned(),
        ] {
            let error = read_json(text.as_bytes(), 100_000).unwrap_err();
            assert!(matches!(error, ScimError::InvalidSyntax(_)), "{error}");
        }
    }

    #[test]
    fn members_are_found_in_any_case() {
        let mut members = Members::read(json!({ "STARTINDEX": 2, "filter": null, "count": "x" })).unwrap();
        assert_eq!(members.integer("startIndex"), Ok(Some(2)));
        assert_eq!(members.text("Filter"), Ok(None));
        assert_eq!(members.integer("count").unwrap_err().to_string(), "count must be a whole number.");
        let other = Members::of_schema(json!({ "schemas": ["urn:x"] }), "urn:y").unwrap_err();
        assert_eq!(other.to_string(), "schemas must contain urn:y.");
        assert!(Members::of_schema(json!({ "Schemas": ["URN:Y"] }), "urn:y").is_ok());
    }
}
