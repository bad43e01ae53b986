//! Customers and tenants.

use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row as _};
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
    /// The most users that one request may name or one page may hold, where that is fewer than its API lets through;
    /// absent or 0 for the API's own maximum.
    pub batch_limit: Option<u32>,
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

/// The tenant in a row that need not have one.
#[derive(Debug, Clone)]
pub struct FoundTenant(pub Option<TenantRow>);

impl FromRow<'_, PgRow> for FoundTenant {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let id: Option<TenantId> = row.try_get("tenant_id")?;
        let tenant = id.map(|_| TenantRow::from_row(row));
        tenant.transpose().map(Self)
    }
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
    /// Whether any tenant that is not suspended lists `origin` among its [`TenantSettings::cors_origins`].
    ///
    /// # Errors
    /// As any statement.
    pub async fn cors_origin_listed(&self, origin: &str) -> Result<bool, StoreError> {
        self.read("cors_origin_listed", |pool| async move {
            sqlx::query_scalar("SELECT cors_origin_listed($1)").bind(origin).fetch_one(&pool).await
        })
        .await
    }
}
