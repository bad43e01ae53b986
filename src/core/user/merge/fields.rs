//! A user's document as a flat list of fields, each with the sources that set it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::core::address::Address;
use crate::core::user::{DataSource, JsonObject, SetBy, Sources};

/// The lists whose elements are fields of their own. All other members of a document but one are groups of fields.
const LISTS: [&str; 2] = [IDENTITIES, CHAIN_ACCOUNTS];
const IDENTITIES: &str = "identities";
pub(super) const CHAIN_ACCOUNTS: &str = "chainAccounts";
/// A field of its own, whatever is in it: one source writes it, and always all of it.
const SCIM: &str = "scim";
const ID: &str = "id";
const SET_BY: &str = "setBy";

/// The fields of a document in their order: `group.member`, `list[element]`, or `scim`.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    id: Value,
    pub(super) values: JsonObject,
    by: BTreeMap<String, Sources>,
    pub(super) listed_by: Sources,
}

impl Fields {
    pub(super) fn of(mut document: JsonObject) -> Self {
        let id = document.shift_remove(ID).unwrap_or_default();
        // Not readable as such only if it was not written here.
        let set_by: SetBy = document
            .shift_remove(SET_BY)
            .and_then(|marks| serde_json::from_value(marks).ok())
            .unwrap_or_default();
        let values = flat(document);
        let by = values.keys().map(|path| (path.clone(), set_by.of(path)));
        let by = by.filter(|(_, sources)| !sources.is_empty()).collect();
        Self { id, values, by, listed_by: set_by.sources().collect() }
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.values.get(path).and_then(Value::as_str)
    }

    pub(super) fn is_true(&self, path: &str) -> bool {
        self.values.get(path).and_then(Value::as_bool).unwrap_or_default()
    }

    /// The sources that set the field at `path`.
    pub(super) fn by(&self, path: &str) -> Sources {
        self.by.get(path).copied().unwrap_or_default()
    }

    /// Sets a field. With the value that it has, `by` joins those who set it.
    pub(super) fn set(&mut self, path: &str, value: Value, by: Sources) {
        let others = if self.values.get(path) == Some(&value) { self.by(path) } else { Sources::default() };
        self.values.insert(path.to_owned(), value);
        self.by.insert(path.to_owned(), by.with(others));
        self.listed_by = self.listed_by.with(by);
    }

    /// Removes a field, whoever set it.
    pub(super) fn clear(&mut self, path: &str) {
        self.values.shift_remove(path);
        self.by.remove(path);
    }

    /// Removes the fields that `is_withdrawn` and that nobody but `by` set.
    pub(super) fn withdraw(&mut self, by: DataSource, is_withdrawn: impl Fn(&str) -> bool) {
        let held = self.by.iter().filter(|(path, sources)| sources.contains(by) && is_withdrawn(path));
        let held: Vec<(String, Sources)> =
            held.map(|(path, sources)| (path.clone(), sources.without(by))).collect();
        for (path, others) in held {
            if others.is_empty() {
                self.clear(&path);
            } else {
                self.by.insert(path, others);
            }
        }
    }

    /// Has elements of a list, at the paths in `order`, stand in it. Those that do already, perhaps with others between, stay.
    pub(super) fn arrange(&mut self, order: &[&str]) {
        let places: Vec<Option<usize>> =
            order.iter().map(|path| self.values.keys().position(|known| known == path)).collect();
        let known = places.iter().flatten().count();
        let is_in_order =
            places.iter().take(known).all(Option::is_some) && places.iter().take(known).is_sorted();
        if is_in_order {
            return;
        }
        for path in order {
            if let Some(value) = self.values.shift_remove(*path) {
                self.values.insert((*path).to_owned(), value);
            }
        }
    }

    pub(super) fn into_document(self) -> JsonObject {
        let fields = self.values.keys().map(|path| (path.as_str(), self.by(path)));
        let set_by = SetBy::new(self.listed_by, &fields);
        let mut document = JsonObject::from_iter([(ID.to_owned(), self.id)]);
        for (path, value) in self.values {
            match Place::of(&path) {
                Place::Member(group, member) => {
                    let members = document.entry(group).or_insert_with(|| JsonObject::new().into());
                    members.as_object_mut().map(|members| members.insert(member.to_owned(), value));
                }
                Place::Element(list) => {
                    let elements = document.entry(list).or_insert_with(|| Value::Array(Vec::new()));
                    if let Some(elements) = elements.as_array_mut() {
                        elements.push(value);
                    }
                }
                Place::Field => drop(document.insert(path, value)),
                Place::Whole => {}
            }
        }
        if let (false, Ok(marks)) = (set_by.is_empty(), serde_json::to_value(set_by)) {
            document.insert(SET_BY.to_owned(), marks);
        }
        document
    }
}

/// What a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// A member of a group.
    Member(&'a str, &'a str),
    /// An element of a list.
    Element(&'a str),
    /// A field that is in no group or list.
    Field,
    /// A whole group or list.
    Whole,
}

impl<'a> Place<'a> {
    pub(super) fn of(path: &'a str) -> Self {
        if let Some((list, _)) = path.split_once('[').filter(|(list, _)| LISTS.contains(list)) {
            return Self::Element(list);
        }
        if path == SCIM {
            return Self::Field;
        }
        path.split_once('.').map_or(Self::Whole, |(group, member)| Self::Member(group, member))
    }

    /// The group or list that the field is in, if it is not all of it.
    pub(super) const fn container(self) -> Option<&'a str> {
        match self {
            Self::Member(container, _) | Self::Element(container) => Some(container),
            Self::Field | Self::Whole => None,
        }
    }
}

/// The fields of `document`, by their paths. An empty group or list, or one that is null, is there as a whole.
pub(super) fn flat(document: JsonObject) -> JsonObject {
    let mut fields = JsonObject::new();
    for (name, value) in document {
        match value {
            Value::Object(members) if !members.is_empty() && name != SCIM => {
                fields.extend(members.into_iter().map(|(member, value)| (format!("{name}.{member}"), value)));
            }
            Value::Array(elements) if !elements.is_empty() && LISTS.contains(&name.as_str()) => {
                for element in elements {
                    let path = element_path(&name, &element, &fields);
                    fields.insert(path, element);
                }
            }
            whole => drop(fields.insert(name, whole)),
        }
    }
    fields
}

/// The paths of the elements of lists that `document` has.
#[must_use]
pub fn element_paths(document: JsonObject) -> Vec<String> {
    let paths = flat(document).into_iter().map(|(path, _)| path);
    paths.filter(|path| matches!(Place::of(path), Place::Element(_))).collect()
}

/// The path without what tells one element of a list from another, which is part of its value.
#[must_use]
pub fn without_element(path: &str) -> &str {
    match Place::of(path) {
        Place::Element(list) => list,
        Place::Member(..) | Place::Field | Place::Whole => path,
    }
}

/// The path of `element` in a list: what makes it the same one, however else it changes.
fn element_path(list: &str, element: &Value, taken: &JsonObject) -> String {
    let text = |member: &str| element.get(member).and_then(Value::as_str).unwrap_or_default();
    let key = if list == CHAIN_ACCOUNTS {
        let address = text("address");
        Address::parse(address).map_or_else(|_| address.to_owned(), |address| address.key().to_string())
    } else {
        format!("{} {} {}", text("connectionId"), text("type"), text("idThere"))
    };
    let paths = (1..).map(|number| match number {
        1 => format!("{list}[{key}]"),
        _ => format!("{list}[{key}]#{number}"),
    });
    let mut paths = paths.skip_while(|path| taken.contains_key(path));
    paths.next().unwrap_or_default()
}
