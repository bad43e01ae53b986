//! Canonical NDJSON. A line is a user as stored, or an object with one member for its type: `user`, or a timeline entry
//! (`holding`, `transfer`, `announcement`, `review`).

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufRead;

use serde_json::value::RawValue;

use super::collect::Collector;
use super::format::SourceFormat;
use super::reader::{LineEnd, SourceFault, read_line};
use super::vendor::{error_of, read_strictly, read_strictly_as, vendor_of};
use crate::core::user::User;
use crate::core::view::{Timeline, TimelineEntry};
use crate::wire::read::FieldError;

/// Maximum line length, in bytes. A typical user has 1 to 2 KB.
pub(super) const MAX_LINE_BYTES: usize = 1 << 20;

enum Record {
    User(Box<User>),
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
        Ok(Record::User(user)) => collector.user(line, &user),
        Ok(Record::Entry(entry)) => collector.entry(line, &entry),
        Err(fault) => collector.reject(line, fault.field, fault.reason),
    }
}

/// Refuses a vendor's response or multi-line JSON with one error instead of rejecting every line.
fn refuse_other_formats(first: &[u8]) -> Result<(), SourceFault> {
    if let Some(vendor) = vendor_of(first) {
        return Err(SourceFault::Wrong {
            found: SourceFormat::Vendor(vendor),
            wanted: SourceFormat::Canonical,
        });
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
    let members: HashMap<Cow<'_, str>, &RawValue> =
        serde_json::from_str(text).map_err(|error| error_of(&error))?;
    let member = |name| members.get(name).map(|raw| raw.get()).filter(|raw| *raw != "null");
    if let Some(raw) = member("user") {
        return user(raw);
    }
    let entry = Timeline::ALL.into_iter().find_map(|timeline| Some((timeline, member(timeline.table())?)));
    match entry {
        Some((timeline, raw)) => read_strictly_as(timeline, raw).map(|entry| Record::Entry(Box::new(entry))),
        None => user(text),
    }
}

fn user(text: &str) -> Result<Record, FieldError> {
    read_strictly(text).map(|user| Record::User(Box::new(user)))
}
