//! Administration as the owner of the schema: tenants, credentials, import and export of users, and the audit log.
//!
//! Every action and its audit log entry are one transaction. The serving role may do none of this.

/// SQL: whether the AvePoint credential `c` is for the customer `k`, usable or not.
macro_rules! is_for_customer {
    () => {
        "k.partner = c.partner AND (NOT c.narrowed OR EXISTS (SELECT FROM credential_customer g
            WHERE g.credential_id = c.id AND g.customer_id = k.id))"
    };
}

mod audit;
mod changes;
mod credentials;
mod departments;
mod erasure;
mod export;
mod find;
mod lookup;
mod merge;
mod tenants;
mod users;
mod words;

use std::sync::Arc;
use std::time::Duration;

use sqlx::{FromRow, PgConnection};

use audit::record;
pub use audit::{Act, Actor, AuditEntry, Via};
pub use changes::{Change, ChangePage, FeedPosition, FeedStep, UserChange};
pub use credentials::{CredentialInfo, NewCredential, NewSecret, SealedSecret, SecretInfo};
pub use departments::{DepartmentKey, DepartmentPage, MembersWanted, Membership, StoredDepartment};
pub use erasure::{Erased, ErasedName, ErasureCounts, ErasureFilter, ErasureKeys, Person, Traces};
pub use export::{Export, ExportSink, RecordKind};
pub use find::{FoundUsers, WordPlace};
pub use lookup::lookup_indexes;
pub use merge::{
    ChangedFields, Join, MaxRemovals, Merge, MergeObserver, MergeOptions, MergeReject, MergeReport,
    PushError, RecordBatch, RecordError, RecordPosition, Unlisted, UsersWritten,
};
pub use tenants::{NewTenant, TenantInfo};
pub use users::{LockedDirectory, PlacedUser, PutError, StoredUser};

use super::connect::Connector;
use super::error::StoreError;
use super::id::TenantId;
use super::pool::{Pool, PoolOptions, Transaction, TransactionLimits, in_time};
use crate::core::id::Slug;

/// Longest that a statement of a [reading](OwnerStore::read) transaction may take: as long as one of the serving role, see
/// `sql/role.sql`.
const READ_LIMIT: Duration = Duration::from_secs(5);

/// How an owner's store connects to its database.
#[derive(Debug, Clone)]
pub struct OwnerOptions {
    /// Of its pool. Each export and each merge takes one more connection.
    pub pool: PoolOptions,
    /// How long the server waits for a client to read rows of an export before it ends the export's connection.
    pub export_untaken: Duration,
    /// How long an administrative transaction waits for another's lock, such as an import's.
    pub lock_wait: Duration,
}

impl Default for OwnerOptions {
    fn default() -> Self {
        Self {
            pool: PoolOptions::default(),
            export_untaken: Duration::from_mins(5),
            lock_wait: Duration::from_mins(10),
        }
    }
}

/// The database, as accessed by the schema's owner. Cheap to clone.
#[derive(Debug, Clone)]
pub struct OwnerStore {
    pool: Pool,
    export_untaken: Duration,
    lock_wait: Duration,
    erasure: Option<Arc<dyn ErasureKeys>>,
}

/// The slug of the tenant that a row belongs to, if any.
#[derive(FromRow)]
struct TenantColumn {
    tenant: Option<String>,
}

impl From<TenantColumn> for Option<Slug> {
    fn from(column: TenantColumn) -> Self {
        column.tenant.map(Slug::from)
    }
}

/// An administrative transaction; rolled back if dropped.
pub struct AdminTransaction {
    transaction: Transaction,
    erasure: Option<Arc<dyn ErasureKeys>>,
}

impl std::fmt::Debug for AdminTransaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminTransaction").finish_non_exhaustive()
    }
}

impl OwnerStore {
    /// A store on `url`, connected on first use.
    ///
    /// # Errors
    /// [`StoreError::Statement`] if `url` is not a PostgreSQL URL.
    pub fn new(url: &str, options: &OwnerOptions) -> Result<Self, StoreError> {
        let pool = Pool::new(Connector::new(url)?.for_owner(), &options.pool);
        Ok(Self { pool, export_untaken: options.export_untaken, lock_wait: options.lock_wait, erasure: None })
    }

    /// With the keys that tell who was erased.
    #[must_use]
    pub fn with_erasure_keys(self, keys: Arc<dyn ErasureKeys>) -> Self {
        Self { erasure: Some(keys), ..self }
    }

    /// Closes every connection of the pool once its current statement is finished.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if no connection becomes available in time; [`StoreError::TimedOut`] if the server is
    /// silent.
    pub async fn administrate(&self) -> Result<AdminTransaction, StoreError> {
        self.begin(None).await
    }

    /// Begins a transaction that reads, for a caller: none of its statements may take longer than one of a caller's of the
    /// vendors' APIs.
    ///
    /// # Errors
    /// As [`Self::administrate`].
    pub async fn read(&self) -> Result<AdminTransaction, StoreError> {
        self.begin(Some(READ_LIMIT)).await
    }

    /// Maximum number of connections.
    #[must_use]
    pub fn max_connections(&self) -> usize {
        self.pool.max_connections()
    }

    async fn begin(&self, statement: Option<Duration>) -> Result<AdminTransaction, StoreError> {
        let limits = TransactionLimits { lock: self.lock_wait, statement };
        let transaction = in_time(self.pool.begin(limits)).await?;
        Ok(AdminTransaction { transaction, erasure: self.erasure.clone() })
    }
}

impl AdminTransaction {
    /// Commits the transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost before an answer: the commit may have succeeded.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().await
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
