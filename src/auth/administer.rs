//! Administrative operations of the credentials service: new secrets, and re-encryption with the newest key.

use super::AuthError;
use super::secret::Secret;
use super::service::{Credentials, sealing_purpose};
use crate::core::face::Face;
use crate::store::NewSecret;

impl Credentials {
    /// A new secret for the credential `public_id`, in plain text and as stored.
    ///
    /// # Errors
    /// [`AuthError::Random`], [`AuthError::KeyRing`].
    pub fn new_secret(&self, face: Face, public_id: &str) -> Result<(Secret, NewSecret), AuthError> {
        let secret = Secret::generate(face)?;
        let sealed = match face {
            // Verifying signatures needs the secret itself.
            Face::GenAuth => Some(self.keys.seal(secret.expose(), &sealing_purpose(face, public_id))?),
            Face::BitBadges | Face::AvePoint => None,
        };
        let kept = NewSecret { digest: secret.digest(), sealed, last_four: secret.last_four() };
        Ok((secret, kept))
    }

    /// Re-encrypts `sealed` with the newest key of the ring; `None` if it already is.
    ///
    /// # Errors
    /// [`AuthError::KeyRing`] if the ring lacks the key it was encrypted with.
    pub fn resealed(&self, face: Face, public_id: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>, AuthError> {
        if self.keys.is_current(sealed) {
            return Ok(None);
        }
        let purpose = sealing_purpose(face, public_id);
        let secret = self.keys.open(sealed, &purpose)?;
        Ok(Some(self.keys.seal(&secret, &purpose)?))
    }
}
