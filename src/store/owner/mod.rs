//! What administration does besides users: tenants, credentials, and the record of who did what.
//!
//! Every act and its audit row are one transaction. The serving role may do none of this.

mod audit;
mod credentials;
mod export;
mod merge;
mod tenants;

use std::time::Duration;

use sqlx::{PgConnection, PgTransaction};

use audit::record;
pub use audit::{Act, Actor, AuditEntry, Via};
pub use credentials::{CredentialInfo, NewCredential, NewSecret, SealedSecret, SecretInfo};
pub use export::{DocumentKind, ExportSink};
pub use merge::{
    Merge, MergeObserver, MergeOptions, MergeReject, MergeReport, Place, PushError, RecordBatch, RecordError,
    WriteProgress,
};
pub use tenants::{NewTenant, TenantInfo};

use super::error::StoreError;
use super::id::TenantId;
use super::pool::{Database, PoolOptions};

/// How an owner's store reaches its database.
#[derive(Debug, Clone)]
pub struct OwnerOptions {
    /// Of its pool. Each export and each merge takes one connection more.
    pub pool: PoolOptions,
    /// How long the server sends rows of an export that nobody takes, before it ends the export's connection.
    pub export_untaken: Duration,
}

impl Default for OwnerOptions {
    fn default() -> Self {
        Self { pool: PoolOptions::default(), export_untaken: Duration::from_mins(5) }
    }
}

/// The database, as the owner of its schema sees it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct OwnerStore {
    database: Database,
    export_untaken: Duration,
}

/// A transaction that administrates; dropping it undoes it.
pub struct AdminTransaction {
    transaction: PgTransaction<'static>,
}

impl std::fmt::Debug for AdminTransaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminTransaction").finish_non_exhaustive()
    }
}

impl OwnerStore {
    /// A store on `url`, which connects when first used.
    ///
    /// # Errors
    /// [`StoreError::Statement`] if `url` is no Postgres URL.
    pub fn new(url: &str, options: &OwnerOptions) -> Result<Self, StoreError> {
        let database = Database::new(url, &options.pool)?;
        Ok(Self { database, export_untaken: options.export_untaken })
    }

    /// Closes every connection of the pool, after the statements that run on them.
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// Starts administrating.
    ///
    /// # Errors
    /// As any statement.
    pub async fn administrate(&self) -> Result<AdminTransaction, StoreError> {
        let transaction = self.database.pool().begin().await?;
        Ok(AdminTransaction { transaction })
    }
}

impl AdminTransaction {
    /// Makes it so.
    ///
    /// # Errors
    /// As any statement; then nothing was done.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }
}

/// Binds the rest of a transaction to `tenant`.
async fn bind(connection: &mut PgConnection, tenant: TenantId) -> Result<(), StoreError> {
    sqlx::query("SELECT set_config('userbatch.tenant', $1, true)")
        .bind(tenant.to_string())
        .execute(connection)
        .await?;
    Ok(())
}
