//! Writing a tenant's directory, in one transaction: readers see it before or after, never between.

mod activity;
mod users;

use sqlx::PgTransaction;

pub use activity::Activity;
pub use users::UserFault;

use super::error::StoreError;
use super::pool::Store;
use super::serving::bind;
use super::tenants::TenantId;

/// A transaction that writes one tenant's directory. Writers of one tenant take turns; dropping it undoes it.
pub struct DirectoryWriter {
    transaction: PgTransaction<'static>,
    tenant: TenantId,
    next_ordinal: i64,
}

impl std::fmt::Debug for DirectoryWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DirectoryWriter").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

impl Store {
    /// Starts writing the directory of `tenant`, after any other writer of it has finished. For administration:
    /// the serving role may not write.
    ///
    /// # Errors
    /// As any statement.
    pub async fn write(&self, tenant: TenantId) -> Result<DirectoryWriter, StoreError> {
        let mut transaction = self.pool().begin().await?;
        bind(&mut transaction, tenant).await?;
        let next_ordinal =
            sqlx::query_scalar("SELECT next_ordinal FROM directory WHERE tenant_id = $1 FOR UPDATE")
                .bind(tenant)
                .fetch_one(&mut *transaction)
                .await?;
        Ok(DirectoryWriter { transaction, tenant, next_ordinal })
    }
}

impl DirectoryWriter {
    /// Makes all that was written visible.
    ///
    /// # Errors
    /// As any statement; then nothing was written.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        sqlx::query("UPDATE directory SET next_ordinal = $2 WHERE tenant_id = $1")
            .bind(self.tenant)
            .bind(self.next_ordinal)
            .execute(&mut *self.transaction)
            .await?;
        self.transaction.commit().await?;
        Ok(())
    }
}
