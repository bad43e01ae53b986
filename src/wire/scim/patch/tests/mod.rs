mod dialects;
pub(in crate::wire::scim) mod laws;
mod operations;

use serde_json::{Value, json};

use super::{PATCH_URN, Patch};
use crate::wire::scim::error::ScimError;
use crate::wire::scim::resource::Resource;
use crate::wire::scim::schema::{USERS, urn};

const ENT: &str = urn::ENTERPRISE;

fn resource(value: Value) -> Resource {
    let Value::Object(members) = value else { panic!("{value}") };
    let mut resource = Resource::from_members(members);
    resource.arrange(&USERS);
    resource
}

/// The user of the contract's vectors.
fn ann() -> Value {
    json!({
        "userName": "a", "name": { "givenName": "Ann", "familyName": "Lee" },
        "emails": [{ "type": "work", "value": "w@x", "primary": true }],
    })
}

/// What the operations make of `before`; `None` if nothing has changed.
fn patched(before: Value, operations: Value) -> Result<Option<Value>, ScimError> {
    let mut body = json!({ "schemas": [PATCH_URN] });
    body["Operations"] = operations;
    let patch = Patch::read(body, &USERS)?;
    let after = patch.apply(&resource(before), &USERS)?;
    Ok(after.map(|after| serde_json::to_value(after).unwrap()))
}

/// `changes` to the user of the vectors, by attribute.
fn changed(changes: Value) -> Value {
    let mut after = ann();
    let Value::Object(changes) = changes else { panic!("{changes}") };
    for (name, value) in changes {
        after[name] = value;
    }
    serde_json::to_value(resource(after)).unwrap()
}

fn after(operation: Value) -> Option<Value> {
    patched(ann(), Value::Array(vec![operation])).unwrap()
}

fn error(operations: Value) -> ScimError {
    patched(ann(), operations).unwrap_err()
}
