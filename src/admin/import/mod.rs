//! Imports users from canonical NDJSON, saved responses of vendors and by SCIM, or CSV.
//!
//! A separate thread parses and validates the source record by record; batches are staged, then merged into the
//! directory in one transaction. Memory use is constant. An interrupted import leaves no partial data and can be rerun.
//!
//! A record matches the user with its id or with that id issued by another system; unless it is a canonical line, it
//! otherwise matches the user with its e-mail address, if somebody vouches for both, external id or chain account. The record's fields
//! replace those of the matching user; missing fields are kept. A record without a match becomes a new user.

mod avepoint;
mod bitbadges;
mod collect;
mod format;
mod genauth;
mod ndjson;
mod pages;
mod patch;
mod preview;
mod reader;
mod scim;
mod table;
mod vendor;

use std::io::Read;
use std::sync::Arc;
use std::task::{Poll, ready};

use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

pub use collect::Reject;
pub use format::{SourceFormat, TableKind, UnknownFormatError};
pub(super) use patch::read as read_patch;
use preview::Previewer;
pub use preview::{Contradictions, ImportPreview};
pub use reader::SourceFault;
use table::ColumnMap;
pub use table::{Mapping, MappingError, UnusedColumns};

use super::{AdminError, Administration, act};
use crate::core::face::Face;
use crate::core::id::Slug;
use crate::core::key::KeyKind;
use crate::store::{ErasureFilter, Join, MaxRemovals, Merge, MergeOptions, MergeReport, UsersWritten};
use collect::{Collector, Parsed};

/// A key that matches a record to a user, besides its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatchBy {
    /// E-mail address.
    Email,
    /// Id in the company's own systems.
    ExternalId,
    /// Chain account.
    Address,
}

impl MatchBy {
    /// All keys.
    pub const ALL: [Self; 3] = [Self::Email, Self::ExternalId, Self::Address];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::ExternalId => "external-id",
            Self::Address => "address",
        }
    }

    /// The key of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == name)
    }

    const fn kind(self) -> KeyKind {
        match self {
            Self::Email => KeyKind::Email,
            Self::ExternalId => KeyKind::ExternalId,
            Self::Address => KeyKind::Address,
        }
    }
}

/// Import options.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Format of the source.
    pub from: SourceFormat,
    /// Which columns are which fields, if the source is CSV.
    pub map: Vec<Mapping>,
    /// Keys that match records to users, besides the id; the format's default if absent.
    pub match_by: Option<Vec<MatchBy>>,
    /// The source is whole: users that it listed before and no longer lists lose what it gave them, and are deleted
    /// where no other source lists them. At most this share of them.
    pub replace: Option<MaxRemovals>,
    /// Import nothing if any record is rejected.
    pub strict: bool,
    /// Import nothing; only report what would change.
    pub dry_run: bool,
}

impl ImportOptions {
    /// The format, with the columns of a table.
    fn format(&self) -> Result<(SourceFormat, ColumnMap), MappingError> {
        Ok((self.from, ColumnMap::new(self.from, &self.map)?))
    }

    fn merge_options(&self) -> MergeOptions {
        let mut match_by = match &self.match_by {
            Some(kinds) => kinds.iter().map(|kind| kind.kind()).collect(),
            None => self.from.match_by(),
        };
        match_by.sort_unstable();
        let (source, extent) = (self.from.source(), self.from.extent());
        let Self { replace, strict, dry_run, .. } = *self;
        MergeOptions { match_by, source, extent, replace, strict, dry_run }
    }
}

/// Result of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// Records read, including rejected ones.
    pub records: u64,
    /// Records that were rejected.
    pub rejected: u64,
    /// Result of merging the others.
    #[serde(flatten)]
    pub merged: MergeReport,
    /// What a dry run would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<ImportPreview>,
}

/// Progress of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Reading and staging.
    Reading {
        /// Records read so far.
        records: u64,
        /// Bytes read so far.
        bytes: u64,
    },
    /// Matching records to users. Blocks other writers of this tenant from here on, but not readers.
    Merging,
    /// Writing users.
    Writing(UsersWritten),
}

/// Receives the rejects, joins and progress of an import.
pub trait ImportObserver: Send {
    /// A record was rejected.
    fn rejected(&mut self, reject: &Reject);
    /// A record joined a user by another key than its id.
    fn joined(&mut self, join: &Join);
    /// Progress was made.
    fn progress(&mut self, progress: Progress);
    /// No use is made of some columns of the source.
    fn columns(&mut self, _unused: &UnusedColumns) {}
}

/// Maximum batches waiting to be staged.
const WAITING_BATCHES: usize = 2;

