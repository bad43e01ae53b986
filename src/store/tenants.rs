//! Tenant types shared by both roles.

use serde::{Deserialize, Serialize};

/// Settings of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TenantSettings {
    /// Origins whose pages may send requests with credentials; see the BitBadges face.
    pub cors_origins: Vec<String>,
    /// Requests per second over all credentials of the tenant; the gateway's default if absent.
    pub rate_limit: Option<u32>,
    /// Maximum number of users that one request may name or one page may hold, if lower than the API's; the API's own
    /// maximum if absent or 0.
    pub batch_limit: Option<u32>,
}
