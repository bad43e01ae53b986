//! Which field each column is.

use std::str::FromStr;

use super::super::format::{SourceFormat, TableKind};
use super::cell::Reading;
use super::ready::{self, ReadyColumn};
use crate::core::user::{FieldKind, User};

/// Names that are told in place of one that no field has.
const MAX_NEAR: usize = 3;
/// How near they are at least: 1 is the same name.
const NEAR: f64 = 0.75;

/// Says which field of a user a column is: `COLUMN=FIELD`, such as `Mail=contact.email`. A column can be several fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    column: String,
    field: String,
    kind: FieldKind,
}

/// A mapping that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Not in two parts.
    #[error("a mapping must be COLUMN=FIELD, such as Mail=contact.email")]
    Form,
    /// No user has the field.
    #[error("no user has a field {field} with one value{}", near_names(.near))]
    NoField {
        /// The field.
        field: String,
        /// Fields with names that are near to it.
        near: Vec<String>,
    },
    /// Several columns are one field.
    #[error("two columns are mapped to {0}; choose one of them")]
    Twice(String),
    /// No column is the id.
    #[error("no column is mapped to id; say with COLUMN=id which column has each user's id")]
    NoId,
    /// The source has no columns.
    #[error("only CSV has columns that can be mapped (from csv, entra-csv or okta-csv)")]
    NotTable,
}

fn near_names(near: &[String]) -> String {
    match near {
        [] => ", or it is not known; docs/users.md lists the fields".to_owned(),
        near => format!("; near it are {}", near.join(", ")),
    }
}

impl FromStr for Mapping {
    type Err = MappingError;

    fn from_str(text: &str) -> Result<Self, MappingError> {
        let (column, field) = text.rsplit_once('=').ok_or(MappingError::Form)?;
        let (column, field) = (column.trim(), field.trim());
        if column.is_empty() || field.is_empty() {
            return Err(MappingError::Form);
        }
        let kind = User::field_kind(field).ok_or_else(|| no_field(field))?;
        Ok(Self { column: column.to_owned(), field: field.to_owned(), kind })
    }
}

fn no_field(field: &str) -> MappingError {
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let nearness = |path: &str| {
        let whole = strsim::jaro_winkler(&path.to_ascii_lowercase(), &field.to_ascii_lowercase());
        // Who leaves out the group, or takes another one, means the field of that name.
        whole.max(strsim::jaro_winkler(&last(path), &last(field)))
    };
    let mut near: Vec<(f64, String)> = User::field_paths().map(|path| (nearness(&path), path)).collect();
    near.retain(|(nearness, _)| *nearness > NEAR);
    near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let near = near.into_iter().take(MAX_NEAR).map(|(_, path)| path).collect();
    MappingError::NoField { field: field.to_owned(), near }
}

/// A column, and the field that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Its names; the first that a table has is taken.
    pub(super) names: Vec<String>,
    /// Path of the field.
    pub(super) field: String,
    pub(super) kind: FieldKind,
    pub(super) reading: Reading,
    /// Whether an operator mapped it.
    pub(super) is_asked: bool,
}

impl From<&ReadyColumn> for Column {
    fn from(ready: &ReadyColumn) -> Self {
        Self {
            names: ready.names.iter().map(|&name| name.to_owned()).collect(),
            field: ready.field.to_owned(),
            kind: User::field_kind(ready.field).unwrap_or(FieldKind::Text),
            reading: ready.reading,
            is_asked: false,
        }
    }
}

impl Column {
    /// Whether a table's column of this name is meant: in any case, and, with names as a vendor gives them, whatever is
    /// between their words.
    pub(super) fn is_named(&self, expected: &str, name: &str) -> bool {
        if self.is_asked {
            return expected.to_lowercase() == name.trim().to_lowercase();
        }
        loose(expected) == loose(name)
    }
}

/// A name without what is between its words.
fn loose(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The columns that are fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::admin::import) struct ColumnMap {
    pub(super) columns: Vec<Column>,
}

