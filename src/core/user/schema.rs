//! The JSON Schema of the canonical user, generated from its type.

use serde_json::Value;

use super::User;

/// The schema, in JSON Schema 2020-12.
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = schemars::schema_for!(User).to_value();
    if let Value::Object(members) = &mut schema {
        members.insert("title".to_owned(), "User of a userbatch directory".into());
    }
    schema
}
