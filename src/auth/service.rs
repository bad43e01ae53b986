//! Checks what callers present.

use std::sync::Arc;

use secrecy::SecretString;
use time::OffsetDateTime;

use super::assertion::AssertionFault;
use super::keyring::{KeyRing, KeyRingError};
use super::principal::Principal;
use super::secret::{NoRandomness, Secret, digest};
use super::token::{self, Claims, TokenFault};
use crate::cache::{Access, AccessKey, Cache, CachedDirectory, Candidate, Confirmation};
use crate::core::clock::Clock;
use crate::core::face::Face;
use crate::core::id::{CredentialPublicId, CustomerPublicId, TenantPublicId};
use crate::core::scope::Scope;
use crate::store::{Nonce, ServingStore, StoreError, TenantId};

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
    pub(super) store: ServingStore,
    pub(super) cache: Cache,
    pub(super) keys: Arc<KeyRing>,
    pub(super) clock: Clock,
}

/// A caller that proved to hold a credential, and what the proof was checked against.
#[derive(Debug)]
pub struct Authenticated {
    /// Who it is.
    pub principal: Principal,
    confirmation: Confirmation,
}

impl Authenticated {
    /// The directory of `tenant`, as this caller's request reads it.
    #[must_use]
    pub fn directory(&self, cache: &Cache, tenant: TenantId) -> CachedDirectory {
        cache.directory(tenant, self.confirmation)
    }
}

/// The holder of an access key that a request is signed with, before the signature is checked.
#[derive(Debug)]
pub struct Signer {
    candidate: Candidate,
    /// Who it would be.
    pub principal: Principal,
    /// Every secret that its signatures may be made with.
    pub secrets: Vec<SecretString>,
}

impl Signer {
    /// Whether it is from the cache: a signature that does not fit may be made with a newer secret.
    #[must_use]
    pub const fn is_cached(&self) -> bool {
        self.candidate.is_cached
    }
}

impl Credentials {
    /// A service on `store`.
    #[must_use]
    pub fn new(store: ServingStore, keys: Arc<KeyRing>, clock: Clock) -> Self {
        let cache = Cache::off(store.clone(), clock.clone());
        Self { store, cache, keys, clock }
    }

    /// The same, which looks callers up in `cache`.
    #[must_use]
    pub fn with_cache(self, cache: Cache) -> Self {
        Self { cache, ..self }
    }

