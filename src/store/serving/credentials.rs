//! Credentials as rows: what a caller holds leads to what it may do. What a secret *is* belongs to `auth`.

use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::ServingStore;
use super::tenants::{Tenant, TenantColumns};
use crate::store::error::{StoreError, is_no_text};

/// A credential that is neither revoked nor expired.
#[derive(Clone, FromRow)]
pub struct StoredCredential {
    /// The credential.
    #[sqlx(rename = "credential_id")]
    pub id: Uuid,
    /// What a caller names it by.
    pub public_id: String,
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
    pub credential: Uuid,
    /// How often; at least once.
    pub uses: i64,
    /// When last.
    pub last_used_at: OffsetDateTime,
}

impl ServingStore {
    /// The credential that one of whose secrets has this digest.
    ///
    /// # Errors
    /// [`StoreError`].
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
    /// [`StoreError`].
    pub async fn callers_by_public_id(
        &self,
        face: &'static str,
        public_id: &str,
    ) -> Result<Vec<StoredCredential>, StoreError> {
        if is_no_text(public_id) {
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
    /// [`StoreError`].
    pub async fn caller_by_id(
        &self,
        face: &'static str,
        id: Uuid,
        path: Option<(&str, &str)>,
    ) -> Result<Option<StoredCredential>, StoreError> {
        // No row has a text with a NUL, and Postgres takes none: such a path names no tenant.
        let path =
            path.map(
                |(customer, tenant)| {
                    if is_no_text(customer) || is_no_text(tenant) { ("", "") } else { (customer, tenant) }
                },
            );
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
    /// As any statement.
    pub async fn add_credential_uses(&self, uses: &[CredentialUse]) -> Result<(), StoreError> {
        let credentials: Vec<Uuid> = uses.iter().map(|uses| uses.credential).collect();
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
