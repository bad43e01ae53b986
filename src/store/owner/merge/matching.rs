//! Which user each record is about, and what becomes of users that the directory has, or that several records
//! are about.
//!
//! What statements know of a directory that was loaded a moment ago is nothing: joined freely, a million users can
//! be taken for one, and scanned for each record. So each record looks its names up in an index, by a subquery
//! that `OFFSET 0` keeps from being turned round. The same in `claims` and `publish`.

use sqlx::types::Json;

use super::records::RecordError;
use super::{Merge, MergeOptions, MergeReport};
use crate::core::key::{KeyKind, LookupKey};
use crate::core::user::User;
use crate::store::StoreError;

/// A record's user: by its id, else by the first kind of key that finds one. Records of one id are about one
/// user. Simply new records, most of a first import, get no row.
const HANDLE: &str = "
    INSERT INTO handled (place, target, existing)
    SELECT place, coalesce(target, s.id), target IS NOT NULL
      FROM (SELECT u.place, u.id, min(m.target) OVER of_id AS target, count(*) OVER of_id AS records
              FROM staged_user u LEFT JOIN found m ON m.place = u.place
            WINDOW of_id AS (PARTITION BY u.id)) s
     WHERE target IS NOT NULL OR records > 1";

const FIND: &str = "
    INSERT INTO found (place, target)
    SELECT DISTINCT ON (s.place) s.place, k.user_id
      FROM staged_key s
     CROSS JOIN LATERAL (
           SELECT k.user_id FROM user_key k
            WHERE k.tenant_id = bound_tenant() AND k.kind = s.kind AND k.value = s.value OFFSET 0) k
     WHERE s.kind = ANY ($1)
     ORDER BY s.place, s.kind, s.value <> s.user_id";

/// Records that tell what the directory has to the letter drop out here.
const CURSOR: &str = r#"
    DECLARE merging NO SCROLL CURSOR FOR
    SELECT h.target, h.place, s.document, u.document AS stored
      FROM handled h
      JOIN staged_user s ON s.place = h.place
      LEFT JOIN LATERAL (
           SELECT u.id, u.document FROM "user" u
            WHERE u.tenant_id = bound_tenant() AND u.id = h.target OFFSET 0) u ON true
     WHERE u.id IS NULL OR u.document::text <> s.document::text
     ORDER BY h.target COLLATE "C", h.place"#;

const KEEP_USERS: &str = "
    INSERT INTO merged_user (place, id, document)
    SELECT u.place, u.id, u.document::json
      FROM unnest($1::bigint[], $2::text[], $3::text[]) AS u (place, id, document)";

const KEEP_GAINED: &str = "
    INSERT INTO merged_key (place, kind, value, user_id)
    SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[])";

const KEEP_LOST: &str = "
    INSERT INTO gone_key (place, kind, value, user_id)
    SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[])";

const KEEP_REJECTED: &str = "
    INSERT INTO rejected (place, field, reason) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])";

const MERGED: &str = "
    CLOSE merging; CREATE INDEX ON merged_user (id); CREATE INDEX ON merged_key (kind, value);
    ANALYZE merged_user (place, id); ANALYZE merged_key; ANALYZE gone_key";

#[derive(sqlx::FromRow)]
struct MergeRow {
    target: String,
    place: i64,
    document: Json<User>,
    stored: Option<Json<User>>,
}

/// A user with what the records about it tell, in their order.
struct Group {
    stored: Option<User>,
    user: User,
    /// Whether any record counted.
    is_told: bool,
    /// The last record, which stands for all of them.
    place: i64,
}

/// Keys of merged users, as columns.
#[derive(Default)]
struct KeyRows {
    places: Vec<i64>,
    kinds: Vec<i16>,
    values: Vec<String>,
    users: Vec<String>,
}

impl KeyRows {
    fn extend<'a>(&mut self, keys: impl Iterator<Item = &'a LookupKey>, place: i64, user: &str) {
        for key in keys {
            self.places.push(place);
            self.kinds.push(key.kind().code());
            self.values.push(key.value().to_owned());
            self.users.push(user.to_owned());
        }
    }
}

/// Rejected records, as columns.
#[derive(Default)]
struct RejectRows {
    places: Vec<i64>,
    fields: Vec<String>,
    reasons: Vec<String>,
}

impl RejectRows {
    fn push(&mut self, place: i64, field: String, reason: String) {
        self.places.push(place);
        self.fields.push(field);
        self.reasons.push(reason);
    }
}

/// What merging found out, as columns to be inserted.
#[derive(Default)]
struct Outcome {
    places: Vec<i64>,
    ids: Vec<String>,
    documents: Vec<String>,
    gained: KeyRows,
    lost: KeyRows,
    rejected: RejectRows,
    unchanged: u64,
}

impl Merge {
    /// Fills `handled`, `merged_user`, `merged_key`, `gone_key` and the first of `rejected`. Returns how many records
    /// are not simply new.
    pub(super) async fn match_records(
        &mut self,
        options: &MergeOptions,
        report: &mut MergeReport,
    ) -> Result<i64, StoreError> {
        if self.has_users() {
            let kinds = options.match_by.iter().copied().chain([KeyKind::Id]);
            let kinds: Vec<i16> = kinds.map(KeyKind::code).collect();
            sqlx::query(FIND).bind(kinds).execute(&mut self.connection).await?;
        }
        for statement in ["ANALYZE found", HANDLE, "CREATE INDEX ON handled (place)", "ANALYZE handled"] {
            sqlx::raw_sql(statement).execute(&mut self.connection).await?;
        }
        self.merge_handled(options, report).await
    }

