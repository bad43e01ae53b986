//! The only writer of users and timelines, both for directories of any size and for single records.
//!
//! Records are staged in temporary tables of the merge's own session, then merged into the directory in one transaction
//! under its lock. Readers see the directory before or after the merge, merges into one directory run one at a time,
//! and an interrupted merge leaves no partial data.

mod batch;
mod combine;
mod copy;
mod erased;
mod joins;
mod keys;
mod matching;
mod publish;
mod pushed;
mod records;
mod removal;
mod staging;
mod statistics;

use std::sync::Arc;

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

pub use batch::RecordBatch;
pub use joins::Join;
pub(super) use keys::field_of;
pub use pushed::PushError;
pub(super) use records::document;
pub use records::{RecordError, RecordPosition};

use super::users::lock_directory;
use super::{Act, Actor, ErasureFilter, ErasureKeys};
use crate::core::key::KeyKind;
use crate::core::user::DataSource;
use crate::core::user::merge::{Extent, FieldChange};
use crate::store::error::StoreError;
use crate::store::id::TenantId;
use pushed::PushedRows;

/// A merge into one tenant's directory, on its own connection: records are staged or pushed, then
/// [merged](Self::run). If dropped before that, it changes nothing.
#[derive(Debug)]
pub struct Merge {
    connection: PgConnection,
    tenant: TenantId,
    /// The next position in the directory's order.
    next_ordinal: i64,
    /// Whether the directory ever had users before; if not, look-ups in it are skipped.
    had_users: bool,
    /// Number of exclusive keys staged.
    exclusive_keys: i64,
    /// Records pushed but not staged yet.
    pushed: PushedRows,
    /// Number of the last record pushed.
    last_pushed: i64,
    erasure: Option<Arc<dyn ErasureKeys>>,
    /// Those who were erased when the merge began.
    erased_before: Option<Arc<ErasureFilter>>,
    /// Number of records that are left out.
    erased: u64,
}

/// How records are merged.
#[derive(Debug, Clone)]
pub struct MergeOptions {
    /// Keys by which a record finds its user, besides the id; in the order of their codes.
    pub match_by: Vec<KeyKind>,
    /// Where the records come from; also the issuer under which a record's id is stored if its user has another one.
    pub source: DataSource,
    /// What a record says about the fields that it does not have.
    pub extent: Extent,
    /// Whether the records are all that the source has: it is withdrawn from the users that it listed before and no
    /// longer lists, unless those are too many.
    pub replace: Option<MaxRemovals>,
    /// Change nothing if any record is rejected.
    pub strict: bool,
    /// Change nothing in any case.
    pub dry_run: bool,
}

/// The maximum share of the users that a source listed which it may no longer list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxRemovals {
    /// In hundredths of a percent, up to 10,000.
    basis_points: u16,
}

impl MaxRemovals {
    /// The share of `percent`, from 0 to 100, with up to two decimal places.
    #[must_use]
    pub fn percent(percent: f64) -> Option<Self> {
        let points = (percent * 100.0).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in range")]
        (0.0..=10_000.0).contains(&points).then_some(Self { basis_points: points as u16 })
    }

    /// The share written as a percentage, such as `10%` or `0.5`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::percent(text.trim().trim_end_matches('%').trim_end().parse().ok()?)
    }

    const fn allow(self, removed: u64, listed: u64) -> bool {
        removed.saturating_mul(10_000) <= listed.saturating_mul(self.basis_points as u64)
    }
}

impl Default for MaxRemovals {
    fn default() -> Self {
        Self { basis_points: 1_000 }
    }
}

/// How a user changes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ChangedFields {
    /// The user's id.
    pub id: String,
    /// Its fields that change.
    pub fields: Vec<FieldChange>,
}

/// The outcome of a merge.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MergeReport {
    /// Number of new users.
    pub added: u64,
    /// Number of users whose documents changed.
    pub changed: u64,
    /// Number of records that changed nothing.
    pub unchanged: u64,
    /// Number of users that were deleted because no source lists them any more.
    pub removed: u64,
    /// Number of timeline entries that are new or changed, of the timelines that views show.
    pub entries: u64,
    /// Records that joined a user of the directory by another key than its id.
    pub joined: u64,
    /// Records rejected because another user has one of their keys.
    pub conflicts: u64,
    /// Records about people who were erased, which were skipped.
    pub erased: u64,
    /// Whether the merge was committed; if not, the directory is unchanged.
    pub applied: bool,
    /// Of the users that the source listed, those that it no longer lists; if it is to be replaced.
    #[serde(skip)]
    pub unlisted: Unlisted,
}

