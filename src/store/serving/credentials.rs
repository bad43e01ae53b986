//! Credential rows: from what a caller presents to what it may do. What a secret *is* belongs to `auth`.

use std::sync::Arc;

use sqlx::FromRow;
use time::OffsetDateTime;

use super::ServingStore;
use super::tenants::{Tenant, TenantColumns};
use crate::core::id::{CredentialPublicId, CustomerPublicId, TenantPublicId};
use crate::store::PUBLISHABLE;
use crate::store::error::{StoreError, contains_nul};
use crate::store::id::CredentialId;

/// A credential that is neither revoked nor expired.
#[derive(Clone, FromRow)]
pub struct StoredCredential {
    /// The credential.
    #[sqlx(rename = "credential_id")]
    pub id: CredentialId,
    /// Its public id.
    #[sqlx(try_from = "String")]
    pub public_id: CredentialPublicId,
    /// The one tenant it opens; none for an AvePoint app registration. Shared by all who were found by one look-up.
    #[sqlx(flatten, try_from = "TenantColumns")]
    pub tenant: Option<Arc<Tenant>>,
    /// Granted scopes.
    pub scopes: Vec<String>,
    /// Requests per second, if not the gateway's default.
    pub rate_limit: Option<i32>,
    /// DER of the certificate that verifies its client assertions.
    pub certificate: Option<Vec<u8>>,
    /// One of its secrets, encrypted.
    pub sealed: Option<Vec<u8>>,
    /// Expiry of the credential, or of the secret by which it was found.
    pub expires_at: Option<OffsetDateTime>,
    /// The counter of changes that affect who may call, as of this read.
    pub access_generation: i64,
}

impl StoredCredential {
    /// Whether its secrets are publishable keys.
    #[must_use]
    pub fn is_publishable(&self) -> bool {
        self.scopes.iter().any(|scope| scope == PUBLISHABLE)
    }
}

impl std::fmt::Debug for StoredCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredCredential").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Requests made with a credential since the last report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialUse {
    /// The credential.
    pub credential: CredentialId,
    /// Number of requests; at least 1.
    pub uses: i64,
    /// Time of the last one.
    pub last_used_at: OffsetDateTime,
}

const BY_ID: &str = "SELECT * FROM caller_by_id($1, $2, $3, $4)";
/// The expiry is the earlier of the credential's and the secret's.
const BY_ID_AND_SECRET: &str = "
    SELECT c.access_generation, c.credential_id, c.public_id, c.partner, c.scopes, c.rate_limit, c.certificate, c.sealed,
           s.expires_at, c.tenant_id, c.slug, c.user_pool_id, c.settings
      FROM caller_by_id($1, $2, $3, $4) c
      JOIN caller_by_digest($1, $5) s ON s.credential_id = c.credential_id";

/// The row of a function that returns nothing.
#[derive(FromRow)]
struct Nothing {}

impl ServingStore {
    /// The credential with a secret of this digest.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, [`StoreError::TimedOut`] if it does not answer in
    /// time.
    pub async fn caller_by_digest(
        &self,
        face: &'static str,
        digest: [u8; 32],
    ) -> Result<Option<StoredCredential>, StoreError> {
        let query =
            || sqlx::query_as("SELECT * FROM caller_by_digest($1, $2)").bind(face).bind(digest.as_slice());
        Ok(self.pool.read("caller_by_digest", query).await?.pop())
    }

    /// The credential with this public id, once for each of its valid secrets, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, [`StoreError::TimedOut`] if it does not answer in
    /// time.
    pub async fn callers_by_public_id(
        &self,
        face: &'static str,
        public_id: &CredentialPublicId,
    ) -> Result<Vec<StoredCredential>, StoreError> {
        let public_id = public_id.as_str();
        if contains_nul(public_id) {
            return Ok(Vec::new());
        }
        let query = || sqlx::query_as("SELECT * FROM caller_by_public_id($1, $2)").bind(face).bind(public_id);
        self.pool.read("caller_by_public_id", query).await
    }

    /// The credential with this id, and the one tenant that it opens; or the tenant that `path` names by the
    /// customer's and the tenant's public ids, if the credential may access it. With `secret`, only as long as its secret
    /// of this digest is valid.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, [`StoreError::TimedOut`] if it does not answer in
    /// time.
    pub async fn caller_by_id(
        &self,
        face: &'static str,
        id: CredentialId,
        path: Option<(&CustomerPublicId, &TenantPublicId)>,
        secret: Option<[u8; 32]>,
    ) -> Result<Option<StoredCredential>, StoreError> {
        // No stored text contains a NUL, and PostgreSQL rejects one: such a path matches no tenant.
        let path = path.map(|(customer, tenant)| (customer.as_str(), tenant.as_str()));
        let path =
            path.map(|path| if contains_nul(path.0) || contains_nul(path.1) { ("", "") } else { path });
        let statement = if secret.is_some() { BY_ID_AND_SECRET } else { BY_ID };
        let query = || {
            let query = sqlx::query_as(statement).bind(face).bind(id);
            let query = query.bind(path.map(|(customer, _)| customer)).bind(path.map(|(_, tenant)| tenant));
            match secret {
                Some(digest) => query.bind(digest.to_vec()),
                None => query,
            }
        };
        Ok(self.pool.read("caller_by_id", query).await?.pop())
    }

    /// Adds `uses` to the counts of their credentials; credentials that no longer exist are skipped. Never retried: if
    /// only the response to the first attempt was lost, all would be counted twice.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::TimedOut`] if the database does not answer: `uses` may or may not
    /// have been added.
    pub async fn add_credential_uses(&self, uses: &[CredentialUse]) -> Result<(), StoreError> {
        let credentials: Vec<CredentialId> = uses.iter().map(|uses| uses.credential).collect();
        let counted: Vec<i64> = uses.iter().map(|uses| uses.uses).collect();
        let last_used: Vec<OffsetDateTime> = uses.iter().map(|uses| uses.last_used_at).collect();
        let query = sqlx::query_as("SELECT FROM add_credential_uses($1, $2, $3)");
        let query = query.bind(credentials).bind(counted).bind(last_used);
        self.pool.once::<Nothing>("add_credential_uses", query).await.map(drop)
    }
}
