//! Erasing people: everything that could tell of them goes, and keyed digests keep them out.

mod filter;
mod kept;
mod people;
mod person;
mod search;
mod timelines;

use std::fmt;

use sqlx::PgConnection;

pub use filter::ErasureFilter;
pub use kept::ErasedName;
pub use people::{Erased, ErasureCounts};
pub use person::Person;
pub use search::Traces;

use super::AdminTransaction;
use super::merge::field_of;
use super::users::{LockedDirectory, PutError};
use crate::core::erasure::ErasureKey;
use crate::core::key::{KeyKind, LookupKey};
use crate::store::StoreError;

/// Seals and opens the key of the digests, of which the database has one.
pub trait ErasureKeys: fmt::Debug + Send + Sync {
    /// A new random key, sealed; `None` if it could not be made.
    fn create(&self) -> Option<Vec<u8>>;
    /// The key; `None` if it was sealed under another ring.
    fn open(&self, sealed: &[u8]) -> Option<ErasureKey>;
}

/// The key of the digests; `None` if nobody was ever erased.
async fn key(
    connection: &mut PgConnection,
    keys: Option<&dyn ErasureKeys>,
) -> Result<Option<ErasureKey>, StoreError> {
    let sealed: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT sealed FROM erasure_key").fetch_optional(connection).await?;
    let Some(sealed) = sealed else { return Ok(None) };
    keys.and_then(|keys| keys.open(&sealed)).map(Some).ok_or(StoreError::ErasureKey)
}

/// The key of the digests, created if there is none.
async fn key_or_new(
    connection: &mut PgConnection,
    keys: Option<&dyn ErasureKeys>,
) -> Result<ErasureKey, StoreError> {
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM erasure_key)").fetch_one(&mut *connection).await?;
    if !exists {
        let sealed = keys.and_then(ErasureKeys::create).ok_or(StoreError::ErasureKey)?;
        sqlx::query("INSERT INTO erasure_key (sealed) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(sealed)
            .execute(&mut *connection)
            .await?;
    }
    key(connection, keys).await?.ok_or(StoreError::ErasureKey)
}

async fn was_anybody_erased(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let select = "SELECT EXISTS (SELECT FROM erased_key WHERE tenant_id = bound_tenant() AND bars)";
    Ok(sqlx::query_scalar(select).fetch_one(connection).await?)
}

/// A few digests are looked up one by one; an import, which has many, reads all that are kept.
const FIND_KEPT: &str = "
    SELECT k.digest FROM unnest($1::bytea[]) AS d (digest)
     CROSS JOIN LATERAL (
           SELECT k.digest FROM erased_key k WHERE k.tenant_id = bound_tenant() AND k.digest = d.digest AND k.bars OFFSET 0) k";

impl LockedDirectory<'_> {
    /// # Errors
    /// [`PutError::Erased`] if one of `keys` is that of a person who was erased.
    pub(super) async fn refuse_erased<'k>(
        &mut self,
        keys: impl Iterator<Item = &'k LookupKey>,
    ) -> Result<(), PutError> {
        if !was_anybody_erased(self.connection).await? {
            return Ok(());
        }
        let key = key(self.connection, self.erasure.as_deref()).await?.ok_or(StoreError::ErasureKey)?;
        let of_tenant = key.of(&self.tenant.to_string());
        let (kinds, digests): (Vec<KeyKind>, Vec<Vec<u8>>) = keys
            .flat_map(|name| {
                let digests = of_tenant.barring(name.kind(), name.value());
                digests.map(|digest| (name.kind(), digest.to_vec()))
            })
            .unzip();
        let kept = sqlx::query_scalar(FIND_KEPT).bind(&digests);
        let kept: Vec<Vec<u8>> = kept.fetch_all(&mut *self.connection).await.map_err(StoreError::from)?;
        let erased = kinds.iter().zip(&digests).find(|(_, digest)| kept.contains(digest));
        erased.map_or(Ok(()), |(kind, _)| Err(PutError::Erased(field_of(*kind))))
    }
}

impl AdminTransaction {
    /// The sealed key of the digests, locked until this transaction ends; `None` if nobody was ever erased.
    ///
    /// # Errors
    /// [`StoreError`] if the statement fails.
    pub async fn sealed_erasure_key(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let select = sqlx::query_scalar("SELECT sealed FROM erasure_key FOR UPDATE");
        Ok(select.fetch_optional(self.transaction.connection()?).await?)
    }

    /// Replaces the sealed key of the digests.
    ///
    /// # Errors
    /// [`StoreError`] if the statement fails.
    pub async fn reseal_erasure_key(&mut self, sealed: &[u8]) -> Result<(), StoreError> {
        sqlx::query("UPDATE erasure_key SET sealed = $1")
            .bind(sealed)
            .execute(self.transaction.connection()?)
            .await?;
        Ok(())
    }
}
