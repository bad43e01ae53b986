//! Creating, changing and removing tenants.

use serde::Serialize;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, FromRow};
use time::OffsetDateTime;

use super::{AdminTransaction, OwnerStore, bind};
use crate::core::id::{CustomerPublicId, Slug, TenantPublicId, UserPoolId};
use crate::core::view::Timeline;
use crate::store::id::CustomerId;
use crate::store::{StoreError, TenantId, TenantSettings};

/// A tenant to be created, along with its customer if that does not exist.
#[derive(Debug, Clone)]
pub struct NewTenant {
    /// Name in commands and metrics: lower-case letters, digits and dashes.
    pub slug: Slug,
    /// Display name.
    pub name: String,
    /// The partner that manages the customer.
    pub partner: String,
    /// AvePoint `customerId`.
    pub customer_id: CustomerPublicId,
    /// Name of the customer.
    pub customer_name: String,
    /// AvePoint `tenantId`.
    pub tenant_id: TenantPublicId,
    /// GenAuth user pool id.
    pub user_pool_id: UserPoolId,
}

/// A tenant, as shown to operators.
#[derive(Debug, Clone, PartialEq, FromRow, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantInfo {
    /// The tenant.
    #[serde(skip)]
    pub id: TenantId,
    /// Name in commands and metrics.
    #[sqlx(try_from = "String")]
    pub slug: Slug,
    /// Display name.
    pub name: String,
    /// The partner that manages the customer.
    pub partner: String,
    /// AvePoint `customerId`.
    #[sqlx(try_from = "String")]
    pub customer_id: CustomerPublicId,
    /// AvePoint `tenantId`.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantPublicId,
    /// GenAuth user pool id.
    #[sqlx(try_from = "String")]
    pub user_pool_id: UserPoolId,
    /// The tenant's settings.
    #[sqlx(json)]
    pub settings: TenantSettings,
    /// Since when every face responds as if the tenant did not exist.
    #[serde(with = "time::serde::rfc3339::option")]
    pub suspended_at: Option<OffsetDateTime>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

const SELECT: &str =
    "SELECT t.id, t.slug, t.name, c.partner, c.public_id AS customer_id, t.public_id AS tenant_id,
        t.user_pool_id, t.settings, t.suspended_at, t.created_at
   FROM tenant t JOIN customer c ON c.id = t.customer_id
  WHERE $1::text IS NULL OR t.slug = $1
  ORDER BY t.slug";

