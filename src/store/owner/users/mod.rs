//! Single users, read and written in a transaction that holds their directory.
//!
//! A merge brings many users in at once, by staging them; this writes one in a few milliseconds, by the same rules.

mod keys;

use std::sync::Arc;

use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;

use self::keys::columns;
use super::departments::{departments_of, touch_departments};
use super::{AdminTransaction, ErasureKeys, RecordError, bind};
use crate::core::id::UserId;
use crate::core::key::{KeyKind, LookupKey};
use crate::core::user::{JsonObject, User};
use crate::store::error::contains_nul;
use crate::store::{StoreError, TenantId};

/// A user as stored.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct StoredUser {
    /// Its id.
    #[sqlx(try_from = "String")]
    pub id: UserId,
    /// Increases with every change.
    pub version: i64,
    /// When it was added.
    pub created_at: OffsetDateTime,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
    /// Its document.
    #[sqlx(json)]
    pub document: JsonObject,
}

/// A user with its place in the directory.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct PlacedUser {
    /// Grows in the order in which users were added.
    #[sqlx(rename = "ordinal")]
    pub place: i64,
    /// The user.
    #[sqlx(flatten)]
    pub user: StoredUser,
}

/// Why a user was not written; the transaction is useless then.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// Another user has a key that only one can have.
    #[error("{0} belongs to another user")]
    Taken(&'static str),
    /// A person who was erased had this.
    #[error("{0} is that of somebody who was erased")]
    Erased(&'static str),
    /// The user cannot be stored.
    #[error("{} {}", .0.field(), .0)]
    Record(#[from] RecordError),
    /// A statement failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A tenant's directory, which nobody else writes until the transaction ends.
#[derive(Debug)]
pub struct LockedDirectory<'a> {
    pub(super) connection: &'a mut PgConnection,
    pub(super) tenant: TenantId,
    pub(super) erasure: Option<Arc<dyn ErasureKeys>>,
    next_ordinal: i64,
}

const SELECT: &str = r#"
    SELECT id, version, created_at, updated_at, document FROM "user" WHERE tenant_id = bound_tenant() AND id = $1"#;

/// A key finds its user in the index, whatever the statistics say: see [`super::merge`].
const FIND: &str = r#"
    SELECT ordinal, id, version, created_at, updated_at, document FROM "user"
     WHERE tenant_id = bound_tenant() AND id = ANY (ARRAY (
           SELECT l.value FROM unnest($1::smallint[], $2::text[]) AS l (kind, value) WHERE l.kind = $3
           UNION
           SELECT k.user_id FROM unnest($1::smallint[], $2::text[]) AS l (kind, value)
            CROSS JOIN LATERAL (
                  SELECT k.user_id FROM user_key k
                   WHERE k.tenant_id = bound_tenant() AND k.kind = l.kind AND k.value = l.value OFFSET 0) k
           UNION
           SELECT k.user_id FROM unnest($1::smallint[], $2::text[]) AS l (kind, value)
            CROSS JOIN LATERAL (
                  SELECT k.user_id FROM user_shared_key k
                   WHERE k.tenant_id = bound_tenant() AND k.kind = l.kind AND k.value = l.value LIMIT $4) k))
     ORDER BY ordinal LIMIT $4"#;

const NEXT: &str = r#"
    SELECT ordinal, id, version, created_at, updated_at, document FROM "user"
     WHERE tenant_id = bound_tenant() AND ordinal >= 0 AND ordinal > $1 ORDER BY ordinal LIMIT $2"#;

/// The ids of a page; in front of them the total.
const PAGE: &str = "SELECT total, id FROM user_page($1, $2, $3) ORDER BY total NULLS LAST, ordinal";

const NAMED: &str = r#"
    SELECT id, version, created_at, updated_at, document FROM "user"
     WHERE tenant_id = bound_tenant() AND id = ANY ($1) ORDER BY ordinal"#;

const CHANGE: &str = r#"
    UPDATE "user" SET document = $2::json, version = version + 1, updated_at = written_at()
     WHERE tenant_id = bound_tenant() AND id = $1 RETURNING version"#;

const ADD: &str = r#"
    INSERT INTO "user" (tenant_id, id, ordinal, document, created_at, updated_at)
    VALUES (bound_tenant(), $1, $2, $3::json, written_at(), written_at()) RETURNING version"#;

const DELETE: &str = r#"DELETE FROM "user" WHERE tenant_id = bound_tenant() AND id = $1"#;

impl AdminTransaction {
    /// The directory of `tenant`, once any other writer of it has finished.
    ///
    /// # Errors
    /// [`StoreError::Gone`] if the tenant was deleted; [`StoreError::Locked`] if another writer takes too long.
    pub async fn lock_directory(&mut self, tenant: TenantId) -> Result<LockedDirectory<'_>, StoreError> {
        let connection = self.transaction.connection()?;
        let next_ordinal = lock_directory(connection, tenant).await?;
        Ok(LockedDirectory { connection, tenant, erasure: self.erasure.clone(), next_ordinal })
    }

    /// The user of `tenant` with this id, as it is now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn user(&mut self, tenant: TenantId, id: &UserId) -> Result<Option<StoredUser>, StoreError> {
        bind(self.transaction.connection()?, tenant).await?;
        user(self.transaction.connection()?, id).await
    }
}

