//! Records as rows of the staging tables, in the format of COPY.

use std::collections::BTreeMap;

use super::copy::CopyBuffer;
use super::staging::{Table, USER};
use crate::core::key::{KeyKind, MAX_KEY_BYTES};
use crate::core::user::{KeyFault, User};
use crate::core::view::TimelineEntry;

/// Where a record stands in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Number of the record, from 1; unique within an import.
    pub number: i64,
    /// Line it starts on, from 1.
    pub line: i64,
}

/// Why a record cannot be stored. Names fields, never their values.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A value in it is unusable as a lookup key.
    #[error("{}", reason_of(.0))]
    Key(#[from] KeyFault),
    /// A text in it contains a NUL, which PostgreSQL cannot store.
    #[error("contains a NUL character")]
    Nul,
    /// The id of a timeline entry is empty or too long.
    #[error("is empty or longer than {MAX_KEY_BYTES} bytes")]
    EntryId,
    /// It could not be serialised.
    #[error("cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl RecordError {
    /// The field; empty if the fault is in the record as a whole.
    #[must_use]
    pub fn field(&self) -> String {
        match self {
            Self::Key(KeyFault::Unusable(field)) => (*field).to_owned(),
            Self::Key(KeyFault::Address { index, .. }) => format!("chainAccounts[{index}].address"),
            Self::EntryId => "id".to_owned(),
            Self::Nul | Self::Json(_) => String::new(),
        }
    }
}

fn reason_of(fault: &KeyFault) -> String {
    match fault {
        KeyFault::Unusable(_) => {
            format!("is empty, longer than {MAX_KEY_BYTES} bytes or contains a NUL")
        }
        KeyFault::Address { source, .. } => format!("is not an address: {source}"),
    }
}

/// Records that are staged together.
#[derive(Debug, Default)]
pub struct RecordBatch {
    users: CopyBuffer,
    keys: BTreeMap<KeyKind, CopyBuffer>,
    entries: CopyBuffer,
    parties: CopyBuffer,
    /// How many of the keys are exclusive.
    pub(super) exclusive_keys: i64,
}

impl RecordBatch {
    /// Adds a user.
    ///
    /// # Errors
    /// [`RecordError`]; nothing was added then.
    pub fn push_user(&mut self, place: Place, user: &User) -> Result<(), RecordError> {
        let keys = user.keys()?;
        let document = document(user)?;
        let id = user.id.as_str();
        let row = self.users.row(6).int2(USER).int8(place.number).int8(place.line);
        row.text(id).null().text(&document);
        for key in &keys {
            self.exclusive_keys += i64::from(key.kind().is_exclusive());
            let rows = self.keys.entry(key.kind()).or_default();
            rows.row(6).int2(key.kind().code()).int8(place.number).null().text(id).text(key.value()).null();
        }
        Ok(())
    }

    /// Adds a timeline entry.
    ///
    /// # Errors
    /// [`RecordError`]; nothing was added then.
    pub fn push_entry(&mut self, place: Place, entry: &TimelineEntry) -> Result<(), RecordError> {
        let document = document(entry)?;
        let (account, collection, at, id) = match entry {
            TimelineEntry::Transfer(t) => ("", t.collection_id, t.at, Some(&t.id)),
            TimelineEntry::Announcement(a) => ("", a.collection_id, a.at, Some(&a.id)),
            TimelineEntry::Review(r) => (r.about.as_str(), 0, r.at, Some(&r.id)),
            TimelineEntry::Holding(h) => (h.account.as_str(), h.collection_id, 0, None),
        };
        if id.is_some_and(|id| id.is_empty() || id.len() > MAX_KEY_BYTES) {
            return Err(RecordError::EntryId);
        }
        let row = self.entries.row(7).int8(place.number).int2(entry.timeline().code());
        let row = row.text(account).int8(collection).int8(at);
        row.text(id.map_or("", String::as_str)).text(&document);
        if let TimelineEntry::Transfer(transfer) = entry {
            for (account, incoming) in transfer.parties() {
                self.parties.row(3).int8(place.number).text(account.as_str()).boolean(incoming);
            }
        }
        Ok(())
    }

    /// Its size, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        let keys: usize = self.keys.values().map(CopyBuffer::len).sum();
        self.users.len() + keys + self.entries.len() + self.parties.len()
    }

    /// Whether it has no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows of each table. Those of one kind of key are adjacent, so that PostgreSQL writes them to one partition
    /// at a time.
    pub(super) fn into_parts(self) -> impl Iterator<Item = (Table, Vec<u8>)> {
        let mut records = self.users;
        for mut keys in self.keys.into_values() {
            records.append(&mut keys);
        }
        let parts =
            [(Table::Records, records), (Table::Entries, self.entries), (Table::Parties, self.parties)];
        parts.into_iter().filter(|(_, rows)| rows.len() > 0).map(|(table, rows)| (table, rows.into_bytes()))
    }
}

fn document<T: serde::Serialize>(value: &T) -> Result<String, RecordError> {
    let text = serde_json::to_string(value)?;
    if has_escaped_nul(&text) {
        return Err(RecordError::Nul);
    }
    Ok(text)
}

/// Whether the JSON text contains an escaped NUL. After an odd number of backslashes `\u0000` is none: its own backslash
/// is escaped.
fn has_escaped_nul(json: &str) -> bool {
    json.match_indices("\\u0000").any(|(at, _)| {
        let before = json.as_bytes().get(..at).unwrap_or_default();
        let backslashes = before.iter().rev().take_while(|&&byte| byte == b'\\');
        backslashes.count() % 2 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_distinguished_from_text_that_looks_like_one() {
        let written = |text: &str| serde_json::to_string(text).unwrap();
        assert!(has_escaped_nul(&written("a\0b")));
        assert!(has_escaped_nul(&written("\\\0")));
        assert!(!has_escaped_nul(&written("\\u0000")));
        assert!(!has_escaped_nul(&written("plain")));
    }
}