/// The tables of a tenant's directory other than its timelines.
const USER_TABLES: [&str; 6] =
    ["user_key", "user_shared_key", r#""user""#, "user_count", "transfer_party", "department"];

/// Statements that delete a tenant's whole directory, in an order safe for readers. Row level security applies to each.
fn empty_directory() -> impl Iterator<Item = String> {
    let tables = USER_TABLES.into_iter().chain(Timeline::ALL.map(Timeline::table));
    tables.map(|table| format!("DELETE FROM {table} WHERE tenant_id = $1"))
}

impl OwnerStore {
    /// The tenants, sorted by slug; only the one with this slug if given.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached; [`StoreError::Denied`] if the role is not the
    /// owner's.
    pub async fn tenants(&self, slug: Option<&Slug>) -> Result<Vec<TenantInfo>, StoreError> {
        let slug = slug.map(Slug::as_str);
        self.pool.read("tenants", || sqlx::query_as(SELECT).bind(slug)).await
    }
}

impl AdminTransaction {
    /// The tenant with this slug.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it; [`StoreError::Denied`] if
    /// the role is not the owner's.
    pub async fn tenant(&mut self, slug: &Slug) -> Result<Option<TenantInfo>, StoreError> {
        Ok(sqlx::query_as(SELECT).bind(slug.as_str()).fetch_optional(self.transaction.connection()?).await?)
    }

    /// The tenant with this slug, locked against changes until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it; [`StoreError::Denied`] if
    /// the role is not the owner's.
    pub async fn lock_tenant(&mut self, slug: &Slug) -> Result<Option<TenantInfo>, StoreError> {
        sqlx::query("SELECT FROM tenant WHERE slug = $1 FOR UPDATE")
            .bind(slug.as_str())
            .execute(self.transaction.connection()?)
            .await?;
        self.tenant(slug).await
    }

    /// The customer of a tenant to be created, created if it does not exist.
    async fn customer(&mut self, tenant: &NewTenant) -> Result<CustomerId, StoreError> {
        // An existing row is written too: this waits for a transaction that is creating it, and locks the row until
        // this one ends.
        let customer = sqlx::query_scalar(
            "INSERT INTO customer AS present (partner, public_id, name) VALUES ($1, $2, $3)
             ON CONFLICT (public_id) DO UPDATE SET public_id = excluded.public_id
                WHERE present.partner = excluded.partner
             RETURNING id",
        )
        .bind(&tenant.partner)
        .bind(tenant.customer_id.as_str())
        .bind(&tenant.customer_name)
        .fetch_optional(self.transaction.connection()?)
        .await?;
        customer.ok_or(StoreError::OtherPartner)
    }

    /// Creates a tenant, with its customer and its empty directory.
    ///
    /// # Errors
    /// [`StoreError::OtherPartner`] if the customer exists and belongs to another partner; [`StoreError::Conflict`] if
    /// one of the tenant's names is in use.
    pub async fn create_tenant(&mut self, tenant: &NewTenant) -> Result<TenantId, StoreError> {
        let customer = self.customer(tenant).await?;
        let id: TenantId = sqlx::query_scalar(
            "INSERT INTO tenant (customer_id, slug, public_id, user_pool_id, name) VALUES ($1, $2, $3, $4, $5)
             RETURNING id",
        )
        .bind(customer)
        .bind(tenant.slug.as_str())
        .bind(tenant.tenant_id.as_str())
        .bind(tenant.user_pool_id.as_str())
        .bind(&tenant.name)
        .fetch_one(self.transaction.connection()?)
        .await
        .map_err(|error| StoreError::from(error).conflict_on("a tenant with this slug, tenant id or user pool id"))?;
        bind(self.transaction.connection()?, id).await?;
        sqlx::query("INSERT INTO directory (tenant_id) VALUES ($1)")
            .bind(id)
            .execute(self.transaction.connection()?)
            .await?;
        Ok(id)
    }

    /// Replaces the tenant's settings.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn set_tenant_settings(
        &mut self,
        tenant: TenantId,
        settings: &TenantSettings,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE tenant SET settings = $2 WHERE id = $1")
            .bind(tenant)
            .bind(Json(settings))
            .execute(self.transaction.connection()?)
            .await?;
        Ok(())
    }

    /// Suspends or resumes the tenant. The time of the first suspension stays.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn set_suspended(&mut self, tenant: TenantId, suspended: bool) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE tenant SET suspended_at = CASE WHEN $2 THEN coalesce(suspended_at, now()) END WHERE id = $1",
        )
        .bind(tenant)
        .bind(suspended)
        .execute(self.transaction.connection()?)
        .await?;
        Ok(())
    }

    /// Removes the tenant, its credentials and its whole directory, after any writer of it has finished; also the
    /// customer, if this was its last tenant.
    ///
    /// # Errors
    /// [`StoreError::Statement`] if the tenant no longer exists.
    pub async fn delete_tenant(&mut self, tenant: TenantId) -> Result<(), StoreError> {
        bind(self.transaction.connection()?, tenant).await?;
        sqlx::query("SELECT FROM directory WHERE tenant_id = $1 FOR UPDATE")
            .bind(tenant)
            .execute(self.transaction.connection()?)
            .await?;
        // Its users need not be noted as removed: nobody can ask.
        sqlx::query("SELECT set_config('userbatch.deleting_tenant', $1, true)")
            .bind(tenant.to_string())
            .execute(self.transaction.connection()?)
            .await?;
        for statement in empty_directory() {
            sqlx::query(AssertSqlSafe(statement))
                .bind(tenant)
                .execute(self.transaction.connection()?)
                .await?;
        }
        let customer: CustomerId =
            sqlx::query_scalar("DELETE FROM tenant WHERE id = $1 RETURNING customer_id")
                .bind(tenant)
                .fetch_one(self.transaction.connection()?)
                .await?;
        sqlx::query(
            "DELETE FROM customer c WHERE c.id = $1 AND NOT EXISTS (SELECT FROM tenant t WHERE t.customer_id = c.id)",
        )
        .bind(customer)
        .execute(self.transaction.connection()?)
        .await?;
        Ok(())
    }
}
