//! Authenticates callers and issues tokens.

use std::sync::Arc;

use secrecy::SecretString;
use time::OffsetDateTime;

use super::assertion::AssertionFault;
use super::attempts::{Source, Throttled};
use super::keyring::{KeyRing, KeyRingError};
use super::principal::{Principal, SecretDigest};
use super::secret::{NoRandomness, Secret, digest};
use super::token::{self, Claims, TokenFault, Tokens};
use crate::cache::{Access, AccessKey, Cache, CachedDirectory, Candidate, Confirmation};
use crate::core::clock::Clock;
use crate::core::face::{Api, Face};
use crate::core::id::{CredentialPublicId, CustomerPublicId, TenantPublicId};
use crate::core::scope::Scope;
use crate::store::{Nonce, ServingStore, StoreError, TenantId};

/// Why authentication failed. No variant reveals which part was wrong, but to the holder of a token that was signed here.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Unknown, revoked or expired credential, wrong secret, or suspended tenant.
    #[error("the credential is not valid")]
    Refused,
    /// Too many failed attempts from the caller's address.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// An invalid bearer token.
    #[error(transparent)]
    Token(#[from] TokenFault),
    /// An invalid client assertion.
    #[error(transparent)]
    Assertion(#[from] AssertionFault),
    /// A stored secret could not be decrypted: the key ring lacks its key.
    #[error(transparent)]
    KeyRing(#[from] KeyRingError),
    /// A token could not be serialized.
    #[error("a token could not be serialized")]
    Claims(#[from] serde_json::Error),
    /// A new secret could not be generated.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks credentials against the store and issues tokens signed with the key ring.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub(super) store: ServingStore,
    pub(super) cache: Cache,
    pub(super) keys: Arc<KeyRing>,
    pub(super) clock: Clock,
    tokens: Arc<Tokens>,
}

/// An authenticated caller, and the cache state it was checked against.
#[derive(Debug)]
pub struct Authenticated {
    /// The caller.
    pub principal: Principal,
    confirmation: Confirmation,
}

impl Authenticated {
    /// The directory of `tenant`, for this caller's request.
    #[must_use]
    pub fn directory(&self, cache: &Cache, tenant: TenantId) -> CachedDirectory {
        cache.directory(tenant, self.confirmation)
    }
}

/// The holder of an access key, before the signature is verified.
#[derive(Debug)]
pub struct Signer {
    candidate: Candidate,
    /// The caller, if the signature is valid.
    pub principal: Principal,
    /// The valid secrets of the access key.
    pub secrets: Vec<SecretString>,
}

impl Signer {
    /// Whether it comes from the cache, so that a mismatched signature may use a newer secret.
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
        Self { store, cache, keys, clock, tokens: Arc::default() }
    }

    /// The same service with `cache` for lookups of callers.
    #[must_use]
    pub fn with_cache(self, cache: Cache) -> Self {
        Self { cache, ..self }
    }

    /// Authenticates the holder of `secret`, an API key.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn by_secret(
        &self,
        api: impl Into<Api>,
        secret: &str,
        source: &Source,
    ) -> Result<Authenticated, AuthError> {
        let api = api.into();
        if !Secret::is_well_formed(api, secret) {
            return Err(refused(source, AuthError::Refused));
        }
        self.identify(&AccessKey::Digest(api, digest(secret)), source).await
    }

    /// Authenticates the holder of the credential `public_id` with `secret`.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn by_id_and_secret(
        &self,
        face: Face,
        public_id: &CredentialPublicId,
        secret: &str,
        source: &Source,
    ) -> Result<Principal, AuthError> {
        let principal = self.by_secret(face, secret, source).await?.principal;
        if principal.public_id != *public_id {
            return Err(refused(source, AuthError::Refused));
        }
        Ok(Principal { secret: Some(SecretDigest(digest(secret))), ..principal })
    }

    /// Authenticates the holder of `token`, which ends with the secret that it was issued for. Scopes that its credential
    /// has lost no longer count.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn by_token(
        &self,
        face: Face,
        token: &str,
        source: &Source,
    ) -> Result<Authenticated, AuthError> {
        let claims = self.verified(face, token, source)?;
        let key = AccessKey::Token(face, claims.sub, claims.secret_digest()?);
        self.identify_by_claims(&key, &claims, source).await
    }

    /// Like [`Self::by_token`], with the tenant given by the public ids of customer and tenant, if the credential may
    /// access it.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn by_token_for_tenant(
        &self,
        face: Face,
        token: &str,
        (customer, tenant): (CustomerPublicId, TenantPublicId),
        source: &Source,
    ) -> Result<Authenticated, AuthError> {
        let claims = self.verified(face, token, source)?;
        let key = AccessKey::TokenForTenant(face, claims.sub, claims.secret_digest()?, customer, tenant);
        self.identify_by_claims(&key, &claims, source).await
    }

    fn verified(&self, face: Face, token: &str, source: &Source) -> Result<Arc<Claims>, AuthError> {
        let verified = self.tokens.verify(&self.keys, token, face, self.clock.now());
        verified.map_err(|fault| match fault {
            // Signed by this gateway: its holder is late, but no stranger.
            TokenFault::Expired => fault.into(),
            _ => refused(source, fault.into()),
        })
    }

    async fn identify_by_claims(
        &self,
        key: &AccessKey,
        claims: &Claims,
        source: &Source,
    ) -> Result<Authenticated, AuthError> {
        let caller = self.identify(key, source).await.map_err(|error| match error {
            AuthError::Refused => TokenFault::Withdrawn.into(),
            other => other,
        })?;
        Ok(Authenticated { principal: caller.principal.narrowed_to(&claims.scope), ..caller })
    }

    /// Looks up the holder of `key`, confirmed to be current in the database.
    async fn identify(&self, key: &AccessKey, source: &Source) -> Result<Authenticated, AuthError> {
        let candidate = self.candidate(key, source).await?;
        let confirmation = self.cache.confirm(&candidate, None).await?;
        if confirmation.is_current {
            return Ok(Authenticated { principal: principal(&candidate.access)?, confirmation });
        }
        let candidate = self.candidate_anew(key, source).await?;
        let confirmation = self.cache.confirm(&candidate, None).await?;
        Ok(Authenticated { principal: principal(&candidate.access)?, confirmation })
    }

    /// The holder of `key`, possibly from the cache. For a stranger with too many failures, only from there.
    async fn candidate(&self, key: &AccessKey, source: &Source) -> Result<Candidate, AuthError> {
        if let Some(candidate) = self.cache.find(key) {
            return Ok(candidate);
        }
        source.check()?;
        self.candidate_anew(key, source).await
    }

    async fn candidate_anew(&self, key: &AccessKey, source: &Source) -> Result<Candidate, AuthError> {
        let found = self.cache.look_up_anew(key).await?;
        found.ok_or_else(|| refused(source, AuthError::Refused))
    }

    /// The holder of the access key `public_id`, possibly from the cache.
    ///
    /// # Errors
    /// [`AuthError`]; [`AuthError::Refused`] if there is none.
    pub async fn signer(
        &self,
        face: Face,
        public_id: &CredentialPublicId,
        source: &Source,
    ) -> Result<Signer, AuthError> {
        let key = AccessKey::PublicId(face, public_id.clone());
        let candidate = self.candidate(&key, source).await?;
        self.with_secrets(face, public_id, candidate)
    }

    /// Like [`Self::signer`], but always from the database, also for a stranger with too many failures: only for callers
    /// whose signature matched a moment ago, or whose source was [checked](Source::check).
    ///
    /// # Errors
    /// As [`Self::signer`].
    pub async fn signer_uncached(
        &self,
        face: Face,
        public_id: &CredentialPublicId,
        source: &Source,
    ) -> Result<Signer, AuthError> {
        let key = AccessKey::PublicId(face, public_id.clone());
        let candidate = self.candidate_anew(&key, source).await?;
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
        // Skip an old secret whose key was removed, as long as another can be decrypted.
        if secrets.is_empty() && !sealed.is_empty() {
            return Err(KeyRingError::Unopened.into());
        }
        Ok(Signer { principal: principal(&candidate.access)?, candidate, secrets })
    }

    /// Consumes the nonce of a request signed by `signer`, valid until `until`. `None` if it was used before, on any
    /// gateway. If [`Accepted::is_current`] is false, the signature must be checked against the current secrets.
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

    /// Consumes a nonce of `principal`, valid until `until`; false if it was used before, on any gateway.
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

    /// Issues a token for `principal` with `scopes`, valid for [`Face::token_seconds`].
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
            secret: principal.secret.as_ref().map(Claims::secret_of),
            scoped_userpool_id: principal.tenant.as_ref().map(|tenant| tenant.user_pool_id.clone()),
        };
        Ok(token::sign(&self.keys, &claims)?.into())
    }
}

/// A signed request whose nonce was consumed.
#[derive(Debug)]
pub struct Accepted {
    /// The signer.
    pub caller: Authenticated,
    /// Whether the signer matches the database. If not, the signature must be checked again.
    pub is_current: bool,
}

/// `error` for a caller that proved nothing, once it is counted; after too many, [`AuthError::Throttled`].
pub(super) fn refused(source: &Source, error: AuthError) -> AuthError {
    source.fail().map_or_else(AuthError::from, |()| error)
}

fn principal(access: &Access) -> Result<Principal, AuthError> {
    access.rows().first().map(Principal::from).ok_or(AuthError::Refused)
}

pub(super) fn sealing_purpose(face: Face, public_id: &CredentialPublicId) -> String {
    format!("{}/{public_id}", face.as_str())
}
