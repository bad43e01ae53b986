//! What the owner of the schema does: tenants, credentials, users in and out, and the record of who did what.
//!
//! Every act and its entry in the record are one transaction. The serving role may do none of this.

mod audit;
mod credentials;
mod export;
mod merge;
mod tenants;

use std::time::Duration;

use sqlx::{FromRow, PgConnection, PgTransaction};

use audit::record;
pub use audit::{Act, Actor, AuditEntry, Via};
pub use credentials::{CredentialInfo, NewCredential, NewSecret, SealedSecret, SecretInfo};
pub use export::{ExportSink, RecordKind};
pub use merge::{
    Merge, MergeObserver, MergeOptions, MergeReject, MergeReport, PushError, RecordBatch, RecordError,
    RecordPosition, UsersWritten,
};
pub use tenants::{NewTenant, TenantInfo};

use super::error::StoreError;
use super::id::TenantId;
use super::pool::{Database, PoolOptions};
use crate::core::id::Slug;

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

/// The slug of the tenant that a row is about, if it is about one.
#[derive(FromRow)]
struct TenantColumn {
    tenant: Option<String>,
}

impl From<TenantColumn> for Option<Slug> {
    fn from(column: TenantColumn) -> Self {
        column.tenant.map(Slug::from)
    }
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
    /// [`StoreError::Unavailable`] if no connection can be had in time.
    pub async fn administrate(&self) -> Result<AdminTransaction, StoreError> {
        let transaction = self.database.pool().begin().await?;
        Ok(AdminTransaction { transaction })
    }
}

impl AdminTransaction {
    /// Makes it so.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost before the database answers: it may have been done or not.
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
