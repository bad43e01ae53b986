//! Users by keys, in two statements: keys to ids, then ids to documents.

use std::collections::HashMap;
use std::sync::Arc;

use sqlx::FromRow;
use sqlx::types::Json;
use time::OffsetDateTime;

use super::TenantStore;
use crate::core::directory::{MAX_MATCHES, StoredUser};
use crate::core::key::LookupKey;
use crate::core::user::User;
use crate::store::StoreError;

/// A user that has one of the keys asked for.
#[derive(Debug, FromRow)]
struct MatchRow {
    /// Index of the key.
    key: i32,
    user_id: String,
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
    pub(super) async fn users_of_keys(
        &self,
        keys: &[LookupKey],
    ) -> Result<Vec<Vec<Arc<StoredUser>>>, StoreError> {
        let matches = self.resolve_keys(keys).await?;
        let mut ids: Vec<&str> = matches.iter().map(|found| found.user_id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let users = if ids.is_empty() { Vec::new() } else { self.load_users(&ids).await? };
        Ok(by_key(keys.len(), &matches, users))
    }

    async fn resolve_keys(&self, keys: &[LookupKey]) -> Result<Vec<MatchRow>, StoreError> {
        let kinds: &[i16] = &keys.iter().map(|key| key.kind().code()).collect::<Vec<_>>();
        let values: &[&str] = &keys.iter().map(LookupKey::value).collect::<Vec<_>>();
        let most = i32::try_from(MAX_MATCHES).unwrap_or(i32::MAX);
        self.store
            .read("resolve_keys", |pool| async move {
                sqlx::query_as("SELECT key, user_id FROM resolve_keys($1, $2, $3, $4)")
                    .bind(self.tenant)
                    .bind(kinds)
                    .bind(values)
                    .bind(most)
                    .fetch_all(&pool)
                    .await
            })
            .await
    }

    async fn load_users(&self, ids: &[&str]) -> Result<Vec<StoredUser>, StoreError> {
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

/// The users of each of `keys` keys. A user that was deleted between the two statements is left out.
fn by_key(keys: usize, matches: &[MatchRow], users: Vec<StoredUser>) -> Vec<Vec<Arc<StoredUser>>> {
    let users: Vec<Arc<StoredUser>> = users.into_iter().map(Arc::new).collect();
    let by_id: HashMap<&str, &Arc<StoredUser>> =
        users.iter().map(|stored| (stored.user.id.as_str(), stored)).collect();
    let mut of_keys = vec![Vec::new(); keys];
    for found in matches {
        let of_key = usize::try_from(found.key).ok().and_then(|key| of_keys.get_mut(key));
        if let (Some(of_key), Some(user)) = (of_key, by_id.get(found.user_id.as_str())) {
            of_key.push(Arc::clone(user));
        }
    }
    of_keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::id::UserId;

    fn found(key: i32, user_id: &str) -> MatchRow {
        MatchRow { key, user_id: user_id.to_owned() }
    }

    #[test]
    fn each_key_has_its_users_in_their_order_without_those_that_are_gone() {
        let matches = [found(1, "b"), found(1, "gone"), found(1, "a"), found(2, "a")];
        let users = ["a", "b"].map(|id| StoredUser { version: 1, user: User::new(UserId::new(id)) });
        let by_key = by_key(3, &matches, users.to_vec());
        let ids: Vec<Vec<&str>> =
            by_key.iter().map(|users| users.iter().map(|stored| stored.user.id.as_str()).collect()).collect();
        assert_eq!(ids, [vec![], vec!["b", "a"], vec!["a"]]);
    }
}
