//! Customers and tenants.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use super::error::StoreError;
use super::pool::Store;

/// Names one tenant. Only a row of the database makes one: a handler cannot invent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct TenantId(Uuid);

impl std::fmt::Display for TenantId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a tenant may set for itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TenantSettings {
    /// Origins whose pages may call with credentials; see the BitBadges face.
    pub cors_origins: Vec<String>,
    /// Requests a second over all credentials of the tenant; the gateway's default if absent.
    pub rate_limit: Option<u32>,
}

/// A tenant that is not suspended.
#[derive(Debug, Clone, FromRow)]
pub struct TenantRow {
    /// The tenant.
    #[sqlx(rename = "tenant_id")]
    pub id: TenantId,
    /// Its name in commands and metrics.
    pub slug: String,
    /// Its GenAuth user pool id.
    pub user_pool_id: String,
    /// Its settings.
    pub settings: Json<TenantSettings>,
}

/// A tenant to be made; its customer is made with it if there is none of that id.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// Name in commands and metrics: lower-case letters, digits and dashes.
    pub slug: String,
    /// Name for people.
    pub name: String,
    /// Who runs the customer.
    pub partner: String,
    /// AvePoint `customerId`.
    pub customer_id: String,
    /// Name of the customer.
    pub customer_name: String,
    /// AvePoint `tenantId`.
    pub tenant_id: String,
    /// GenAuth user pool id.
    pub user_pool_id: String,
}

impl Store {
    /// The tenant, unless it is suspended or gone.
    ///
    /// # Errors
    /// As any statement.
    pub async fn tenant(&self, id: TenantId) -> Result<Option<TenantRow>, StoreError> {
        self.read("tenant", |pool| async move {
            sqlx::query_as("SELECT tenant_id, slug, user_pool_id, settings FROM active_tenant($1)")
                .bind(id)
                .fetch_optional(&pool)
                .await
        })
        .await
    }

    /// The tenant behind a customer's and a tenant's public ids, if `credential` may touch it.
    ///
    /// # Errors
    /// As any statement.
    pub async fn tenant_of_customer(
        &self,
        credential: Uuid,
        customer: &str,
        tenant: &str,
    ) -> Result<Option<TenantId>, StoreError> {
        self.read("tenant_of_customer", |pool| async move {
            sqlx::query_scalar("SELECT tenant_id FROM tenant_of_customer($1, $2, $3)")
                .bind(credential)
                .bind(customer)
                .bind(tenant)
                .fetch_optional(&pool)
                .await
        })
        .await
    }

    /// The tenant with this slug, suspended or not. For administration: the serving role may not ask.
    ///
    /// # Errors
    /// As any statement.
    pub async fn tenant_by_slug(&self, slug: &str) -> Result<Option<TenantId>, StoreError> {
        self.read("tenant_by_slug", |pool| async move {
            sqlx::query_scalar("SELECT id FROM tenant WHERE slug = $1")
                .bind(slug)
                .fetch_optional(&pool)
                .await
        })
        .await
    }

    /// Makes a tenant, with its customer and its empty directory.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if one of its names is taken.
    pub async fn create_tenant(&self, tenant: &NewTenant) -> Result<TenantId, StoreError> {
        let mut transaction = self.administrate().await?;
        let id = transaction.create_tenant(tenant).await?;
        transaction.commit().await?;
        Ok(id)
    }
}
