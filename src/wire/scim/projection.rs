//! `attributes` and `excludedAttributes` (RFC 7644, section 3.9): which attributes a client wants.

use serde_json::{Value, json};

use super::error::ScimError;
use super::path::Path;
use super::resource::Resource;
use super::schema::{Attribute, ResourceType, Returned, Schema};
use crate::core::user::JsonObject;
use crate::wire::read::FieldError;

/// The attributes to return. `id` and `schemas` are always among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Projection {
    /// All.
    #[default]
    All,
    /// Only these.
    Only(Vec<Path>),
    /// All but these.
    Without(Vec<Path>),
}

/// How much of an attribute is named.
enum Named {
    Not,
    Whole,
    Subs(Vec<&'static str>),
}

impl Projection {
    /// The attributes that either list names, with names of several to a text, between commas. Unknown ones are
    /// ignored.
    ///
    /// # Errors
    /// [`ScimError::InvalidValue`] if there are both.
    pub fn new(attributes: &[String], excluded: &[String], of: &ResourceType) -> Result<Self, ScimError> {
        let names = |texts: &[String]| texts.iter().any(|text| !text.trim().is_empty());
        let paths = |texts: &[String]| {
            let names = texts.iter().flat_map(|text| text.split(','));
            names.filter_map(|name| Path::resolve(name.trim(), of)).collect()
        };
        match (names(attributes), names(excluded)) {
            (false, false) => Ok(Self::All),
            (true, false) => Ok(Self::Only(paths(attributes))),
            (false, true) => Ok(Self::Without(paths(excluded))),
            (true, true) => {
                let error = FieldError::new("excludedAttributes", "cannot be combined with attributes");
                Err(ScimError::InvalidValue(error))
            }
        }
    }

    /// Whether any of the attribute `name` at the top of a resource is returned, and so has to be loaded.
    #[must_use]
    pub fn wants(&self, name: &str, of: &ResourceType) -> bool {
        of.top_attribute(name).is_some_and(|attribute| match self {
            Self::All => true,
            Self::Only(paths) => is_always(attribute) || !matches!(named(paths, None, attribute), Named::Not),
            Self::Without(paths) => {
                is_always(attribute) || !matches!(named(paths, None, attribute), Named::Whole)
            }
        })
    }

    /// The resource with the attributes to return.
    #[must_use]
    pub fn apply(&self, mut resource: Resource, of: &ResourceType) -> Resource {
        if *self == Self::All {
            return resource;
        }
        let mut users = resource.take_shown_users();
        if !self.wants_members_value(of) {
            users.clear();
        }
        let mut projected = JsonObject::new();
        for (name, value) in resource.members() {
            let value = match of.extension(name) {
                Some(extension) => self.extension(extension, value),
                None => of.top_attribute(name).and_then(|attribute| self.attribute(None, attribute, value)),
            };
            projected.extend(value.map(|value| (name.clone(), value)));
        }
        Resource::from_members(projected).showing_users(users)
    }

    /// Whether the ids of members are returned, which is all that they have.
    fn wants_members_value(&self, of: &ResourceType) -> bool {
        let member = json!([{ "value": "" }]);
        of.top_attribute("members").and_then(|members| self.attribute(None, members, &member)).is_some()
    }

    fn extension(&self, extension: &'static Schema, value: &Value) -> Option<Value> {
        let members = value.as_object()?.iter().filter_map(|(name, value)| {
            let attribute = extension.attribute(name)?;
            Some((name.clone(), self.attribute(Some(extension), attribute, value)?))
        });
        let members: JsonObject = members.collect();
        (!members.is_empty()).then(|| members.into())
    }

