//! Writing users and timelines.

use super::{Import, MergeObserver, MergeReport, Written};
use crate::store::StoreError;

/// Records to a statement: what the trigger that counts users keeps of one stays in memory.
const CHUNK: i64 = 20_000;

const CHANGE: &str = r#"
    UPDATE "user" u SET document = m.document, version = u.version + 1, updated_at = now()
      FROM merged_user m
     WHERE u.tenant_id = bound_tenant() AND u.id = m.id
       AND NOT EXISTS (SELECT FROM rejected r WHERE r.place = m.place)"#;

const ADD_NEW: &str = r#"
    INSERT INTO "user" (tenant_id, id, ordinal, document)
    SELECT (SELECT bound_tenant()), s.id, $1 + row_number() OVER (ORDER BY s.place) - 1, s.document
      FROM staged_user s
     WHERE s.place >= $2 AND s.place < $3
       AND NOT EXISTS (SELECT FROM handled h WHERE h.place = s.place)
       AND NOT EXISTS (SELECT FROM rejected r WHERE r.place = s.place)"#;

/// Users that several records are about and the directory lacked.
const ADD_MERGED: &str = r#"
    INSERT INTO "user" (tenant_id, id, ordinal, document)
    SELECT (SELECT bound_tenant()), m.id, $1 + row_number() OVER (ORDER BY m.place) - 1, m.document
      FROM merged_user m JOIN handled h ON h.place = m.place
     WHERE NOT h.existing AND NOT EXISTS (SELECT FROM rejected r WHERE r.place = m.place)"#;

/// A transfer that changed may concern other accounts, or be of another time.
const FIND_CHANGED: &str = "
    CREATE TEMP TABLE changed_transfer ON COMMIT DROP AS
    SELECT e.id FROM staged_entry e
     CROSS JOIN LATERAL (
           SELECT FROM transfer t
            WHERE t.tenant_id = bound_tenant() AND t.id = e.id AND t.document::text <> e.document::text OFFSET 0) t
     WHERE e.kind = 1";

/// Parties are indexed by account, not by transfer: this reads all of the tenant's.
const FORGET_PARTIES: &str = "
    DELETE FROM transfer_party p
     WHERE p.tenant_id = bound_tenant() AND p.transfer_id = ANY (ARRAY (SELECT id FROM changed_transfer))";

/// Of several entries that are the same by their keys the last counts.
const LAST_ENTRIES: &str = "
    CREATE TEMP TABLE last_entry ON COMMIT DROP AS
    SELECT max(place) AS place FROM staged_entry
     GROUP BY kind, id, account, CASE WHEN kind <> 1 THEN collection_id END, CASE WHEN kind <> 1 THEN at END";

const PUT_TRANSFERS: &str = "
    INSERT INTO transfer AS t (tenant_id, id, document)
    SELECT (SELECT bound_tenant()), e.id, e.document FROM staged_entry e JOIN last_entry l ON l.place = e.place
     WHERE e.kind = 1 ORDER BY e.id
    ON CONFLICT (tenant_id, id) DO UPDATE SET document = excluded.document
     WHERE t.document::text <> excluded.document::text";

const PUT_PARTIES: &str = "
    INSERT INTO transfer_party (tenant_id, account, at, transfer_id, collection_id, incoming)
    SELECT (SELECT bound_tenant()), p.account, e.at, e.id, e.collection_id, p.incoming
      FROM staged_party p JOIN staged_entry e ON e.place = p.place JOIN last_entry l ON l.place = e.place
     ORDER BY 2, 3, 4
    ON CONFLICT DO NOTHING";

const PUT_ANNOUNCEMENTS: &str = "
    INSERT INTO announcement AS a (tenant_id, collection_id, at, id, document)
    SELECT (SELECT bound_tenant()), e.collection_id, e.at, e.id, e.document
      FROM staged_entry e JOIN last_entry l ON l.place = e.place WHERE e.kind = 2 ORDER BY 2, 3, 4
    ON CONFLICT (tenant_id, collection_id, at, id) DO UPDATE SET document = excluded.document
     WHERE a.document::text <> excluded.document::text";

const PUT_REVIEWS: &str = "
    INSERT INTO review AS v (tenant_id, account, at, id, document)
    SELECT (SELECT bound_tenant()), e.account, e.at, e.id, e.document
      FROM staged_entry e JOIN last_entry l ON l.place = e.place WHERE e.kind = 3 ORDER BY 2, 3, 4
    ON CONFLICT (tenant_id, account, at, id) DO UPDATE SET document = excluded.document
     WHERE v.document::text <> excluded.document::text";

const PUT_HOLDINGS: &str = "
    INSERT INTO holding AS h (tenant_id, account, collection_id, document)
    SELECT (SELECT bound_tenant()), e.account, e.collection_id, e.document
      FROM staged_entry e JOIN last_entry l ON l.place = e.place WHERE e.kind = 4 ORDER BY 2, 3
    ON CONFLICT (tenant_id, account, collection_id) DO UPDATE SET document = excluded.document
     WHERE h.document::text <> excluded.document::text";

impl Import {
    /// Writes the users, old and new. Those that exist keep their place in the directory's order; new ones follow
    /// in the order of the records.
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
            observer.written(Written { done: to.min(last + 1) - first, of: last + 1 - first });
        }
        let added = sqlx::query(ADD_MERGED).bind(self.next_ordinal).execute(&mut self.connection).await?;
        self.count_added(added.rows_affected(), report);
        Ok(())
    }

    fn count_added(&mut self, added: u64, report: &mut MergeReport) {
        report.added += added;
        self.next_ordinal += i64::try_from(added).unwrap_or_default();
    }

    /// Writes the timelines.
    pub(super) async fn write_entries(&mut self, report: &mut MergeReport) -> Result<(), StoreError> {
        let any: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM staged_entry)")
            .fetch_one(&mut self.connection)
            .await?;
        if !any {
            return Ok(());
        }
        for statement in ["ANALYZE staged_party", LAST_ENTRIES, "ANALYZE last_entry"] {
            sqlx::query(statement).execute(&mut self.connection).await?;
        }
        let changed = sqlx::query(FIND_CHANGED).execute(&mut self.connection).await?;
        if changed.rows_affected() > 0 {
            sqlx::query(FORGET_PARTIES).execute(&mut self.connection).await?;
        }
        for statement in [PUT_TRANSFERS, PUT_ANNOUNCEMENTS, PUT_REVIEWS, PUT_HOLDINGS] {
            let put = sqlx::query(statement).execute(&mut self.connection).await?;
            report.entries += put.rows_affected();
        }
        sqlx::query(PUT_PARTIES).execute(&mut self.connection).await?;
        Ok(())
    }
}
