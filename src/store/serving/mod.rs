//! One tenant's directory, read.

mod credentials;
mod customers;
mod revalidation;
mod timelines;
mod users;

use sqlx::PgConnection;

pub use credentials::{CredentialRow, CredentialUse, NewCredential, NewSecret};
pub use customers::{Customer, CustomerPage};
pub use revalidation::{Answer, Moved, Nonce, Question};
pub use users::{StoredPage, UsersByKeys};

use crate::store::error::StoreError;
use crate::store::pool::Store;
use crate::store::tenants::TenantId;

/// A store bound to one tenant: the only way to user data.
#[derive(Debug, Clone)]
pub struct TenantStore {
    store: Store,
    tenant: TenantId,
}

impl Store {
    /// This store, bound to `tenant`.
    #[must_use]
    pub fn of_tenant(&self, tenant: TenantId) -> TenantStore {
        TenantStore { store: self.clone(), tenant }
    }
}

impl TenantStore {
    /// The tenant it is bound to.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }
}

/// Binds the rest of a transaction to `tenant`.
pub(super) async fn bind(connection: &mut PgConnection, tenant: TenantId) -> Result<(), StoreError> {
    sqlx::query("SELECT set_config('userbatch.tenant', $1, true)")
        .bind(tenant.to_string())
        .execute(connection)
        .await?;
    Ok(())
}
