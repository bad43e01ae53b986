//! Who is calling, once that is known.

use uuid::Uuid;

use crate::store::{CredentialRow, TenantRow};

/// A caller that has proved to hold a credential.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The credential.
    pub credential: Uuid,
    /// What the caller names it by.
    pub public_id: String,
    /// The one tenant it opens; none for an AvePoint app registration, which names its tenant in each call.
    pub tenant: Option<TenantRow>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Requests a second, if not the gateway's default.
    pub rate_limit: Option<u32>,
}

impl From<&CredentialRow> for Principal {
    fn from(row: &CredentialRow) -> Self {
        Self {
            credential: row.id,
            public_id: row.public_id.clone(),
            tenant: row.tenant.0.clone(),
            scopes: row.scopes.clone(),
            rate_limit: row.rate_limit.and_then(|limit| u32::try_from(limit).ok()),
        }
    }
}

impl Principal {
    /// Whether the caller was granted `scope`: to the letter, or a `readwrite` scope in which its `read` is
    /// contained, as `elements.um.user.read.all` is in `elements.um.user.readwrite.all`.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        let wider = scope.replace(".read.", ".readwrite.");
        self.scopes.iter().any(|granted| *granted == scope || *granted == wider)
    }
}
