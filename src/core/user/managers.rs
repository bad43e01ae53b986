//! Who is whose manager, as identity providers say.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::User;

impl User {
    /// Removes the managers with an id that `is_meant`, in whatever schema. Returns whether there was one.
    pub fn remove_managers(&mut self, is_meant: impl Fn(&str) -> bool) -> bool {
        let mut removed = false;
        for member in self.scim.values_mut() {
            removed |= remove(member, &is_meant);
        }
        removed
    }
}

fn remove(value: &mut Value, is_meant: &impl Fn(&str) -> bool) -> bool {
    let Some(members) = value.as_object_mut() else { return false };
    let removed = members.get("manager").is_some_and(|manager| names(manager, is_meant))
        && members.shift_remove("manager").is_some();
    members.values_mut().fold(removed, |removed, member| remove(member, is_meant) || removed)
}

/// Whether a manager is one who `is_meant`: by the id, or by the address of the resource, which ends with it.
fn names(manager: &Value, is_meant: &impl Fn(&str) -> bool) -> bool {
    let text = |member: &str| manager.get(member).and_then(Value::as_str);
    let last = text("$ref").and_then(|path| path.rsplit('/').next());
    let last = last.map(|segment| percent_decode_str(segment).decode_utf8_lossy());
    manager.as_str().or_else(|| text("value")).is_some_and(is_meant) || last.is_some_and(|id| is_meant(&id))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::core::id::UserId;

    #[test]
    fn a_manager_is_removed_in_every_form_and_nobody_elses() {
        let meant = [
            json!({ "value": "a b" }),
            json!({ "$ref": "../Users/a%20b", "displayName": "A" }),
            json!("a b"),
        ];
        for manager in meant {
            let mut user = User::new(UserId::new("u"));
            user.scim
                .insert("attributes".to_owned(), json!({ "urn": { "manager": manager, "department": "d" } }));
            assert!(!user.remove_managers(|id| id == "b"));
            assert!(user.remove_managers(|id| id == "a b"), "{manager}");
            assert_eq!(user.scim["attributes"], json!({ "urn": { "department": "d" } }));
        }
    }
}
