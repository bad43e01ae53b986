//! Taking in a directory of any size: records are copied into temporary tables of the session's own, then merged
//! into the directory in one transaction under its lock. Readers see the directory before or after, imports of
//! one tenant take turns, and whatever ends the session early leaves nothing behind.

mod batch;
mod claims;
mod copy;
mod matching;
mod publish;
mod pushed;
mod records;
mod staging;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

pub use batch::RecordBatch;
pub use pushed::PushError;
pub use records::{Place, RecordError};

use pushed::PushedRows;

use super::{Act, Actor};
use crate::core::key::KeyKind;
use crate::store::error::StoreError;
use crate::store::serving::bind;
use crate::store::tenants::TenantId;

/// A merge into the directory of one tenant, on a connection of its own: records are pushed or staged, then
/// [merged](Self::run). Dropped before that, it leaves the directory as it is.
#[derive(Debug)]
pub struct Merge {
    connection: PgConnection,
    tenant: TenantId,
    next_ordinal: i64,
    /// How many keys were staged that identify one user alone.
    exclusive_keys: i64,
    /// Records that were pushed and not staged yet.
    pushed: PushedRows,
    /// Number of the record that was pushed last.
    last_pushed: i64,
}

/// How the records become users.
#[derive(Debug, Clone)]
pub struct MergeOptions {
    /// By what a record finds the user that it is about, besides the id; in the order of the kinds' codes.
    pub match_by: Vec<KeyKind>,
    /// Under whose name the id of a record is kept when it is merged into a user of another id.
    pub issuer: &'static str,
    /// Undo everything if a record was rejected.
    pub strict: bool,
    /// Undo everything in any case.
    pub dry_run: bool,
}

/// What became of the records.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MergeReport {
    /// Users that are new.
    pub added: u64,
    /// Users whose documents changed.
    pub changed: u64,
    /// Records that told nothing new.
    pub unchanged: u64,
    /// Timeline entries that are new or changed.
    pub entries: u64,
    /// Records that claimed what is another user's, and were rejected.
    pub conflicts: u64,
    /// Whether the directory is as the report says; if not, it is as it was before.
    pub applied: bool,
}

/// A record that could not be merged, and why.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MergeReject {
    /// Number of the record.
    pub place: i64,
    /// Line it starts on.
    pub line: i64,
    /// Which field.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

/// How far writing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteProgress {
    /// Records looked at.
    pub done: i64,
    /// Of how many.
    pub of: i64,
}

/// Who watches an import.
pub trait MergeObserver: Send {
    /// A record was rejected.
    fn rejected(&mut self, reject: MergeReject);
    /// Users are being written.
    fn written(&mut self, written: WriteProgress);
}

impl Merge {
    /// Merges all records into the directory, after any other writer of it has finished, and records `act` of
    /// `actor` with the outcome.
    ///
    /// # Errors
    /// Any [`StoreError`] of a statement; then the directory is as it was.
    pub async fn run(
        mut self,
        options: &MergeOptions,
        (actor, act): (&Actor, Act<'_>),
        observer: &mut dyn MergeObserver,
    ) -> Result<MergeReport, StoreError> {
        self.stage_pushed().await?;
        self.begin().await?;
        let mut report = MergeReport::default();
        let handled = self.match_records(options, &mut report).await?;
        self.settle_claims(handled).await?;
        report.conflicts = self.report_rejects(observer).await?;
        if options.strict && report.conflicts > 0 {
            return Ok(report);
        }
        self.write_users(&mut report, observer).await?;
        self.write_shared_keys().await?;
        self.write_entries(&mut report).await?;
        if options.dry_run {
            return Ok(report);
        }
        report.applied = true;
        self.finish(actor, act, &report).await?;
        Ok(report)
    }

    /// Whether the directory ever had users; if not, nothing needs to be looked for there.
    const fn has_users(&self) -> bool {
        self.next_ordinal > 0
    }

    async fn begin(&mut self) -> Result<(), StoreError> {
        let prepare = "CREATE INDEX ON staged_user (place); ANALYZE staged_user (place, id);
             ANALYZE staged_entry (place, kind, id); BEGIN";
        sqlx::raw_sql(prepare).execute(&mut self.connection).await?;
        bind(&mut self.connection, self.tenant).await?;
        self.next_ordinal =
            sqlx::query_scalar("SELECT next_ordinal FROM directory WHERE tenant_id = $1 FOR UPDATE")
                .bind(self.tenant)
                .fetch_one(&mut self.connection)
                .await?;
        Ok(())
    }

    async fn report_rejects(&mut self, observer: &mut dyn MergeObserver) -> Result<u64, StoreError> {
        use futures_util::TryStreamExt as _;
        let mut rejects = sqlx::query_as(
            "SELECT r.place, s.line, r.field, r.reason FROM rejected r JOIN staged_user s ON s.place = r.place
              ORDER BY r.place",
        )
        .fetch(&mut self.connection);
        let mut count = 0;
        while let Some(reject) = rejects.try_next().await? {
            observer.rejected(reject);
            count += 1;
        }
        Ok(count)
    }

    async fn finish(
        mut self,
        actor: &Actor,
        mut act: Act<'_>,
        report: &MergeReport,
    ) -> Result<(), StoreError> {
        if let (Some(detail), serde_json::Value::Object(outcome)) =
            (act.detail.as_object_mut(), serde_json::to_value(report)?)
        {
            detail.extend(outcome);
        }
        sqlx::query("UPDATE directory SET next_ordinal = $2 WHERE tenant_id = $1")
            .bind(self.tenant)
            .bind(self.next_ordinal)
            .execute(&mut self.connection)
            .await?;
        super::record(&mut self.connection, actor, &act).await?;
        sqlx::raw_sql("COMMIT").execute(&mut self.connection).await?;
        Ok(self.connection.close().await?)
    }
}
