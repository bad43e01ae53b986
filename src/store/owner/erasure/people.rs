//! Erases one person from a directory.

use std::collections::BTreeSet;

use serde::Serialize;
use sqlx::types::Json;

use super::key_or_new;
use super::timelines::{self, Accounts};
use crate::core::address::Address;
use crate::core::erasure::hex;
use crate::core::id::{Slug, UserId};
use crate::core::key::{KeyKind, LookupKey};
use crate::core::user::{JsonObject, User};
use crate::store::StoreError;
use crate::store::owner::RecordError;
use crate::store::owner::users::{LockedDirectory, PutError};

/// Rows that an erasure deleted or changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErasureCounts {
    /// Users deleted.
    pub users: u64,
    /// Keys deleted.
    pub keys: u64,
    /// Other users who named the person as their manager.
    pub reports: u64,
    /// Holdings deleted.
    pub holdings: u64,
    /// Reviews of the person deleted.
    pub reviews: u64,
    /// Places in audiences deleted.
    pub audiences: u64,
    /// Transfers in which nobody stands for the person now.
    pub transfers: u64,
    /// Announcements of the same kind.
    pub announcements: u64,
    /// Reviews of others, of the same kind.
    pub reviews_of_others: u64,
    /// Entries of the audit log whose subject is a digest now.
    pub audit: u64,
    /// Digests kept.
    pub digests: u64,
}

/// What an erasure did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// Keyed digest of the person's ids, in hexadecimal.
    pub receipt: String,
    /// What was deleted or changed.
    pub counts: ErasureCounts,
}

const KEEP: &str = "
    INSERT INTO erased_key (tenant_id, digest, receipt)
    SELECT bound_tenant(), digest, $2 FROM unnest($1::bytea[]) AS d (digest)
    ON CONFLICT (tenant_id, digest) DO UPDATE SET receipt = excluded.receipt, erased_at = now()";

const FIND_SHARED: &str = "
    SELECT e.value FROM unnest($1::text[]) AS e (value), unnest($2::smallint[]) AS t (kind)
     CROSS JOIN LATERAL (
           SELECT FROM user_shared_key k
            WHERE k.tenant_id = bound_tenant() AND k.kind = t.kind AND k.value = e.value AND k.user_id <> $3 LIMIT 1) k
     UNION
    SELECT e.value FROM unnest($1::text[]) AS e (value), unnest($2::smallint[]) AS t (kind)
     CROSS JOIN LATERAL (
           SELECT FROM user_key k
            WHERE k.tenant_id = bound_tenant() AND k.kind = t.kind AND k.value = e.value AND k.user_id <> $3 LIMIT 1) k";

/// Reads all of the tenant's users: who names whom is in no index.
const FIND_REPORTS: &str = r#"
    SELECT document FROM "user"
     WHERE tenant_id = bound_tenant() AND id <> ALL ($2) AND (document -> 'scim')::text LIKE ANY ($1)"#;

/// Caches that are behind such a change drop all users of the tenant, or all timelines of that kind.
const FORGET_CHANGES: &str = "
    WITH forgotten AS (
        DELETE FROM directory_change
         WHERE tenant_id = bound_tenant() AND subject IN (1, 2, 5) AND id = ANY ($1)
        RETURNING subject, generation)
    INSERT INTO directory_change (tenant_id, subject, generation, id, change, changed_at)
    SELECT DISTINCT bound_tenant(), subject, generation, '', 0, written_at() FROM forgotten
    ON CONFLICT DO NOTHING";

/// Readers of the feed who have not been told yet cannot be told any more who is gone: they start over.
const FORGET_FEED: [&str; 2] = [
    "DELETE FROM user_change WHERE tenant_id = bound_tenant()",
    "INSERT INTO user_change_trim (tenant_id, generation)
     SELECT tenant_id, generation FROM directory WHERE tenant_id = bound_tenant()
         ON CONFLICT (tenant_id) DO UPDATE SET generation = excluded.generation",
];

