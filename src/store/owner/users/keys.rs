//! The keys of a single user, given and taken.

use super::{LockedDirectory, PutError};
use crate::core::key::{KeyKind, LookupKey};
use crate::store::StoreError;
use crate::store::owner::merge::field_of;

/// Every key is looked up in the index, whatever the statistics say: see [`merge`](super::super::merge).
const LOSE: [&str; 2] = [
    "DELETE FROM user_key WHERE ctid = ANY (ARRAY (
        SELECT k.ctid FROM unnest($1::smallint[], $2::text[]) AS l (kind, value)
         CROSS JOIN LATERAL (
               SELECT k.ctid FROM user_key k
                WHERE k.tenant_id = bound_tenant() AND k.kind = l.kind AND k.value = l.value
                  AND k.user_id = $3 OFFSET 0) k))",
    "DELETE FROM user_shared_key WHERE ctid = ANY (ARRAY (
        SELECT k.ctid FROM unnest($1::smallint[], $2::text[]) AS l (kind, value)
         CROSS JOIN LATERAL (
               SELECT k.ctid FROM user_shared_key k
                WHERE k.tenant_id = bound_tenant() AND k.kind = l.kind AND k.value = l.value
                  AND k.user_id = $3 OFFSET 0) k))",
];

const GAIN: &str = "
    INSERT INTO user_key (tenant_id, kind, value, user_id)
    SELECT bound_tenant(), kind, value, $3 FROM unnest($1::smallint[], $2::text[]) AS g (kind, value)
    ON CONFLICT DO NOTHING";

const GAIN_SHARED: &str = "
    INSERT INTO user_shared_key (tenant_id, kind, value, user_id)
    SELECT bound_tenant(), kind, value, $3 FROM unnest($1::smallint[], $2::text[]) AS g (kind, value)
    ON CONFLICT DO NOTHING";

const FIND_TAKEN: &str = "
    SELECT g.kind FROM unnest($1::smallint[], $2::text[]) AS g (kind, value)
     CROSS JOIN LATERAL (
           SELECT FROM user_key k
            WHERE k.tenant_id = bound_tenant() AND k.kind = g.kind AND k.value = g.value AND k.user_id <> $3
           OFFSET 0) k
     ORDER BY g.kind LIMIT 1";

/// As in a merge: whoever claims an e-mail address that this user gets or loses may be found by it, or not, from now on.
const TOUCH_CLAIMANTS: &str = r#"
    UPDATE "user" SET version = version WHERE ctid = ANY (ARRAY (
        SELECT DISTINCT u.ctid FROM unnest($1::text[]) AS e (value)
         CROSS JOIN LATERAL (
               SELECT c.user_id FROM user_shared_key c
                WHERE c.tenant_id = bound_tenant() AND c.kind = $2 AND c.value = e.value AND c.user_id <> $3
               OFFSET 0) c
         CROSS JOIN LATERAL (
               SELECT n.ctid FROM "user" n WHERE n.tenant_id = bound_tenant() AND n.id = c.user_id OFFSET 0) u))"#;

impl LockedDirectory<'_> {
    /// Takes `keys` from the user `id`.
    pub(super) async fn lose<'k>(
        &mut self,
        keys: impl Iterator<Item = &'k LookupKey>,
        id: &str,
    ) -> Result<(), StoreError> {
        let (kinds, values) = columns(keys);
        if kinds.is_empty() {
            return Ok(());
        }
        for statement in LOSE {
            let lose = sqlx::query(statement).bind(&kinds).bind(&values).bind(id);
            lose.execute(&mut *self.connection).await?;
        }
        Ok(())
    }

    /// Gives the user `id` these keys.
    ///
    /// # Errors
    /// [`PutError::Taken`] if another user has one of them.
    pub(super) async fn gain<'k>(
        &mut self,
        keys: impl Iterator<Item = &'k LookupKey>,
        id: &str,
    ) -> Result<(), PutError> {
        let (exclusive, shared): (Vec<_>, Vec<_>) = keys.partition(|key| key.kind().is_exclusive());
        let (kinds, values) = columns(exclusive.into_iter());
        if !kinds.is_empty() {
            let gain = sqlx::query(GAIN).bind(&kinds).bind(&values).bind(id);
            let gained = gain.execute(&mut *self.connection).await.map_err(StoreError::from)?;
            if gained.rows_affected() < kinds.len() as u64 {
                self.refuse_taken(&kinds, &values, id).await?;
            }
        }
        let (kinds, values) = columns(shared.into_iter());
        if !kinds.is_empty() {
            let gain = sqlx::query(GAIN_SHARED).bind(kinds).bind(values).bind(id);
            gain.execute(&mut *self.connection).await.map_err(StoreError::from)?;
        }
        Ok(())
    }

    /// # Errors
    /// [`PutError::Taken`] if another user has one of the keys. One that this user has already is not taken.
    async fn refuse_taken(&mut self, kinds: &[i16], values: &[&str], id: &str) -> Result<(), PutError> {
        let taken = sqlx::query_scalar(FIND_TAKEN).bind(kinds).bind(values).bind(id);
        let taken: Option<i16> =
            taken.fetch_optional(&mut *self.connection).await.map_err(StoreError::from)?;
        let kind = taken.and_then(KeyKind::of_code);
        kind.map_or(Ok(()), |kind| Err(PutError::Taken(field_of(kind))))
    }

    /// Notes whom the e-mail addresses among `keys`, which the user `id` gained or lost, may find from now on.
    pub(super) async fn touch_claimants<'k>(
        &mut self,
        keys: impl Iterator<Item = &'k LookupKey>,
        id: &str,
    ) -> Result<(), StoreError> {
        let emails = keys.filter(|key| matches!(key.kind(), KeyKind::Email | KeyKind::EmailClaim));
        let emails: Vec<&str> = emails.map(LookupKey::value).collect();
        if !emails.is_empty() {
            let touch = sqlx::query(TOUCH_CLAIMANTS).bind(emails).bind(KeyKind::EmailClaim.code()).bind(id);
            touch.execute(&mut *self.connection).await?;
        }
        Ok(())
    }
}

/// The codes and the values of `keys`.
pub(super) fn columns<'k>(keys: impl Iterator<Item = &'k LookupKey>) -> (Vec<i16>, Vec<&'k str>) {
    keys.map(|key| (key.kind().code(), key.value())).unzip()
}
