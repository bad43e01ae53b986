//! Exports a whole directory as canonical NDJSON.

use serde::Serialize;
use serde_json::json;
use tokio::io::{AsyncWrite, AsyncWriteExt as _, BufWriter};

use super::{AdminError, Administration, act};
use crate::core::id::Slug;
use crate::core::text::visible_json;
use crate::store::{ExportSink, RecordKind};

/// How much was exported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportReport {
    /// Users.
    pub users: u64,
    /// Timeline entries.
    pub entries: u64,
}

const BUFFER_BYTES: usize = 256 << 10;

impl Administration {
    /// Writes the tenant's directory to `to`: users in the directory's order, one per line, then timeline entries, all
    /// from one snapshot. Importing the result into an empty tenant and exporting it again gives the same bytes.
    /// Characters that a terminal would act on are escaped.
    ///
    /// # Errors
    /// [`AdminError`] if there is no such tenant, the database fails, or `to` cannot be written. Output already written
    /// is not undone.
    pub async fn export(
        &self,
        slug: &Slug,
        to: impl AsyncWrite + Unpin + Send,
    ) -> Result<ExportReport, AdminError> {
        let tenant = self.tenant(slug).await?;
        // Logged before the first user is written: an export that fails later has also disclosed users.
        let mut transaction = self.store.administrate().await?;
        let done = act("users.export", Some(slug), "", json!({}));
        transaction.record(&self.actor, &done).await?;
        transaction.commit().await?;
        let mut lines =
            Lines { to: BufWriter::with_capacity(BUFFER_BYTES, to), report: ExportReport::default() };
        self.store.export(tenant.id, &mut lines).await?;
        lines.to.flush().await?;
        Ok(lines.report)
    }
}

/// Writes one document per line.
struct Lines<W> {
    to: W,
    report: ExportReport,
}

impl<W: AsyncWrite + Unpin + Send> ExportSink for Lines<W> {
    type Error = AdminError;

    async fn take(&mut self, kind: RecordKind, mut document: String) -> Result<(), AdminError> {
        match kind {
            RecordKind::User => self.report.users += 1,
            RecordKind::Entry(timeline) => {
                self.report.entries += 1;
                document = format!("{{\"{}\":{document}}}", timeline.table());
            }
        }
        document.push('\n');
        let document = visible_json(document);
        Ok(self.to.write_all(document.as_bytes()).await?)
    }
}
