//! Who is calling, once that is known.

use crate::core::id::CredentialPublicId;
use crate::core::scope::Scope;
use crate::store::{CredentialId, StoredCredential, Tenant};

/// A caller that has proved to hold a credential.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The credential.
    pub credential: CredentialId,
    /// What the caller names it by.
    pub public_id: CredentialPublicId,
    /// The one tenant it opens; none for an AvePoint app registration, which names its tenant in each call.
    pub tenant: Option<Tenant>,
    /// What it permits.
    pub scopes: Vec<Scope>,
    /// Requests a second, if not the gateway's default.
    pub rate_limit: Option<u32>,
}

impl From<&StoredCredential> for Principal {
    fn from(row: &StoredCredential) -> Self {
        Self {
            credential: row.id,
            public_id: row.public_id.clone(),
            tenant: row.tenant.clone(),
            scopes: row.scopes.iter().filter_map(|scope| scope.parse().ok()).collect(),
            rate_limit: row.rate_limit.and_then(|limit| u32::try_from(limit).ok()),
        }
    }
}

impl Principal {
    /// Whether the caller was granted `scope`, by itself or as part of another.
    #[must_use]
    pub fn has_scope(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|granted| granted.implies(scope))
    }

    /// This caller with those of its scopes that a token carries, `carried` being their names separated by spaces.
    pub(super) fn narrowed_to(mut self, carried: &str) -> Self {
        let carried = carried.split(' ').filter_map(|name| name.parse().ok());
        self.scopes = carried.filter(|&scope| self.has_scope(scope)).collect();
        self
    }
}
