//! The authenticated caller.

use std::sync::Arc;

use crate::core::id::CredentialPublicId;
use crate::core::scope::Scope;
use crate::store::{CredentialId, StoredCredential, Tenant};

/// A caller that has proved possession of a credential.
#[derive(Debug, Clone)]
pub struct Principal {
    /// Id of the credential.
    pub credential: CredentialId,
    /// Public id of the credential: client id or access key id.
    pub public_id: CredentialPublicId,
    /// Its tenant; `None` for an AvePoint app registration, whose requests name the tenant.
    pub tenant: Option<Arc<Tenant>>,
    /// Granted scopes.
    pub scopes: Vec<Scope>,
    /// Whether it has a publishable key, which everybody may know: it counts only for pages of the tenant's origins, and
    /// opens only what is public.
    pub is_publishable: bool,
    /// Rate limit, in requests per second; `None` for the gateway's default.
    pub rate_limit: Option<u32>,
    /// The secret that it proved possession of, to which its tokens are bound.
    pub(super) secret: Option<SecretDigest>,
}

/// The digest of a secret.
#[derive(Clone, Copy)]
pub(super) struct SecretDigest(pub(super) [u8; 32]);

impl std::fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretDigest").finish_non_exhaustive()
    }
}

impl From<&StoredCredential> for Principal {
    fn from(row: &StoredCredential) -> Self {
        Self {
            credential: row.id,
            public_id: row.public_id.clone(),
            tenant: row.tenant.clone(),
            scopes: row.scopes.iter().filter_map(|scope| scope.parse().ok()).collect(),
            is_publishable: row.is_publishable(),
            rate_limit: row.rate_limit.and_then(|limit| u32::try_from(limit).ok()),
            secret: None,
        }
    }
}

impl Principal {
    /// Whether the caller was granted `scope`, directly or as part of another.
    #[must_use]
    pub fn has_scope(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|granted| granted.implies(scope))
    }

    /// This caller, restricted to the scopes of a token. `carried` holds their names, separated by spaces.
    pub(super) fn narrowed_to(mut self, carried: &str) -> Self {
        let carried = carried.split(' ').filter_map(|name| name.parse().ok());
        self.scopes = carried.filter(|&scope| self.has_scope(scope)).collect();
        self
    }
}
