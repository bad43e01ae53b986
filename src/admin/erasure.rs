//! People who are erased, and those who may come back.

use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use super::users::{check_version, find_id, read};
use super::{AdminError, Administration, act};
use crate::core::id::Slug;
use crate::core::key::LookupKey;
use crate::store::{Erased, ErasureCounts};

/// What is left of a person who was erased. Nothing in it tells who that was.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErasureReceipt {
    /// Keyed digest of the person's ids, in hexadecimal; the audit log has it.
    pub receipt: String,
    /// When the person was erased.
    #[serde(with = "time::serde::rfc3339")]
    pub erased_at: OffsetDateTime,
    /// What was deleted or changed.
    pub counts: ErasureCounts,
}

impl Administration {
    /// Erases the user whose id is `name`, or for whom another system issued it; only in this version, if given. Nothing
    /// of the person stays in the database but keyed digests, by which imports and identity providers are kept from
    /// bringing the person back.
    ///
    /// # Errors
    /// [`AdminError::NoUser`]; [`AdminError::Stale`]; [`StoreError::ErasureKey`](crate::store::StoreError::ErasureKey)
    /// without the key ring; and those of any operation on a tenant.
    pub async fn erase_user(
        &self,
        slug: &Slug,
        name: &str,
        version: Option<i64>,
    ) -> Result<ErasureReceipt, AdminError> {
        let mut transaction = self.store.administrate().await?;
        let tenant = transaction.tenant(slug).await?.ok_or(AdminError::NoTenant)?;
        let mut directory = transaction.lock_directory(tenant.id).await?;
        let stored = find_id(&mut directory, name).await?.ok_or(AdminError::NoUser)?;
        check_version(Some(&stored), version)?;
        let Erased { receipt, counts } = directory.erase(slug, &read(stored.document)?).await?;
        let done = act("user.erase", Some(slug), &receipt, json!(counts));
        transaction.record(&self.actor, &done).await?;
        transaction.commit().await?;
        Ok(ErasureReceipt { receipt, erased_at: self.clock.now(), counts })
    }

    /// Lets the person be brought back who was erased and had `name`: any id, username, e-mail address, external id or
    /// address.
    ///
    /// # Errors
    /// [`AdminError::NotErased`];
    /// [`StoreError::ErasureKey`](crate::store::StoreError::ErasureKey) without the key ring; and those of any operation
    /// on a tenant.
    pub async fn allow_user(&self, slug: &Slug, name: &str) -> Result<(), AdminError> {
        let mut transaction = self.store.administrate().await?;
        let tenant = transaction.tenant(slug).await?.ok_or(AdminError::NoTenant)?;
        let keys: Vec<LookupKey> = LookupKey::readings(name)
            .chain(LookupKey::email_claim(name))
            .chain(LookupKey::scim_user_name(name))
            .collect();
        let receipts = transaction.lock_directory(tenant.id).await?.allow(&keys).await?;
        if receipts.is_empty() {
            return Err(AdminError::NotErased);
        }
        for receipt in &receipts {
            transaction.record(&self.actor, &act("user.allow", Some(slug), receipt, json!({}))).await?;
        }
        Ok(transaction.commit().await?)
    }
}
