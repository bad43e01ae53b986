//! Assigns exclusive keys, which only one user can have.

use super::Merge;
use crate::core::key::KeyKind;
use crate::store::StoreError;
use crate::store::owner::departments::touch_departments;

/// The keys to be assigned: all of new users, and those that merged users gain.
const WANTED: &str = "
    CREATE TEMP VIEW wanted_key AS
    SELECT place, kind, value, user_id FROM gained_key
    UNION ALL
    SELECT s.place, s.kind, s.value, s.user_id FROM staged_key s
     WHERE NOT EXISTS (SELECT FROM matched m WHERE m.place = s.place)";

/// The same if all records are new users: asking of millions of keys whether theirs is matched would take seconds.
const ALL_WANTED: &str = "CREATE TEMP VIEW wanted_key AS SELECT place, kind, value, user_id FROM staged_key";

const COUNT_WANTED: &str = "SELECT count(*) FROM wanted_key WHERE kind = ANY ($1)";

/// The first record with a key gets it, unless a user in the directory has it. One kind of key at a time, so that the
/// sorts are smaller and use a single text column; sorted, so that the index grows leaf by leaf. The directory is
/// searched only if it ever had users ($2), key by key: a plain insert after that costs half of `ON CONFLICT`, and no
/// other writer can interfere while this one holds the directory's lock.
const ASSIGN: &str = "
    INSERT INTO user_key (tenant_id, kind, value, user_id)
    SELECT (SELECT bound_tenant()), $1, first.value, first.user_id
      FROM (SELECT DISTINCT ON (w.value) w.value, w.user_id FROM wanted_key w WHERE w.kind = $1
             ORDER BY w.value, w.place) first
     WHERE NOT ($2 AND EXISTS (
           SELECT FROM user_key k
            WHERE k.tenant_id = bound_tenant() AND k.kind = $1 AND k.value = first.value OFFSET 0))";

/// Records one of whose keys was assigned to another user: one that already had it in the directory, or one that gets
/// it in this merge.
const REJECT: &str = r#"
    INSERT INTO rejected (place, field, reason, round)
    SELECT DISTINCT ON (w.place) w.place, w.kind::text, CASE
           WHEN EXISTS (SELECT FROM "user" u WHERE u.tenant_id = bound_tenant() AND u.id = k.user_id OFFSET 0)
            AND NOT EXISTS (
                SELECT FROM gained_key g WHERE g.kind = w.kind AND g.value = w.value AND g.user_id = k.user_id)
           THEN 'belongs to another user in the directory' ELSE 'belongs to another record in this import' END, $1
      FROM wanted_key w
     CROSS JOIN LATERAL (
           SELECT k.user_id FROM user_key k
            WHERE k.tenant_id = bound_tenant() AND k.kind = w.kind AND k.value = w.value OFFSET 0) k
     WHERE w.kind = ANY ($2) AND k.user_id <> w.user_id
       AND NOT EXISTS (SELECT FROM rejected r WHERE r.place = w.place)
     ORDER BY w.place, w.kind"#;

/// Deletes the keys assigned to records that are now rejected.
const RELEASE: &str = "
    DELETE FROM user_key WHERE ctid = ANY (ARRAY (
        SELECT k.ctid FROM rejected r JOIN wanted_key w ON w.place = r.place
         CROSS JOIN LATERAL (
               SELECT k.ctid FROM user_key k
                WHERE k.tenant_id = bound_tenant() AND k.kind = w.kind AND k.value = w.value
                  AND k.user_id = w.user_id OFFSET 0) k
         WHERE r.round = $1 AND w.kind = ANY ($2)))";

/// Gives back the keys that users would have lost to a rejected record, even if another record has got one meanwhile.
const RESTORE: &str = "
    INSERT INTO user_key AS k (tenant_id, kind, value, user_id)
    SELECT (SELECT bound_tenant()), l.kind, l.value, l.user_id
      FROM lost_key l JOIN rejected r ON r.place = l.place WHERE r.round = $1 AND l.kind = ANY ($2)
    ON CONFLICT (tenant_id, kind, value) DO UPDATE SET user_id = excluded.user_id";

