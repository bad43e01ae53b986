//! Brings the planner's statistics up to date after a large merge.
//!
//! No statement depends on them: each look-up has one index that fits. But an administrator's own queries do, and
//! autovacuum does not notice a tenant of thousands beside one of a million.

use super::{Merge, MergeReport};

/// Written rows from which a merge is large.
const LARGE: u64 = 1_000;

/// Tables that someone else analyses or vacuums at the moment are skipped. Documents are left out: nothing is ever
/// selected by them, and they would have to be decompressed.
const ANALYZE_USERS: &str = r#"
    RESET default_statistics_target;
    ANALYZE (SKIP_LOCKED) "user" (tenant_id, id, ordinal), user_key, user_shared_key, user_count, directory_change,
        user_change, department"#;

const ANALYZE_TIMELINES: &str = "
    RESET default_statistics_target;
    ANALYZE (SKIP_LOCKED) transfer (tenant_id, id), transfer_party, announcement (tenant_id, collection_id, at, id),
        review (tenant_id, account, at, id), holding (tenant_id, account, collection_id),
        audience (tenant_id, account, collection_id)";

impl Merge {
    /// Analyses the tables into which the committed merge wrote much. A failure is logged only: the merge is done.
    pub(super) async fn leave_statistics(&mut self, report: &MergeReport) {
        let due = [
            (report.added + report.changed >= LARGE, ANALYZE_USERS),
            (report.entries >= LARGE, ANALYZE_TIMELINES),
        ];
        for (_, analyze) in due.into_iter().filter(|(is_due, _)| *is_due) {
            let analyzed = sqlx::raw_sql(analyze).execute(&mut self.connection).await;
            if let Err(error) = analyzed.map_err(crate::store::StoreError::from) {
                tracing::warn!(cause = %error, "the statistics of the imported tables are not up to date");
            }
        }
    }
}
