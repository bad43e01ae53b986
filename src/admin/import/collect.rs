//! Batches of records, passed from the reading thread to the database.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::mpsc;

use super::reader::SourceFault;
use super::table::UnusedColumns;
use crate::admin::revision::check_lengths;
use crate::core::user::{DataSource, JsonObject, User};
use crate::core::view::TimelineEntry;
use crate::store::{ErasureFilter, RecordBatch, RecordPosition};

/// A batch is sent when it reaches this size, in bytes,
const BATCH_BYTES: usize = 4 << 20;
/// or this number of rejects.
const BATCH_REJECTS: usize = 1_000;

/// A rejected record: its position and the fault, never its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// Line of the source on which it starts, counted from 1.
    pub line: i64,
    /// Number of the record in the source, counted from 1.
    pub record: i64,
    /// Faulty field; empty for the record as a whole.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A batch, and the progress so far.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) batch: RecordBatch,
    pub(super) rejects: Vec<Reject>,
    /// Columns without use, once they are known.
    pub(super) columns: Option<UnusedColumns>,
    /// Records read so far.
    pub(super) records: u64,
    /// Bytes read so far.
    pub(super) bytes: u64,
}

/// Collects records and sends them in batches.
pub(super) struct Collector {
    source: DataSource,
    sender: mpsc::Sender<Parsed>,
    batch: RecordBatch,
    rejects: Vec<Reject>,
    columns: Option<UnusedColumns>,
    records: i64,
    /// Bytes read so far; updated by the reader.
    pub(super) bytes: u64,
}

impl Collector {
    pub(super) fn new(
        source: DataSource,
        erased: Option<Arc<ErasureFilter>>,
        sender: mpsc::Sender<Parsed>,
    ) -> Self {
        let (batch, rejects) = (RecordBatch::without(erased), Vec::new());
        Self { source, sender, batch, rejects, columns: None, records: 0, bytes: 0 }
    }

    /// Notes the columns that are made no use of.
    pub(super) fn columns(&mut self, unused: &UnusedColumns) {
        self.columns = Some(unused.clone()).filter(|unused| !unused.is_empty());
    }

    /// Whether no record was read yet.
    pub(super) const fn is_fresh(&self) -> bool {
        self.records == 0
    }

    /// Adds a user, and the fields that the record says are empty.
    pub(super) fn user(&mut self, line: i64, mut user: User, empty: &JsonObject) -> Result<(), SourceFault> {
        let position = self.next_position(line);
        user.set_by.claim(self.source);
        if let Err(fault) = check_lengths(&user) {
            self.keep_reject(position, fault.field, fault.reason);
        } else if let Err(fault) = self.batch.push_user(position, &user, empty) {
            self.keep_reject(position, fault.field(), fault.to_string());
        }
        self.send_if_full()
    }

    pub(super) fn entry(&mut self, line: i64, entry: &TimelineEntry) -> Result<(), SourceFault> {
        let position = self.next_position(line);
        self.push_entry(position, entry)
    }

    /// Adds an entry that follows from the record before, and is not one of the source's.
    pub(super) fn implied(&mut self, line: i64, entry: &TimelineEntry) -> Result<(), SourceFault> {
        self.push_entry(RecordPosition { number: self.records, line }, entry)
    }

    fn push_entry(&mut self, position: RecordPosition, entry: &TimelineEntry) -> Result<(), SourceFault> {
        if let Err(fault) = self.batch.push_entry(position, entry) {
            self.keep_reject(position, fault.field(), fault.to_string());
        }
        self.send_if_full()
    }

    pub(super) fn reject(
        &mut self,
        line: i64,
        field: impl Into<String>,
        reason: impl Into<String>,
    ) -> Result<(), SourceFault> {
        let position = self.next_position(line);
        self.keep_reject(position, field.into(), reason.into());
        self.send_if_full()
    }

    const fn next_position(&mut self, line: i64) -> RecordPosition {
        self.records += 1;
        RecordPosition { number: self.records, line }
    }

    fn keep_reject(&mut self, position: RecordPosition, field: String, reason: String) {
        self.rejects.push(Reject { line: position.line, record: position.number, field, reason });
    }

    fn send_if_full(&mut self) -> Result<(), SourceFault> {
        if self.batch.len() < BATCH_BYTES && self.rejects.len() < BATCH_REJECTS {
            return Ok(());
        }
        self.flush()
    }

    /// Sends the current batch.
    pub(super) fn flush(&mut self) -> Result<(), SourceFault> {
        let parsed = Parsed {
            batch: self.batch.take(),
            rejects: std::mem::take(&mut self.rejects),
            columns: self.columns.take(),
            records: self.records.unsigned_abs(),
            bytes: self.bytes,
        };
        self.sender.blocking_send(parsed).map_err(|_| SourceFault::Stopped)
    }
}
