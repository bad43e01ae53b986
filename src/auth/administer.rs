//! What administration needs of the credentials service: new secrets, and old ones under the newest key.

use super::AuthError;
use super::secret::Secret;
use super::service::{Credentials, sealing_purpose};
use crate::core::face::Face;
use crate::store::NewSecret;

impl Credentials {
    /// A new secret for the credential that callers name `public_id`: in clear, and as it is kept.
    ///
    /// # Errors
    /// [`AuthError::Random`], [`AuthError::KeyRing`].
    pub fn new_secret(&self, face: Face, public_id: &str) -> Result<(Secret, NewSecret), AuthError> {
        let secret = Secret::generate(face)?;
        let sealed = match face {
            // Its signatures can only be verified with the secret itself.
            Face::GenAuth => Some(self.keys.seal(secret.expose(), &sealing_purpose(face, public_id))?),
            Face::BitBadges | Face::AvePoint => None,
        };
        let kept = NewSecret { digest: secret.digest(), sealed, last_four: secret.last_four() };
        Ok((secret, kept))
    }

    /// `sealed` under the newest key of the ring; `None` if it is that already.
    ///
    /// # Errors
    /// [`AuthError::KeyRing`] if the ring lacks the key it was sealed under.
    pub fn resealed(&self, face: Face, public_id: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>, AuthError> {
        if self.keys.is_current(sealed) {
            return Ok(None);
        }
        let purpose = sealing_purpose(face, public_id);
        let secret = self.keys.open(sealed, &purpose)?;
        Ok(Some(self.keys.seal(&secret, &purpose)?))
    }
}
