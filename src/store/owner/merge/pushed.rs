//! Single records, pushed by callers that write only a few, and inserted into the staging tables.
//!
//! COPY, used for batches, would take longer: over TCP each one waits for a delayed acknowledgement (see
//! [`Merge::stage`]).

use std::collections::BTreeSet;

use super::Merge;
use super::records::{EntryRecord, RecordError, RecordPosition, UserRecord, exclusive_keys};
use super::staging::USER;
use crate::core::key::LookupKey;
use crate::core::user::{JsonObject, User};
use crate::core::view::TimelineEntry;
use crate::store::StoreError;

/// Number of rows at which pushed records are staged.
const MOST_ROWS: usize = 20_000;

const INSERT_RECORDS: &str = "
    INSERT INTO staged (kind, place, line, id, value, document)
    SELECT kind, place, line, id, value, document::json
      FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[])
        AS r (kind, place, line, id, value, document)";

const INSERT_ENTRIES: &str = "
    INSERT INTO staged_entry (place, kind, account, collection_id, at, id, document)
    SELECT place, kind, account, collection_id, at, id, document::json
      FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[])
        AS e (place, kind, account, collection_id, at, id, document)";

const INSERT_PARTIES: &str = "
    INSERT INTO staged_party (place, account, incoming)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::boolean[])";

/// Why a record was not added to a merge.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The record cannot be stored.
    #[error("record {number}: {} {source}", source.field())]
    Record {
        /// Number of the record.
        number: i64,
        /// What is wrong with it.
        source: RecordError,
    },
    /// A statement failed; the merge is aborted.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Rows for the staging tables, as columns.
#[derive(Debug, Default)]
pub(super) struct PushedRows {
    pub(super) records: RecordColumns,
    entries: EntryColumns,
    parties: PartyColumns,
}

/// Users and their keys.
#[derive(Debug, Default)]
pub(super) struct RecordColumns {
    kinds: Vec<i16>,
    places: Vec<i64>,
    lines: Vec<Option<i64>>,
    ids: Vec<String>,
    values: Vec<Option<String>>,
    documents: Vec<Option<String>>,
}

#[derive(Debug, Default)]
struct EntryColumns {
    places: Vec<i64>,
    kinds: Vec<i16>,
    accounts: Vec<String>,
    collections: Vec<i64>,
    ats: Vec<i64>,
    ids: Vec<String>,
    documents: Vec<String>,
}

/// The accounts involved in transfers.
#[derive(Debug, Default)]
struct PartyColumns {
    places: Vec<i64>,
    accounts: Vec<String>,
    incoming: Vec<bool>,
}

impl RecordColumns {
    fn push_user(&mut self, position: RecordPosition, user: UserRecord<'_>) {
        self.push_keys(position.number, user.id, &user.keys);
        self.push_row(USER, position.number, user.id);
        self.lines.push(Some(position.line));
        self.values.push(None);
        self.documents.push(Some(user.document));
    }

    pub(super) fn push_keys(&mut self, number: i64, id: &str, keys: &BTreeSet<LookupKey>) {
        for key in keys {
            self.push_row(key.kind().code(), number, id);
            self.lines.push(None);
            self.values.push(Some(key.value().to_owned()));
            self.documents.push(None);
        }
    }

    fn push_row(&mut self, kind: i16, number: i64, id: &str) {
        self.kinds.push(kind);
        self.places.push(number);
        self.ids.push(id.to_owned());
    }
}

impl PushedRows {
    fn push_entry(&mut self, position: RecordPosition, entry: EntryRecord<'_>) {
        let Self { entries, parties, .. } = self;
        entries.places.push(position.number);
        entries.kinds.push(entry.timeline.code());
        entries.accounts.push(entry.account.to_owned());
        entries.collections.push(entry.collection);
        entries.ats.push(entry.at);
        entries.ids.push(entry.id.into_owned());
        entries.documents.push(entry.document);
        for (account, incoming) in entry.parties {
            parties.places.push(position.number);
            parties.accounts.push(account.to_string());
            parties.incoming.push(incoming);
        }
    }

    fn len(&self) -> usize {
        self.records.places.len() + self.entries.places.len() + self.parties.places.len()
    }
}

impl Merge {
    /// Adds a user.
    ///
    /// # Errors
    /// [`PushError::Record`] if the user cannot be stored; the merge can continue without it.
    pub async fn push_user(&mut self, user: &User) -> Result<(), PushError> {
        let position = self.next_position();
        let user = UserRecord::of(user, &JsonObject::new(), self.erased_before.as_deref());
        let user = user.map_err(|source| PushError::Record { number: position.number, source })?;
        if user.is_erased {
            self.erased += 1;
            return Ok(());
        }
        self.exclusive_keys += exclusive_keys(&user.keys);
        self.pushed.records.push_user(position, user);
        Ok(self.stage_many().await?)
    }

    /// Adds a timeline entry.
    ///
    /// # Errors
    /// [`PushError::Record`] if the entry cannot be stored; the merge can continue without it.
    pub async fn push_entry(&mut self, entry: &TimelineEntry) -> Result<(), PushError> {
        let position = self.next_position();
        let entry = EntryRecord::of(entry, self.erased_before.as_deref());
        let entry = entry.map_err(|source| PushError::Record { number: position.number, source })?;
        if let Some(entry) = entry {
            self.pushed.push_entry(position, entry);
        }
        Ok(self.stage_many().await?)
    }

    const fn next_position(&mut self) -> RecordPosition {
        self.last_pushed += 1;
        RecordPosition { number: self.last_pushed, line: self.last_pushed }
    }

    async fn stage_many(&mut self) -> Result<(), StoreError> {
        if self.pushed.len() >= MOST_ROWS { self.stage_pushed().await } else { Ok(()) }
    }

    /// Stages the pushed records.
    pub(super) async fn stage_pushed(&mut self) -> Result<(), StoreError> {
        let PushedRows { records, entries, parties } = std::mem::take(&mut self.pushed);
        if !records.places.is_empty() {
            let insert = sqlx::query(INSERT_RECORDS).bind(records.kinds).bind(records.places);
            let insert = insert.bind(records.lines).bind(records.ids).bind(records.values);
            insert.bind(records.documents).execute(&mut self.connection).await?;
        }
        if !entries.places.is_empty() {
            let insert = sqlx::query(INSERT_ENTRIES).bind(entries.places).bind(entries.kinds);
            let insert = insert.bind(entries.accounts).bind(entries.collections).bind(entries.ats);
            insert.bind(entries.ids).bind(entries.documents).execute(&mut self.connection).await?;
        }
        if !parties.places.is_empty() {
            let insert = sqlx::query(INSERT_PARTIES).bind(parties.places).bind(parties.accounts);
            insert.bind(parties.incoming).execute(&mut self.connection).await?;
        }
        Ok(())
    }
}
