//! Names of attributes as clients write them: `emails.value`, `name.givenName`, `urn:…:2.0:User:department`.

use std::fmt;

use super::schema::{Attribute, ResourceType, Schema};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// A whole extension.
    Extension(&'static Schema),
    /// An attribute.
    Attribute(AttributePath),
}

/// An attribute, or a sub-attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributePath {
    /// The extension that it belongs to; `None` for attributes at the top.
    pub extension: Option<&'static Schema>,
    /// The attribute.
    pub attribute: &'static Attribute,
    /// The sub-attribute of a complex one.
    pub sub: Option<&'static Attribute>,
}

impl Path {
    /// What `text` names in resources of this type; `None` if nothing. Names are in any case; an extension's
    /// attribute is found without its URN, too, unless one at the top has its name, as Microsoft Entra does for
    /// `manager`. In `urn:…:2.0:User:name.givenName` the URN ends at the last colon.
    #[must_use]
    pub fn resolve(text: &str, of: &ResourceType) -> Option<Self> {
        if let Some(extension) = of.extension(text) {
            return Some(Self::Extension(extension));
        }
        let attribute = match text.rsplit_once(':') {
            Some((urn, name)) if urn.eq_ignore_ascii_case(of.core.id) => at_top(name, of),
            Some((urn, name)) => in_extension(name, of.extension(urn)?),
            None => at_top(text, of)
                .or_else(|| of.extensions.iter().find_map(|extension| in_extension(text, extension))),
        };
        attribute.map(Self::Attribute)
    }
}

fn at_top(name: &str, of: &ResourceType) -> Option<AttributePath> {
    let (name, sub) = split(name);
    AttributePath { extension: None, attribute: of.top_attribute(name)?, sub: None }.below(sub)
}

fn in_extension(name: &str, extension: &'static Schema) -> Option<AttributePath> {
    let (name, sub) = split(name);
    AttributePath { extension: Some(extension), attribute: extension.attribute(name)?, sub: None }.below(sub)
}

fn split(name: &str) -> (&str, Option<&str>) {
    name.split_once('.').map_or((name, None), |(name, sub)| (name, Some(sub)))
}

impl AttributePath {
    /// The sub-attribute of this name, or this path itself without a name.
    pub(super) fn below(self, sub: Option<&str>) -> Option<Self> {
        match sub {
            None => Some(self),
            Some(name) => Some(Self { sub: Some(self.attribute.sub_attribute(name)?), ..self }),
        }
    }

    /// The attribute whose values are meant, which for a complex one is its `value`, if it has one.
    #[must_use]
    pub fn leaf(&self) -> &'static Attribute {
        self.sub.or_else(|| self.attribute.value()).unwrap_or(self.attribute)
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(extension) = self.extension {
            write!(f, "{}:", extension.id)?;
        }
        f.write_str(self.attribute.name)?;
        self.sub.map_or(Ok(()), |sub| write!(f, ".{}", sub.name))
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::{ENTERPRISE, USERS, urn};
    use super::*;

    fn resolved(text: &str) -> Option<String> {
        match Path::resolve(text, &USERS)? {
            Path::Extension(extension) => Some(extension.id.to_owned()),
            Path::Attribute(path) => Some(path.to_string()),
        }
    }

    #[test]
    fn names_are_resolved_in_every_form() {
        let ent = urn::ENTERPRISE;
        for (text, expected) in [
            ("username", "userName"),
            ("Name.GivenName", "name.givenName"),
            ("urn:ietf:params:scim:schemas:core:2.0:User:name.givenName", "name.givenName"),
            ("URN:IETF:params:scim:schemas:core:2.0:User:ID", "id"),
            (&format!("{ent}:Department"), &format!("{ent}:department")),
            (&format!("{ent}:manager.value"), &format!("{ent}:manager.value")),
            ("manager", &format!("{ent}:manager")),
            ("office", &format!("{}:office", urn::OWN)),
            (ent, ent),
        ] {
            assert_eq!(resolved(text).as_deref(), Some(expected), "{text}");
        }
        let misspelt = "urn:ietf:params:scim:schemas:extension:enterprise:2.0User:department";
        for text in
            ["shoeSize", "name.shoeSize", "emails.value.x", "urn:x:title", misspelt, "", ".", ":", "password"]
        {
            assert_eq!(resolved(text), None, "{text}");
        }
        assert_eq!(Path::resolve(ent, &USERS), Some(Path::Extension(&ENTERPRISE)));
    }
}
