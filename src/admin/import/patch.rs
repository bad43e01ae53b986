//! Canonical users as merge patches (RFC 7396).

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
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

/// Like [`read`], of a patch as text. Only one with a null is parsed into values, since a user is read without those;
/// what else may be empty is compared with what is in the document.
///
/// # Errors
/// As of [`read`]; or the text is not a JSON object.
pub(super) fn read_text(text: &str) -> Result<(User, JsonObject), FieldError> {
    let sparse = may_have_empty_values(text).then(|| serde_json::from_str(text).ok()).flatten();
    let Some(Sparse(Some(Value::Object(empty)))) = sparse else {
        // Also what is not JSON, which is told where.
        return Ok((read_strictly(text)?, JsonObject::new()));
    };
    if has_null(&empty) {
        return read(serde_json::from_str(text).map_err(|error| error_of(&error))?);
    }
    let user: User = read_strictly(text)?;
    let document = serde_json::to_string(&user).and_then(|document| serde_json::from_str(&document));
    let document = match document.map_err(|error| error_of(&error))? {
        Sparse(Some(Value::Object(document))) => document,
        Sparse(_) => JsonObject::new(),
    };
    Ok((user, empty_members(empty, &document)))
}

/// Whether a value in `json` may be null, false, or empty.
fn may_have_empty_values(json: &str) -> bool {
    let is_closed_at_once =
        |(at, _)| json.get(at + 1..).is_some_and(|rest| rest.trim_start().starts_with([']', '}']));
    json.contains("null") || json.contains("false") || json.match_indices(['[', '{']).any(is_closed_at_once)
}

/// Whether a member is null, at any depth.
fn has_null(object: &JsonObject) -> bool {
    object.values().any(|value| value.is_null() || value.as_object().is_some_and(has_null))
}

/// What of a JSON value may be empty: null, false, an empty list or object, and objects that have such members, with
/// nothing but those. `None` if nothing is.
struct Sparse(Option<Value>);

impl<'de> Deserialize<'de> for Sparse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SparseVisitor).map(Self)
    }
}

struct SparseVisitor;

impl<'de> Visitor<'de> for SparseVisitor {
    type Value = Option<Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Option<Value>, E> {
        Ok(Some(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Option<Value>, E> {
        Ok((!value).then_some(Value::Bool(false)))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Option<Value>, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Option<Value>, A::Error> {
        let mut empty = Some(Value::Array(Vec::new()));
        while elements.next_element::<IgnoredAny>()?.is_some() {
            empty = None;
        }
        Ok(empty)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<Value>, A::Error> {
        let (mut empty, mut has_others) = (JsonObject::new(), false);
        while let Some((name, Sparse(value))) = members.next_entry::<Name<'de>, Sparse>()? {
            match value {
                Some(value) => {
                    empty.insert(name.0.into_owned(), value);
                }
                None => has_others = true,
            }
        }
        Ok((!empty.is_empty() || !has_others).then_some(Value::Object(empty)))
    }
}

/// The name of a member; borrowed if it has no escapes, since most are only skipped.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

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
    use crate::core::user::arbitrary;
    use proptest::prelude::*;
    use proptest::sample::Index;
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

    #[test]
    fn a_null_is_seen_beside_numbers() {
        let (_, empty) =
            read_text(r#"{"id":"1","profile":{"gender":null},"customData":{"a":{"b":0.0}}}"#).unwrap();
        assert_eq!(Value::Object(empty), json!({ "profile": { "gender": null } }));
    }

    /// Replaces a member of `user`, or of a group of its members.
    fn replace(user: &mut Value, (group, member): (Index, Index), value: Value) {
        let groups = user.as_object_mut().unwrap();
        let name = groups.keys().nth(group.index(groups.len())).unwrap().clone();
        match groups.get_mut(&name).and_then(Value::as_object_mut) {
            Some(members) if !members.is_empty() => {
                let name = members.keys().nth(member.index(members.len())).unwrap().clone();
                members.insert(name, value);
            }
            _ => {
                groups.insert(name, value);
            }
        }
    }

    fn empty_value() -> impl Strategy<Value = Value> {
        let empty = [json!(null), json!(false), json!([]), json!({}), json!({ "a": false, "b": 1 })];
        prop::sample::select(empty.to_vec())
    }

    proptest! {
        /// Whatever of a user is emptied, in whatever way.
        #[test]
        fn a_text_is_read_as_its_value_is(
            user in arbitrary::user(),
            emptied in prop::collection::vec((any::<(Index, Index)>(), empty_value()), 0..6),
        ) {
            let mut patch = serde_json::to_value(&user).unwrap();
            for (place, value) in emptied {
                replace(&mut patch, place, value);
            }
            let by_text = read_text(&patch.to_string()).map(|(user, empty)| (user, empty.into()));
            let by_text = by_text.map_err(|fault| fault.field);
            prop_assert_eq!(by_text, read_json(patch).map_err(|fault| fault.field));
        }
    }
}
