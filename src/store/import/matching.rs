//! Which user each record is about, and what becomes of users that the directory has, or that several records
//! are about.

use sqlx::types::Json;

use super::batch::{RecordFault, push_key};
use super::copy::CopyBuffer;
use super::{Import, MergeOptions, MergeReport, copy_in};
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
    CREATE TEMP TABLE found ON COMMIT DROP AS
    SELECT DISTINCT ON (s.place) s.place, k.user_id AS target
      FROM staged_key s JOIN user_key k ON k.tenant_id = bound_tenant() AND k.kind = s.kind AND k.value = s.value
     WHERE s.kind = ANY (string_to_array(current_setting('userbatch.match_by'), ',')::smallint[])
     ORDER BY s.place, s.kind, s.value <> s.user_id";

/// Records that tell what the directory has to the letter drop out here.
const CURSOR: &str = r#"
    DECLARE merging NO SCROLL CURSOR FOR
    SELECT h.target, h.place, s.document, u.document AS stored
      FROM handled h
      JOIN staged_user s ON s.place = h.place
      LEFT JOIN "user" u ON u.tenant_id = bound_tenant() AND u.id = h.target
     WHERE u.id IS NULL OR u.document::text <> s.document::text
     ORDER BY h.target COLLATE "C", h.place"#;

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

/// What merging found out, to be copied in.
#[derive(Default)]
struct Outcome {
    users: CopyBuffer,
    gained: CopyBuffer,
    lost: CopyBuffer,
    rejected: CopyBuffer,
    unchanged: u64,
}

impl Import {
    /// Fills `handled`, `merged_user`, `merged_key`, `gone_key` and the first of `rejected`.
    pub(super) async fn match_records(
        &mut self,
        options: &MergeOptions,
        report: &mut MergeReport,
    ) -> Result<(), StoreError> {
        let codes: Vec<String> = std::iter::once(crate::core::key::KeyKind::Id)
            .chain(options.match_by.iter().copied())
            .map(|kind| kind.code().to_string())
            .collect();
        sqlx::query("SELECT set_config('userbatch.match_by', $1, true)")
            .bind(codes.join(","))
            .execute(&mut self.connection)
            .await?;
        for statement in [FIND, "ANALYZE found", HANDLE, "CREATE INDEX ON handled (place)", "ANALYZE handled"]
        {
            sqlx::raw_sql(statement).execute(&mut self.connection).await?;
        }
        self.merge_handled(options, report).await
    }

    async fn merge_handled(
        &mut self,
        options: &MergeOptions,
        report: &mut MergeReport,
    ) -> Result<(), StoreError> {
        let handled: i64 =
            sqlx::query_scalar("SELECT count(*) FROM handled").fetch_one(&mut self.connection).await?;
        if handled == 0 {
            return Ok(());
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
        sqlx::raw_sql("CLOSE merging; ANALYZE merged_user (place, id); ANALYZE merged_key; ANALYZE gone_key")
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    async fn keep(&mut self, outcome: Outcome) -> Result<(), StoreError> {
        let tables = [
            ("COPY merged_user FROM STDIN (FORMAT binary)", outcome.users),
            ("COPY merged_key FROM STDIN (FORMAT binary)", outcome.gained),
            ("COPY gone_key FROM STDIN (FORMAT binary)", outcome.lost),
            ("COPY rejected (place, field, reason) FROM STDIN (FORMAT binary)", outcome.rejected),
        ];
        for (statement, rows) in tables {
            copy_in(&mut self.connection, statement, rows).await?;
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
        outcome.rejected.row(3).int8(place).text("id").text(reason);
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
            let fault = RecordFault::from(fault);
            let (field, reason) = (fault.field(), fault.to_string());
            outcome.rejected.row(3).int8(place).text(&field).text(&reason);
            return Ok(());
        }
    };
    let old = stored.and_then(|stored| stored.keys().ok()).unwrap_or_default();
    let id = user.id.as_str();
    for key in keys.difference(&old) {
        push_key(&mut outcome.gained, place, key, id);
    }
    for key in old.difference(&keys) {
        push_key(&mut outcome.lost, place, key, id);
    }
    let document = serde_json::to_string(&user)?;
    outcome.users.row(3).int8(place).text(id).text(&document);
    Ok(())
}
