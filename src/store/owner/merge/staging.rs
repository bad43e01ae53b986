//! The staging tables for records to be merged: temporary tables in the merge's own session.

use std::pin::pin;

use futures_util::{Stream, StreamExt as _, stream};
use sqlx::AssertSqlSafe;

use super::copy::{HEADER, TRAILER};
use super::pushed::PushedRows;
use super::{Merge, RecordBatch};
use crate::core::key::KeyKind;
use crate::store::{OwnerStore, StoreError, TenantId, in_time};

/// Temporary tables are not written to the WAL, not vacuumed, invisible to others, and dropped with the session.
const STAGING: &str = "
    SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;
    SET temp_buffers = '64MB'; SET work_mem = '128MB'; SET maintenance_work_mem = '256MB'; SET jit = off;
    SET default_statistics_target = 10;
    DO $$ BEGIN
        SET client_connection_check_interval = '2s';
    EXCEPTION WHEN OTHERS THEN NULL; -- not supported on every operating system
    END $$;
    -- Documents stay compressed on their way into the directory: in its own way, if the server has that.
    DO $$ BEGIN
        SET default_toast_compression = 'lz4';
    EXCEPTION WHEN OTHERS THEN NULL; -- not in every build
    END $$;
    -- Users and their keys come in one stream, each kind into a table of its own.
    CREATE TEMP TABLE staged (
        kind smallint NOT NULL, place bigint NOT NULL, line bigint, id text COLLATE \"C\" NOT NULL,
        value text COLLATE \"C\", document json, empty json) PARTITION BY LIST (kind);
    CREATE TEMP TABLE staged_entry (
        place bigint NOT NULL, kind smallint NOT NULL, account text COLLATE \"C\" NOT NULL,
        collection_id bigint NOT NULL, at bigint NOT NULL, id text COLLATE \"C\" NOT NULL, document json NOT NULL);
    CREATE TEMP TABLE staged_party (
        place bigint NOT NULL, account text COLLATE \"C\" NOT NULL, incoming boolean NOT NULL);
    -- The user of the directory that a record's keys find, and the kind of key that did.
    CREATE TEMP TABLE found (
        place bigint NOT NULL, target text COLLATE \"C\" NOT NULL, kind smallint NOT NULL);
    -- Records that are not simply new: the user they are about, and whether the directory has it.
    CREATE TEMP TABLE matched (place bigint NOT NULL, target text COLLATE \"C\" NOT NULL, existing boolean NOT NULL);
    CREATE TEMP TABLE merged_user (place bigint NOT NULL, id text COLLATE \"C\" NOT NULL, document json NOT NULL);
    -- Users that are deleted.
    CREATE TEMP TABLE removed_user (place bigint NOT NULL, id text COLLATE \"C\" NOT NULL);
    -- Keys that merged users gain and lose.
    CREATE TEMP TABLE gained_key (
        place bigint NOT NULL, kind smallint NOT NULL, value text COLLATE \"C\" NOT NULL,
        user_id text COLLATE \"C\" NOT NULL);
    CREATE TEMP TABLE lost_key (LIKE gained_key);
    -- Keys of records that are skipped, since they are about somebody who was erased, and the users whom they find.
    CREATE TEMP TABLE withheld_key (kind smallint NOT NULL, value text COLLATE \"C\" NOT NULL);
    CREATE TEMP TABLE withheld (target text COLLATE \"C\" NOT NULL);
    CREATE TEMP TABLE rejected (place bigint PRIMARY KEY, field text NOT NULL, reason text NOT NULL, round integer);
";

/// The code for users, where key rows have the code of their kind.
pub(super) const USER: i16 = 0;

/// The partitions of the table `staged`. The only text inserted is the codes.
fn partitions() -> String {
    let keys = KeyKind::ALL.map(|kind| {
        let code = kind.code();
        format!("CREATE TEMP TABLE staged_key_{code} PARTITION OF staged FOR VALUES IN ({code});")
    });
    format!(
        "CREATE TEMP TABLE staged_user PARTITION OF staged FOR VALUES IN ({USER});
         {}
         CREATE TEMP VIEW staged_key AS
         SELECT place, kind, value, id AS user_id FROM staged WHERE kind > {USER};",
        keys.concat()
    )
}

impl OwnerStore {
    /// Starts a merge into the directory of `tenant`.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be reached or a statement fails.
    pub async fn start_merge(&self, tenant: TenantId) -> Result<Merge, StoreError> {
        let connector = self.pool.connector().of_task("userbatch import");
        let connection = in_time(async {
            let mut connection = connector.connect().await?;
            sqlx::raw_sql(STAGING).execute(&mut connection).await?;
            sqlx::raw_sql(AssertSqlSafe(partitions())).execute(&mut connection).await?;
            Ok(connection)
        })
        .await?;
        let mut merge = Merge {
            connection,
            tenant,
            next_ordinal: 0,
            had_users: false,
            exclusive_keys: 0,
            pushed: PushedRows::default(),
            last_pushed: 0,
            erasure: self.erasure.clone(),
            erased_before: None,
            erased: 0,
        };
        in_time(merge.read_erased()).await?;
        Ok(merge)
    }
}

/// A table into which rows are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StagingTable {
    /// Users and their keys.
    Records,
    /// Entries of timelines.
    Entries,
    /// Accounts involved in a transfer.
    Parties,
    /// Keys of records that are left out.
    Withheld,
}

impl StagingTable {
    const fn copy(self) -> &'static str {
        match self {
            Self::Records => "COPY staged FROM STDIN (FORMAT binary)",
            Self::Entries => "COPY staged_entry FROM STDIN (FORMAT binary)",
            Self::Parties => "COPY staged_party FROM STDIN (FORMAT binary)",
            Self::Withheld => "COPY withheld_key FROM STDIN (FORMAT binary)",
        }
    }
}

impl Merge {
    /// Copies `batches` into the staging tables. A merge takes either batches or [single
    /// records](Self::push_user): each numbers its records.
    ///
    /// A COPY continues as long as the table stays the same. Each ends with a small packet after a large one, which
    /// waits 40 ms for an acknowledgement, since sqlx 0.9 does not set `TCP_NODELAY`.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be reached or a statement fails.
    pub async fn stage(&mut self, batches: impl Stream<Item = RecordBatch>) -> Result<(), StoreError> {
        let (exclusive_keys, erased) = (&mut self.exclusive_keys, &mut self.erased);
        let mut parts = pin!(batches.flat_map(|batch| {
            *exclusive_keys += batch.exclusive_keys;
            *erased += batch.erased;
            stream::iter(batch.into_parts())
        }));
        let mut next = parts.next().await;
        while let Some((table, rows)) = next {
            let mut copy = self.connection.copy_in_raw(table.copy()).await?;
            copy.send(HEADER).await?;
            copy.send(rows).await?;
            next = parts.next().await;
            while let Some((_, rows)) = next.take_if(|(other, _)| *other == table) {
                copy.send(rows).await?;
                next = parts.next().await;
            }
            copy.send(TRAILER.as_slice()).await?;
            copy.finish().await?;
        }
        Ok(())
    }
}
