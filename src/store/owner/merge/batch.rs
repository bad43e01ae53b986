//! Batches of records as rows of the staging tables, in the format of COPY.

use std::collections::BTreeMap;

use super::copy::CopyBuffer;
use super::records::{EntryRecord, RecordError, RecordPosition, UserRecord};
use super::staging::{StagingTable, USER};
use crate::core::key::KeyKind;
use crate::core::user::{JsonObject, User};
use crate::core::view::TimelineEntry;

/// Records that are staged together.
#[derive(Debug, Default)]
pub struct RecordBatch {
    users: CopyBuffer,
    keys: BTreeMap<KeyKind, CopyBuffer>,
    entries: CopyBuffer,
    parties: CopyBuffer,
    /// Number of exclusive keys.
    pub(super) exclusive_keys: i64,
}

impl RecordBatch {
    /// Adds a user, with the fields that the record says are empty.
    ///
    /// # Errors
    /// [`RecordError`] if the user cannot be stored; nothing is added then.
    pub fn push_user(
        &mut self,
        position: RecordPosition,
        user: &User,
        empty: &JsonObject,
    ) -> Result<(), RecordError> {
        let user = UserRecord::of(user, empty)?;
        let row = self.users.row(7).int2(USER).int8(position.number).int8(position.line);
        row.text(user.id).null().text(&user.document).maybe_text(user.empty.as_deref());
        for key in &user.keys {
            let rows = self.keys.entry(key.kind()).or_default();
            let row = rows.row(7).int2(key.kind().code()).int8(position.number).null();
            row.text(user.id).text(key.value()).null().null();
        }
        self.exclusive_keys += user.exclusive_keys();
        Ok(())
    }

    /// Adds a timeline entry.
    ///
    /// # Errors
    /// [`RecordError`] if the entry cannot be stored; nothing is added then.
    pub fn push_entry(&mut self, position: RecordPosition, entry: &TimelineEntry) -> Result<(), RecordError> {
        let entry = EntryRecord::of(entry)?;
        let row = self.entries.row(7).int8(position.number).int2(entry.timeline.code());
        let row = row.text(entry.account).int8(entry.collection).int8(entry.at);
        row.text(entry.id).text(&entry.document);
        for (account, incoming) in &entry.parties {
            self.parties.row(3).int8(position.number).text(account.as_str()).boolean(*incoming);
        }
        Ok(())
    }

    /// Its size, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        let keys: usize = self.keys.values().map(CopyBuffer::len).sum();
        self.users.len() + keys + self.entries.len() + self.parties.len()
    }

    /// Whether it has no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows of each table. Rows of the same kind of key are adjacent, so that PostgreSQL writes them to one
    /// partition at a time.
    pub(super) fn into_parts(self) -> impl Iterator<Item = (StagingTable, Vec<u8>)> {
        let mut records = self.users;
        for mut keys in self.keys.into_values() {
            records.append(&mut keys);
        }
        let parts = [
            (StagingTable::Records, records),
            (StagingTable::Entries, self.entries),
            (StagingTable::Parties, self.parties),
        ];
        parts.into_iter().filter(|(_, rows)| rows.len() > 0).map(|(table, rows)| (table, rows.into_bytes()))
    }
}
