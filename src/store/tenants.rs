//! What both roles know of a tenant.

use serde::{Deserialize, Serialize};

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
