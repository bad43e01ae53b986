//! Tenants.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::admin::{NewTenantOptions, SettingsChange, TenantChange};
use crate::core::id::{CustomerPublicId, TenantPublicId, UserPoolId};
use crate::store::TenantInfo;

/// A tenant to create. Missing ids are generated.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::api::admin) struct NewTenantBody {
    /// Identifier in commands and metrics: lower-case letters, digits and hyphens.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]{0,62}$")]
    slug: String,
    /// Display name; the slug by default.
    name: Option<String>,
    /// Partner that manages the customer; `default` if omitted.
    partner: Option<String>,
    /// AvePoint `customerId`.
    customer_id: Option<String>,
    /// AvePoint `tenantId`.
    tenant_id: Option<String>,
    /// GenAuth user pool id.
    user_pool_id: Option<String>,
    /// CORS origins allowed to send credentialed requests.
    cors_origins: Option<Vec<String>>,
    /// Rate limit over all credentials of the tenant, in requests per second; 0 for none.
    rate_limit: Option<u32>,
    /// Maximum number of users per request or page; 0 for each API's own maximum, which it cannot exceed.
    batch_limit: Option<u32>,
}

impl From<NewTenantBody> for NewTenantOptions {
    fn from(body: NewTenantBody) -> Self {
        Self {
            slug: body.slug.into(),
            name: body.name,
            partner: body.partner,
            customer_id: body.customer_id.map(CustomerPublicId::from),
            tenant_id: body.tenant_id.map(TenantPublicId::from),
            user_pool_id: body.user_pool_id.map(UserPoolId::from),
            settings: SettingsChange {
                cors_origins: body.cors_origins,
                rate_limit: body.rate_limit,
                batch_limit: body.batch_limit,
            },
        }
    }
}

/// Changes to a tenant; missing members are left unchanged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::api::admin) struct TenantChangeBody {
    /// Whether every API responds as if the tenant did not exist.
    suspended: Option<bool>,
    /// CORS origins allowed to send credentialed requests; replaces the list.
    cors_origins: Option<Vec<String>>,
    /// Rate limit over all credentials of the tenant, in requests per second; 0 for none.
    rate_limit: Option<u32>,
    /// Maximum number of users per request or page; 0 for each API's own maximum, which it cannot exceed.
    batch_limit: Option<u32>,
}

impl From<TenantChangeBody> for TenantChange {
    fn from(body: TenantChangeBody) -> Self {
        let settings = SettingsChange {
            cors_origins: body.cors_origins,
            rate_limit: body.rate_limit,
            batch_limit: body.batch_limit,
        };
        Self { settings, suspended: body.suspended }
    }
}

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct TenantBody {
    /// Identifier in commands and metrics.
    slug: String,
    /// Display name.
    name: String,
    /// Partner that manages the customer.
    partner: String,
    /// AvePoint `customerId`.
    customer_id: String,
    /// AvePoint `tenantId`.
    tenant_id: String,
    /// GenAuth user pool id.
    user_pool_id: String,
    /// CORS origins allowed to send credentialed requests.
    cors_origins: Vec<String>,
    /// Rate limit over all credentials of the tenant, in requests per second; null for none.
    #[schema(required = true)]
    rate_limit: Option<u32>,
    /// Maximum number of users per request or page; null for each API's own maximum.
    #[schema(required = true)]
    batch_limit: Option<u32>,
    /// When it was suspended; null if it is not.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    suspended_at: Option<OffsetDateTime>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl From<TenantInfo> for TenantBody {
    fn from(tenant: TenantInfo) -> Self {
        Self {
            slug: tenant.slug.into(),
            name: tenant.name,
            partner: tenant.partner,
            customer_id: tenant.customer_id.into(),
            tenant_id: tenant.tenant_id.into(),
            user_pool_id: tenant.user_pool_id.into(),
            cors_origins: tenant.settings.cors_origins,
            rate_limit: tenant.settings.rate_limit,
            batch_limit: tenant.settings.batch_limit,
            suspended_at: tenant.suspended_at,
            created_at: tenant.created_at,
        }
    }
}

/// Confirmation of a deletion.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct Confirmation {
    /// The slug of the tenant again.
    pub(in crate::api::admin) confirm: Option<String>,
}