/// Locks the directory of `tenant`, to which the rest of the transaction is bound, once any other writer of it has finished.
/// Returns the next ordinal.
pub(super) async fn lock_directory(
    connection: &mut PgConnection,
    tenant: TenantId,
) -> Result<i64, StoreError> {
    let lock = sqlx::query_scalar("SELECT lock_directory($1)").bind(tenant);
    let next_ordinal: Option<i64> = lock.fetch_one(connection).await?;
    Ok(next_ordinal.ok_or(sqlx::Error::RowNotFound)?)
}

impl AdminTransaction {
    /// Up to `most` users of `tenant` that have any of `keys`, of whatever kind, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn users_with_keys(
        &mut self,
        tenant: TenantId,
        keys: &[LookupKey],
        most: u32,
    ) -> Result<Vec<PlacedUser>, StoreError> {
        bind(self.transaction.connection()?, tenant).await?;
        users_with_keys(self.transaction.connection()?, keys, most).await
    }

    /// Those of `ids` that are users of `tenant`, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn users_named(
        &mut self,
        tenant: TenantId,
        ids: &[String],
    ) -> Result<Vec<StoredUser>, StoreError> {
        bind(self.transaction.connection()?, tenant).await?;
        Ok(sqlx::query_as(NAMED).bind(ids).fetch_all(self.transaction.connection()?).await?)
    }

    /// The next `most` users of `tenant` after the one at `place`, in the order in which they were added, each with its own
    /// place; from the first one on if `place` is `None`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn users_after(
        &mut self,
        tenant: TenantId,
        place: Option<i64>,
        most: u32,
    ) -> Result<Vec<PlacedUser>, StoreError> {
        bind(self.transaction.connection()?, tenant).await?;
        let next = sqlx::query_as(NEXT).bind(place.unwrap_or(-1)).bind(i64::from(most));
        Ok(next.fetch_all(self.transaction.connection()?).await?)
    }

    /// Up to `most` users of `tenant` after the first `skip`, in the order in which they were added; and how many there are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn user_page(
        &mut self,
        tenant: TenantId,
        skip: u64,
        most: u32,
    ) -> Result<(Vec<StoredUser>, u64), StoreError> {
        bind(self.transaction.connection()?, tenant).await?;
        let page = sqlx::query_as(PAGE).bind(tenant).bind(i64::try_from(skip).unwrap_or(i64::MAX));
        let page = page.bind(i32::try_from(most).unwrap_or(i32::MAX));
        let rows: Vec<(Option<i64>, Option<String>)> = page.fetch_all(self.transaction.connection()?).await?;
        let total = rows.iter().find_map(|(total, _)| *total).unwrap_or_default();
        let ids: Vec<String> = rows.into_iter().filter_map(|(_, id)| id).collect();
        let total = u64::try_from(total).unwrap_or_default();
        if ids.is_empty() {
            return Ok((Vec::new(), total));
        }
        let users = sqlx::query_as(NAMED).bind(ids).fetch_all(self.transaction.connection()?).await?;
        Ok((users, total))
    }
}

