//! Tenants.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::admin::{NewTenantOptions, SettingsChange, TenantChange};
use crate::core::id::{CustomerPublicId, TenantPublicId, UserPoolId};
use crate::store::TenantInfo;

/// A tenant to be made. What is absent is derived or made up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::api::admin) struct NewTenantBody {
    /// Name in commands and metrics: lower-case letters, digits and dashes.
    slug: String,
    /// Name for people; the slug if absent.
    name: Option<String>,
    /// Who runs the customer; `default` if absent.
    partner: Option<String>,
    /// AvePoint `customerId`.
    customer_id: Option<String>,
    /// AvePoint `tenantId`.
    tenant_id: Option<String>,
    /// GenAuth user pool id.
    user_pool_id: Option<String>,
    /// Origins whose pages may call with credentials.
    cors_origins: Option<Vec<String>>,
    /// Requests a second over all credentials of the tenant; 0 for the gateway's default.
    rate_limit: Option<u32>,
    /// The most users that one request may name or one page may hold; 0 for each API's own maximum, above which it
    /// has no effect.
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

/// A change of a tenant; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::api::admin) struct TenantChangeBody {
    /// Whether every API answers as if the tenant were absent.
    suspended: Option<bool>,
    /// Origins whose pages may call with credentials; replaces all.
    cors_origins: Option<Vec<String>>,
    /// Requests a second over all credentials of the tenant; 0 for the gateway's default.
    rate_limit: Option<u32>,
    /// The most users that one request may name or one page may hold; 0 for each API's own maximum, above which it
    /// has no effect.
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
    /// Name in commands and metrics.
    slug: String,
    /// Name for people.
    name: String,
    /// Who runs the customer.
    partner: String,
    /// AvePoint `customerId`.
    customer_id: String,
    /// AvePoint `tenantId`.
    tenant_id: String,
    /// GenAuth user pool id.
    user_pool_id: String,
    /// Origins whose pages may call with credentials.
    cors_origins: Vec<String>,
    /// Requests a second over all credentials of the tenant, if not the gateway's default.
    rate_limit: Option<u32>,
    /// The most users that one request may name or one page may hold, if not each API's own maximum.
    batch_limit: Option<u32>,
    /// Since when every API answers as if the tenant were absent.
    #[serde(with = "time::serde::rfc3339::option")]
    suspended_at: Option<OffsetDateTime>,
    /// When it was made.
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

/// The confirmation of a deletion.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct Confirmation {
    /// The slug again.
    pub(in crate::api::admin) confirm: Option<String>,
}
