//! People who are erased, and those who may come back.

use serde::Serialize;
use serde_json::json;
use time::OffsetDateTime;

use super::users::{check_version, find, read};
use super::{AdminError, Administration, act};
use crate::core::id::Slug;
use crate::core::key::{KeyKind, LookupKey};
use crate::store::{AdminTransaction, Erased, ErasedName, ErasureCounts, Person, PutError, TenantInfo};

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

/// How a person is erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ErasureOptions {
    /// The version of the user, if only that is to be erased.
    pub version: Option<i64>,
    /// Whether digests are kept although nothing of such a person is found.
    pub unknown: bool,
}

/// How often the directory is searched without keeping its writers waiting, while very much of it changes.
const SEARCHES: u32 = 3;

impl Administration {
    /// Erases the person who is the user that `name` means, or who had it: an id, a username, an e-mail address, an
    /// external id or an address. Nothing of the person stays in the database but keyed digests, by which imports and
    /// identity providers are kept from bringing the person back.
    ///
    /// # Errors
    /// [`AdminError::NothingErased`]; [`AdminError::SeveralUsers`]; [`AdminError::Stale`];
    /// [`StoreError::ErasureKey`](crate::store::StoreError::ErasureKey) without the key ring; and those of any operation
    /// on a tenant.
    pub async fn erase_user(
        &self,
        slug: &Slug,
        name: &str,
        options: ErasureOptions,
    ) -> Result<ErasureReceipt, AdminError> {
        let mut searches = 1;
        loop {
            let mut transaction = self.store.administrate().await?;
            let tenant = transaction.tenant(slug).await?.ok_or(AdminError::NoTenant)?;
            let found = person(&mut transaction, &tenant, name, options.version).await?;
            let traces = transaction.search_traces(tenant.id, &found).await?;
            transaction.lock_directory(tenant.id).await?;
            let now = person(&mut transaction, &tenant, name, options.version).await?;
            let mut directory = transaction.lock_directory(tenant.id).await?;
            if searches < SEARCHES && !directory.is_searched(&traces, &now).await? {
                searches += 1;
                continue;
            }
            let Erased { receipt, was_erased, counts } = directory.erase(slug, &now, &traces).await?;
            if counts.found_nothing() && !was_erased && !options.unknown {
                return Err(AdminError::NothingErased);
            }
            let done = act("user.erase", Some(slug), &receipt, json!(counts));
            transaction.record(&self.actor, &done).await?;
            transaction.commit().await?;
            return Ok(ErasureReceipt { receipt, erased_at: self.clock.now(), counts });
        }
    }

    /// Lets the person be brought back who was erased and had `name`: an id, a username, an e-mail address, an external id
    /// or an address, or the digest of the receipt. What was kept of others keeps them out as before.
    ///
    /// # Errors
    /// [`AdminError::NotErased`]; [`AdminError::SeveralErased`];
    /// [`StoreError::ErasureKey`](crate::store::StoreError::ErasureKey) without the key ring; and those of any operation
    /// on a tenant.
    pub async fn allow_user(&self, slug: &Slug, name: &str) -> Result<(), AdminError> {
        let mut transaction = self.store.administrate().await?;
        let tenant = transaction.tenant(slug).await?.ok_or(AdminError::NoTenant)?;
        let mut directory = transaction.lock_directory(tenant.id).await?;
        let receipt = match directory.erased_with(name).await? {
            ErasedName::Nobody => return Err(AdminError::NotErased),
            ErasedName::Several(people) => return Err(AdminError::SeveralErased(people)),
            ErasedName::One(receipt) => directory.allow(receipt).await?,
        };
        transaction.record(&self.actor, &act("user.allow", Some(slug), &receipt, json!({}))).await?;
        Ok(transaction.commit().await?)
    }
}

/// The person who has `name`, or had it.
async fn person(
    transaction: &mut AdminTransaction,
    tenant: &TenantInfo,
    name: &str,
    version: Option<i64>,
) -> Result<Person, AdminError> {
    // Several people may have had a telephone number.
    let keys: Vec<LookupKey> = LookupKey::readings(name).filter(|key| key.kind() != KeyKind::Phone).collect();
    if keys.is_empty() {
        return Err(AdminError::NothingErased);
    }
    let stored = match find(transaction, tenant, &keys).await {
        Ok(id) => transaction.user(tenant.id, &id).await?,
        Err(AdminError::NoUser) => None,
        Err(error) => return Err(error),
    };
    match stored {
        Some(stored) => {
            check_version(Some(&stored), version)?;
            Ok(Person::of_user(read(stored.document)?).map_err(PutError::from)?)
        }
        None if version.is_some() => Err(AdminError::NoUser),
        None => Ok(Person::named(name)),
    }
}
