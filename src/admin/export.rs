//! Users out: a whole directory as canonical NDJSON.

use serde::Serialize;
use serde_json::json;
use tokio::io::{AsyncWrite, AsyncWriteExt as _, BufWriter};

use super::{AdminError, Administration, act};
use crate::store::DocumentKind;

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

/// What a line of this kind starts with; a user stands for itself.
const fn opening(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::User => "",
        DocumentKind::Holding => "{\"holding\":",
        DocumentKind::Transfer => "{\"transfer\":",
        DocumentKind::Announcement => "{\"announcement\":",
        DocumentKind::Review => "{\"review\":",
    }
}

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
        to: impl AsyncWrite + Unpin,
    ) -> Result<ExportReport, AdminError> {
        let tenant = self.tenant(slug).await?;
        // Before the first user leaves: a record of the exports that ended well would not tell of the others.
        let mut transaction = self.store.administrate().await?;
        let done = act("users.export", Some(slug), "", json!({}));
        transaction.record(&self.actor, &done).await?;
        transaction.commit().await?;
        let mut to = BufWriter::with_capacity(BUFFER_BYTES, to);
        let mut report = ExportReport::default();
        let each = async |kind, document: String| -> Result<(), AdminError> {
            let opening = opening(kind);
            to.write_all(opening.as_bytes()).await?;
            to.write_all(document.as_bytes()).await?;
            to.write_all(if opening.is_empty() { b"\n" } else { b"}\n" })
                .await?;
            match kind {
                DocumentKind::User => report.users += 1,
                _ => report.entries += 1,
            }
            Ok(())
        };
        self.store.export(tenant.id, each).await?;
        to.flush().await?;
        Ok(report)
    }
}
