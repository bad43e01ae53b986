//! Export: all documents of a directory as stored, in a defined order, from one snapshot.

use std::future::Future;

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

use super::{OwnerStore, bind};
use crate::core::view::Timeline;
use crate::store::error::StoreError;
use crate::store::id::TenantId;
use crate::store::pool::in_time;

/// The kind of a directory's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// A user.
    User,
    /// An entry of a timeline.
    Entry(Timeline),
}

const USERS: &str = r#"SELECT document::text FROM "user" WHERE tenant_id = $1 ORDER BY ordinal"#;

/// The kinds of documents, each with the statement that reads it. Entries are sorted regardless of when they were
/// written; the order of users is part of the directory. The only text inserted is the timelines' own constants.
fn statements() -> impl Iterator<Item = (RecordKind, String)> {
    let entries = Timeline::ALL.into_iter().map(|timeline| {
        let (table, key) = (timeline.table(), timeline.key());
        let read = format!("SELECT document::text FROM {table} WHERE tenant_id = $1 ORDER BY {key}");
        (RecordKind::Entry(timeline), read)
    });
    std::iter::once((RecordKind::User, USERS.to_owned())).chain(entries)
}

/// Receives exported documents.
pub trait ExportSink: Send {
    /// Why a document could not be accepted.
    type Error: From<StoreError>;

    /// Receives one document, as stored.
    fn take(
        &mut self,
        kind: RecordKind,
        document: String,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// No statement timeout: the export takes as long as the sink does.
const SNAPSHOT: &str = "SET statement_timeout = 0; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Ends the session if this process hangs or is cut off. A backend waiting for its client to read a row is neither
/// idle nor subject to `statement_timeout`: only the network can time out (`tcp_user_timeout`, on Linux; PostgreSQL
/// ignores it elsewhere and on Unix sockets). A backend that has sent all its rows is idle in the transaction.
const GUARDS: &str = "SELECT set_config('tcp_user_timeout', $1, false),
    set_config('idle_in_transaction_session_timeout', $2, false)";

/// The timeout for all rows that the server has sent ahead, possibly megabytes, as a multiple of that for one row.
const SENT_AHEAD: u32 = 12;

impl OwnerStore {
    /// Passes all documents of the directory of `tenant` to `sink`, from one snapshot. Holds one document at a time,
    /// on its own connection, which is closed if `sink` fails.
    ///
    /// # Errors
    /// Those of `sink`; and [`StoreError`] if a statement fails, as it may once `sink` has accepted nothing for longer
    /// than [`export_untaken`](crate::store::OwnerOptions::export_untaken).
    pub async fn export<S: ExportSink>(&self, tenant: TenantId, sink: &mut S) -> Result<(), S::Error> {
        let mut connection = in_time(self.snapshot(tenant)).await?;
        for (kind, statement) in statements() {
            let statement = sqlx::query_scalar(AssertSqlSafe(statement)).bind(tenant);
            let mut documents = statement.fetch(&mut connection);
            while let Some(document) = documents.try_next().await.map_err(StoreError::from)? {
                sink.take(kind, document).await?;
            }
        }
        connection.close().await.map_err(StoreError::from)?;
        Ok(())
    }

    /// A connection with a snapshot of the directory of `tenant`.
    async fn snapshot(&self, tenant: TenantId) -> Result<PgConnection, StoreError> {
        let mut connection = self.pool.connector().of_task("userbatch export").connect().await?;
        let untaken = self.export_untaken;
        sqlx::query(GUARDS)
            .bind(untaken.as_millis().to_string())
            .bind((untaken * SENT_AHEAD).as_millis().to_string())
            .execute(&mut connection)
            .await?;
        sqlx::raw_sql(SNAPSHOT).execute(&mut connection).await?;
        bind(&mut connection, tenant).await?;
        Ok(connection)
    }
}