    async fn merge_handled(
        &mut self,
        options: &MergeOptions,
        report: &mut MergeReport,
    ) -> Result<i64, StoreError> {
        let handled: i64 =
            sqlx::query_scalar("SELECT count(*) FROM handled").fetch_one(&mut self.connection).await?;
        if handled == 0 {
            return Ok(handled);
        }
        sqlx::raw_sql(CURSOR).execute(&mut self.connection).await?;
        let (mut open, mut differing) = (None, 0);
        loop {
            let rows: Vec<MergeRow> =
                sqlx::query_as("FETCH 1000 FROM merging").fetch_all(&mut self.connection).await?;
            let (mut outcome, is_last) = (Outcome::default(), rows.is_empty());
            differing += i64::try_from(rows.len()).unwrap_or(i64::MAX);
            for row in rows {
                fold(&mut open, row, options, &mut outcome)?;
            }
            if let Some(group) = open.take_if(|_| is_last) {
                close(group, &mut outcome)?;
            }
            report.unchanged += outcome.unchanged;
            self.keep(outcome).await?;
            if is_last {
                break;
            }
        }
        report.unchanged += u64::try_from(handled - differing).unwrap_or_default();
        sqlx::raw_sql(MERGED).execute(&mut self.connection).await?;
        Ok(handled)
    }

    async fn keep(&mut self, outcome: Outcome) -> Result<(), StoreError> {
        let Outcome { places, ids, documents, gained, lost, rejected, unchanged: _ } = outcome;
        if !places.is_empty() {
            let users = sqlx::query(KEEP_USERS).bind(places).bind(ids).bind(documents);
            users.execute(&mut self.connection).await?;
        }
        for (statement, keys) in [(KEEP_GAINED, gained), (KEEP_LOST, lost)] {
            if keys.places.is_empty() {
                continue;
            }
            let rows = sqlx::query(statement).bind(keys.places).bind(keys.kinds);
            rows.bind(keys.values).bind(keys.users).execute(&mut self.connection).await?;
        }
        let RejectRows { places, fields, reasons } = rejected;
        if !places.is_empty() {
            let rejects = sqlx::query(KEEP_REJECTED).bind(places).bind(fields).bind(reasons);
            rejects.execute(&mut self.connection).await?;
        }
        Ok(())
    }
}

/// Adds `row` to the group that is open, or closes that one and opens another.
fn fold(
    open: &mut Option<Group>,
    row: MergeRow,
    options: &MergeOptions,
    outcome: &mut Outcome,
) -> Result<(), StoreError> {
    let is_next = open.as_ref().is_some_and(|group| group.user.id.as_str() != row.target);
    if let Some(group) = open.take_if(|_| is_next) {
        close(group, outcome)?;
    }
    let mut record = row.document.0;
    match open {
        None if row.stored.is_none() => {
            *open = Some(Group { stored: None, user: record, is_told: true, place: row.place });
        }
        None => {
            let stored = row.stored.map(|Json(user)| user);
            if let Some(base) = stored.clone() {
                let mut group = Group { stored, user: base, is_told: false, place: row.place };
                merge_into(&mut group, &mut record, row.place, options, outcome);
                *open = Some(group);
            }
        }
        Some(group) => merge_into(group, &mut record, row.place, options, outcome),
    }
    Ok(())
}

fn merge_into(
    group: &mut Group,
    record: &mut User,
    place: i64,
    options: &MergeOptions,
    outcome: &mut Outcome,
) {
    let issuer = options.issuer;
    if record.id != group.user.id {
        record.issued_ids.entry(issuer.to_owned()).or_insert_with(|| record.id.as_str().to_owned());
    }
    let (known, told) = (group.user.issued_ids.get(issuer), record.issued_ids.get(issuer));
    // Found by its e-mail address or the like, while the same source knows that user by another id.
    if known.is_some() && told.is_some() && known != told && record.id != group.user.id {
        let reason =
            "its e-mail address, external id or chain account is that of another user of the same source";
        outcome.rejected.push(place, "id".to_owned(), reason.to_owned());
        return;
    }
    group.place = place;
    group.is_told = true;
    group.user.absorb(record.clone());
}

/// Writes down what became of a user.
fn close(group: Group, outcome: &mut Outcome) -> Result<(), StoreError> {
    let Group { stored, user, is_told, place } = group;
    if stored.as_ref() == Some(&user) {
        outcome.unchanged += u64::from(is_told);
        return Ok(());
    }
    // The parts were checked before; should their sum still be faulty, it is rejected, not written without keys.
    let keys = match user.keys() {
        Ok(keys) => keys,
        Err(fault) => {
            let fault = RecordError::from(fault);
            outcome.rejected.push(place, fault.field(), fault.to_string());
            return Ok(());
        }
    };
    let old = stored.and_then(|stored| stored.keys().ok()).unwrap_or_default();
    let id = user.id.as_str();
    outcome.gained.extend(keys.difference(&old), place, id);
    outcome.lost.extend(old.difference(&keys), place, id);
    outcome.documents.push(serde_json::to_string(&user)?);
    outcome.ids.push(id.to_owned());
    outcome.places.push(place);
    Ok(())
}
