//! The header of a table: what is between its columns, and which of them are fields.

use super::super::reader::SourceFault;
use super::UnusedColumns;
use super::mapping::{Column, ColumnMap};
use super::records::{Record, parser};

/// What can be between columns.
pub(super) const DELIMITERS: [u8; 3] = *b",;\t";
/// A kind of table is recognised by this many of its columns.
const TYPICAL: usize = 5;

/// A column of a table that is a field.
#[derive(Debug)]
pub(super) struct Bound<'a> {
    /// Its place, counted from 0.
    pub(super) index: usize,
    /// Its name in the table.
    pub(super) name: String,
    pub(super) column: &'a Column,
}

/// The header of a table.
#[derive(Debug)]
pub(super) struct Header<'a> {
    pub(super) delimiter: u8,
    /// Number of columns.
    pub(super) width: usize,
    pub(super) bound: Vec<Bound<'a>>,
    pub(super) unused: UnusedColumns,
}

impl<'a> Header<'a> {
    /// Reads the header `text` with the delimiter that makes the most of it.
    ///
    /// # Errors
    /// [`SourceFault`] if it has no column for the id, or one of the columns twice.
    pub(super) fn find(text: &[u8], map: &'a ColumnMap) -> Result<Self, SourceFault> {
        let attempts = DELIMITERS.map(|delimiter| (delimiter, names(text, delimiter)));
        let fields =
            |names: &[String]| map.columns.iter().filter(|column| !places(column, names).is_empty()).count();
        // The first of equals is the comma.
        let best = attempts.into_iter().rev().max_by_key(|(_, names)| (fields(names), names.len()));
        let (delimiter, names) = best.unwrap_or_default();
        Self::bind(delimiter, &names, map)
    }

    fn bind(delimiter: u8, names: &[String], map: &'a ColumnMap) -> Result<Self, SourceFault> {
        let (mut bound, mut missing) = (Vec::new(), Vec::new());
        for column in &map.columns {
            match places(column, names).as_slice() {
                [] if column.field == "id" => {
                    return Err(SourceFault::NoIdColumn { names: column.names.join(" or ") });
                }
                [] if column.is_asked => missing.extend(column.names.iter().cloned()),
                [] => {}
                [(index, name)] => bound.push(Bound { index: *index, name: (*name).to_owned(), column }),
                [(_, name), ..] => return Err(SourceFault::ColumnTwice { column: (*name).to_owned() }),
            }
        }
        let is_ignored = |index: &usize| bound.iter().all(|bound| bound.index != *index);
        let ignored = names.iter().enumerate().filter(|(index, _)| is_ignored(index));
        let ignored = ignored.map(|(_, name)| name.clone()).filter(|name| !name.is_empty()).collect();
        let unused = UnusedColumns { ignored, missing };
        Ok(Self { delimiter, width: names.len(), bound, unused })
    }

    /// The name of the column that is the field at `path`, or contains it.
    pub(super) fn named(&self, path: &str) -> Option<&str> {
        let is_in = |field: &str| {
            path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let bound = self.bound.iter().find(|bound| is_in(&bound.column.field));
        bound.map(|bound| bound.name.as_str())
    }

    /// Whether it has so many of the columns of its kind that it is one of them.
    pub(super) fn is_typical(&self) -> bool {
        self.bound.len() >= TYPICAL
    }
}

/// The places and names of the columns that are meant by the first name of `column` that is among `names`.
fn places<'n>(column: &Column, names: &'n [String]) -> Vec<(usize, &'n str)> {
    let of = |expected: &String| {
        let found = names.iter().enumerate().filter(|(_, name)| column.is_named(expected, name));
        found.map(|(index, name)| (index, name.as_str())).collect::<Vec<_>>()
    };
    column.names.iter().map(of).find(|places| !places.is_empty()).unwrap_or_default()
}

/// The names in the header `text` with this delimiter, without blanks around them.
pub(super) fn names(text: &[u8], delimiter: u8) -> Vec<String> {
    let (mut record, mut parser) = (Record::default(), parser(delimiter));
    // Not the blanks before it: a tab is a delimiter.
    let end = text.iter().rposition(|byte| !b"\r\n".contains(byte)).map_or(0, |last| last + 1);
    let line = [text.get(..end).unwrap_or_default(), b"\n"].concat();
    record.add(&line, &mut parser);
    record.fields().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect()
}
