//! The gateway's access as the serving role: it looks up callers, and reads one tenant's directory at a time.

mod credentials;
mod customers;
mod pooling;
mod revalidation;
mod schema;
mod tenants;
mod timelines;
mod users;

pub use credentials::{CredentialUse, StoredCredential};
pub use customers::{Customer, CustomerPage};
pub use revalidation::{Answer, Moved, Nonce, Question};
pub use schema::SchemaState;
pub use tenants::Tenant;
pub use users::{StoredPage, UsersByKeys};

use super::connect::Connector;
use super::error::StoreError;
use super::id::TenantId;
use super::pool::{Pool, PoolOptions};

/// The database, as accessed by the serving role. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ServingStore {
    pool: Pool,
}

/// A store bound to one tenant: the only access to user data.
#[derive(Debug, Clone)]
pub struct TenantStore {
    pool: Pool,
    tenant: TenantId,
}

impl ServingStore {
    /// A store on `url`, connected on first use, so that a gateway starts, and recovers, without its database.
    ///
    /// # Errors
    /// [`StoreError::Statement`] if `url` is not a PostgreSQL URL.
    pub fn new(url: &str, options: &PoolOptions) -> Result<Self, StoreError> {
        Ok(Self { pool: Pool::new(Connector::new(url)?.for_gateway(), options) })
    }

    /// This store, bound to `tenant`.
    #[must_use]
    pub fn of_tenant(&self, tenant: TenantId) -> TenantStore {
        TenantStore { pool: self.pool.clone(), tenant }
    }

    /// Whether row level security applies to the role with which this store connects.
    ///
    /// # Errors
    /// [`StoreError::Unmigrated`] if the database has no schema yet; [`StoreError::Unavailable`] if it cannot be
    /// reached.
    pub async fn is_row_secured(&self) -> Result<bool, StoreError> {
        let query = || {
            sqlx::query_as(
                "SELECT NOT (r.rolsuper OR r.rolbypassrls) AND NOT pg_has_role(c.relowner, 'USAGE')
                   FROM pg_roles r, pg_class c
                  WHERE r.rolname = current_user AND c.oid = '\"user\"'::regclass",
            )
        };
        let rows: Vec<(bool,)> = self.pool.read("is_row_secured", query).await?;
        Ok(rows.contains(&(true,)))
    }

    /// Maximum number of connections.
    #[must_use]
    pub fn max_connections(&self) -> usize {
        self.pool.max_connections()
    }

    /// Number of statements sent so far, over all clones of this store.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.pool.statements()
    }

    /// Closes every connection once its current statement is finished.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl TenantStore {
    /// The tenant to which it is bound.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }
}
