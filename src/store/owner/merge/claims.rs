//! Which record gets a name that only one user can have.

use sqlx::Row as _;

use super::Merge;
use crate::core::key::KeyKind;
use crate::store::StoreError;

/// All names that records claim: those of simply new ones, and those that merged users gain.
const CLAIMS: &str = "
    CREATE TEMP VIEW claim AS
    SELECT place, kind, value, user_id FROM merged_key
    UNION ALL
    SELECT s.place, s.kind, s.value, s.user_id FROM staged_key s
     WHERE NOT EXISTS (SELECT FROM handled h WHERE h.place = s.place)";

/// How many names that only one user can have are claimed.
const COUNT: &str = "SELECT count(*) FROM claim WHERE kind = ANY ($1)";

/// Whoever comes first in the file gets the name, unless a user of the directory has it. A kind at a time, so that
/// less is sorted at once and by one text alone, and sorted, so that the index grows along its leaves. The directory is asked only if it ever had users
/// ($2), and then name by name: a plain insertion behind that costs half of what `ON CONFLICT` does, and no other
/// writer can come between, since this one holds the directory's lock.
const TAKE: &str = "
    INSERT INTO user_key (tenant_id, kind, value, user_id)
    SELECT (SELECT bound_tenant()), $1, first.value, first.user_id
      FROM (SELECT DISTINCT ON (c.value) c.value, c.user_id FROM claim c WHERE c.kind = $1
             ORDER BY c.value, c.place) first
     WHERE NOT ($2 AND EXISTS (
           SELECT FROM user_key k WHERE k.tenant_id = bound_tenant() AND k.kind = $1 AND k.value = first.value))";

/// Records one of whose names went to someone else: to a user of the directory that had it before, or to one that
/// this import makes, or gives that name.
const REJECT: &str = r#"
    INSERT INTO rejected (place, field, reason, round)
    SELECT DISTINCT ON (c.place) c.place, c.kind::text, CASE
           WHEN EXISTS (SELECT FROM "user" u WHERE u.tenant_id = bound_tenant() AND u.id = k.user_id)
            AND NOT EXISTS (
                SELECT FROM merged_key m WHERE m.kind = c.kind AND m.value = c.value AND m.user_id = k.user_id)
           THEN 'is that of another user of the directory' ELSE 'is that of another record of this import' END, $1
      FROM claim c
     CROSS JOIN LATERAL (
           SELECT k.user_id FROM user_key k
            WHERE k.tenant_id = bound_tenant() AND k.kind = c.kind AND k.value = c.value OFFSET 0) k
     WHERE c.kind = ANY ($2) AND k.user_id <> c.user_id
       AND NOT EXISTS (SELECT FROM rejected r WHERE r.place = c.place)
     ORDER BY c.place, c.kind"#;

/// What they took before is free again,
const RELEASE: &str = "
    DELETE FROM user_key WHERE ctid = ANY (ARRAY (
        SELECT k.ctid FROM rejected r JOIN claim c ON c.place = r.place
         CROSS JOIN LATERAL (
               SELECT k.ctid FROM user_key k
                WHERE k.tenant_id = bound_tenant() AND k.kind = c.kind AND k.value = c.value
                  AND k.user_id = c.user_id OFFSET 0) k
         WHERE r.round = $1 AND c.kind = ANY ($2)))";

/// and what the user they were to change had stays its own, even if another record has taken it meanwhile.
const RESTORE: &str = "
    INSERT INTO user_key AS k (tenant_id, kind, value, user_id)
    SELECT (SELECT bound_tenant()), g.kind, g.value, g.user_id
      FROM gone_key g JOIN rejected r ON r.place = g.place WHERE r.round = $1 AND g.kind = ANY ($2)
    ON CONFLICT (tenant_id, kind, value) DO UPDATE SET user_id = excluded.user_id";

const DROP_LOST: &str = "
    DELETE FROM user_key WHERE ctid = ANY (ARRAY (
        SELECT k.ctid FROM gone_key g
         CROSS JOIN LATERAL (
               SELECT k.ctid FROM user_key k
                WHERE k.tenant_id = bound_tenant() AND k.kind = g.kind AND k.value = g.value
                  AND k.user_id = g.user_id OFFSET 0) k
         WHERE g.kind = ANY ($1)))";

const DROP_LOST_SHARED: &str = "
    DELETE FROM user_shared_key WHERE ctid = ANY (ARRAY (
        SELECT k.ctid FROM gone_key g
         CROSS JOIN LATERAL (
               SELECT k.ctid FROM user_shared_key k
                WHERE k.tenant_id = bound_tenant() AND k.kind = g.kind AND k.value = g.value
                  AND k.user_id = g.user_id OFFSET 0) k
         WHERE g.kind = ANY ($1) AND NOT EXISTS (SELECT FROM rejected r WHERE r.place = g.place)))";

