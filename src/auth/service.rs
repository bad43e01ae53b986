//! Checks what callers present.

use std::sync::Arc;

use secrecy::SecretString;
use time::OffsetDateTime;

use super::assertion::AssertionFault;
use super::keyring::{KeyRing, KeyRingError};
use super::principal::Principal;
use super::secret::{NoRandomness, Secret, digest};
use super::token::{self, Claims, TokenFault};
use crate::core::clock::Clock;
use crate::core::face::Face;
use crate::core::scope::Scope;
use crate::store::{Store, StoreError};

/// Why a caller was not let in. No variant tells a caller more than that.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Unknown, revoked or expired credential, wrong secret, or a suspended tenant.
    #[error("the credential is not valid")]
    Refused,
    /// A bearer token that does not count.
    #[error(transparent)]
    Token(#[from] TokenFault),
    /// A client assertion that does not count.
    #[error(transparent)]
    Assertion(#[from] AssertionFault),
    /// A sealed secret could not be opened: the key ring lacks its key.
    #[error(transparent)]
    KeyRing(#[from] KeyRingError),
    /// A token could not be written.
    #[error("a token could not be written")]
    Claims(#[from] serde_json::Error),
    /// No randomness for a new secret.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks credentials against the store, and issues tokens under the key ring.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub(super) store: Store,
    pub(super) keys: Arc<KeyRing>,
    pub(super) clock: Clock,
}

impl Credentials {
    /// A service on `store`, which may be the serving role's.
    #[must_use]
    pub const fn new(store: Store, keys: Arc<KeyRing>, clock: Clock) -> Self {
        Self { store, keys, clock }
    }

    /// Who holds `secret`, a key that says everything by itself.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn by_secret(&self, face: Face, secret: &str) -> Result<Principal, AuthError> {
        if !Secret::is_well_formed(face, secret) {
            return Err(AuthError::Refused);
        }
        let row = self.store.credential_by_digest(face.as_str(), digest(secret)).await?;
        row.map(Principal::from).ok_or(AuthError::Refused)
    }

    /// Who holds `secret` of the credential that callers name `public_id`.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn by_id_and_secret(
        &self,
        face: Face,
        public_id: &str,
        secret: &str,
    ) -> Result<Principal, AuthError> {
        let principal = self.by_secret(face, secret).await?;
        if principal.public_id == public_id { Ok(principal) } else { Err(AuthError::Refused) }
    }

    /// Who holds `token`. What it grants counts no longer than its credential has it.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn by_token(&self, face: Face, token: &str) -> Result<Principal, AuthError> {
        let claims = token::verify(&self.keys, token, face, self.clock.now())?;
        let row = self.store.credential_by_id(face.as_str(), claims.sub).await?;
        Ok(Principal::from(row.ok_or(AuthError::Refused)?).narrowed_to(&claims.scope))
    }

    /// The credential that callers name `public_id`, and every secret that its signatures may be made with.
    ///
    /// # Errors
    /// [`AuthError`]; [`AuthError::Refused`] if there is none.
    pub async fn signing_secrets(
        &self,
        face: Face,
        public_id: &str,
    ) -> Result<(Principal, Vec<SecretString>), AuthError> {
        let rows = self.store.credentials_by_public_id(face.as_str(), public_id).await?;
        let purpose = sealing_purpose(face, public_id);
        let sealed: Vec<&[u8]> = rows.iter().filter_map(|row| row.sealed.as_deref()).collect();
        let opened = sealed.iter().filter_map(|sealed| self.keys.open(sealed, &purpose).ok());
        let secrets: Vec<SecretString> = opened.map(SecretString::from).collect();
        // An old secret under a key that is gone must not take the new one with it.
        if secrets.is_empty() && !sealed.is_empty() {
            return Err(KeyRingError::Unopened.into());
        }
        let row = rows.into_iter().next().ok_or(AuthError::Refused)?;
        Ok((row.into(), secrets))
    }

    /// Uses a nonce of `principal` up until `until`; false if it was used before, on any gateway.
    ///
    /// # Errors
    /// [`AuthError::Store`].
    pub async fn use_nonce(
        &self,
        principal: &Principal,
        nonce: &str,
        until: OffsetDateTime,
    ) -> Result<bool, AuthError> {
        Ok(self.store.use_nonce(principal.credential, nonce, until).await?)
    }

    /// A token for `principal` that grants `scopes`; it lives [`Face::token_seconds`].
    ///
    /// # Errors
    /// [`AuthError::Claims`].
    pub fn issue_token(
        &self,
        face: Face,
        principal: &Principal,
        issuer: &str,
        scopes: &[Scope],
    ) -> Result<SecretString, AuthError> {
        let now = self.clock.now().unix_timestamp();
        let claims = Claims {
            iss: issuer.to_owned(),
            aud: face.as_str().to_owned(),
            sub: principal.credential,
            scope: Scope::join(scopes),
            iat: now,
            nbf: now,
            exp: now.saturating_add(face.token_seconds()),
            jti: self.clock.new_id(),
            scoped_userpool_id: principal.tenant.as_ref().map(|tenant| tenant.user_pool_id.clone()),
        };
        Ok(token::sign(&self.keys, &claims)?.into())
    }
}

pub(super) fn sealing_purpose(face: Face, public_id: &str) -> String {
    format!("{}/{public_id}", face.as_str())
}
