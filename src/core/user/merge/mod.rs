//! Merges what several sources know about a user.
//!
//! A field knows which sources set it last. A record of a vendor is whole: what it no longer has goes, where nobody else
//! set it. A row of a table is whole as far as its columns go. Any other is a merge patch (RFC 7396): what it has replaces,
//! null removes, the rest stays.

mod contact;
mod difference;
mod fields;

use serde_json::Value;

pub use self::difference::{FieldChange, HowChanged, differences};
use self::fields::{CHAIN_ACCOUNTS, Fields, Place, flat};
pub use self::fields::{element_paths, without_element};
use super::{DataSource, JsonObject, Sources};

/// What a record says about the fields that it does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// That its source has them no longer. Except fields, groups and lists that a source leaves out unless it was asked
    /// for them, such as `customData` or `chainAccounts[].balance`.
    Whole {
        /// Their paths.
        unasked: &'static [&'static str],
    },
    /// Nothing; and of those that it says are null, that its source has them no longer.
    Row,
    /// Nothing; and those that it says are null go, whoever set them.
    Patch,
}

/// What a record says about a user.
#[derive(Debug, Clone, Default)]
pub struct Statement {
    /// The fields that it has, as a document.
    pub document: JsonObject,
    /// Fields that it has and that are empty: `null`, `false`, `[]`, `{}`. A document leaves them out.
    pub empty: JsonObject,
}

/// Merges what a record of the source `by` says into the user `document`. The id stays. An e-mail address that nobody vouches for
/// does not replace one that an administrator gave.
#[must_use]
pub fn merge(document: JsonObject, said: Statement, by: DataSource, extent: Extent) -> JsonObject {
    let mut user = Fields::of(document);
    let mut record = Record { fields: Fields::of(said.document), empty: flat(said.empty), by, extent };
    contact::settle(&mut user, &mut record);
    record.withdraw_missing(&mut user);
    let (mut identities, mut chain_accounts) = (Vec::new(), Vec::new());
    for path in record.fields.values.keys() {
        match Place::of(path) {
            Place::Element(CHAIN_ACCOUNTS) => chain_accounts.push(path.as_str()),
            Place::Element(_) => identities.push(path.as_str()),
            Place::Member(..) | Place::Field | Place::Whole => {}
        }
        record.put(&mut user, path);
    }
    for (path, value) in &record.empty {
        // Withdrawn already, and what others set stays.
        if !record.is_withdrawal(path, value) {
            record.empty(&mut user, path, value);
        }
    }
    user.arrange(&identities);
    user.arrange(&chain_accounts);
    contact::forget_verification_of_nothing(&mut user, Some(&record));
    user.listed_by = user.listed_by.with(record.listed_by());
    user.into_document()
}

/// `document` without what only `by` set, and no longer listed by it; `None` if no other source lists the user.
#[must_use]
pub fn withdraw(document: JsonObject, by: DataSource) -> Option<JsonObject> {
    let mut user = Fields::of(document);
    user.listed_by = user.listed_by.without(by);
    if user.listed_by.is_empty() {
        return None;
    }
    user.withdraw(by, |_| true);
    contact::forget_verification_of_nothing(&mut user, None);
    Some(user.into_document())
}

/// A record, by fields.
struct Record {
    fields: Fields,
    empty: JsonObject,
    by: DataSource,
    extent: Extent,
}

impl Record {
    /// Removes what a whole record no longer has; of lists, what a patch no longer has.
    fn withdraw_missing(&self, user: &mut Fields) {
        match self.extent {
            Extent::Whole { unasked } => user.withdraw(self.by, |path| {
                !self.fields.values.contains_key(path) && !self.is_silent(path, unasked)
            }),
            Extent::Row => user.withdraw(self.by, |path| self.is_null(path)),
            Extent::Patch => self.replace_lists(user),
        }
    }

    /// Whether the field at `path` may be missing only because the source was not asked for it.
    fn is_silent(&self, path: &str, unasked: &[&str]) -> bool {
        let container = Place::of(path).container();
        if unasked.contains(&path) {
            return !self.empty.contains_key(path);
        }
        container.is_some_and(|container| unasked.contains(&container) && !self.has_any_of(container))
    }

    /// Whether the record says that the field at `path` is null.
    fn is_null(&self, path: &str) -> bool {
        self.empty.get(path).is_some_and(Value::is_null)
    }

