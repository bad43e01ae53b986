//! Adding, changing and removing users, with their keys.

use std::collections::{BTreeSet, HashMap};

use sqlx::types::Json;

use super::DirectoryWriter;
use crate::core::id::UserId;
use crate::core::key::{KeyKind, LookupKey};
use crate::core::user::{KeyFault, User};
use crate::store::StoreError;

/// Why a user cannot be written. Names fields, never their values.
#[derive(Debug, thiserror::Error)]
pub enum UserFault {
    /// One of the names in the document cannot be one.
    #[error("user {index}: {source}")]
    Key {
        /// Which of the users given.
        index: usize,
        /// What is wrong.
        source: KeyFault,
    },
    /// A name that only one user can have belongs to another.
    #[error("user {index}: its {kind:?} belongs to another user")]
    Taken {
        /// Which of the users given.
        index: usize,
        /// Kind of the name.
        kind: KeyKind,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Keys = BTreeSet<LookupKey>;

impl DirectoryWriter {
    /// Adds `users`, or replaces the documents of those whose ids are there.
    ///
    /// # Errors
    /// [`UserFault`]; then the whole transaction is spoilt and must be dropped.
    pub async fn put_users(&mut self, users: &[User]) -> Result<(), UserFault> {
        let keys = keys_of(users)?;
        self.refuse_taken(users, &keys).await?;
        let stored = self.stored(users.iter().map(|user| &user.id)).await?;
        for (user, keys) in users.iter().zip(&keys) {
            if let Some((_, old)) = stored.get(&user.id) {
                let gone: Vec<&LookupKey> = old.difference(keys).collect();
                self.delete_keys(user.id.as_str(), &gone).await?;
            }
        }
        self.put_documents(users, &stored).await?;
        self.insert_keys(users, &keys).await?;
        Ok(())
    }

    /// Removes the users with these ids, and returns how many there were.
    ///
    /// # Errors
    /// As any statement.
    pub async fn remove_users(&mut self, ids: &[UserId]) -> Result<u64, StoreError> {
        for (id, (_, keys)) in self.stored(ids.iter()).await? {
            self.delete_keys(id.as_str(), &keys.iter().collect::<Vec<_>>()).await?;
        }
        let ids: Vec<&str> = ids.iter().map(UserId::as_str).collect();
        let removed = sqlx::query(r#"DELETE FROM "user" WHERE tenant_id = $1 AND id = ANY ($2)"#)
            .bind(self.tenant)
            .bind(ids.as_slice())
            .execute(&mut *self.transaction)
            .await?;
        Ok(removed.rows_affected())
    }

    async fn refuse_taken(&mut self, users: &[User], keys: &[Keys]) -> Result<(), UserFault> {
        let mut owner: HashMap<&LookupKey, &UserId> = HashMap::new();
        for (index, (user, keys)) in users.iter().zip(keys).enumerate() {
            for key in keys.iter().filter(|key| key.kind().is_exclusive()) {
                if owner.insert(key, &user.id).is_some_and(|other| *other != user.id) {
                    return Err(UserFault::Taken { index, kind: key.kind() });
                }
            }
        }
        let (kinds, values): (Vec<i16>, Vec<&str>) =
            owner.keys().map(|key| (key.kind().code(), key.value())).unzip();
        let taken: Vec<(i16, String, String)> = sqlx::query_as(
            "SELECT k.kind, k.value, k.user_id FROM unnest($2::smallint[], $3::text[]) AS a (kind, value)
               JOIN user_key k ON k.tenant_id = $1 AND k.kind = a.kind AND k.value = a.value",
        )
        .bind(self.tenant)
        .bind(kinds)
        .bind(values.as_slice())
        .fetch_all(&mut *self.transaction)
        .await
        .map_err(StoreError::from)?;
        for (index, (user, keys)) in users.iter().zip(keys).enumerate() {
            let foreign = |key: &&LookupKey| {
                taken.iter().any(|(kind, value, of)| {
                    *kind == key.kind().code() && value == key.value() && of != user.id.as_str()
                })
            };
            if let Some(key) = (!taken.is_empty()).then(|| keys.iter().find(foreign)).flatten() {
                return Err(UserFault::Taken { index, kind: key.kind() });
            }
        }
        Ok(())
    }

    /// Those of `ids` that are stored, with their ordinals and present keys.
    async fn stored(
        &mut self,
        ids: impl Iterator<Item = &UserId>,
    ) -> Result<HashMap<UserId, (i64, Keys)>, StoreError> {
        let ids: Vec<&str> = ids.map(UserId::as_str).collect();
        let rows: Vec<(i64, Json<User>)> =
            sqlx::query_as(r#"SELECT ordinal, document FROM "user" WHERE tenant_id = $1 AND id = ANY ($2)"#)
                .bind(self.tenant)
                .bind(ids.as_slice())
                .fetch_all(&mut *self.transaction)
                .await?;
        let stored = rows.into_iter().map(|(ordinal, Json(user))| {
            let keys = user.keys().unwrap_or_default();
            (user.id, (ordinal, keys))
        });
        Ok(stored.collect())
    }

    async fn put_documents(
        &mut self,
        users: &[User],
        stored: &HashMap<UserId, (i64, Keys)>,
    ) -> Result<(), StoreError> {
        let ids: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
        let documents = users.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
        let mut ordinals = Vec::with_capacity(users.len());
        for user in users {
            ordinals.push(match stored.get(&user.id) {
                Some((ordinal, _)) => *ordinal,
                None => self.take_ordinal(),
            });
        }
        sqlx::query(
            r#"INSERT INTO "user" AS u (tenant_id, id, ordinal, document)
               SELECT $1, a.id, a.ordinal, a.document::json
                 FROM unnest($2::text[], $3::bigint[], $4::text[]) AS a (id, ordinal, document)
               ON CONFLICT (tenant_id, id) DO UPDATE
               SET document = excluded.document, version = u.version + 1, updated_at = now()
               WHERE u.document::text <> excluded.document::text"#,
        )
        .bind(self.tenant)
        .bind(ids.as_slice())
        .bind(ordinals)
        .bind(documents)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    const fn take_ordinal(&mut self) -> i64 {
        let ordinal = self.next_ordinal;
        self.next_ordinal += 1;
        ordinal
    }

    async fn insert_keys(&mut self, users: &[User], keys: &[Keys]) -> Result<(), StoreError> {
        let pairs =
            || users.iter().zip(keys).flat_map(|(user, keys)| keys.iter().map(move |key| (user, key)));
        for (exclusive, statement) in [(true, INSERT_KEYS), (false, INSERT_SHARED_KEYS)] {
            let (mut kinds, mut values, mut ids) = (Vec::new(), Vec::new(), Vec::new());
            for (user, key) in pairs().filter(|(_, key)| key.kind().is_exclusive() == exclusive) {
                kinds.push(key.kind().code());
                values.push(key.value());
                ids.push(user.id.as_str());
            }
            sqlx::query(statement)
                .bind(self.tenant)
                .bind(kinds)
                .bind(values.as_slice())
                .bind(ids.as_slice())
                .execute(&mut *self.transaction)
                .await?;
        }
        Ok(())
    }

    async fn delete_keys(&mut self, user: &str, keys: &[&LookupKey]) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let (kinds, values): (Vec<i16>, Vec<&str>) =
            keys.iter().map(|key| (key.kind().code(), key.value())).unzip();
        for statement in [DELETE_KEYS, DELETE_SHARED_KEYS] {
            sqlx::query(statement)
                .bind(self.tenant)
                .bind(user)
                .bind(kinds.as_slice())
                .bind(values.as_slice())
                .execute(&mut *self.transaction)
                .await?;
        }
        Ok(())
    }
}

fn keys_of(users: &[User]) -> Result<Vec<Keys>, UserFault> {
    let keys = users.iter().enumerate();
    keys.map(|(index, user)| user.keys().map_err(|source| UserFault::Key { index, source })).collect()
}

const INSERT_KEYS: &str = "INSERT INTO user_key (tenant_id, kind, value, user_id)
    SELECT $1, a.kind, a.value, a.user_id FROM unnest($2::smallint[], $3::text[], $4::text[]) AS a (kind, value, user_id)
    ON CONFLICT DO NOTHING";
const INSERT_SHARED_KEYS: &str = "INSERT INTO user_shared_key (tenant_id, kind, value, user_id)
    SELECT $1, a.kind, a.value, a.user_id FROM unnest($2::smallint[], $3::text[], $4::text[]) AS a (kind, value, user_id)
    ON CONFLICT DO NOTHING";
const DELETE_KEYS: &str = "DELETE FROM user_key k USING unnest($3::smallint[], $4::text[]) AS a (kind, value)
    WHERE k.tenant_id = $1 AND k.user_id = $2 AND k.kind = a.kind AND k.value = a.value";
const DELETE_SHARED_KEYS: &str =
    "DELETE FROM user_shared_key k USING unnest($3::smallint[], $4::text[]) AS a (kind, value)
    WHERE k.tenant_id = $1 AND k.user_id = $2 AND k.kind = a.kind AND k.value = a.value";
