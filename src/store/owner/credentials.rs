//! Creating, listing and ending credentials.

use serde::Serialize;
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{AdminTransaction, OwnerStore, TenantColumn};
use crate::core::id::{CredentialPublicId, CustomerPublicId, Slug};
use crate::store::{CredentialId, StoreError, TenantId};

/// A credential to be created.
#[derive(Debug, Clone)]
pub struct NewCredential {
    /// Its face: `bitbadges`, `avepoint` or `genauth`.
    pub face: &'static str,
    /// Its public id; unique within the face.
    pub public_id: CredentialPublicId,
    /// The one tenant it opens.
    pub tenant_id: Option<TenantId>,
    /// The partner whose customers it opens.
    pub partner: Option<String>,
    /// Display name.
    pub name: String,
    /// Granted scopes; [`PUBLISHABLE`] among them if its secrets are publishable keys.
    ///
    /// [`PUBLISHABLE`]: crate::store::PUBLISHABLE
    pub scopes: Vec<String>,
    /// Requests per second.
    pub rate_limit: Option<i32>,
    /// DER of the certificate that verifies its client assertions.
    pub certificate: Option<Vec<u8>>,
    /// When it expires.
    pub expires_at: Option<OffsetDateTime>,
}

/// A secret to be stored with a credential.
#[derive(Clone)]
pub struct NewSecret {
    /// SHA-256 of the secret.
    pub digest: [u8; 32],
    /// The encrypted secret, if signatures must be verified with it.
    pub sealed: Option<Vec<u8>>,
    /// Its last four characters, to tell secrets apart.
    pub last_four: String,
}

impl std::fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSecret").finish_non_exhaustive()
    }
}

/// What is shown of a secret: never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all(serialize = "camelCase"))]
pub struct SecretInfo {
    /// Its last four characters.
    pub last_four: String,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it expires.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
}

/// A credential, as shown to operators.
#[derive(Debug, Clone, PartialEq, FromRow, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialInfo {
    /// The credential.
    pub id: CredentialId,
    /// Its face.
    pub face: String,
    /// Its public id.
    #[sqlx(try_from = "String")]
    pub public_id: CredentialPublicId,
    /// Slug of the one tenant it opens.
    #[sqlx(flatten, try_from = "TenantColumn")]
    pub tenant: Option<Slug>,
    /// The partner whose customers it opens.
    pub partner: Option<String>,
    /// Customers to which it is restricted; all of its partner if empty.
    #[sqlx(flatten, try_from = "CustomersColumn")]
    pub customers: Vec<CustomerPublicId>,
    /// Display name.
    pub name: String,
    /// Granted scopes.
    pub scopes: Vec<String>,
    /// Whether its secrets are publishable keys.
    pub publishable: bool,
    /// Requests per second, if not the gateway's default.
    pub rate_limit: Option<i32>,
    /// Whether it has a certificate.
    pub has_certificate: bool,
    /// Its valid secrets, newest first.
    #[sqlx(json)]
    pub secrets: Vec<SecretInfo>,
    /// When it expires.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// When it was revoked.
    #[serde(with = "time::serde::rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Number of requests, as reported by the gateways so far.
    pub uses: i64,
    /// When it was last used, as reported by the gateways so far.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
}

/// The public ids of the customers to which a credential is restricted.
#[derive(FromRow)]
struct CustomersColumn {
    customers: Vec<String>,
}

impl From<CustomersColumn> for Vec<CustomerPublicId> {
    fn from(column: CustomersColumn) -> Self {
        column.customers.into_iter().map(CustomerPublicId::from).collect()
    }
}

/// An encrypted secret, to be re-encrypted.
#[derive(Debug, Clone, FromRow)]
pub struct SealedSecret {
    /// The secret's row.
    pub id: Uuid,
    /// Face of its credential.
    pub face: String,
    /// Public id of its credential.
    #[sqlx(try_from = "String")]
    pub public_id: CredentialPublicId,
    /// The encrypted secret.
    pub sealed: Vec<u8>,
}

