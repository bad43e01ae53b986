//! Records, made ready to be copied into the staging tables.

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

/// Why a record cannot be kept. Names fields, never their values.
#[derive(Debug, thiserror::Error)]
pub enum RecordFault {
    /// One of its names cannot be one.
    #[error("{}", reason_of(.0))]
    Key(#[from] KeyFault),
    /// Postgres keeps no NUL in a text.
    #[error("has a NUL character in it")]
    Nul,
    /// An id of a timeline entry is no id.
    #[error("is empty or longer than {MAX_KEY_BYTES} bytes")]
    EntryId,
    /// It cannot be written as JSON.
    #[error("cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl RecordFault {
    /// Which field; empty if it is the record as a whole.
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
            format!("is empty, longer than {MAX_KEY_BYTES} bytes or has a NUL in it")
        }
        KeyFault::Address { source, .. } => format!("is no address: {source}"),
    }
}

/// Records to be staged together.
#[derive(Debug, Default)]
pub struct Batch {
    users: CopyBuffer,
    keys: BTreeMap<KeyKind, CopyBuffer>,
    entries: CopyBuffer,
    parties: CopyBuffer,
    /// Keys that only one user can have.
    pub(super) exclusive_keys: i64,
}

impl Batch {
    /// Adds a user.
    ///
    /// # Errors
    /// [`RecordFault`]; then nothing was added.
    pub fn push_user(&mut self, place: Place, user: &User) -> Result<(), RecordFault> {
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
    /// [`RecordFault`]; then nothing was added.
    pub fn push_entry(&mut self, place: Place, entry: &TimelineEntry) -> Result<(), RecordFault> {
        let document = document(entry)?;
        let (account, collection, at, id) = match entry {
            TimelineEntry::Transfer(t) => ("", t.collection_id, t.at, Some(&t.id)),
            TimelineEntry::Announcement(a) => ("", a.collection_id, a.at, Some(&a.id)),
            TimelineEntry::Review(r) => (r.about.as_str(), 0, r.at, Some(&r.id)),
            TimelineEntry::Holding(h) => (h.account.as_str(), h.collection_id, 0, None),
        };
        if id.is_some_and(|id| id.is_empty() || id.len() > MAX_KEY_BYTES) {
            return Err(RecordFault::EntryId);
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

    /// How large it is, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        let keys: usize = self.keys.values().map(CopyBuffer::len).sum();
        self.users.len() + keys + self.entries.len() + self.parties.len()
    }

    /// Whether it holds no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What goes into which table. Rows of one kind are together, so that Postgres writes them together.
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

fn document<T: serde::Serialize>(value: &T) -> Result<String, RecordFault> {
    let text = serde_json::to_string(value)?;
    if has_escaped_nul(&text) {
        return Err(RecordFault::Nul);
    }
    Ok(text)
}

/// Whether JSON text has `\u0000` in it, and not as an escaped backslash followed by plain letters.
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
    fn a_nul_is_told_from_text_that_looks_like_one() {
        let written = |text: &str| serde_json::to_string(text).unwrap();
        assert!(has_escaped_nul(&written("a\0b")));
        assert!(has_escaped_nul(&written("\\\0")));
        assert!(!has_escaped_nul(&written("\\u0000")));
        assert!(!has_escaped_nul(&written("plain")));
    }
}
