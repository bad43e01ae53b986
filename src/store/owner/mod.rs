//! What administration does besides users: tenants, credentials, and the record of who did what.
//!
//! Every act and its audit row are one transaction. The serving role may do none of this.

mod audit;
mod credentials;
mod export;
mod merge;
mod tenants;

use sqlx::PgTransaction;

use audit::record;
pub use audit::{Act, Actor, AuditRow, Via};
pub use credentials::{CredentialInfo, SealedSecret, SecretInfo};
pub use export::{DocumentKind, ExportSink};
pub use merge::{
    Merge, MergeObserver, MergeOptions, MergeReject, MergeReport, Place, PushError, RecordBatch, RecordError,
    WriteProgress,
};
pub use tenants::TenantInfo;

use crate::store::{Store, StoreError};

/// A transaction that administrates; dropping it undoes it.
pub struct AdminTransaction {
    transaction: PgTransaction<'static>,
}

impl std::fmt::Debug for AdminTransaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminTransaction").finish_non_exhaustive()
    }
}

impl Store {
    /// Starts administrating.
    ///
    /// # Errors
    /// As any statement.
    pub async fn administrate(&self) -> Result<AdminTransaction, StoreError> {
        let transaction = self.pool().begin().await?;
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
