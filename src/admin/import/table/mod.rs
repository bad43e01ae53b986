//! Tables in CSV (RFC 4180) with a header: comma, semicolon or tab between the columns, text in UTF-8.
//!
//! A row is whole as far as its columns go: an empty cell says that the source has no such value any more, and a column
//! that the table does not have says nothing.

mod cell;
mod header;
mod mapping;
mod ready;
mod records;

use std::io::BufRead;

use serde_json::Value;

use self::header::Header;
use self::mapping::Column;
pub(super) use self::mapping::ColumnMap;
pub use self::mapping::{Mapping, MappingError};
use self::records::{Next, Record, RecordReader};
use super::collect::Collector;
use super::format::{SourceFormat, TableKind};
use super::patch;
use super::reader::SourceFault;
use crate::core::user::{JsonObject, User};
use crate::wire::read::FieldError;

/// Columns that an import makes no use of, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnusedColumns {
    /// Columns of the table that are mapped to no field.
    pub ignored: Vec<String>,
    /// Columns that were to be mapped, and that the table does not have.
    pub missing: Vec<String>,
}

impl UnusedColumns {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ignored.is_empty() && self.missing.is_empty()
    }
}

pub(super) fn read(
    source: impl BufRead,
    columns: &ColumnMap,
    collector: &mut Collector,
) -> Result<(), SourceFault> {
    let mut reader = RecordReader::new(source);
    let text = reader.header()?;
    let header = Header::find(&text, columns)?;
    reader.set_delimiter(header.delimiter);
    collector.columns(&header.unused);
    let mut record = Record::default();
    loop {
        let next = reader.next(&mut record)?;
        collector.bytes = reader.bytes();
        match next {
            Next::End => return Ok(()),
            Next::TooLong { line } => collector.reject(line, "", "is longer than 1 MiB")?,
            // A spreadsheet may end with rows that were emptied.
            Next::Record { .. } if record.is_blank() => {}
            Next::Record { line } => match user(&header, &record) {
                Ok((user, empty)) => collector.user(line, user, &empty)?,
                Err(fault) => collector.reject(line, fault.field, fault.reason)?,
            },
        }
    }
}

/// The user of a row, and the fields that it says are empty.
///
/// # Errors
/// A cell is not of its field's type. Names its column.
fn user(header: &Header<'_>, record: &Record) -> Result<(User, JsonObject), FieldError> {
    if record.len() != header.width {
        let reason = format!("has {} columns, and the header {}", record.len(), header.width);
        return Err(FieldError::new("", reason));
    }
    let mut document = JsonObject::new();
    for bound in &header.bound {
        let value = value(bound.column, record.field(bound.index));
        put(
            &mut document,
            &bound.column.field,
            value.map_err(|reason| FieldError::new(&bound.name, reason))?,
        );
    }
    patch::read(document).map_err(|fault| match header.named(&fault.field) {
        Some(name) => FieldError::new(name, fault.reason),
        None => fault,
    })
}

/// The value of a cell; null if it is blank.
fn value(column: &Column, cell: &[u8]) -> Result<Value, &'static str> {
    let text = std::str::from_utf8(cell).map_err(|_| "is not UTF-8")?.trim();
    if text.contains('\0') {
        return Err("contains a NUL byte");
    }
    match text {
        "" if column.field == "id" => Err("is empty, and each user must have an id"),
        "" => Ok(Value::Null),
        text => cell::read(text, column.kind, column.reading),
    }
}

/// Puts `value` at `path` into `document`.
fn put(document: &mut JsonObject, path: &str, value: Value) {
    let Some((group, field)) = path.split_once('.') else {
        document.insert(path.to_owned(), value);
        return;
    };
    let group = document.entry(group).or_insert_with(|| JsonObject::new().into());
    if let Some(fields) = group.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
}

/// The kind of table that starts with `head`, if it is one.
pub(super) fn recognise(head: &[u8]) -> Option<SourceFormat> {
    let line = head.trim_ascii_start().split(|&byte| byte == b'\n').next()?;
    let is_json = |byte: &u8| b"{}[]:".contains(byte);
    if line.iter().any(is_json) {
        return None;
    }
    let ready = [TableKind::Entra, TableKind::Okta];
    let kind = ready
        .into_iter()
        .find(|&kind| Header::find(line, &ColumnMap::ready(kind)).is_ok_and(|header| header.is_typical()));
    let is_table = || header::DELIMITERS.iter().any(|&delimiter| header::names(line, delimiter).len() > 1);
    kind.or_else(|| is_table().then_some(TableKind::Any)).map(SourceFormat::Table)
}

#[cfg(test)]
mod tests;