/// Of several records about one user, the last represents all: if it is rejected, all are.
const REJECT_COMPANIONS: &str = "
    INSERT INTO rejected (place, field, reason, round)
    SELECT companion.place, r.field, r.reason, 0
      FROM rejected r
      JOIN matched m ON m.place = r.place
      JOIN matched companion ON companion.target = m.target
     WHERE r.round > 0 AND NOT EXISTS (SELECT FROM rejected o WHERE o.place = companion.place)
    ON CONFLICT DO NOTHING";

const DELETE_LOST: &str = "
    DELETE FROM user_key WHERE ctid = ANY (ARRAY (
        SELECT k.ctid FROM lost_key l
         CROSS JOIN LATERAL (
               SELECT k.ctid FROM user_key k
                WHERE k.tenant_id = bound_tenant() AND k.kind = l.kind AND k.value = l.value
                  AND k.user_id = l.user_id OFFSET 0) k
         WHERE l.kind = ANY ($1)))";

const DELETE_LOST_SHARED: &str = "
    DELETE FROM user_shared_key WHERE ctid = ANY (ARRAY (
        SELECT k.ctid FROM lost_key l
         CROSS JOIN LATERAL (
               SELECT k.ctid FROM user_shared_key k
                WHERE k.tenant_id = bound_tenant() AND k.kind = l.kind AND k.value = l.value
                  AND k.user_id = l.user_id OFFSET 0) k
         WHERE l.kind = ANY ($1) AND NOT EXISTS (SELECT FROM rejected r WHERE r.place = l.place)))";

const ADD_GAINED_SHARED: &str = "
    INSERT INTO user_shared_key (tenant_id, kind, value, user_id)
    SELECT (SELECT bound_tenant()), g.kind, g.value, g.user_id FROM gained_key g
     WHERE g.kind = ANY ($1) AND NOT EXISTS (SELECT FROM rejected r WHERE r.place = g.place)
    ON CONFLICT DO NOTHING";

/// Users that claim an e-mail address that another user gains are written, unchanged: from now on the address may find
/// the other one, which caches learn from the change log.
const TOUCH_CLAIMANTS: &str = r#"
    UPDATE "user" SET version = version WHERE ctid = ANY (ARRAY (
        SELECT DISTINCT u.ctid FROM wanted_key w
         CROSS JOIN LATERAL (
               SELECT c.user_id FROM user_shared_key c
                WHERE c.tenant_id = bound_tenant() AND c.kind = $2 AND c.value = w.value
                  AND c.user_id <> w.user_id OFFSET 0) c
         CROSS JOIN LATERAL (
               SELECT n.ctid FROM "user" n WHERE n.tenant_id = bound_tenant() AND n.id = c.user_id OFFSET 0) u
         WHERE w.kind IN ($1, $2) AND NOT EXISTS (SELECT FROM rejected r WHERE r.place = w.place)))"#;

/// A new user has no keys yet, so there is nothing to look up. Whether any record is matched ($2) or rejected ($3) is said
/// here, so that the planner leaves out what need not be asked of each key.
const ADD_NEW_SHARED: &str = "
    INSERT INTO user_shared_key (tenant_id, kind, value, user_id)
    SELECT (SELECT bound_tenant()), $1, s.value, s.user_id FROM staged_key s
     WHERE s.kind = $1 AND NOT ($2 AND EXISTS (SELECT FROM matched m WHERE m.place = s.place))
       AND NOT ($3 AND EXISTS (SELECT FROM rejected r WHERE r.place = s.place))
     ORDER BY s.value, s.user_id";

/// Departments that someone joins or leaves.
const CHANGED_DEPARTMENTS: &str = "
    SELECT c.value FROM (SELECT place, kind, value FROM gained_key UNION ALL
                         SELECT place, kind, value FROM lost_key UNION ALL
                         SELECT s.place, s.kind, s.value FROM staged_key s
                          WHERE s.kind = $1 AND NOT EXISTS (SELECT FROM matched m WHERE m.place = s.place)) c
     WHERE c.kind = $1 AND NOT EXISTS (SELECT FROM rejected r WHERE r.place = c.place)
     GROUP BY c.value";

