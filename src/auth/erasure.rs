//! The key that tells who was erased, sealed under the ring.

use super::keyring::KeyRing;
use super::secret::Secret;
use crate::core::erasure::ErasureKey;
use crate::core::face::Api;
use crate::store::ErasureKeys;

/// What the key is sealed for.
pub(super) const PURPOSE: &str = "erasure";

impl ErasureKeys for KeyRing {
    fn create(&self) -> Option<Vec<u8>> {
        let secret = Secret::generate(Api::Scim).ok()?;
        self.seal(secret.expose(), PURPOSE).ok()
    }

    fn open(&self, sealed: &[u8]) -> Option<ErasureKey> {
        let secret = Self::open(self, sealed, PURPOSE).ok()?;
        Some(ErasureKey::new(secret.as_bytes()))
    }
}