async fn user(connection: &mut PgConnection, id: &UserId) -> Result<Option<StoredUser>, StoreError> {
    // No stored text contains a NUL, and PostgreSQL rejects one.
    if contains_nul(id.as_str()) {
        return Ok(None);
    }
    Ok(sqlx::query_as(SELECT).bind(id.as_str()).fetch_optional(connection).await?)
}

async fn users_with_keys(
    connection: &mut PgConnection,
    keys: &[LookupKey],
    most: u32,
) -> Result<Vec<PlacedUser>, StoreError> {
    let (kinds, values) = columns(keys.iter());
    let find = sqlx::query_as(FIND).bind(kinds).bind(values);
    let find = find.bind(KeyKind::Id.code()).bind(i64::from(most));
    Ok(find.fetch_all(connection).await?)
}

impl LockedDirectory<'_> {
    /// Up to `most` users that have any of `keys`, of whatever kind, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError`] if the statement fails.
    pub async fn users_with_keys(
        &mut self,
        keys: &[LookupKey],
        most: u32,
    ) -> Result<Vec<StoredUser>, StoreError> {
        let found = users_with_keys(self.connection, keys, most).await?;
        Ok(found.into_iter().map(|found| found.user).collect())
    }

    /// The user with this id.
    ///
    /// # Errors
    /// [`StoreError`] if the statement fails.
    pub async fn user(&mut self, id: &UserId) -> Result<Option<StoredUser>, StoreError> {
        user(self.connection, id).await
    }

    /// Writes `user`, which was `before`, or is new. Returns its version.
    ///
    /// # Errors
    /// [`PutError`]; the transaction is to be given up then.
    pub async fn put(&mut self, before: Option<&User>, user: &User) -> Result<i64, PutError> {
        let keys = user.keys().map_err(RecordError::from)?;
        let old = before.and_then(|before| before.keys().ok()).unwrap_or_default();
        let document = super::merge::document(user)?;
        let id = user.id.as_str();
        self.refuse_erased(keys.difference(&old)).await?;
        self.lose(old.difference(&keys), id).await?;
        self.gain(keys.difference(&old), id).await?;
        self.touch_claimants(old.symmetric_difference(&keys), id).await?;
        touch_departments(self.connection, &departments_of(old.symmetric_difference(&keys))).await?;
        let version: i64 = if before.is_some() {
            let change = sqlx::query_scalar(CHANGE).bind(id).bind(document);
            change.fetch_one(&mut *self.connection).await.map_err(StoreError::from)?
        } else {
            let add = sqlx::query_scalar(ADD).bind(id).bind(self.next_ordinal).bind(document);
            let version = add.fetch_one(&mut *self.connection).await.map_err(StoreError::from)?;
            self.advance().await?;
            version
        };
        Ok(version)
    }

    /// Deletes `user` with all its keys.
    ///
    /// # Errors
    /// [`StoreError`] if a statement fails.
    pub async fn delete(&mut self, user: &User) -> Result<(), StoreError> {
        let keys = user.keys().unwrap_or_default();
        self.lose(keys.iter(), user.id.as_str()).await?;
        self.touch_claimants(keys.iter(), user.id.as_str()).await?;
        touch_departments(self.connection, &departments_of(keys.iter())).await?;
        sqlx::query(DELETE).bind(user.id.as_str()).execute(&mut *self.connection).await?;
        Ok(())
    }

    async fn advance(&mut self) -> Result<(), StoreError> {
        self.next_ordinal += 1;
        sqlx::query("UPDATE directory SET next_ordinal = $1 WHERE tenant_id = bound_tenant()")
            .bind(self.next_ordinal)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }
}
