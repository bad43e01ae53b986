//! Looks users up by their keys as the gateway does, for operators who ask what it finds.

use super::AdminTransaction;
use crate::core::directory::MAX_MATCHES;
use crate::core::id::UserId;
use crate::core::key::{KeyKind, LookupKey};
use crate::store::{StoreError, TenantId};

/// Where keys of `kind` are looked up, in order: tables, with the columns of the index that is used.
#[must_use]
pub const fn lookup_indexes(kind: KeyKind) -> &'static [&'static str] {
    match kind {
        KeyKind::Id => &["\"user\" (tenant_id, id)", "user_key (tenant_id, kind, value)"],
        KeyKind::Email => {
            &["user_key (tenant_id, kind, value)", "user_shared_key (tenant_id, kind, value, user_id)"]
        }
        KeyKind::Username | KeyKind::ExternalId | KeyKind::Identity | KeyKind::Address => {
            &["user_key (tenant_id, kind, value)"]
        }
        KeyKind::Phone
        | KeyKind::SyncRelation
        | KeyKind::CustomField
        | KeyKind::EmailClaim
        | KeyKind::ScimUserName
        | KeyKind::ScimEmail
        | KeyKind::Department => &["user_shared_key (tenant_id, kind, value, user_id)"],
    }
}

impl AdminTransaction {
    /// For each of `keys` the users of `tenant` that the gateway finds by it, in the order in which they were added.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn users_by_keys(
        &mut self,
        tenant: TenantId,
        keys: &[LookupKey],
    ) -> Result<Vec<Vec<UserId>>, StoreError> {
        let kinds: Vec<i16> = keys.iter().map(|key| key.kind().code()).collect();
        let values: Vec<&str> = keys.iter().map(LookupKey::value).collect();
        let rows: Vec<(i32, String)> = sqlx::query_as(
            "SELECT place, id FROM users_by_keys($1, $2, $3, $4) WHERE place >= 0 ORDER BY place, ordinal",
        )
        .bind(tenant)
        .bind(kinds)
        .bind(values)
        .bind(i32::try_from(MAX_MATCHES).unwrap_or(i32::MAX))
        .fetch_all(self.transaction.connection()?)
        .await?;
        let mut found: Vec<Vec<UserId>> = keys.iter().map(|_| Vec::new()).collect();
        for (place, id) in rows {
            if let Some(users) = usize::try_from(place).ok().and_then(|place| found.get_mut(place)) {
                users.push(UserId::new(id));
            }
        }
        Ok(found)
    }
}