const SELECT: &str = concat!(
    "SELECT c.id, c.face, c.public_id, t.slug AS tenant, c.partner, c.name, c.rate_limit,
        array_remove(c.scopes, 'publishable') AS scopes, 'publishable' = ANY (c.scopes) AS publishable,
        c.certificate IS NOT NULL AS has_certificate, c.expires_at, c.revoked_at, c.created_at,
        coalesce(u.uses, 0) AS uses, u.last_used_at,
        ARRAY(SELECT k.public_id FROM credential_customer g JOIN customer k ON k.id = g.customer_id
               WHERE g.credential_id = c.id ORDER BY 1) AS customers,
        coalesce((SELECT jsonb_agg(jsonb_build_object('last_four', s.last_four,
                    'created_at', s.created_at, 'expires_at', s.expires_at) ORDER BY s.created_at DESC)
                    FROM credential_secret s
                   WHERE s.credential_id = c.id AND (s.expires_at IS NULL OR s.expires_at > now())), '[]') AS secrets
   FROM credential c LEFT JOIN tenant t ON t.id = c.tenant_id LEFT JOIN credential_use u ON u.credential_id = c.id
  WHERE ($1::uuid IS NULL OR c.tenant_id = $1
         OR EXISTS (SELECT FROM tenant o JOIN customer k ON k.id = o.customer_id WHERE o.id = $1 AND ",
    is_for_customer!(),
    ")) AND ($2::text IS NULL OR c.public_id = $2 OR c.id::text = $2)
  ORDER BY c.created_at, c.id"
);

impl OwnerStore {
    /// The credentials, oldest first: those that open one tenant, itself or through its customer, or with one name (an
    /// id or public id), if given.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached; [`StoreError::Denied`] if the role is not the
    /// owner's.
    pub async fn credentials(
        &self,
        tenant: Option<TenantId>,
        name: Option<&str>,
    ) -> Result<Vec<CredentialInfo>, StoreError> {
        self.pool.read("credentials", || sqlx::query_as(SELECT).bind(tenant).bind(name)).await
    }
}

impl AdminTransaction {
    /// Stores a new credential.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if its public id already exists.
    pub async fn create_credential(
        &mut self,
        credential: &NewCredential,
    ) -> Result<CredentialId, StoreError> {
        sqlx::query_scalar(
            "INSERT INTO credential
                (face, public_id, tenant_id, partner, name, scopes, rate_limit, certificate, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
        )
        .bind(credential.face)
        .bind(credential.public_id.as_str())
        .bind(credential.tenant_id)
        .bind(&credential.partner)
        .bind(&credential.name)
        .bind(&credential.scopes)
        .bind(credential.rate_limit)
        .bind(&credential.certificate)
        .bind(credential.expires_at)
        .fetch_one(self.transaction.connection()?)
        .await
        .map_err(|error| StoreError::from(error).conflict_on("a credential with this public id"))
    }

    /// Stores a secret with a credential.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn add_secret(
        &mut self,
        credential: CredentialId,
        secret: &NewSecret,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO credential_secret (credential_id, digest, sealed, last_four) VALUES ($1, $2, $3, $4)",
        )
        .bind(credential)
        .bind(secret.digest.as_slice())
        .bind(&secret.sealed)
        .bind(&secret.last_four)
        .execute(self.transaction.connection()?)
        .await?;
        Ok(())
    }

    /// Restricts a credential to those customers of its partner. Returns how many of them were found.
    ///
    /// # Errors
    /// [`StoreError::Statement`] if it is already restricted to one of them.
    pub async fn grant_customers(
        &mut self,
        credential: CredentialId,
        customers: &[CustomerPublicId],
    ) -> Result<u64, StoreError> {
        let customers: Vec<&str> = customers.iter().map(CustomerPublicId::as_str).collect();
        let granted = sqlx::query(
            "INSERT INTO credential_customer (credential_id, customer_id)
             SELECT c.id, k.id FROM credential c JOIN customer k ON k.partner = c.partner AND k.public_id = ANY ($2)
              WHERE c.id = $1",
        )
        .bind(credential)
        .bind(customers)
        .execute(self.transaction.connection()?)
        .await?;
        Ok(granted.rows_affected())
    }

    /// Lets the current secrets of a credential expire at `end`, unless they expire earlier; `None` for at once, by the
    /// database's clock.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn end_secrets(
        &mut self,
        credential: CredentialId,
        end: Option<OffsetDateTime>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE credential_secret SET expires_at = least(expires_at, coalesce($2, now())) WHERE credential_id = $1",
        )
        .bind(credential)
        .bind(end)
        .execute(self.transaction.connection()?)
        .await?;
        Ok(())
    }

    /// Revokes a credential; the time of the first revocation stays.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn revoke_credential(&mut self, credential: CredentialId) -> Result<(), StoreError> {
        sqlx::query("UPDATE credential SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1")
            .bind(credential)
            .execute(self.transaction.connection()?)
            .await?;
        Ok(())
    }

    /// All encrypted secrets, locked until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn sealed_secrets(&mut self) -> Result<Vec<SealedSecret>, StoreError> {
        let rows = sqlx::query_as(
            "SELECT s.id, c.face, c.public_id, s.sealed
               FROM credential_secret s JOIN credential c ON c.id = s.credential_id
              WHERE s.sealed IS NOT NULL ORDER BY s.id FOR UPDATE OF s",
        )
        .fetch_all(self.transaction.connection()?)
        .await?;
        Ok(rows)
    }

    /// Replaces an encrypted secret.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection is lost, and the transaction with it.
    pub async fn reseal_secret(&mut self, secret: Uuid, sealed: &[u8]) -> Result<(), StoreError> {
        sqlx::query("UPDATE credential_secret SET sealed = $2 WHERE id = $1")
            .bind(secret)
            .bind(sealed)
            .execute(self.transaction.connection()?)
            .await?;
        Ok(())
    }
}
