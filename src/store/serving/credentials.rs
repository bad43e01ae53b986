//! Credentials as rows: what a caller holds leads to what it may do. What a secret *is* belongs to `auth`.

use sqlx::FromRow;
use time::OffsetDateTime;

use super::ServingStore;
use super::tenants::{Tenant, TenantColumns};
use crate::core::id::{CredentialPublicId, CustomerPublicId, TenantPublicId};
use crate::store::error::{StoreError, contains_nul};
use crate::store::id::CredentialId;

/// A credential that is neither revoked nor expired.
#[derive(Clone, FromRow)]
pub struct StoredCredential {
    /// The credential.
    #[sqlx(rename = "credential_id")]
    pub id: CredentialId,
    /// What a caller names it by.
    #[sqlx(try_from = "String")]
    pub public_id: CredentialPublicId,
    /// The one tenant it opens; none for an AvePoint app registration.
    #[sqlx(flatten, try_from = "TenantColumns")]
    pub tenant: Option<Tenant>,
    /// Granted scopes.
    pub scopes: Vec<String>,
    /// Requests a second, if not the gateway's default.
    pub rate_limit: Option<i32>,
    /// DER of the certificate that verifies its client assertions.
    pub certificate: Option<Vec<u8>>,
    /// A secret of it, sealed.
    pub sealed: Option<Vec<u8>>,
    /// When it, or the secret it was found by, ends.
    pub expires_at: Option<OffsetDateTime>,
    /// How often anything had changed that decides who may call, when it was read.
    pub access_generation: i64,
}

impl std::fmt::Debug for StoredCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredCredential").field("id", &self.id).finish_non_exhaustive()
    }
}

/// How often a credential was used, since it was last told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialUse {
    /// The credential.
    pub credential: CredentialId,
    /// How often; at least once.
    pub uses: i64,
    /// When last.
    pub last_used_at: OffsetDateTime,
}

impl ServingStore {
    /// The credential that one of whose secrets has this digest.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, [`StoreError::TimedOut`] if it does not answer in
    /// time.
    pub async fn caller_by_digest(
        &self,
        face: &'static str,
        digest: [u8; 32],
    ) -> Result<Option<StoredCredential>, StoreError> {
        self.database
            .read("caller_by_digest", |pool| async move {
                sqlx::query_as("SELECT * FROM caller_by_digest($1, $2)")
                    .bind(face)
                    .bind(digest.as_slice())
                    .fetch_optional(&pool)
                    .await
            })
            .await
    }

    /// The credential of this public id, once for each of its secrets that is still good, newest first.
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
        self.database
            .read("caller_by_public_id", |pool| async move {
                sqlx::query_as("SELECT * FROM caller_by_public_id($1, $2)")
                    .bind(face)
                    .bind(public_id)
                    .fetch_all(&pool)
                    .await
            })
            .await
    }

    /// The credential of this id, with the one tenant that it opens; or with the tenant that `path` names by the
    /// customer's and the tenant's public ids, if the credential may access it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, [`StoreError::TimedOut`] if it does not answer in
    /// time.
    pub async fn caller_by_id(
        &self,
        face: &'static str,
        id: CredentialId,
        path: Option<(&CustomerPublicId, &TenantPublicId)>,
    ) -> Result<Option<StoredCredential>, StoreError> {
        // No row has a text with a NUL, and Postgres takes none: such a path names no tenant.
        let path = path.map(|(customer, tenant)| (customer.as_str(), tenant.as_str()));
        let path = path.map(|path| if contains_nul(path.0) || contains_nul(path.1) { ("", "") } else { path });
        self.database
            .read("caller_by_id", |pool| async move {
                sqlx::query_as("SELECT * FROM caller_by_id($1, $2, $3, $4)")
                    .bind(face)
                    .bind(id)
                    .bind(path.map(|(customer, _)| customer))
                    .bind(path.map(|(_, tenant)| tenant))
                    .fetch_optional(&pool)
                    .await
            })
            .await
    }

    /// Adds `uses` to the sums of their credentials; one that is no longer there is passed over. Never tried twice: if
    /// only the answer to the first try was lost, all would be counted again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::TimedOut`] if the database does not answer: `uses` may have been
    /// added or not.
    pub async fn add_credential_uses(&self, uses: &[CredentialUse]) -> Result<(), StoreError> {
        let credentials: Vec<CredentialId> = uses.iter().map(|uses| uses.credential).collect();
        let counted: Vec<i64> = uses.iter().map(|uses| uses.uses).collect();
        let last_used: Vec<OffsetDateTime> = uses.iter().map(|uses| uses.last_used_at).collect();
        let (credentials, counted, last_used) = (&credentials, &counted, &last_used);
        let statement = |pool| async move {
            sqlx::query("SELECT add_credential_uses($1, $2, $3)")
                .bind(credentials)
                .bind(counted)
                .bind(last_used)
                .execute(&pool)
                .await
        };
        self.database.once("add_credential_uses", &statement).await.map(drop)
    }
}