    fn attribute(&self, of: Option<&'static Schema>, attribute: &Attribute, value: &Value) -> Option<Value> {
        if is_always(attribute) {
            return Some(value.clone());
        }
        match self {
            Self::All => Some(value.clone()),
            Self::Only(paths) => match named(paths, of, attribute) {
                Named::Not => None,
                Named::Whole => Some(value.clone()),
                Named::Subs(subs) => members_where(value, |name| subs.contains(&name)),
            },
            Self::Without(paths) => match named(paths, of, attribute) {
                Named::Not => Some(value.clone()),
                Named::Whole => None,
                Named::Subs(subs) => members_where(value, |name| !subs.contains(&name)),
            },
        }
    }
}

fn is_always(attribute: &Attribute) -> bool {
    attribute.returned == Returned::Always
}

fn named(paths: &[Path], of: Option<&'static Schema>, attribute: &Attribute) -> Named {
    let mut subs = Vec::new();
    for path in paths {
        match path {
            Path::Extension(extension) if of == Some(extension) => return Named::Whole,
            Path::Attribute(path) if path.extension == of && path.attribute.name == attribute.name => {
                match path.sub {
                    None => return Named::Whole,
                    Some(sub) => subs.push(sub.name),
                }
            }
            _ => {}
        }
    }
    if subs.is_empty() { Named::Not } else { Named::Subs(subs) }
}

/// The object, or each element of the list, with these members; `None` if nothing is left.
fn members_where(value: &Value, is_kept: impl Fn(&str) -> bool) -> Option<Value> {
    let project = |value: &Value| {
        let members = value.as_object()?.iter().filter(|(name, _)| is_kept(name));
        let members: JsonObject = members.map(|(name, value)| (name.clone(), value.clone())).collect();
        (!members.is_empty()).then(|| Value::Object(members))
    };
    match value {
        Value::Array(elements) => {
            let elements: Vec<_> = elements.iter().filter_map(project).collect();
            (!elements.is_empty()).then(|| elements.into())
        }
        one => project(one),
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::{GROUPS, USERS, urn};
    use super::*;

    fn projected(attributes: &str, excluded: &str) -> Value {
        let resource = json!({
            "schemas": [urn::USER, urn::ENTERPRISE], "id": "1", "userName": "ann",
            "name": { "givenName": "Ann", "familyName": "Lee" },
            "emails": [{ "value": "a@x", "type": "work" }, { "value": "b@x" }],
            urn::ENTERPRISE: { "department": "Ops", "manager": { "value": "m" } },
        });
        let Value::Object(members) = resource else { unreachable!() };
        let projection = Projection::new(&[attributes.to_owned()], &[excluded.to_owned()], &USERS).unwrap();
        let mut value =
            serde_json::to_value(projection.apply(Resource::from_members(members), &USERS)).unwrap();
        assert_eq!(value["schemas"], json!([urn::USER, urn::ENTERPRISE]));
        value.as_object_mut().unwrap().shift_remove("schemas");
        value
    }

    #[test]
    fn only_what_is_named_is_returned_and_always_the_id() {
        assert_eq!(projected("id", ""), json!({ "id": "1" }));
        assert_eq!(projected("shoeSize", ""), json!({ "id": "1" }));
        assert_eq!(
            projected("USERNAME , name.givenname", ""),
            json!({
                "id": "1", "userName": "ann", "name": { "givenName": "Ann" },
            })
        );
        assert_eq!(projected("emails.type", ""), json!({ "id": "1", "emails": [{ "type": "work" }] }));
        let department = format!("{}:department", urn::ENTERPRISE);
        let expected = json!({ "id": "1", urn::ENTERPRISE: { "department": "Ops" } });
        assert_eq!(projected(&department, ""), expected);
        assert_eq!(projected(urn::ENTERPRISE, "")[urn::ENTERPRISE]["manager"]["value"], "m");
        assert_eq!(
            projected(&format!("{}:userName", urn::USER), ""),
            json!({ "id": "1", "userName": "ann" })
        );
    }

    #[test]
    fn what_is_excluded_is_not_returned() {
        assert_eq!(
            projected("", "name.familyName,emails,id,manager.value"),
            json!({
                "id": "1", "userName": "ann", "name": { "givenName": "Ann" },
                urn::ENTERPRISE: { "department": "Ops" },
            })
        );
        assert_eq!(projected("", urn::ENTERPRISE).get(urn::ENTERPRISE), None);
        assert_eq!(projected("", "shoeSize"), projected("", ""));
    }

    #[test]
    fn it_is_one_or_the_other() {
        let error = Projection::new(&["id".to_owned()], &["name".to_owned()], &USERS).unwrap_err();
        assert_eq!(error.to_string(), "excludedAttributes cannot be combined with attributes.");
    }

    #[test]
    fn members_need_not_be_loaded_for_a_client_that_excludes_them() {
        let members = |attributes: &str, excluded: &str| {
            let projection =
                Projection::new(&[attributes.to_owned()], &[excluded.to_owned()], &GROUPS).unwrap();
            projection.wants("members", &GROUPS)
        };
        assert!(members("", "") && members("members.value", "") && members("", "displayName"));
        assert!(!members("", "MEMBERS") && !members("id", ""));
    }
}
