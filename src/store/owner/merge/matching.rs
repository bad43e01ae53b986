//! Finds the user that each record is about, and combines records with users in the directory or with each other.
//!
//! The planner has no statistics for a directory that was just loaded: it may estimate a million users as one, and scan
//! them for each record. So each record is looked up in an index, by a subquery that `OFFSET 0` protects from being
//! turned into a join. `keys` and `publish` do the same.

use sqlx::types::Json;

use super::combine::{Combined, Combiner, KeyColumns, MatchedRecord, RejectColumns, UserColumns};
use super::{Merge, MergeObserver, MergeOptions, MergeReport};
use crate::core::key::KeyKind;
use crate::core::user::JsonObject;
use crate::core::user::merge::Statement;
use crate::store::StoreError;

/// A record is about the user with its id, otherwise the user found by the first kind of key that matches.
const FIND: &str = "
    INSERT INTO found (place, target, kind)
    SELECT DISTINCT ON (s.place) s.place, k.user_id, s.kind
      FROM staged_key s
     CROSS JOIN LATERAL (
           SELECT k.user_id FROM user_key k
            WHERE k.tenant_id = bound_tenant() AND k.kind = s.kind AND k.value = s.value OFFSET 0) k
     WHERE s.kind = ANY ($1)
     ORDER BY s.place, s.kind, s.value <> s.user_id";

/// In a whole source, whoever has the e-mail address of a user whom the source lists under another id is another person:
/// the first has left, or changes the address too.
const PART: &str = r#"
    DELETE FROM found f
     WHERE f.kind <> $1 AND EXISTS (
           SELECT FROM "user" u
            WHERE u.tenant_id = bound_tenant() AND u.id = f.target AND u.document -> 'setBy' -> $2 IS NOT NULL
           OFFSET 0)"#;

/// Records with the same id are about the same user. New users with one record, most of a first import, get no row.
const MATCH: &str = "
    INSERT INTO matched (place, target, existing)
    SELECT place, coalesce(target, s.id), target IS NOT NULL
      FROM (SELECT u.place, u.id, min(f.target) OVER of_id AS target, count(*) OVER of_id AS records
              FROM staged_user u LEFT JOIN found f ON f.place = u.place
            WINDOW of_id AS (PARTITION BY u.id)) s
     WHERE target IS NOT NULL OR records > 1";

/// Omits records identical to the stored document, unless there are others about the same user.
const OPEN_CURSOR: &str = r#"
    DECLARE differing NO SCROLL CURSOR FOR
    SELECT m.target, m.place, s.document, s.empty, u.document AS stored
      FROM (SELECT *, count(*) OVER (PARTITION BY target) AS records FROM matched) m
      JOIN staged_user s ON s.place = m.place
      LEFT JOIN LATERAL (
           SELECT u.id, u.document FROM "user" u
            WHERE u.tenant_id = bound_tenant() AND u.id = m.target OFFSET 0) u ON true
     WHERE u.id IS NULL OR m.records > 1 OR u.document::text <> s.document::text
     ORDER BY m.target COLLATE "C", m.place"#;

const INSERT_USERS: &str = "
    INSERT INTO merged_user (place, id, document)
    SELECT u.place, u.id, u.document::json
      FROM unnest($1::bigint[], $2::text[], $3::text[]) AS u (place, id, document)";

const INSERT_GAINED: &str = "
    INSERT INTO gained_key (place, kind, value, user_id)
    SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[])";

const INSERT_LOST: &str = "
    INSERT INTO lost_key (place, kind, value, user_id)
    SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[])";

const INSERT_REJECTED: &str = "
    INSERT INTO rejected (place, field, reason) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])";

const INDEX_COMBINED: &str = "
    CREATE INDEX ON merged_user (id); CREATE INDEX ON gained_key (kind, value);
    ANALYZE merged_user (place, id); ANALYZE gained_key; ANALYZE lost_key";

#[derive(sqlx::FromRow)]
struct DifferingRow {
    target: String,
    place: i64,
    document: Json<JsonObject>,
    empty: Option<Json<JsonObject>>,
    stored: Option<Json<JsonObject>>,
}

