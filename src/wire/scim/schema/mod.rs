//! The attributes of every resource, in one table: how each is read, compared, changed, returned and published. A
//! name, a rule of case or a mutability is written nowhere else.
//!
//! Source: RFC 7643, sections 2, 4, 5 and 8.7.1; the extension of our own has what else the directory knows of a
//! user.

mod common;
mod enterprise;
mod group;
mod ids;
mod own;
mod types;
mod user;

pub use common::COMMON;
pub use enterprise::ENTERPRISE;
pub use group::GROUP;
pub use own::OWN;
pub use types::{Attribute, Content, DataType, Mutability, Returned, Uniqueness};
pub use user::USER;

use super::path::AttributePath;

/// The URNs of the schemas.
pub mod urn {
    /// A user.
    pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
    /// A group.
    pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
    /// What an enterprise knows of a user.
    pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    /// What this gateway knows of a user beyond those. Microsoft Entra demands this pattern of custom attributes.
    pub const OWN: &str = "urn:ietf:params:scim:schemas:extension:userbatch:2.0:User";
}

/// A schema: attributes under one URN.
#[derive(Debug, PartialEq, Eq)]
pub struct Schema {
    /// Its URN.
    pub id: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// What it describes.
    pub description: &'static str,
    /// Its attributes, in the order in which they are written.
    pub attributes: &'static [Attribute],
}

impl Schema {
    /// The attribute of this name, in any case.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        find(self.attributes, name)
    }
}

/// A type of resource: a core schema with the extensions that may come with it.
#[derive(Debug, PartialEq, Eq)]
pub struct ResourceType {
    /// Its name, which is its id, too.
    pub name: &'static str,
    /// Path of its endpoint.
    pub endpoint: &'static str,
    /// What it is.
    pub description: &'static str,
    /// The schema whose attributes stand at the top of a resource.
    pub core: &'static Schema,
    /// The schemas whose attributes stand below their URN; all are optional.
    pub extensions: &'static [&'static Schema],
}

/// Users.
pub static USERS: ResourceType = ResourceType {
    name: "User",
    endpoint: "/Users",
    description: "A user of the directory",
    core: &USER,
    extensions: &[&ENTERPRISE, &OWN],
};

/// Groups.
pub static GROUPS: ResourceType = ResourceType {
    name: "Group",
    endpoint: "/Groups",
    description: "A department of the directory with its members",
    core: &GROUP,
    extensions: &[],
};

/// Every type of resource.
pub static TYPES: [&ResourceType; 2] = [&USERS, &GROUPS];

impl ResourceType {
    /// Whether resources of this type can have the attribute.
    #[must_use]
    pub fn has(&self, path: &AttributePath) -> bool {
        match path.extension {
            Some(extension) => self.extensions.contains(&extension),
            None => self.top_attribute(path.attribute.name) == Some(path.attribute),
        }
    }

    /// The attribute of this name, in any case, at the top of a resource.
    #[must_use]
    pub fn top_attribute(&self, name: &str) -> Option<&'static Attribute> {
        find(COMMON, name).or_else(|| self.core.attribute(name))
    }

    /// Every attribute at the top of a resource, in the order in which they are written.
    pub fn top_attributes(&self) -> impl Iterator<Item = &'static Attribute> {
        COMMON.iter().chain(self.core.attributes)
    }

    /// The extension with this URN, in any case.
    #[must_use]
    pub fn extension(&self, urn: &str) -> Option<&'static Schema> {
        self.extensions.iter().copied().find(|extension| extension.id.eq_ignore_ascii_case(urn))
    }
}

fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn assert_well_formed(attributes: &[Attribute], at: &str) {
        let names: HashSet<_> = attributes.iter().map(|attribute| attribute.name.to_lowercase()).collect();
        assert_eq!(names.len(), attributes.len(), "{at} has a name twice");
        for attribute in attributes {
            let name = attribute.name;
            let is_complex = attribute.data_type == DataType::Complex;
            assert_eq!(is_complex, !attribute.sub_attributes.is_empty(), "{at}: {name}");
            let nested = attribute.sub_attributes.iter().any(|sub| sub.data_type == DataType::Complex);
            assert!(!nested, "{at}: {name} has a complex attribute in a complex one (RFC 7643, 2.3.8)");
            let is_name = |letter: char| letter.is_ascii_alphanumeric() || "-_$".contains(letter);
            assert!(name.chars().all(is_name), "{at}: {name}");
            assert!(attribute.description.ends_with('.'), "{at}: {name} lacks its full stop");
            assert_well_formed(attribute.sub_attributes, name);
        }
    }

    #[test]
    fn every_table_is_well_formed() {
        for schema in [&USER, &ENTERPRISE, &OWN, &GROUP] {
            assert_well_formed(schema.attributes, schema.id);
        }
        assert_well_formed(COMMON, "common");
    }

    #[test]
    fn names_are_found_in_any_case() {
        assert_eq!(USERS.top_attribute("USERNAME").unwrap().name, "userName");
        assert_eq!(USERS.top_attribute("ExternalID").unwrap().name, "externalId");
        assert_eq!(USERS.extension(&urn::ENTERPRISE.to_uppercase()), Some(&ENTERPRISE));
        assert_eq!(USERS.top_attribute("password"), None);
        assert_eq!(GROUPS.extension(urn::ENTERPRISE), None);
    }

    #[test]
    fn case_counts_as_the_contract_says() {
        for (name, case_exact) in [("userName", false), ("id", true), ("externalId", true)] {
            assert_eq!(USERS.top_attribute(name).unwrap().case_exact, case_exact, "{name}");
        }
    }
}
