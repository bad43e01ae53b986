//! Keys to users, users to documents.

use sqlx::FromRow;
use sqlx::types::Json;
use time::OffsetDateTime;

use super::TenantStore;
use crate::core::directory::{MAX_MATCHES, Match, StoredUser};
use crate::core::id::{UserId, UserRef};
use crate::core::key::LookupKey;
use crate::core::user::User;
use crate::store::StoreError;

#[derive(FromRow)]
struct MatchRow {
    key: i32,
    user_id: String,
    version: i64,
}

impl From<MatchRow> for Match {
    fn from(row: MatchRow) -> Self {
        let user = UserRef { id: UserId::new(row.user_id), version: row.version };
        Self { key: usize::try_from(row.key).unwrap_or(usize::MAX), user }
    }
}

#[derive(FromRow)]
struct UserRow {
    version: i64,
    document: Json<User>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
}

impl From<UserRow> for StoredUser {
    fn from(row: UserRow) -> Self {
        let Json(mut user) = row.document;
        let updated_at = *user.account.updated_at.get_or_insert(row.updated_at);
        user.account.created_at.get_or_insert_with(|| row.created_at.min(updated_at));
        Self { version: row.version, user }
    }
}

impl TenantStore {
    pub(super) async fn resolve_keys(&self, keys: &[LookupKey]) -> Result<Vec<Match>, StoreError> {
        let kinds: &[i16] = &keys.iter().map(|key| key.kind().code()).collect::<Vec<_>>();
        let values: &[&str] = &keys.iter().map(LookupKey::value).collect::<Vec<_>>();
        let most = i32::try_from(MAX_MATCHES).unwrap_or(i32::MAX);
        let rows: Vec<MatchRow> = self
            .store
            .read("resolve_keys", |pool| async move {
                sqlx::query_as("SELECT key, user_id, version FROM resolve_keys($1, $2, $3, $4)")
                    .bind(self.tenant)
                    .bind(kinds)
                    .bind(values)
                    .bind(most)
                    .fetch_all(&pool)
                    .await
            })
            .await?;
        Ok(rows.into_iter().map(Match::from).collect())
    }

    pub(super) async fn load_users(&self, ids: &[UserId]) -> Result<Vec<StoredUser>, StoreError> {
        let ids: &[&str] = &ids.iter().map(UserId::as_str).collect::<Vec<_>>();
        let rows: Vec<UserRow> = self
            .store
            .read("load_users", |pool| async move {
                sqlx::query_as("SELECT version, document, created_at, updated_at FROM load_users($1, $2)")
                    .bind(self.tenant)
                    .bind(ids)
                    .fetch_all(&pool)
                    .await
            })
            .await?;
        Ok(rows.into_iter().map(StoredUser::from).collect())
    }
}