impl Administration {
    /// Imports `source` into the tenant with this slug.
    ///
    /// # Errors
    /// [`AdminError`]; the directory is then unchanged.
    #[tracing::instrument(skip_all, fields(tenant = Empty, from = ?options.from))]
    pub async fn import<R: Read + Send + 'static>(
        &self,
        slug: &Slug,
        source: R,
        options: &ImportOptions,
        observer: &mut dyn ImportObserver,
    ) -> Result<ImportReport, AdminError> {
        let format = options.format()?;
        let tenant = self.tenant(slug).await?;
        Span::current().record("tenant", tenant.slug.as_str());
        let mut observer = Previewer::new(observer, options.dry_run);
        let mut merge = self.store.start_merge(tenant.id).await?;
        let mut report = self.stage(&mut merge, source, format, &mut observer).await?;
        check_staged(&report, options)?;
        observer.progress(Progress::Merging);
        let detail = json!({
            "from": options.from.as_str(), "records": report.records, "replace": options.replace.is_some(),
        });
        let done = act("users.import", Some(slug), "", detail);
        report.merged = merge
            .run(&options.merge_options(), (&self.actor, done), &mut observer)
            .instrument(tracing::debug_span!("merge"))
            .await?;
        report.rejected += report.merged.conflicts;
        report.preview = observer.preview;
        check_merged(&report, options)?;
        Ok(report)
    }

    #[tracing::instrument(level = "debug", skip_all)]
    async fn stage<R: Read + Send + 'static>(
        &self,
        merge: &mut Merge,
        source: R,
        format: (SourceFormat, ColumnMap),
        observer: &mut dyn ImportObserver,
    ) -> Result<ImportReport, AdminError> {
        let (sender, mut parsed) = mpsc::channel(WAITING_BATCHES);
        let (now, erased) = (self.clock.now(), merge.erased_before());
        let reading = tokio::task::spawn_blocking(move || read(source, format, now, erased, sender));
        let mut report = ImportReport::default();
        let batches = stream::poll_fn(|context| {
            let read = ready!(parsed.poll_recv(context));
            Poll::Ready(read.map(|Parsed { batch, rejects, columns, records, bytes }| {
                if let Some(unused) = &columns {
                    observer.columns(unused);
                }
                for reject in &rejects {
                    observer.rejected(reject);
                    report.rejected += 1;
                }
                report.records = records;
                observer.progress(Progress::Reading { records, bytes });
                batch
            }))
        });
        merge.stage(batches).await?;
        reading.await.map_err(|_| SourceFault::Stopped)??;
        Ok(report)
    }
}

/// Whether the records that were read may be merged.
fn check_staged(report: &ImportReport, options: &ImportOptions) -> Result<(), AdminError> {
    match report.rejected {
        0 => Ok(()),
        rejected if rejected >= report.records => Err(AdminError::NothingUsable(rejected)),
        rejected if options.strict => Err(AdminError::Rejected(rejected)),
        // Whoever a rejected record is about would be taken for someone who left.
        rejected if options.replace.is_some() => Err(AdminError::Incomplete(rejected)),
        _ => Ok(()),
    }
}

/// Whether the merge was not refused.
fn check_merged(report: &ImportReport, options: &ImportOptions) -> Result<(), AdminError> {
    let unlisted = report.merged.unlisted;
    if unlisted.too_many && !options.dry_run {
        return Err(AdminError::TooManyRemovals(unlisted.users, unlisted.of));
    }
    if options.strict && report.rejected > 0 {
        return Err(AdminError::Rejected(report.rejected));
    }
    Ok(())
}

/// Reads the whole source, on a blocking thread.
fn read<R: Read>(
    source: R,
    (format, columns): (SourceFormat, ColumnMap),
    now: OffsetDateTime,
    erased: Option<Arc<ErasureFilter>>,
    sender: mpsc::Sender<Parsed>,
) -> Result<(), SourceFault> {
    let source = reader::open(source)?;
    refuse_other_syntax(reader::head(&source), format)?;
    let mut collector = Collector::new(format.source(), erased, sender);
    match format {
        SourceFormat::Canonical => ndjson::read(source, &mut collector)?,
        SourceFormat::Table(_) => table::read(source, &columns, &mut collector)?,
        SourceFormat::Vendor(Face::AvePoint) => {
            pages::read(source, &avepoint::AvePoint { now }, &mut collector)?;
        }
        SourceFormat::Vendor(Face::GenAuth) => pages::read(source, &genauth::GenAuth, &mut collector)?,
        SourceFormat::Vendor(Face::BitBadges) => {
            pages::read(source, &bitbadges::BitBadges, &mut collector)?;
        }
        SourceFormat::Scim => pages::read(source, &scim::Scim, &mut collector)?,
    }
    collector.flush()
}

/// Refuses JSON in place of CSV and the reverse with one error instead of many about each line.
fn refuse_other_syntax(head: &[u8], wanted: SourceFormat) -> Result<(), SourceFault> {
    let is_table = matches!(wanted, SourceFormat::Table(_));
    let is_json = head.trim_ascii_start().starts_with(b"{") || head.trim_ascii_start().starts_with(b"[");
    let found = match (is_table, is_json) {
        (true, true) => vendor::json_format(head).ok_or(SourceFault::NotTable { wanted })?,
        (false, false) => match table::recognise(head) {
            Some(found) => found,
            None => return Ok(()),
        },
        (true, false) | (false, true) => return Ok(()),
    };
    Err(SourceFault::Wrong { found, wanted })
}
