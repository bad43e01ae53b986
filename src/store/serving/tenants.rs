//! Tenants, as seen by a gateway.

use std::sync::Arc;

use sqlx::FromRow;

use crate::core::id::{Slug, UserPoolId};
use crate::store::{TenantId, TenantSettings};

/// A tenant that is not suspended.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// The tenant.
    pub id: TenantId,
    /// Its name in commands and metrics.
    pub slug: Slug,
    /// Its GenAuth user pool id.
    pub user_pool_id: UserPoolId,
    /// Its settings.
    pub settings: TenantSettings,
}

/// The tenant columns of a row, which may all be null.
#[derive(FromRow)]
pub(super) struct TenantColumns {
    tenant_id: Option<TenantId>,
    slug: Option<String>,
    user_pool_id: Option<String>,
    #[sqlx(json(nullable))]
    settings: Option<TenantSettings>,
}

impl From<TenantColumns> for Option<Arc<Tenant>> {
    fn from(columns: TenantColumns) -> Self {
        Some(Arc::new(Tenant {
            id: columns.tenant_id?,
            slug: columns.slug?.into(),
            user_pool_id: columns.user_pool_id?.into(),
            settings: columns.settings?,
        }))
    }
}