    /// Who holds `secret`, a key that says everything by itself.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn by_secret(&self, face: Face, secret: &str) -> Result<Authenticated, AuthError> {
        if !Secret::is_well_formed(face, secret) {
            return Err(AuthError::Refused);
        }
        self.identify(&AccessKey::Digest(face, digest(secret))).await
    }

    /// Who holds `secret` of the credential that callers name `public_id`.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn by_id_and_secret(
        &self,
        face: Face,
        public_id: &CredentialPublicId,
        secret: &str,
    ) -> Result<Principal, AuthError> {
        let principal = self.by_secret(face, secret).await?.principal;
        if principal.public_id == *public_id { Ok(principal) } else { Err(AuthError::Refused) }
    }

    /// Who holds `token`. What it grants counts no longer than its credential has it.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn by_token(&self, face: Face, token: &str) -> Result<Authenticated, AuthError> {
        let claims = token::verify(&self.keys, token, face, self.clock.now())?;
        let key = AccessKey::Token(face, claims.sub);
        self.identify_by_claims(&key, &claims).await
    }

    /// The same; its principal's tenant is the one that the public ids of a customer and a tenant name, if the
    /// credential may access it.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn by_token_for_tenant(
        &self,
        face: Face,
        token: &str,
        (customer, tenant): (CustomerPublicId, TenantPublicId),
    ) -> Result<Authenticated, AuthError> {
        let claims = token::verify(&self.keys, token, face, self.clock.now())?;
        let key = AccessKey::TokenForTenant(face, claims.sub, customer, tenant);
        self.identify_by_claims(&key, &claims).await
    }

    async fn identify_by_claims(&self, key: &AccessKey, claims: &Claims) -> Result<Authenticated, AuthError> {
        let caller = self.identify(key).await?;
        Ok(Authenticated { principal: caller.principal.narrowed_to(&claims.scope), ..caller })
    }

    /// Who presents `key`, as the database has it no earlier than now.
    async fn identify(&self, key: &AccessKey) -> Result<Authenticated, AuthError> {
        let candidate = self.cache.look_up(key).await?.ok_or(AuthError::Refused)?;
        let confirmation = self.cache.confirm(&candidate, None).await?;
        if confirmation.is_current {
            return Ok(Authenticated { principal: principal(&candidate.access)?, confirmation });
        }
        let candidate = self.cache.look_up_anew(key).await?.ok_or(AuthError::Refused)?;
        let confirmation = self.cache.confirm(&candidate, None).await?;
        Ok(Authenticated { principal: principal(&candidate.access)?, confirmation })
    }

    /// The holder of the access key that callers name `public_id`.
    ///
    /// # Errors
    /// [`AuthError`]; [`AuthError::Refused`] if there is none.
    pub async fn signer(&self, face: Face, public_id: &CredentialPublicId) -> Result<Signer, AuthError> {
        let key = AccessKey::PublicId(face, public_id.clone());
        let candidate = self.cache.look_up(&key).await?.ok_or(AuthError::Refused)?;
        self.with_secrets(face, public_id, candidate)
    }

    /// The same, as the database has it no earlier than now.
    ///
    /// # Errors
    /// As [`Self::signer`].
    pub async fn signer_anew(&self, face: Face, public_id: &CredentialPublicId) -> Result<Signer, AuthError> {
        let key = AccessKey::PublicId(face, public_id.clone());
        let candidate = self.cache.look_up_anew(&key).await?.ok_or(AuthError::Refused)?;
        self.with_secrets(face, public_id, candidate)
    }

    fn with_secrets(
        &self,
        face: Face,
        public_id: &CredentialPublicId,
        candidate: Candidate,
    ) -> Result<Signer, AuthError> {
        let purpose = sealing_purpose(face, public_id);
        let sealed: Vec<&[u8]> =
            candidate.access.rows().iter().filter_map(|row| row.sealed.as_deref()).collect();
        let opened = sealed.iter().filter_map(|sealed| self.keys.open(sealed, &purpose).ok());
        let secrets: Vec<SecretString> = opened.map(SecretString::from).collect();
        // An old secret under a key that is gone must not take the new one with it.
        if secrets.is_empty() && !sealed.is_empty() {
            return Err(KeyRingError::Unopened.into());
        }
        Ok(Signer { principal: principal(&candidate.access)?, candidate, secrets })
    }

    /// Uses up the nonce of a request that `signer` has signed, which counts until `until`. `None` if it was used
    /// before, on any gateway; the signer is `Err` if it has changed and must be looked up anew.
    ///
    /// # Errors
    /// [`AuthError::Store`].
    pub async fn accept(
        &self,
        signer: Signer,
        nonce: String,
        until: OffsetDateTime,
    ) -> Result<Option<Accepted>, AuthError> {
        let nonce = Nonce { credential: signer.principal.credential, value: nonce, expires_at: until };
        let confirmation = self.cache.confirm(&signer.candidate, Some(nonce)).await?;
        let Signer { principal, .. } = signer;
        let caller = Authenticated { principal, confirmation };
        Ok(confirmation.is_first_use.then_some(Accepted { caller, is_current: confirmation.is_current }))
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
        let value = nonce.to_owned();
        let nonce = Nonce { credential: principal.credential, value, expires_at: until };
        Ok(self.store.use_nonce(nonce).await?)
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

/// A signed request whose nonce was used up.
#[derive(Debug)]
pub struct Accepted {
    /// Who signed it.
    pub caller: Authenticated,
    /// Whether the signer is what the database has. If not, its signature must be checked again.
    pub is_current: bool,
}

fn principal(access: &Access) -> Result<Principal, AuthError> {
    access.rows().first().map(Principal::from).ok_or(AuthError::Refused)
}

pub(super) fn sealing_purpose(face: Face, public_id: &CredentialPublicId) -> String {
    format!("{}/{public_id}", face.as_str())
}
