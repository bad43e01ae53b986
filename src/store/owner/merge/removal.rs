//! Withdraws a source from the users that it no longer lists, and deletes those that no other source lists.

use sqlx::types::Json;

use super::combine::Combined;
use super::{ChangedFields, Merge, MergeObserver, MergeOptions, MergeReport, Unlisted};
use crate::core::user::merge::{differences, withdraw};
use crate::core::user::{JsonObject, User};
use crate::store::StoreError;

/// Users read at a time.
const FETCH: &str = "FETCH 1000 FROM unlisted";
/// Users added that a dry run shows.
const SHOWN: i64 = 5;

/// The users that the source lists, and whether a record is about them.
const FIND_LISTED: &str = r#"
    CREATE INDEX ON matched (target); ANALYZE matched;
    CREATE TEMP TABLE listed_user (id text COLLATE "C" NOT NULL, is_kept boolean NOT NULL) ON COMMIT DROP"#;

const FILL_LISTED: &str = r#"
    INSERT INTO listed_user (id, is_kept)
    SELECT u.id, EXISTS (SELECT FROM matched m WHERE m.target = u.id OFFSET 0)
        OR u.id IN (SELECT target FROM withheld)
      FROM "user" u
     WHERE u.tenant_id = bound_tenant() AND u.document -> 'setBy' -> $1 IS NOT NULL"#;

const COUNT_LISTED: &str = "SELECT count(*), count(*) FILTER (WHERE NOT is_kept) FROM listed_user";

const OPEN_CURSOR: &str = r#"
    DECLARE unlisted NO SCROLL CURSOR FOR
    SELECT l.id, u.document
      FROM listed_user l
     CROSS JOIN LATERAL (
           SELECT u.document FROM "user" u WHERE u.tenant_id = bound_tenant() AND u.id = l.id OFFSET 0) u
     WHERE NOT l.is_kept"#;

const INSERT_REMOVED: &str = "
    INSERT INTO removed_user (place, id) SELECT * FROM unnest($1::bigint[], $2::text[])";

const DELETE_REMOVED: &str = r#"
    DELETE FROM "user" WHERE ctid = ANY (ARRAY (
        SELECT n.ctid FROM removed_user r
         CROSS JOIN LATERAL (
               SELECT n.ctid FROM "user" n WHERE n.tenant_id = bound_tenant() AND n.id = r.id OFFSET 0) n))"#;

const SHOW_ADDED: &str = r#"
    SELECT id FROM "user" WHERE tenant_id = bound_tenant() AND ordinal >= $1 ORDER BY ordinal LIMIT $2"#;

#[derive(sqlx::FromRow)]
struct UnlistedRow {
    id: String,
    document: Json<JsonObject>,
}

/// Users that are no longer listed, with places before those of all records.
#[derive(Default)]
struct Withdrawal {
    last_place: i64,
    combined: Combined,
    places: Vec<i64>,
    ids: Vec<String>,
}

impl Withdrawal {
    fn add(&mut self, row: UnlistedRow, options: &MergeOptions) -> Result<(), serde_json::Error> {
        let UnlistedRow { id, document: Json(before) } = row;
        self.last_place -= 1;
        let stored: User = serde_json::from_value(before.clone().into())?;
        let Some(after) = withdraw(before.clone(), options.source) else {
            self.combined.lose_all(self.last_place, &stored);
            self.places.push(self.last_place);
            self.ids.push(id);
            return Ok(());
        };
        let user: User = serde_json::from_value(after.clone().into())?;
        if options.dry_run {
            let fields = differences(before, after, options.source);
            self.combined.changes.push(ChangedFields { id, fields });
        }
        self.combined.put(self.last_place, Some(&stored), &user)
    }
}

impl Merge {
    /// Withdraws the source from the users that it listed and that no record is about, if it is to be replaced. Returns
    /// the number of those users.
    pub(super) async fn withdraw_unlisted(
        &mut self,
        options: &MergeOptions,
        report: &mut MergeReport,
        observer: &mut dyn MergeObserver,
    ) -> Result<i64, StoreError> {
        let Some(most) = options.replace.filter(|_| self.had_users) else { return Ok(0) };
        sqlx::raw_sql(FIND_LISTED).execute(&mut self.connection).await?;
        let source = options.source.as_str();
        sqlx::query(FILL_LISTED).bind(source).execute(&mut self.connection).await?;
        let (listed, unlisted): (i64, i64) =
            sqlx::query_as(COUNT_LISTED).fetch_one(&mut self.connection).await?;
        let (of, users) = (listed.unsigned_abs(), unlisted.unsigned_abs());
        report.unlisted = Unlisted { of, users, too_many: !most.allow(users, of) };
        if report.unlisted.too_many && !options.dry_run {
            return Ok(0);
        }
        self.withdraw_each(options, observer).await?;
        Ok(unlisted)
    }

    async fn withdraw_each(
        &mut self,
        options: &MergeOptions,
        observer: &mut dyn MergeObserver,
    ) -> Result<(), StoreError> {
        sqlx::raw_sql("ANALYZE listed_user").execute(&mut self.connection).await?;
        sqlx::raw_sql(OPEN_CURSOR).execute(&mut self.connection).await?;
        let mut withdrawal = Withdrawal::default();
        loop {
            let rows: Vec<UnlistedRow> = sqlx::query_as(FETCH).fetch_all(&mut self.connection).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                withdrawal.add(row, options)?;
            }
            let (places, ids) = (std::mem::take(&mut withdrawal.places), std::mem::take(&mut withdrawal.ids));
            let combined = std::mem::take(&mut withdrawal.combined);
            if options.dry_run {
                for change in &combined.changes {
                    observer.changed(change);
                }
                for id in &ids {
                    observer.removed(id);
                }
            }
            self.insert_combined(combined).await?;
            let removed = sqlx::query(INSERT_REMOVED).bind(places).bind(ids);
            removed.execute(&mut self.connection).await?;
        }
        sqlx::raw_sql("CLOSE unlisted").execute(&mut self.connection).await?;
        Ok(())
    }

    /// Deletes the users that no source lists; returns their number. Their keys are deleted as all that are lost.
    pub(super) async fn delete_removed(&mut self) -> Result<u64, StoreError> {
        let deleted = sqlx::query(DELETE_REMOVED).execute(&mut self.connection).await?;
        Ok(deleted.rows_affected())
    }

    /// Shows the first users that were added, those from the position `first` on.
    pub(super) async fn show_added(
        &mut self,
        first: i64,
        observer: &mut dyn MergeObserver,
    ) -> Result<(), StoreError> {
        let ids: Vec<String> =
            sqlx::query_scalar(SHOW_ADDED).bind(first).bind(SHOWN).fetch_all(&mut self.connection).await?;
        for id in &ids {
            observer.added(id);
        }
        Ok(())
    }
}