/// Users that a source no longer lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unlisted {
    /// Users that it listed before.
    pub of: u64,
    /// Those that it no longer lists.
    pub users: u64,
    /// Whether they are too many, so that nothing was changed.
    pub too_many: bool,
}

/// A record that could not be merged.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MergeReject {
    /// Number of the record, from 1.
    #[sqlx(rename = "place")]
    pub number: i64,
    /// Line it starts on, from 1.
    pub line: i64,
    /// The field.
    pub field: String,
    /// What is wrong with the field.
    pub reason: String,
}

/// Progress of writing users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsersWritten {
    /// Records written.
    pub done: i64,
    /// Total number of records to write.
    pub total: i64,
}

/// Observes a merge.
pub trait MergeObserver: Send {
    /// A record was rejected.
    fn rejected(&mut self, reject: MergeReject);
    /// A record joined a user by another key than its id.
    fn joined(&mut self, join: &Join);
    /// Users are being written.
    fn written(&mut self, users: UsersWritten);
    /// A user would be added; only told of the first, in a dry run.
    fn added(&mut self, _id: &str) {}
    /// A user would change; only in a dry run.
    fn changed(&mut self, _change: &ChangedFields) {}
    /// A user would be deleted; only in a dry run.
    fn removed(&mut self, _id: &str) {}
}

impl Merge {
    /// Merges all records into the directory, once any other writer of it has finished, and writes `act` of `actor` and
    /// the outcome to the audit log.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be reached or a statement fails; the directory is unchanged then.
    pub async fn run(
        mut self,
        options: &MergeOptions,
        (actor, act): (&Actor, Act<'_>),
        observer: &mut dyn MergeObserver,
    ) -> Result<MergeReport, StoreError> {
        self.stage_pushed().await?;
        self.begin().await?;
        let erased = Box::pin(self.skip_erased()).await?;
        let mut report = MergeReport { erased, ..MergeReport::default() };
        let first_added = self.next_ordinal;
        let matched = self.match_records(options, &mut report, observer).await?;
        let withdrawn = self.withdraw_unlisted(options, &mut report, observer).await?;
        if report.unlisted.too_many && !options.dry_run {
            return Ok(report);
        }
        if matched + withdrawn > 0 {
            self.index_combined().await?;
        }
        self.assign_exclusive_keys(matched + withdrawn).await?;
        report.conflicts = self.report_rejects(observer).await?;
        if options.strict && report.conflicts > 0 {
            return Ok(report);
        }
        report.joined = self.report_joins(observer).await?;
        report.removed = self.delete_removed().await?;
        self.write_users(&mut report, observer).await?;
        self.touch_claimants().await?;
        self.write_shared_keys(matched > 0, report.conflicts > 0).await?;
        self.write_entries(&mut report).await?;
        if options.dry_run {
            self.show_added(first_added, observer).await?;
            return Ok(report);
        }
        report.applied = true;
        self.finish(actor, act, &report).await?;
        Ok(report)
    }

    /// Who was erased before the merge began, so that no batch need have them; `None` if nobody was.
    #[must_use]
    pub fn erased_before(&self) -> Option<Arc<ErasureFilter>> {
        self.erased_before.clone()
    }

    async fn begin(&mut self) -> Result<(), StoreError> {
        let prepare = "CREATE INDEX ON staged_user (place); ANALYZE staged_user (place, id);
             ANALYZE staged_entry (place, kind, id); BEGIN";
        sqlx::raw_sql(prepare).execute(&mut self.connection).await?;
        self.next_ordinal = lock_directory(&mut self.connection, self.tenant).await?;
        self.had_users = self.next_ordinal > 0;
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
        self.leave_statistics(report).await;
        Ok(self.connection.close().await?)
    }
}
