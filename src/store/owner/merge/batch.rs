//! Batches of records as rows of the staging tables, in the format of COPY.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::copy::CopyBuffer;
use super::records::{EntryRecord, RecordError, RecordPosition, UserRecord, exclusive_keys};
use super::staging::{StagingTable, USER};
use crate::core::key::KeyKind;
use crate::core::user::{JsonObject, User};
use crate::core::view::TimelineEntry;
use crate::store::owner::erasure::ErasureFilter;

/// Records that are staged together.
#[derive(Debug, Default)]
pub struct RecordBatch {
    users: CopyBuffer,
    keys: BTreeMap<KeyKind, CopyBuffer>,
    entries: CopyBuffer,
    parties: CopyBuffer,
    /// Keys of records that are left out, since they are about people who were erased.
    withheld: CopyBuffer,
    /// Number of exclusive keys.
    pub(super) exclusive_keys: i64,
    /// Number of records that are left out.
    pub(super) erased: u64,
    filter: Option<Arc<ErasureFilter>>,
}

impl RecordBatch {
    /// A batch without the people whom [`filter`](super::Merge::erased_before) has.
    #[must_use]
    pub fn without(filter: Option<Arc<ErasureFilter>>) -> Self {
        Self { filter, ..Self::default() }
    }

    /// The batch, in whose place there is an empty one.
    #[must_use]
    pub fn take(&mut self) -> Self {
        let next = Self::without(self.filter.clone());
        std::mem::replace(self, next)
    }

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
        let user = UserRecord::of(user, empty, self.filter.as_deref())?;
        if user.is_erased {
            self.erased += 1;
            for key in &user.keys {
                self.withheld.row(2).int2(key.kind().code()).text(key.value());
            }
            return Ok(());
        }
        let row = self.users.row(7).int2(USER).int8(position.number).int8(position.line);
        row.text(user.id).null().text(&user.document).maybe_text(user.empty.as_deref());
        for key in &user.keys {
            let rows = self.keys.entry(key.kind()).or_default();
            let row = rows.row(7).int2(key.kind().code()).int8(position.number).null();
            row.text(user.id).text(key.value()).null().null();
        }
        self.exclusive_keys += exclusive_keys(&user.keys);
        Ok(())
    }

    /// Adds a timeline entry.
    ///
    /// # Errors
    /// [`RecordError`] if the entry cannot be stored; nothing is added then.
    pub fn push_entry(&mut self, position: RecordPosition, entry: &TimelineEntry) -> Result<(), RecordError> {
        let Some(entry) = EntryRecord::of(entry, self.filter.as_deref())? else { return Ok(()) };
        let row = self.entries.row(7).int8(position.number).int2(entry.timeline.code());
        let row = row.text(entry.account).int8(entry.collection).int8(entry.at);
        row.text(&entry.id).text(&entry.document);
        for (account, incoming) in &entry.parties {
            self.parties.row(3).int8(position.number).text(account.as_str()).boolean(*incoming);
        }
        Ok(())
    }

    /// Its size, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        let keys: usize = self.keys.values().map(CopyBuffer::len).sum();
        self.users.len() + keys + self.entries.len() + self.parties.len() + self.withheld.len()
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
            (StagingTable::Withheld, self.withheld),
        ];
        parts.into_iter().filter(|(_, rows)| rows.len() > 0).map(|(table, rows)| (table, rows.into_bytes()))
    }
}
