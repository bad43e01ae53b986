//! Administrative operations of this module: new secrets, and re-encryption with the newest key.

use std::sync::Arc;

use super::AuthError;
use super::erasure;
use super::keyring::KeyRing;
use super::secret::Secret;
use super::service::sealing_purpose;
use crate::core::face::{Api, Face};
use crate::core::id::CredentialPublicId;
use crate::store::NewSecret;

/// Makes the secrets of credentials under a key ring. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SecretMaker {
    keys: Arc<KeyRing>,
}

impl SecretMaker {
    /// Makes secrets under `keys`.
    #[must_use]
    pub const fn new(keys: Arc<KeyRing>) -> Self {
        Self { keys }
    }

    /// A new secret for the credential `public_id`, in plain text and as stored.
    ///
    /// # Errors
    /// [`AuthError::Random`], [`AuthError::KeyRing`].
    pub fn new_secret(
        &self,
        api: impl Into<Api>,
        public_id: &CredentialPublicId,
    ) -> Result<(Secret, NewSecret), AuthError> {
        let api = api.into();
        let secret = Secret::generate(api)?;
        let sealed = match api {
            // Verifying signatures needs the secret itself.
            Api::Face(face @ Face::GenAuth) => {
                Some(self.keys.seal(secret.expose(), &sealing_purpose(face, public_id))?)
            }
            Api::Face(Face::BitBadges | Face::AvePoint) | Api::Scim => None,
        };
        let kept = NewSecret { digest: secret.digest(), sealed, last_four: secret.last_four() };
        Ok((secret, kept))
    }

    /// A publishable key, to be shown, and what is stored of it.
    ///
    /// # Errors
    /// [`AuthError`] if there is no randomness.
    pub fn new_publishable_key(&self) -> Result<(Secret, NewSecret), AuthError> {
        let key = Secret::generate_publishable()?;
        let kept = NewSecret { digest: key.digest(), sealed: None, last_four: key.last_four() };
        Ok((key, kept))
    }

    /// Re-encrypts `sealed` with the newest key of the ring; `None` if it already is.
    ///
    /// # Errors
    /// [`AuthError::KeyRing`] if the ring lacks the key it was encrypted with.
    pub fn resealed(
        &self,
        face: Face,
        public_id: &CredentialPublicId,
        sealed: &[u8],
    ) -> Result<Option<Vec<u8>>, AuthError> {
        self.resealed_for(sealed, &sealing_purpose(face, public_id))
    }

    /// Re-encrypts the key that tells who was erased; `None` if it need not be.
    ///
    /// # Errors
    /// [`AuthError::KeyRing`] if the ring lacks the key it was encrypted with.
    pub fn resealed_erasure_key(&self, sealed: &[u8]) -> Result<Option<Vec<u8>>, AuthError> {
        self.resealed_for(sealed, erasure::PURPOSE)
    }

    fn resealed_for(&self, sealed: &[u8], purpose: &str) -> Result<Option<Vec<u8>>, AuthError> {
        if self.keys.is_current(sealed) {
            return Ok(None);
        }
        let secret = self.keys.open(sealed, purpose)?;
        Ok(Some(self.keys.seal(&secret, purpose)?))
    }
}