impl ColumnMap {
    /// The columns of a source in `format`; none unless it is a table. What an operator maps to a field is taken in place of the
    /// column that this kind of table has for it.
    ///
    /// # Errors
    /// [`MappingError`]: two columns are one field, no column is the id, or the source is no table.
    pub(in crate::admin::import) fn new(
        format: SourceFormat,
        mappings: &[Mapping],
    ) -> Result<Self, MappingError> {
        let SourceFormat::Table(kind) = format else {
            return if mappings.is_empty() { Ok(Self::default()) } else { Err(MappingError::NotTable) };
        };
        let mut map = Self::ready(kind);
        map.columns.retain(|column| mappings.iter().all(|mapping| mapping.field != column.field));
        for Mapping { column, field, kind } in mappings {
            if map.columns.iter().any(|known| known.field == *field) {
                return Err(MappingError::Twice(field.clone()));
            }
            map.columns.push(Column {
                names: vec![column.clone()],
                field: field.clone(),
                kind: *kind,
                reading: Reading::Plain,
                is_asked: true,
            });
        }
        if map.columns.iter().all(|column| column.field != "id") {
            return Err(MappingError::NoId);
        }
        Ok(map)
    }

    /// The columns that a table of this kind has by itself.
    pub(super) fn ready(kind: TableKind) -> Self {
        let columns = match kind {
            TableKind::Any => &[],
            TableKind::Entra => ready::ENTRA,
            TableKind::Okta => ready::OKTA,
        };
        Self { columns: columns.iter().map(Column::from).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        text.parse::<Mapping>().unwrap_err().to_string()
    }

    fn map(kind: TableKind, mappings: &[&str]) -> Result<ColumnMap, MappingError> {
        let mappings: Vec<Mapping> = mappings.iter().map(|text| text.parse().unwrap()).collect();
        ColumnMap::new(SourceFormat::Table(kind), &mappings)
    }

    #[test]
    fn a_field_that_no_user_has_is_told_with_names_near_to_it() {
        assert_eq!(fault("Mail"), "a mapping must be COLUMN=FIELD, such as Mail=contact.email");
        assert_eq!(fault("=id"), "a mapping must be COLUMN=FIELD, such as Mail=contact.email");
        let near = |text: &str| match text.parse::<Mapping>().unwrap_err() {
            MappingError::NoField { near, .. } => near,
            other => panic!("{other}"),
        };
        for (text, first) in [
            ("Mail=contact.emial", "contact.email"),
            ("Mail=email", "contact.email"),
            ("Name=profile.displayname", "profile.displayName"),
            ("Dept=profile.department", "employment.department"),
            ("No=ID", "id"),
        ] {
            assert_eq!(near(text).first().map(String::as_str), Some(first), "{text}");
        }
        assert_eq!(
            fault("x=zzzz"),
            "no user has a field zzzz with one value, or it is not known; docs/users.md lists the fields"
        );
    }

    #[test]
    fn a_table_needs_one_column_for_the_id_and_for_any_other_field() {
        assert_eq!(map(TableKind::Any, &["Mail=contact.email"]), Err(MappingError::NoId));
        let twice = ["No=id", "Mail=contact.email", "Mail2=contact.email"];
        assert_eq!(map(TableKind::Any, &twice), Err(MappingError::Twice("contact.email".to_owned())));
        let mapping = "No=id".parse::<Mapping>().unwrap();
        assert_eq!(ColumnMap::new(SourceFormat::Scim, &[mapping]), Err(MappingError::NotTable));
        assert_eq!(ColumnMap::new(SourceFormat::Canonical, &[]), Ok(ColumnMap::default()));
        // One column can be two fields, and an operator's word goes before the ready one.
        let several = map(TableKind::Okta, &["login=id", "login=profile.username"]).unwrap();
        let of = |field: &str| {
            let columns = several.columns.iter().filter(|column| column.field == field);
            columns.map(|column| column.names.clone()).collect::<Vec<_>>()
        };
        assert_eq!(of("id"), [["login"]]);
        assert_eq!(of("profile.username"), [["login"]]);
    }
}
