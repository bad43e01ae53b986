//! Users out: a whole directory as canonical NDJSON.

use serde::Serialize;
use serde_json::json;
use tokio::io::{AsyncWrite, AsyncWriteExt as _, BufWriter};

use super::{AdminError, Administration, act};
use crate::store::{DocumentKind, ExportSink};

/// What an export gave out.
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
    /// Writes the directory of the tenant of this slug to `to`: users in the directory's order, one a line, then
    /// what the views show. All of it is of one moment. Importing it into an empty tenant and exporting that gives
    /// the same bytes.
    ///
    /// # Errors
    /// [`AdminError`]; then `to` got a part.
    pub async fn export(
        &self,
        slug: &str,
        to: impl AsyncWrite + Unpin + Send,
    ) -> Result<ExportReport, AdminError> {
        let tenant = self.tenant(slug).await?;
        // Before the first user leaves: a record of the exports that ended well would not tell of the others.
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

/// Documents as lines.
struct Lines<W> {
    to: W,
    report: ExportReport,
}

impl<W: AsyncWrite + Unpin + Send> ExportSink for Lines<W> {
    type Error = AdminError;

    async fn take(&mut self, kind: DocumentKind, mut document: String) -> Result<(), AdminError> {
        match kind {
            DocumentKind::User => self.report.users += 1,
            DocumentKind::Entry(timeline) => {
                self.report.entries += 1;
                document = format!("{{\"{}\":{document}}}", timeline.table());
            }
        }
        document.push('\n');
        Ok(self.to.write_all(document.as_bytes()).await?)
    }
}
