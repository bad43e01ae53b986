//! Canonical users as merge patches (RFC 7396).

use serde_json::Value;

use super::vendor::{NOT_A_FIELD, error_of, read_strictly};
use crate::core::user::{JsonObject, User};
use crate::wire::read::FieldError;

/// The user that `patch` makes of nothing, and the fields that it says are empty: null, false, or an empty list.
///
/// # Errors
/// A field is not one of a user, or of another type.
pub(in crate::admin) fn read(patch: JsonObject) -> Result<(User, JsonObject), FieldError> {
    let mut present = patch.clone();
    drop_nulls(&mut present);
    let text = serde_json::to_string(&present).map_err(|error| error_of(&error))?;
    let user: User = read_strictly(&text)?;
    let document = match serde_json::to_value(&user) {
        Ok(Value::Object(document)) => document,
        _ => JsonObject::new(),
    };
    let empty = empty_members(patch, &document);
    match unknown_field(&empty) {
        Some(field) => Err(FieldError::new(field, NOT_A_FIELD)),
        None => Ok((user, empty)),
    }
}

/// The first field that no user has.
fn unknown_field(empty: &JsonObject) -> Option<String> {
    empty.iter().find_map(|(group, value)| match value {
        Value::Object(members) => {
            let unknown = members.keys().find(|member| !User::has_field(group, Some(member)))?;
            Some(format!("{group}.{unknown}"))
        }
        _ => (!User::has_field(group, None)).then(|| group.clone()),
    })
}

/// Removes members that are null, at any depth, as a merge patch does to a target that does not have them.
fn drop_nulls(object: &mut JsonObject) {
    object.retain(|_, value| !value.is_null());
    for value in object.values_mut() {
        if let Value::Object(members) = value {
            drop_nulls(members);
        }
    }
}

/// The members of `patch` that `document`, made of it, lacks: a document leaves out what is empty.
fn empty_members(patch: JsonObject, document: &JsonObject) -> JsonObject {
    let members = patch.into_iter().filter_map(|(name, value)| match (value, document.get(&name)) {
        (Value::Object(value), known) => {
            let nothing = JsonObject::new();
            let known = known.and_then(Value::as_object).unwrap_or(&nothing);
            let empty = empty_members(value, known);
            (!empty.is_empty()).then(|| (name, empty.into()))
        }
        (value, None) => Some((name, value)),
        (_, Some(_)) => None,
    });
    members.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_json(patch: Value) -> Result<(User, Value), FieldError> {
        let Value::Object(patch) = patch else { panic!("{patch}") };
        read(patch).map(|(user, empty)| (user, empty.into()))
    }

    #[test]
    fn what_is_empty_is_told_apart_from_what_is_missing() {
        let (user, empty) = read_json(json!({
            "id": "1", "profile": { "nickname": "a", "username": null }, "postal": null, "identities": [],
            "contact": { "email": "a@example.com", "emailVerified": false, "phoneVerified": null },
            "employment": { "departmentIds": [] }, "logins": { "resetPasswordOnNextLogin": false, "count": 0 },
            "customData": { "a": null, "b": { "c": null, "d": 1 }, "e": false, "f": [null], "g": {} },
        }))
        .unwrap();
        let expected = json!({
            "profile": { "username": null }, "postal": null, "identities": [],
            "contact": { "emailVerified": false, "phoneVerified": null }, "employment": { "departmentIds": [] },
            "customData": { "a": null, "b": { "c": null } },
        });
        assert_eq!(empty, expected);
        assert_eq!((user.logins.reset_password_on_next_login, user.logins.count), (Some(false), Some(0)));
        let custom = json!({ "b": { "d": 1 }, "e": false, "f": [null], "g": {} });
        assert_eq!(Value::Object(user.custom_data), custom);
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field() {
        let field = |patch| read_json(patch).map(drop).map_err(|fault| fault.field);
        assert_eq!(field(json!({ "id": null })), Err("id".to_owned()));
        assert_eq!(field(json!({ "id": "1", "emial": null })), Err("emial".to_owned()));
        assert_eq!(field(json!({ "id": "1", "postal": { "citty": null } })), Err("postal.citty".to_owned()));
        assert_eq!(
            field(json!({ "id": "1", "contact": { "emailVerified": "no" } })),
            Err("contact.emailVerified".into())
        );
    }
}