const ADD_GAINED_SHARED: &str = "
    INSERT INTO user_shared_key (tenant_id, kind, value, user_id)
    SELECT (SELECT bound_tenant()), m.kind, m.value, m.user_id FROM merged_key m
     WHERE m.kind = ANY ($1) AND NOT EXISTS (SELECT FROM rejected r WHERE r.place = m.place)
    ON CONFLICT DO NOTHING";

/// A new user has no keys yet: none is looked for.
const ADD_NEW_SHARED: &str = "
    INSERT INTO user_shared_key (tenant_id, kind, value, user_id)
    SELECT (SELECT bound_tenant()), $1, s.value, s.user_id FROM staged_key s
     WHERE s.kind = $1 AND NOT EXISTS (SELECT FROM handled h WHERE h.place = s.place)
       AND NOT EXISTS (SELECT FROM rejected r WHERE r.place = s.place)
     ORDER BY s.value, s.user_id";

impl Merge {
    /// Writes every claimed name to its one user, and rejects the records that claimed another's.
    /// `handled` records are not simply new.
    pub(super) async fn settle_claims(&mut self, handled: i64) -> Result<(), StoreError> {
        sqlx::raw_sql(CLAIMS).execute(&mut self.connection).await?;
        let exclusive: &[i16] = &KeyKind::exclusive().map(KeyKind::code).collect::<Vec<_>>();
        sqlx::query(DROP_LOST).bind(exclusive).execute(&mut self.connection).await?;
        // If all records are simply new, they claim what was staged, and counting millions is spared.
        let claims = match handled {
            0 => self.exclusive_keys,
            _ => sqlx::query_scalar(COUNT).bind(exclusive).fetch_one(&mut self.connection).await?,
        };
        let mut taken = 0;
        for kind in KeyKind::exclusive() {
            let take = sqlx::query(TAKE).bind(kind.code()).bind(self.has_users());
            taken += take.execute(&mut self.connection).await?.rows_affected();
        }
        if u64::try_from(claims) == Ok(taken) {
            return Ok(());
        }
        for round in 1_i32.. {
            for statement in [REJECT, RELEASE] {
                let statement = sqlx::query(statement).bind(round).bind(exclusive);
                statement.execute(&mut self.connection).await?;
            }
            let restored =
                sqlx::query(RESTORE).bind(round).bind(exclusive).execute(&mut self.connection).await?;
            // Only a name that goes back to whom it was taken from takes it from yet another record.
            if restored.rows_affected() == 0 {
                break;
            }
        }
        self.reject_companions().await?;
        self.name_fields().await
    }

    /// Of several records about one user the last stands for all: if it is rejected, so are they.
    async fn reject_companions(&mut self) -> Result<(), StoreError> {
        let statement = "INSERT INTO rejected (place, field, reason, round)
             SELECT o.place, r.field, r.reason, 0
               FROM rejected r JOIN handled h ON h.place = r.place JOIN handled o ON o.target = h.target
              WHERE r.round > 0 AND NOT EXISTS (SELECT FROM rejected t WHERE t.place = o.place)
             ON CONFLICT DO NOTHING";
        sqlx::query(statement).execute(&mut self.connection).await?;
        Ok(())
    }

    /// Codes of kinds become the fields they come from.
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

    /// Writes the names that several users may share.
    pub(super) async fn write_shared_keys(&mut self) -> Result<(), StoreError> {
        let shared: &[i16] = &KeyKind::shared().map(KeyKind::code).collect::<Vec<_>>();
        for statement in [DROP_LOST_SHARED, ADD_GAINED_SHARED] {
            sqlx::query(statement).bind(shared).execute(&mut self.connection).await?;
        }
        for kind in KeyKind::shared() {
            sqlx::query(ADD_NEW_SHARED).bind(kind.code()).execute(&mut self.connection).await?;
        }
        Ok(())
    }

    /// How many records of users were staged: the largest number of one, and the smallest.
    pub(super) async fn user_places(&mut self) -> Result<(i64, i64), StoreError> {
        let row = sqlx::query("SELECT coalesce(min(place), 1), coalesce(max(place), 0) FROM staged_user")
            .fetch_one(&mut self.connection)
            .await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }
}

const fn field_of(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Id => "id",
        KeyKind::Username => "profile.username",
        KeyKind::Email => "contact.email",
        KeyKind::ExternalId => "employment.externalId",
        KeyKind::Identity | KeyKind::SyncRelation => "identities",
        KeyKind::Address => "chainAccounts.address",
        KeyKind::Phone => "contact.phone",
        KeyKind::CustomField => "customData",
    }
}
