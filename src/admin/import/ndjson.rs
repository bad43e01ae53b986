//! Canonical NDJSON. A line is a user as stored, or an object with one member for its type: `user`, or a timeline entry
//! (`holding`, `transfer`, `announcement`, `review`).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::iter;

use serde_json::value::RawValue;

use super::collect::Collector;
use super::format::SourceFormat;
use super::patch;
use super::reader::{LineEnd, SourceFault, read_line};
use super::vendor::{NOT_A_FIELD, error_of, format_of, read_strictly_as};
use crate::core::user::{JsonObject, User};
use crate::core::view::{Timeline, TimelineEntry};
use crate::wire::read::FieldError;

/// Maximum line length, in bytes. A typical user has 1 to 2 KB.
pub(super) const MAX_LINE_BYTES: usize = 1 << 20;

enum Record {
    /// A user, and the fields that the line says are empty.
    User(Box<User>, JsonObject),
    Entry(Box<TimelineEntry>),
}

pub(super) fn read(mut source: impl BufRead, collector: &mut Collector) -> Result<(), SourceFault> {
    let mut bytes = Vec::new();
    for line in 1.. {
        let (end, read) = read_line(&mut source, &mut bytes, MAX_LINE_BYTES)?;
        collector.bytes += read;
        match end {
            LineEnd::End => break,
            LineEnd::TooLong => {
                collector.reject(line, "", "is longer than 1 MiB")?;
            }
            LineEnd::Whole => take_line(line, &bytes, collector)?,
        }
    }
    if collector.is_fresh() {
        return Err(SourceFault::Empty);
    }
    Ok(())
}

fn take_line(line: i64, bytes: &[u8], collector: &mut Collector) -> Result<(), SourceFault> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    if collector.is_fresh() {
        refuse_other_formats(bytes)?;
    }
    if bytes.contains(&0) {
        return collector.reject(line, "", "contains a NUL byte");
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return collector.reject(line, "", "is not UTF-8");
    };
    match parse(text) {
        Ok(Record::User(user, empty)) => collector.user(line, *user, &empty),
        Ok(Record::Entry(entry)) => collector.entry(line, &entry),
        Err(fault) => collector.reject(line, fault.field, fault.reason),
    }
}

/// Refuses a vendor's response or multi-line JSON with one error instead of rejecting every line.
fn refuse_other_formats(first: &[u8]) -> Result<(), SourceFault> {
    if let Some(found) = format_of(first) {
        return Err(SourceFault::Wrong { found, wanted: SourceFormat::Canonical });
    }
    let trimmed = first.trim_ascii();
    if matches!(trimmed, b"{" | b"[") || trimmed.starts_with(b"[") {
        return Err(SourceFault::NotLines);
    }
    Ok(())
}

fn parse(text: &str) -> Result<Record, FieldError> {
    // Exported users start with their id, so that most lines are parsed only once.
    if text.starts_with("{\"id\":") {
        return user(text);
    }
    let members: BTreeMap<Cow<'_, str>, &RawValue> =
        serde_json::from_str(text).map_err(|error| error_of(&error))?;
    let filled = |name: &str| members.get(name).map(|raw| raw.get()).filter(|raw| *raw != "null");
    let record = kinds().find_map(|(name, timeline)| Some((name, timeline, filled(name)?)));
    let Some((name, timeline, record)) = record else { return user(text) };
    if let Some(other) = members.keys().find(|member| **member != name && filled(member).is_some()) {
        return Err(FieldError::new(other.as_ref(), NOT_A_FIELD));
    }
    let Some(timeline) = timeline else { return user(record) };
    read_strictly_as(timeline, record).map(|entry| Record::Entry(Box::new(entry)))
}

/// The members that hold a record, and the timeline if it is an entry.
fn kinds() -> impl Iterator<Item = (&'static str, Option<Timeline>)> {
    let entries = Timeline::ALL.map(|timeline| (timeline.table(), Some(timeline)));
    iter::once(("user", None)).chain(entries)
}

/// A user. A line is a merge patch (RFC 7396): what it says is empty is told apart from what it does not mention.
fn user(text: &str) -> Result<Record, FieldError> {
    let (user, empty) = patch::read_text(text)?;
    Ok(Record::User(Box::new(user), empty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_a_record_is_refused_and_not_dropped() {
        let field = |line: &str| parse(line).map(drop).map_err(|fault| fault.field);
        for line in [r#"{"id":"1"}"#, r#"{"user":{"id":"1"}}"#, r#"{"holding":null,"user":{"id":"1"}}"#] {
            assert_eq!(field(line), Ok(()), "{line}");
        }
        for (line, beside) in [
            (r#"{"user":{"id":"1"},"emial":"secret"}"#, "emial"),
            (r#"{"emial":"secret","user":{"id":"1"}}"#, "emial"),
            (r#"{"id":"1","emial":"secret"}"#, "emial"),
            (r#"{"user":{"id":"1"},"holding":{}}"#, "holding"),
            (r#"{"userr":{"id":"1"}}"#, "userr"),
        ] {
            assert_eq!(field(line), Err(beside.to_owned()), "{line}");
        }
    }
}