    /// Whether what is empty was withdrawn as whatever the record lacks, so that what others set stays.
    fn is_withdrawal(&self, path: &str, value: &Value) -> bool {
        match self.extent {
            Extent::Whole { .. } => Place::of(path) == Place::Whole,
            Extent::Row => value.is_null(),
            Extent::Patch => false,
        }
    }

    /// Whether the record has the group or list, if only as an empty one.
    fn has_any_of(&self, container: &str) -> bool {
        let is_in = |path: &String| Place::of(path).container() == Some(container);
        self.empty.contains_key(container) || self.fields.values.keys().any(is_in)
    }

    /// Arrays in a merge patch replace those of the target.
    fn replace_lists(&self, user: &mut Fields) {
        let is_replaced = |path: &&String| {
            let list = match Place::of(path) {
                Place::Element(list) => list,
                Place::Member(..) | Place::Field | Place::Whole => return false,
            };
            self.has_any_of(list) && !self.fields.values.contains_key(*path)
        };
        let replaced: Vec<String> = user.values.keys().filter(is_replaced).cloned().collect();
        for path in replaced {
            user.clear(&path);
        }
    }

    /// Puts the record's field at `path` into `user`.
    fn put(&self, user: &mut Fields, path: &str) {
        let Some(value) = self.fields.values.get(path) else { return };
        let stored = user.values.get(path);
        let value = match (self.extent, stored) {
            (Extent::Patch, _) if is_free_form(path) => patched(stored.cloned().unwrap_or_default(), value),
            (Extent::Whole { unasked }, Some(stored)) => completed(value.clone(), stored, path, unasked),
            _ => value.clone(),
        };
        let by = self.setting(path, stored == Some(&value));
        user.set(path, value, by);
    }

    /// Who sets the field at `path`: whoever the record names, as an exported one does, unless it was edited since.
    fn setting(&self, path: &str, is_same: bool) -> Sources {
        let named = self.fields.by(path);
        if named.is_empty() || !is_same { Sources::one(self.by) } else { named }
    }

    /// Removes what the record says is empty.
    fn empty(&self, user: &mut Fields, path: &str, value: &Value) {
        match (Place::of(path), value) {
            (Place::Whole, Value::Object(_)) => {}
            (Place::Field, Value::Object(members)) if !members.is_empty() => {}
            (Place::Whole, _) => {
                let is_in = |field: &&String| Place::of(field).container() == Some(path);
                let fields: Vec<String> = user.values.keys().filter(is_in).cloned().collect();
                for field in fields {
                    user.clear(&field);
                }
            }
            (Place::Member(..) | Place::Element(_), Value::Object(_)) => {
                if let Some(stored) = user.values.get(path) {
                    let value = patched(stored.clone(), value);
                    user.set(path, value, Sources::one(self.by));
                }
            }
            (Place::Member(..) | Place::Element(_) | Place::Field, _) => user.clear(path),
        }
    }

    /// The sources that list the user from now on.
    fn listed_by(&self) -> Sources {
        let named = self.fields.listed_by;
        if named.is_empty() { Sources::one(self.by) } else { named }
    }
}

/// Whether the field at `path` can be an object, into which a patch goes as well.
fn is_free_form(path: &str) -> bool {
    matches!(Place::of(path).container(), Some("customData" | "metadataSource"))
}

/// `target` after the merge patch (RFC 7396, section 2).
fn patched(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut members = match target {
        Value::Object(members) => members,
        _ => JsonObject::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            members.shift_remove(name);
        } else {
            let member = members.get(name).cloned().unwrap_or_default();
            members.insert(name.clone(), patched(member, value));
        }
    }
    members.into()
}

/// `element` at `path` of a list with those members of the `stored` one that its source was not asked for.
fn completed(mut element: Value, stored: &Value, path: &str, unasked: &[&str]) -> Value {
    let (Place::Element(list), Some(members)) = (Place::of(path), element.as_object_mut()) else {
        return element;
    };
    let of_list = unasked.iter().filter_map(|path| path.strip_prefix(list)?.strip_prefix("[]."));
    for member in of_list {
        if let Some(value) = stored.get(member).filter(|_| !members.contains_key(member)) {
            members.insert(member.to_owned(), value.clone());
        }
    }
    element
}

#[cfg(test)]
mod tests;