impl LockedDirectory<'_> {
    /// Erases `user` of the tenant with this slug from every table, and keeps digests of what found it.
    ///
    /// # Errors
    /// [`StoreError::ErasureKey`] without the ring's keys; [`PutError`] if a statement fails. The transaction is to be
    /// given up then.
    pub async fn erase(&mut self, slug: &Slug, user: &User) -> Result<Erased, PutError> {
        let keys = user.keys().map_err(RecordError::from)?;
        let ids = || keys.iter().filter(|key| key.kind() == KeyKind::Id);
        let mut counts = ErasureCounts { users: 1, keys: keys.len() as u64, ..ErasureCounts::default() };
        let key = key_or_new(self.connection, self.erasure.as_deref()).await?;
        let tenant = self.tenant.to_string();
        let receipt = key.receipt(&tenant, ids());
        let shared = self.shared_claims(&keys, &user.id).await?;
        let own = keys.iter().filter(|name| !(is_claim(name) && shared.contains(name.value())));
        let digests: Vec<Vec<u8>> =
            own.filter_map(|name| key.kept(&tenant, name)).map(|digest| digest.to_vec()).collect();
        counts.digests = digests.len() as u64;
        let keep = sqlx::query(KEEP).bind(digests).bind(receipt.as_slice());
        keep.execute(&mut *self.connection).await.map_err(StoreError::from)?;
        let receipt = hex(&receipt);
        let names: Vec<&str> = ids().map(LookupKey::value).collect();
        counts.reports = self.forget_manager(&names).await?;
        self.delete(user).await?;
        let addresses: Vec<Address> =
            user.chain_accounts.iter().filter_map(|a| Address::parse(&a.address).ok()).collect();
        let accounts = Accounts::of(addresses.iter());
        if let Some(accounts) = &accounts {
            let deleted = timelines::delete(self.connection, accounts).await?;
            [counts.holdings, counts.reviews, counts.audiences, _] = deleted;
            let replaced = timelines::replace(self.connection, accounts).await?;
            [counts.transfers, counts.announcements, counts.reviews_of_others] = replaced;
        }
        let accounts = accounts.iter().flat_map(|accounts| accounts.keys.iter().map(String::as_str));
        self.forget_log(names.iter().copied().chain(accounts).collect()).await?;
        let audit = sqlx::query_scalar("SELECT erase_from_audit($1, $2, $3)");
        let audit: i64 = audit
            .bind(slug.as_str())
            .bind(&names)
            .bind(&receipt)
            .fetch_one(&mut *self.connection)
            .await
            .map_err(StoreError::from)?;
        counts.audit = audit.unsigned_abs();
        Ok(Erased { receipt, counts })
    }

    /// The e-mail addresses among `keys` that others have, too, such as an office's: those do not keep anybody out.
    async fn shared_claims(
        &mut self,
        keys: &BTreeSet<LookupKey>,
        id: &UserId,
    ) -> Result<BTreeSet<String>, StoreError> {
        let claimed: Vec<&str> = keys.iter().filter(|key| is_claim(key)).map(LookupKey::value).collect();
        let kinds = [KeyKind::Email, KeyKind::EmailClaim, KeyKind::ScimEmail].map(KeyKind::code);
        let find = sqlx::query_scalar(FIND_SHARED).bind(claimed).bind(kinds.as_slice()).bind(id.as_str());
        let shared: Vec<String> = find.fetch_all(&mut *self.connection).await?;
        Ok(shared.into_iter().collect())
    }

    /// Forgets that a user with one of these ids is anybody's manager. Returns how many named it.
    async fn forget_manager(&mut self, ids: &[&str]) -> Result<u64, PutError> {
        let patterns: Vec<String> = ids.iter().map(|id| format!("%{}%", escaped(id))).collect();
        let find = sqlx::query_scalar(FIND_REPORTS).bind(patterns).bind(ids);
        let documents: Vec<Json<JsonObject>> =
            find.fetch_all(&mut *self.connection).await.map_err(StoreError::from)?;
        let mut reports = 0;
        for Json(mut document) in documents {
            let before = document.clone();
            if let Some(kept) = document.get_mut("scim")
                && remove_manager(kept, ids)
            {
                let [before, after] =
                    [before, document].map(|document| serde_json::from_value::<User>(document.into()));
                let before = before.map_err(StoreError::from)?;
                self.put(Some(&before), &after.map_err(StoreError::from)?).await?;
                reports += 1;
            }
        }
        Ok(reports)
    }

    async fn forget_log(&mut self, names: Vec<&str>) -> Result<(), StoreError> {
        sqlx::query(FORGET_CHANGES).bind(names).execute(&mut *self.connection).await?;
        for statement in FORGET_FEED {
            sqlx::query(statement).execute(&mut *self.connection).await?;
        }
        Ok(())
    }
}

/// Whether nobody vouches for what it says.
fn is_claim(key: &LookupKey) -> bool {
    matches!(key.kind(), KeyKind::EmailClaim | KeyKind::ScimEmail)
}

/// Removes the members named `manager` whose value is one of `ids`. Returns whether there was one.
fn remove_manager(value: &mut serde_json::Value, ids: &[&str]) -> bool {
    let Some(members) = value.as_object_mut() else { return false };
    let is_manager = members.get("manager").and_then(|manager| manager.get("value")?.as_str());
    let removed = is_manager.is_some_and(|id| ids.contains(&id)) && members.remove("manager").is_some();
    members.values_mut().fold(removed, |removed, member| remove_manager(member, ids) || removed)
}

/// An id as it occurs in JSON, within a pattern.
fn escaped(id: &str) -> String {
    let json = serde_json::Value::from(id).to_string();
    json.chars().flat_map(|c| matches!(c, '\\' | '%' | '_').then_some('\\').into_iter().chain([c])).collect()
}
