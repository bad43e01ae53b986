//! Export: documents of a directory as stored, in a defined order, from one snapshot: all, or the users changed since a
//! position in the feed.

use std::future::Future;

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::query::QueryScalar;
use sqlx::{AssertSqlSafe, Connection as _, Postgres};

use super::{FeedPosition, OwnerStore, bind};
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
    /// A user who is no longer there; instead of a document, the id.
    Removed,
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

/// The users that were added or changed after a position, each once. They are read in blocks of neighbours, so that no
/// more than a block is ever sorted.
const USERS_SINCE: &str = r#"
    SELECT u.document::text
      FROM (SELECT s.first, least(s.first + 1023, upper(r.range) - 1) AS last
              FROM (SELECT unnest(range_agg(int8range(c.first, c.last, '[]'))) AS range
                      FROM (SELECT CASE WHEN (generation, change) = ($2, $3) THEN greatest(first_ordinal, $4 + 1)
                                        ELSE first_ordinal END, last_ordinal
                              FROM user_change
                             WHERE tenant_id = $1 AND change <> 1 AND (generation, change, last_ordinal)
                                   > ($2, CASE WHEN $3 = 0::smallint THEN 4::smallint ELSE $3 END, $4)
                             UNION ALL SELECT $4 + 1, $5 WHERE $3 = 0::smallint AND $4 < $5) c (first, last)) r
             CROSS JOIN LATERAL generate_series(lower(r.range), upper(r.range) - 1, 1024) AS s (first)
             ORDER BY 1) b
     CROSS JOIN LATERAL (
           SELECT u.ordinal, u.document FROM "user" u
            WHERE u.tenant_id = $1 AND u.ordinal >= 0 AND u.ordinal BETWEEN b.first AND b.last OFFSET 0) u
     ORDER BY b.first, u.ordinal"#;

/// The ids that were removed after a position and not added again.
const REMOVED_SINCE: &str = r#"
    SELECT DISTINCT c.id FROM user_change c
     WHERE c.tenant_id = $1 AND c.change = 1 AND (c.generation, c.change, c.last_ordinal)
           > ($2, CASE WHEN $3 = 0::smallint THEN 4::smallint ELSE $3 END, $4)
       AND NOT EXISTS (SELECT FROM "user" u WHERE u.tenant_id = $1 AND u.id = c.id)
     ORDER BY c.id"#;

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

/// The directory's generation, and the one up to which the feed was trimmed.
const GENERATIONS: &str = "
    SELECT d.generation, coalesce(greatest(t.generation, t.erased_to), 0)
      FROM directory d LEFT JOIN user_change_trim t ON t.tenant_id = d.tenant_id
     WHERE d.tenant_id = $1";

/// For what is looked up rather than read whole: as for the serving role, no statistics may lead elsewhere.
const BY_INDEX: &str = "
    SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL jit = off;
    SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";

/// Ends the session if this process hangs or is cut off. A backend waiting for its client to read a row is neither
/// idle nor subject to `statement_timeout`: only the network can time out (`tcp_user_timeout`, on Linux; PostgreSQL
/// ignores it elsewhere and on Unix sockets). A backend that has sent all its rows is idle in the transaction.
const GUARDS: &str = "SELECT set_config('tcp_user_timeout', $1, false),
    set_config('idle_in_transaction_session_timeout', $2, false)";

/// The timeout for all rows that the server has sent ahead, possibly megabytes, as a multiple of that for one row.
const SENT_AHEAD: u32 = 12;

/// A snapshot of a directory, on its own connection, which is closed if the export is dropped.
#[derive(Debug)]
pub struct Export {
    connection: PgConnection,
    tenant: TenantId,
    generation: i64,
    feed_trimmed_to: i64,
}

impl Export {
    /// The position in the feed of what happens after the snapshot.
    #[must_use]
    pub const fn position(&self) -> FeedPosition {
        FeedPosition::after(self.generation)
    }

    /// Whether what happened after `position` is still known.
    #[must_use]
    pub const fn knows(&self, position: FeedPosition) -> bool {
        position.is_within(self.feed_trimmed_to, self.generation)
    }

    /// Passes all documents to `sink`, one at a time.
    ///
    /// # Errors
    /// Those of `sink`; and [`StoreError`] if a statement fails, as it may once `sink` has accepted nothing for longer
    /// than [`export_untaken`](crate::store::OwnerOptions::export_untaken).
    pub async fn all<S: ExportSink>(mut self, sink: &mut S) -> Result<(), S::Error> {
        for (kind, statement) in statements() {
            let documents = sqlx::query_scalar(AssertSqlSafe(statement)).bind(self.tenant);
            self.pass(kind, documents, sink).await?;
        }
        self.end().await.map_err(S::Error::from)
    }

    /// Passes the users that were added or changed after `position` to `sink`, each once and in the directory's order,
    /// and then the ids of those removed; see [`Self::knows`]. Timelines are not in the feed.
    ///
    /// # Errors
    /// As [`Self::all`].
    pub async fn since<S: ExportSink>(
        mut self,
        position: FeedPosition,
        sink: &mut S,
    ) -> Result<(), S::Error> {
        sqlx::raw_sql(BY_INDEX).execute(&mut self.connection).await.map_err(StoreError::from)?;
        let (generation, step, ordinal, last) = position.columns();
        let after = |statement| {
            sqlx::query_scalar(statement).bind(self.tenant).bind(generation).bind(step).bind(ordinal)
        };
        let (users, removed) = (after(USERS_SINCE).bind(last), after(REMOVED_SINCE));
        self.pass(RecordKind::User, users, sink).await?;
        self.pass(RecordKind::Removed, removed, sink).await?;
        self.end().await.map_err(S::Error::from)
    }

    async fn pass<S: ExportSink>(
        &mut self,
        kind: RecordKind,
        documents: QueryScalar<'_, Postgres, String, PgArguments>,
        sink: &mut S,
    ) -> Result<(), S::Error> {
        let mut documents = documents.fetch(&mut self.connection);
        while let Some(document) = documents.try_next().await.map_err(StoreError::from)? {
            sink.take(kind, document).await?;
        }
        Ok(())
    }

    async fn end(self) -> Result<(), StoreError> {
        Ok(self.connection.close().await?)
    }
}

impl OwnerStore {
    /// Starts an export of the directory of `tenant`, from a snapshot taken now.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be reached or a statement fails.
    pub async fn start_export(&self, tenant: TenantId) -> Result<Export, StoreError> {
        in_time(self.snapshot(tenant)).await
    }

    async fn snapshot(&self, tenant: TenantId) -> Result<Export, StoreError> {
        let mut connection = self.pool.connector().of_task("userbatch export").connect().await?;
        let untaken = self.export_untaken;
        sqlx::query(GUARDS)
            .bind(untaken.as_millis().to_string())
            .bind((untaken * SENT_AHEAD).as_millis().to_string())
            .execute(&mut connection)
            .await?;
        sqlx::raw_sql(SNAPSHOT).execute(&mut connection).await?;
        bind(&mut connection, tenant).await?;
        let (generation, feed_trimmed_to) =
            sqlx::query_as(GENERATIONS).bind(tenant).fetch_one(&mut connection).await?;
        Ok(Export { connection, tenant, generation, feed_trimmed_to })
    }
}
