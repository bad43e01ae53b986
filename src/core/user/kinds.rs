//! What values the fields of a user have, for sources that write all of them as text.

use time::OffsetDateTime;

use super::lengths::camel_case;
use super::{
    AccessFlag, Account, AccountStatus, Community, Contact, Employment, Gender, Logins, Postal, Profile,
    Source, User, WorkStatus,
};

/// What value a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Text, or a word of a closed set.
    Text,
    /// A list of those.
    Texts,
    /// True or false.
    Bool,
    /// A whole number.
    Integer,
    /// A date and time.
    Time,
}

/// A type of fields of one kind.
pub(super) trait OfKind {
    const KIND: FieldKind;
}

macro_rules! kinds {
    ($($kind:ident: $($type:ty),*;)*) => {
        $($(impl OfKind for $type {
            const KIND: FieldKind = FieldKind::$kind;
        })*)*
    };
}

kinds! {
    Text: Option<String>, Option<Gender>, Option<AccountStatus>, Option<Source>, Option<WorkStatus>;
    Texts: Vec<String>, Vec<AccessFlag>;
    Bool: bool, Option<bool>;
    Integer: Option<i64>;
    Time: Option<OffsetDateTime>;
}

const GROUPS: [(&str, &[(&str, FieldKind)]); 7] = [
    ("profile", Profile::KINDS),
    ("contact", Contact::KINDS),
    ("postal", Postal::KINDS),
    ("employment", Employment::KINDS),
    ("account", Account::KINDS),
    ("logins", Logins::KINDS),
    ("community", Community::KINDS),
];
/// Groups with members of any name.
const OPEN: [&str; 2] = ["issuedIds", "customData"];

impl User {
    /// The kind of the field at `path`, which is `id`, `group.field`, or any field of `issuedIds` and `customData`. `None`
    /// if no user has such a field, or it is more than one value.
    #[must_use]
    pub fn field_kind(path: &str) -> Option<FieldKind> {
        let Some((group, field)) = path.split_once('.') else {
            return (path == "id").then_some(FieldKind::Text);
        };
        if OPEN.contains(&group) {
            return (!field.is_empty()).then_some(FieldKind::Text);
        }
        let (_, fields) = GROUPS.iter().find(|(name, _)| *name == group)?;
        fields.iter().find(|(name, _)| camel_case(name) == field).map(|(_, kind)| *kind)
    }

    /// The paths of all fields that have a kind and a fixed name.
    pub fn field_paths() -> impl Iterator<Item = String> {
        let fields = GROUPS.iter().flat_map(|(group, fields)| {
            fields.iter().map(move |(name, _)| format!("{group}.{}", camel_case(name)))
        });
        std::iter::once("id".to_owned()).chain(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_the_kinds_that_the_schema_says() {
        let schema = super::super::json_schema();
        let definitions = &schema["$defs"];
        let mut seen = 0;
        for path in User::field_paths().filter(|path| path != "id") {
            let (group, field) = path.split_once('.').unwrap();
            let definition = group[..1].to_uppercase() + &group[1..];
            let field = &definitions[definition]["properties"][field];
            let is_of = |name: &str| {
                field["type"] == name
                    || field["type"].as_array().is_some_and(|types| types.contains(&name.into()))
            };
            let expected = match () {
                () if field["format"] == "date-time" => FieldKind::Time,
                () if is_of("array") => FieldKind::Texts,
                () if is_of("boolean") => FieldKind::Bool,
                () if is_of("integer") => FieldKind::Integer,
                () => FieldKind::Text,
            };
            assert!(!field.is_null(), "{path}");
            assert_eq!(User::field_kind(&path), Some(expected), "{path}");
            seen += 1;
        }
        assert!(seen > 60, "{seen}");
    }

    #[test]
    fn only_fields_of_one_value_have_a_kind() {
        for path in ["id", "issuedIds.crm", "customData.school", "contact.email"] {
            assert_eq!(User::field_kind(path), Some(FieldKind::Text), "{path}");
        }
        for path in
            ["", "contact", "contact.emial", "identities", "customData", "customData.", "setBy", "id.x"]
        {
            assert_eq!(User::field_kind(path), None, "{path}");
        }
    }
}