impl Merge {
    /// Assigns each exclusive key to one user, and rejects records with another user's key. `matched` is the number of
    /// records that are about existing users or not unique.
    pub(super) async fn assign_exclusive_keys(&mut self, matched: i64) -> Result<(), StoreError> {
        let view = if matched == 0 { ALL_WANTED } else { WANTED };
        sqlx::raw_sql(view).execute(&mut self.connection).await?;
        let exclusive: &[i16] = &KeyKind::exclusive().map(KeyKind::code).collect::<Vec<_>>();
        sqlx::query(DELETE_LOST).bind(exclusive).execute(&mut self.connection).await?;
        // If all records are new users, the keys wanted are those staged: no need to count millions.
        let wanted = match matched {
            0 => self.exclusive_keys,
            _ => sqlx::query_scalar(COUNT_WANTED).bind(exclusive).fetch_one(&mut self.connection).await?,
        };
        let mut assigned = 0;
        for kind in KeyKind::exclusive() {
            let assign = sqlx::query(ASSIGN).bind(kind.code()).bind(self.had_users);
            assigned += assign.execute(&mut self.connection).await?.rows_affected();
        }
        if u64::try_from(wanted) == Ok(assigned) {
            return Ok(());
        }
        self.reject_contested(exclusive).await?;
        sqlx::query(REJECT_COMPANIONS).execute(&mut self.connection).await?;
        self.name_fields().await
    }

    /// Rejects records in rounds: a key given back to its user may be taken from yet another record.
    async fn reject_contested(&mut self, exclusive: &[i16]) -> Result<(), StoreError> {
        for round in 1_i32.. {
            for statement in [REJECT, RELEASE] {
                let statement = sqlx::query(statement).bind(round).bind(exclusive);
                statement.execute(&mut self.connection).await?;
            }
            let restored =
                sqlx::query(RESTORE).bind(round).bind(exclusive).execute(&mut self.connection).await?;
            if restored.rows_affected() == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Replaces the key kinds' codes in `rejected` with the fields that the keys come from.
    async fn name_fields(&mut self) -> Result<(), StoreError> {
        for kind in KeyKind::ALL {
            sqlx::query("UPDATE rejected SET field = $2 WHERE field = $1")
                .bind(kind.code().to_string())
                .bind(field_of(kind))
                .execute(&mut self.connection)
                .await?;
        }
        Ok(())
    }

    /// Notes the users that e-mail addresses may no longer find. To be done before the new claims are written.
    pub(super) async fn touch_claimants(&mut self) -> Result<(), StoreError> {
        if self.had_users {
            let touch = sqlx::query(TOUCH_CLAIMANTS).bind(KeyKind::Email.code());
            let touch = touch.bind(KeyKind::EmailClaim.code());
            touch.execute(&mut self.connection).await?;
        }
        Ok(())
    }

    /// Writes the keys that can be shared by several users, given whether any record is about an existing user or not
    /// unique, and whether any is rejected.
    pub(super) async fn write_shared_keys(
        &mut self,
        any_matched: bool,
        any_rejected: bool,
    ) -> Result<(), StoreError> {
        let shared: &[i16] = &KeyKind::shared().map(KeyKind::code).collect::<Vec<_>>();
        for statement in [DELETE_LOST_SHARED, ADD_GAINED_SHARED] {
            sqlx::query(statement).bind(shared).execute(&mut self.connection).await?;
        }
        for kind in KeyKind::shared() {
            let add = sqlx::query(ADD_NEW_SHARED).bind(kind.code()).bind(any_matched).bind(any_rejected);
            add.execute(&mut self.connection).await?;
        }
        let departments = sqlx::query_scalar(CHANGED_DEPARTMENTS).bind(KeyKind::Department.code());
        let departments: Vec<String> = departments.fetch_all(&mut self.connection).await?;
        touch_departments(&mut self.connection, &departments).await
    }
}

/// The field that keys of this kind come from.
pub(in crate::store::owner) const fn field_of(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Id => "id",
        KeyKind::Username => "profile.username",
        KeyKind::Email | KeyKind::EmailClaim => "contact.email",
        KeyKind::ExternalId => "employment.externalId",
        KeyKind::Identity | KeyKind::SyncRelation => "identities",
        KeyKind::Address => "chainAccounts.address",
        KeyKind::Phone => "contact.phone",
        KeyKind::CustomField => "customData",
        KeyKind::ScimUserName | KeyKind::ScimEmail => "scim",
        KeyKind::Department => "employment.departmentIds",
    }
}
