//! Writes users and timelines.

use sqlx::AssertSqlSafe;

use super::{Merge, MergeObserver, MergeReport, UsersWritten};
use crate::core::view::Timeline;
use crate::store::StoreError;

/// Records per statement: few enough that the rows passed to the counting trigger fit in memory.
const CHUNK: i64 = 20_000;

/// Users are found one by one, as in `matching`, and then written in the order in which they are stored. A merge has at
/// most one document for each.
const CHANGE: &str = r#"
    UPDATE "user" u
       SET document = (SELECT m.document FROM merged_user m WHERE m.id = u.id),
           version = u.version + 1, updated_at = (SELECT written_at())
     WHERE u.ctid = ANY (ARRAY (
           SELECT n.ctid FROM merged_user m
            CROSS JOIN LATERAL (
                  SELECT n.ctid FROM "user" n WHERE n.tenant_id = bound_tenant() AND n.id = m.id OFFSET 0) n
            WHERE NOT EXISTS (SELECT FROM rejected r WHERE r.place = m.place)))"#;

const ADD_NEW: &str = r#"
    INSERT INTO "user" (tenant_id, id, ordinal, document, created_at, updated_at)
    SELECT (SELECT bound_tenant()), s.id, $1 + row_number() OVER (ORDER BY s.place) - 1, s.document,
           (SELECT written_at()), (SELECT written_at())
      FROM staged_user s
     WHERE s.place >= $2 AND s.place < $3
       AND NOT EXISTS (SELECT FROM matched t WHERE t.place = s.place)
       AND NOT EXISTS (SELECT FROM rejected r WHERE r.place = s.place)"#;

/// Users that are not in the directory and about which there are several records.
const ADD_MERGED: &str = r#"
    INSERT INTO "user" (tenant_id, id, ordinal, document, created_at, updated_at)
    SELECT (SELECT bound_tenant()), m.id, $1 + row_number() OVER (ORDER BY m.place) - 1, m.document,
           (SELECT written_at()), (SELECT written_at())
      FROM merged_user m JOIN matched t ON t.place = m.place
     WHERE NOT t.existing AND NOT EXISTS (SELECT FROM rejected r WHERE r.place = m.place)"#;

/// A changed transfer may have other parties, or another time.
const FIND_CHANGED: &str = "
    CREATE TEMP TABLE changed_transfer ON COMMIT DROP AS
    SELECT e.id FROM staged_entry e
     CROSS JOIN LATERAL (
           SELECT FROM transfer t
            WHERE t.tenant_id = bound_tenant() AND t.id = e.id AND t.document::text <> e.document::text OFFSET 0) t
     WHERE e.kind = $1";

/// Parties are indexed by account, not by transfer, so this reads all parties of the tenant.
const DELETE_PARTIES: &str = "
    DELETE FROM transfer_party p
     WHERE p.tenant_id = bound_tenant() AND p.transfer_id = ANY (ARRAY (SELECT id FROM changed_transfer))";

const PUT_PARTIES: &str = "
    INSERT INTO transfer_party (tenant_id, account, at, transfer_id, collection_id, incoming)
    SELECT (SELECT bound_tenant()), p.account, e.at, e.id, e.collection_id, p.incoming
      FROM staged_party p
      JOIN (SELECT DISTINCT ON (id) place, id, at, collection_id FROM staged_entry
             WHERE kind = $1 ORDER BY id, place DESC) e ON e.place = p.place
     ORDER BY 2, 3, 4
    ON CONFLICT DO NOTHING";

/// The statement that writes the staged entries of a timeline; `$1` is the timeline's code. Of several entries with the
/// same key, the last wins. The only text inserted is the timeline's own constants.
fn put_entries(timeline: Timeline) -> String {
    let (table, key) = (timeline.table(), timeline.key());
    format!(
        "INSERT INTO {table} AS stored (tenant_id, {key}, document)
         SELECT DISTINCT ON ({key}) (SELECT bound_tenant()), {key}, document
           FROM staged_entry WHERE kind = $1 ORDER BY {key}, place DESC
         ON CONFLICT (tenant_id, {key}) DO UPDATE SET document = excluded.document
          WHERE stored.document::text <> excluded.document::text"
    )
}

impl Merge {
    /// Writes changed and new users. Existing users keep their position in the directory; new ones follow in the order
    /// of the records.
    pub(super) async fn write_users(
        &mut self,
        report: &mut MergeReport,
        observer: &mut dyn MergeObserver,
    ) -> Result<(), StoreError> {
        let changed = sqlx::query(CHANGE).execute(&mut self.connection).await?;
        report.changed = changed.rows_affected();
        let (first, last) = self.user_places().await?;
        let mut from = first;
        while from <= last {
            let to = from.saturating_add(CHUNK);
            let added = sqlx::query(ADD_NEW)
                .bind(self.next_ordinal)
                .bind(from)
                .bind(to)
                .execute(&mut self.connection)
                .await?;
            self.count_added(added.rows_affected(), report);
            from = to;
            observer.written(UsersWritten { done: to.min(last + 1) - first, total: last + 1 - first });
        }
        let added = sqlx::query(ADD_MERGED).bind(self.next_ordinal).execute(&mut self.connection).await?;
        self.count_added(added.rows_affected(), report);
        Ok(())
    }

    /// The numbers of the first and the last record of a user.
    async fn user_places(&mut self) -> Result<(i64, i64), StoreError> {
        let places =
            sqlx::query_as("SELECT coalesce(min(place), 1), coalesce(max(place), 0) FROM staged_user")
                .fetch_one(&mut self.connection)
                .await?;
        Ok(places)
    }

    fn count_added(&mut self, added: u64, report: &mut MergeReport) {
        report.added += added;
        self.next_ordinal += i64::try_from(added).unwrap_or_default();
    }

    /// Writes the timeline entries.
    pub(super) async fn write_entries(&mut self, report: &mut MergeReport) -> Result<(), StoreError> {
        let any: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM staged_entry)")
            .fetch_one(&mut self.connection)
            .await?;
        if !any {
            return Ok(());
        }
        sqlx::query("ANALYZE staged_party").execute(&mut self.connection).await?;
        let transfers = Timeline::Transfers.code();
        let changed = sqlx::query(FIND_CHANGED).bind(transfers).execute(&mut self.connection).await?;
        if changed.rows_affected() > 0 {
            sqlx::query(DELETE_PARTIES).execute(&mut self.connection).await?;
        }
        for timeline in Timeline::ALL {
            let put = sqlx::query(AssertSqlSafe(put_entries(timeline))).bind(timeline.code());
            let written = put.execute(&mut self.connection).await?.rows_affected();
            if Timeline::SHOWN.contains(&timeline) {
                report.entries += written;
            }
        }
        sqlx::query(PUT_PARTIES).bind(transfers).execute(&mut self.connection).await?;
        Ok(())
    }
}
