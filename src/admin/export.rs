//! Exports a directory as canonical NDJSON: all of it, or the users changed since a cursor.

use serde::Serialize;
use serde_json::json;
use tokio::io::{AsyncWrite, AsyncWriteExt as _, BufWriter};

use super::changes::{cursor, position};
use super::{AdminError, Administration, act};
use crate::core::id::Slug;
use crate::core::text::visible_json;
use crate::store::{Export, ExportSink, FeedPosition, RecordKind};

/// What was exported.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportReport {
    /// Users.
    pub users: u64,
    /// Timeline entries.
    pub entries: u64,
    /// Ids of users removed since the cursor.
    pub removed: u64,
    /// The cursor of what happens next.
    pub cursor: String,
}

/// An export that has begun: its snapshot is taken.
#[derive(Debug)]
pub struct StartedExport {
    export: Export,
    since: Option<FeedPosition>,
    cursor: String,
}

const BUFFER_BYTES: usize = 256 << 10;

impl Administration {
    /// Starts an export of the tenant's directory: of all of it, or of the users changed since a cursor of its
    /// feed.
    ///
    /// # Errors
    /// [`AdminError::NoTenant`]; [`AdminError::Cursor`] if the tenant has no such cursor, and
    /// [`AdminError::CursorGone`] if it is too old; [`AdminError::Store`] if the database fails.
    pub async fn start_export(&self, slug: &Slug, since: Option<&str>) -> Result<StartedExport, AdminError> {
        let tenant = self.tenant(slug).await?;
        let since = since.map(|text| position(tenant.id, text)).transpose()?;
        let export = self.store.start_export(tenant.id).await?;
        if since.is_some_and(|since| !export.knows(since)) {
            return Err(AdminError::CursorGone);
        }
        // Logged before the first user is written: an export that fails later has also disclosed users.
        let mut transaction = self.store.administrate().await?;
        let detail = if since.is_some() { json!({ "changesOnly": true }) } else { json!({}) };
        transaction.record(&self.actor, &act("users.export", Some(slug), "", detail)).await?;
        transaction.commit().await?;
        let cursor = cursor(tenant.id, export.position());
        Ok(StartedExport { export, since, cursor })
    }

    /// Writes the tenant's directory to `to`: users in the directory's order, one per line, then timeline entries,
    /// all from one snapshot. Importing the result into an empty tenant and exporting it again gives the same
    /// bytes. Characters that a terminal would act on are escaped.
    ///
    /// # Errors
    /// [`AdminError`] if there is no such tenant, the database fails, or `to` cannot be written. Output already
    /// written is not undone.
    pub async fn export(
        &self,
        slug: &Slug,
        to: impl AsyncWrite + Unpin + Send,
    ) -> Result<ExportReport, AdminError> {
        self.start_export(slug, None).await?.write(to, None::<tokio::io::Sink>).await
    }
}

impl StartedExport {
    /// The cursor of what happens after the snapshot.
    #[must_use]
    pub fn cursor(&self) -> &str {
        &self.cursor
    }

    /// Writes it to `to`; what was removed since the cursor as lines of the form `{"removed": id}`, which no
    /// import takes for a user, to `removed` or else at the end of `to`. Characters that a terminal would act on
    /// are escaped.
    ///
    /// # Errors
    /// [`AdminError`] if the database fails, or the output cannot be written. Output already written is not
    /// undone.
    pub async fn write(
        self,
        to: impl AsyncWrite + Unpin + Send,
        removed: Option<impl AsyncWrite + Unpin + Send>,
    ) -> Result<ExportReport, AdminError> {
        let buffer = |to| BufWriter::with_capacity(BUFFER_BYTES, to);
        let report = ExportReport { cursor: self.cursor, ..ExportReport::default() };
        let removed = removed.map(BufWriter::new);
        let mut lines = Lines { to: buffer(to), removed, report };
        match self.since {
            Some(since) => self.export.since(since, &mut lines).await?,
            None => self.export.all(&mut lines).await?,
        }
        lines.to.flush().await?;
        if let Some(removed) = &mut lines.removed {
            removed.flush().await?;
        }
        Ok(lines.report)
    }
}

/// Writes one document per line.
struct Lines<W, R> {
    to: BufWriter<W>,
    /// Where to write who was removed, if elsewhere.
    removed: Option<BufWriter<R>>,
    report: ExportReport,
}

impl<W: AsyncWrite + Unpin + Send, R: AsyncWrite + Unpin + Send> ExportSink for Lines<W, R> {
    type Error = AdminError;

    async fn take(&mut self, kind: RecordKind, document: String) -> Result<(), AdminError> {
        let line = match kind {
            RecordKind::User => {
                self.report.users += 1;
                document
            }
            RecordKind::Entry(timeline) => {
                self.report.entries += 1;
                format!("{{\"{}\":{document}}}", timeline.table())
            }
            RecordKind::Removed => {
                self.report.removed += 1;
                json!({ "removed": document }).to_string()
            }
        };
        let line = visible_json(line + "\n");
        match (kind, &mut self.removed) {
            (RecordKind::Removed, Some(removed)) => removed.write_all(line.as_bytes()).await?,
            _ => self.to.write_all(line.as_bytes()).await?,
        }
        Ok(())
    }
}