impl From<DifferingRow> for MatchedRecord {
    fn from(row: DifferingRow) -> Self {
        let DifferingRow { target, place, document: Json(document), empty, stored } = row;
        let said = Statement { document, empty: empty.map(|Json(empty)| empty).unwrap_or_default() };
        Self { target, place, said, stored: stored.map(|Json(document)| document) }
    }
}

impl Merge {
    /// Finds the users that records are about, and combines them. Returns the number of records in `matched`.
    pub(super) async fn match_records(
        &mut self,
        options: &MergeOptions,
        report: &mut MergeReport,
        observer: &mut dyn MergeObserver,
    ) -> Result<i64, StoreError> {
        if self.had_users {
            let kinds = options.match_by.iter().copied().chain([KeyKind::Id]);
            let kinds: Vec<i16> = kinds.map(KeyKind::code).collect();
            sqlx::query(FIND).bind(kinds).execute(&mut self.connection).await?;
            if options.replace.is_some() {
                let part = sqlx::query(PART).bind(KeyKind::Id.code()).bind(options.source.as_str());
                part.execute(&mut self.connection).await?;
            }
        }
        for statement in ["ANALYZE found", MATCH, "CREATE INDEX ON matched (place)", "ANALYZE matched"] {
            sqlx::raw_sql(statement).execute(&mut self.connection).await?;
        }
        let matched: i64 =
            sqlx::query_scalar("SELECT count(*) FROM matched").fetch_one(&mut self.connection).await?;
        if matched > 0 {
            let differing = self.combine_matched(options, report, observer).await?;
            report.unchanged += u64::try_from(matched - differing).unwrap_or_default();
        }
        Ok(matched)
    }

    /// Combines the records that differ from the stored documents; returns their number.
    async fn combine_matched(
        &mut self,
        options: &MergeOptions,
        report: &mut MergeReport,
        observer: &mut dyn MergeObserver,
    ) -> Result<i64, StoreError> {
        sqlx::raw_sql(OPEN_CURSOR).execute(&mut self.connection).await?;
        let (mut combiner, mut differing) = (Combiner::new(options), 0);
        loop {
            let rows: Vec<DifferingRow> =
                sqlx::query_as("FETCH 1000 FROM differing").fetch_all(&mut self.connection).await?;
            let is_last = rows.is_empty();
            differing += i64::try_from(rows.len()).unwrap_or(i64::MAX);
            for row in rows {
                combiner.add(row.into())?;
            }
            if is_last {
                combiner.finish_user()?;
            }
            let outcome = combiner.take();
            report.unchanged += outcome.unchanged;
            for change in &outcome.changes {
                observer.changed(change);
            }
            self.insert_combined(outcome).await?;
            if is_last {
                break;
            }
        }
        sqlx::raw_sql("CLOSE differing").execute(&mut self.connection).await?;
        Ok(differing)
    }

    /// Makes what was combined quick to search.
    pub(super) async fn index_combined(&mut self) -> Result<(), StoreError> {
        sqlx::raw_sql(INDEX_COMBINED).execute(&mut self.connection).await?;
        Ok(())
    }

    pub(super) async fn insert_combined(&mut self, outcome: Combined) -> Result<(), StoreError> {
        let Combined { users, gained, lost, rejected, changes: _, unchanged: _ } = outcome;
        let UserColumns { places, ids, documents } = users;
        if !places.is_empty() {
            let users = sqlx::query(INSERT_USERS).bind(places).bind(ids).bind(documents);
            users.execute(&mut self.connection).await?;
        }
        for (statement, keys) in [(INSERT_GAINED, gained), (INSERT_LOST, lost)] {
            let KeyColumns { places, kinds, values, users } = keys;
            if !places.is_empty() {
                let keys = sqlx::query(statement).bind(places).bind(kinds).bind(values).bind(users);
                keys.execute(&mut self.connection).await?;
            }
        }
        let RejectColumns { places, fields, reasons } = rejected;
        if !places.is_empty() {
            let rejects = sqlx::query(INSERT_REJECTED).bind(places).bind(fields).bind(reasons);
            rejects.execute(&mut self.connection).await?;
        }
        Ok(())
    }
}
