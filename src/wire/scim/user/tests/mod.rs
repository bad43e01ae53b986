mod changes;
mod laws;
mod round_trip;

use serde_json::{Value, json};
use time::macros::datetime;

use super::{Kept, Meta, UserChange, to_resource};
use crate::core::id::UserId;
use crate::core::user::User;
use crate::wire::scim::patch::Patch;
use crate::wire::scim::resource::Resource;
use crate::wire::scim::schema::USERS;

fn meta() -> Meta {
    Meta {
        created: datetime!(2026-01-02 03:04:05 UTC),
        last_modified: datetime!(2026-01-02 04:04:05 +01:00),
        version: "7".to_owned(),
        base: "https://users.example/scim/v2".to_owned(),
    }
}

fn shown(user: &User, kept: &Kept) -> Resource {
    to_resource(user, kept, &meta())
}

fn written(resource: &Resource) -> Value {
    serde_json::to_value(resource).unwrap()
}

/// The document after an RFC 7396 patch.
fn merged(mut document: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    if !document.is_object() {
        document = json!({});
    }
    for (name, value) in patch {
        let members = document.as_object_mut().unwrap();
        if value.is_null() {
            members.shift_remove(name);
        } else {
            let before = members.shift_remove(name).unwrap_or_default();
            members.insert(name.clone(), merged(before, value));
        }
    }
    document
}

/// The user and what is kept of it, after the change.
fn changed(user: &User, kept: Kept, change: UserChange) -> (User, Kept) {
    let document = merged(serde_json::to_value(user).unwrap(), &change.patch.into());
    (serde_json::from_value(document).unwrap(), change.kept.unwrap_or(kept))
}

fn created(body: Value) -> (User, Kept) {
    let wanted = Resource::read(body, &USERS).unwrap();
    let change = UserChange::create(&wanted, UserId::new("u")).unwrap();
    changed(&User::new(UserId::new("u")), Kept::default(), change)
}

fn put(user: &User, kept: &Kept, body: Value) -> UserChange {
    let shown = shown(user, kept);
    let wanted = Resource::read(body, &USERS).unwrap().completed_by(&shown, &USERS);
    UserChange::between(&shown, &wanted, user, kept).unwrap()
}

fn patch(user: &User, kept: &Kept, operations: Value) -> UserChange {
    let shown = shown(user, kept);
    let mut body = json!({});
    body["Operations"] = operations;
    let patch = Patch::read(body, &USERS).unwrap();
    let wanted = patch.apply(&shown, &USERS).unwrap().unwrap_or_else(|| shown.clone());
    UserChange::between(&shown, &wanted, user, kept).unwrap()
}
