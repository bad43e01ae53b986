//! The key ring: all keys of the gateway, derived from `USERBATCH_SECRET_KEY`.
//!
//! The setting holds one or more secrets. The first signs and encrypts; the others still verify and
//! decrypt, so that secrets can be rotated without downtime.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::pager::bookmark::Bookmarks;

/// Minimum length of a secret, in characters; 32 random bytes are 64 in hex and 44 in base64.
const MIN_SECRET_CHARS: usize = 32;
const KEY_ID_BYTES: usize = 4;

/// Errors of the key ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// No secret, or one that is too short.
    #[error(
        "each secret key must have at least {MIN_SECRET_CHARS} characters; generate one with `openssl rand -hex 32`"
    )]
    TooShort,
    /// No source of randomness, or an unsupported primitive.
    #[error("a cryptographic operation failed")]
    Machine,
    /// Encrypted with a key that is not in the ring, for another purpose, or altered.
    #[error(
        "a stored secret cannot be decrypted with the current key ring; add the key it was encrypted with"
    )]
    Unopened,
}

/// An encrypted secret: `key id ‖ nonce ‖ ciphertext and tag`.
pub type Sealed = Vec<u8>;

/// The keys derived from each secret, the one that signs first; never empty.
pub struct KeyRing {
    current: Keys,
    previous: Vec<Keys>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRing").field("previous", &self.previous.len()).finish_non_exhaustive()
    }
}

impl KeyRing {
    /// Derives the ring from `secrets`, separated by commas or white space, of which the first signs.
    ///
    /// # Errors
    /// [`KeyRingError::TooShort`] if there is none or one is too short.
    pub fn new(secrets: &str) -> Result<Self, KeyRingError> {
        let secrets =
            secrets.split(|c: char| c == ',' || c.is_whitespace()).filter(|secret| !secret.is_empty());
        let mut keys = secrets.map(Keys::derive).collect::<Result<Vec<_>, _>>()?.into_iter();
        let current = keys.next().ok_or(KeyRingError::TooShort)?;
        Ok(Self { current, previous: keys.collect() })
    }

    fn all(&self) -> impl Iterator<Item = &Keys> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// Encrypts `secret` for `purpose`, which is needed to decrypt it.
    ///
    /// # Errors
    /// [`KeyRingError::Machine`].
    pub fn seal(&self, secret: &str, purpose: &str) -> Result<Sealed, KeyRingError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| KeyRingError::Machine)?;
        let mut text = secret.as_bytes().to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        let sealed = self.current.seal.seal_in_place_append_tag(unique, Aad::from(purpose), &mut text);
        sealed.map_err(|_| KeyRingError::Machine)?;
        Ok([self.current.id.as_slice(), &nonce, &text].concat())
    }

    /// Decrypts a secret that was encrypted for the same purpose.
    ///
    /// # Errors
    /// [`KeyRingError::Unopened`].
    pub fn open(&self, sealed: &[u8], purpose: &str) -> Result<String, KeyRingError> {
        let (id, rest) = sealed.split_first_chunk::<KEY_ID_BYTES>().ok_or(KeyRingError::Unopened)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(KeyRingError::Unopened)?;
        let keys = self.all().find(|keys| keys.id == *id).ok_or(KeyRingError::Unopened)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut text = text.to_vec();
        let opened = keys.seal.open_in_place(nonce, Aad::from(purpose), &mut text);
        let opened = opened.map_err(|_| KeyRingError::Unopened)?;
        String::from_utf8(opened.to_vec()).map_err(|_| KeyRingError::Unopened)
    }

    /// Whether `sealed` is encrypted with the newest key.
    #[must_use]
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        sealed.starts_with(&self.current.id)
    }

    pub(super) const fn token_key(&self) -> &hmac::Key {
        &self.current.token
    }

    pub(super) fn token_keys(&self) -> impl Iterator<Item = &hmac::Key> {
        self.all().map(|keys| &keys.token)
    }

    /// Bookmarks authenticated with this ring.
    #[must_use]
    pub fn bookmarks(&self) -> Bookmarks {
        let previous: Vec<[u8; 32]> = self.previous.iter().map(|keys| keys.bookmark).collect();
        Bookmarks::new(&self.current.bookmark, &previous)
    }
}

/// The keys derived from one secret, one per purpose.
struct Keys {
    id: [u8; KEY_ID_BYTES],
    seal: LessSafeKey,
    token: hmac::Key,
    bookmark: [u8; 32],
}

impl Keys {
    fn derive(secret: &str) -> Result<Self, KeyRingError> {
        if secret.len() < MIN_SECRET_CHARS {
            return Err(KeyRingError::TooShort);
        }
        let [a, b, c, d, ..] = derive(secret, "key id")?;
        let seal = UnboundKey::new(&CHACHA20_POLY1305, &derive(secret, "seal")?);
        Ok(Self {
            id: [a, b, c, d],
            seal: LessSafeKey::new(seal.map_err(|_| KeyRingError::Machine)?),
            token: hmac::Key::new(hmac::HMAC_SHA256, &derive(secret, "token")?),
            bookmark: derive(secret, "bookmark")?,
        })
    }
}

/// Derives the key for `purpose` with HKDF-SHA-256 (RFC 5869).
fn derive(secret: &str, purpose: &str) -> Result<[u8; 32], KeyRingError> {
    let mut key = [0; 32];
    let derived = Salt::new(HKDF_SHA256, b"userbatch").extract(secret.as_bytes());
    derived
        .expand(&[purpose.as_bytes()], HKDF_SHA256)
        .and_then(|derived| derived.fill(&mut key))
        .map_err(|_| KeyRingError::Machine)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "0123456789abcdef0123456789abcdef";
    const NEW: &str = "fedcba9876543210fedcba9876543210";

    #[test]
    fn secrets_decrypt_only_for_their_purpose() {
        let ring = KeyRing::new(OLD).unwrap();
        let sealed = ring.seal("secret", "genauth/id").unwrap();
        assert_eq!(ring.open(&sealed, "genauth/id").as_deref(), Ok("secret"));
        assert_eq!(ring.open(&sealed, "genauth/other"), Err(KeyRingError::Unopened));
        for index in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[index] ^= 1;
            assert_eq!(ring.open(&altered, "genauth/id"), Err(KeyRingError::Unopened), "byte {index}");
        }
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn rotated_ring_decrypts_old_secrets_and_encrypts_with_the_new_key() {
        let sealed = KeyRing::new(OLD).unwrap().seal("secret", "p").unwrap();
        let rotated = KeyRing::new(&format!("{NEW},{OLD}")).unwrap();
        assert_eq!(rotated.open(&sealed, "p").as_deref(), Ok("secret"));
        assert!(!rotated.is_current(&sealed));
        assert!(rotated.is_current(&rotated.seal("secret", "p").unwrap()));
        assert_eq!(KeyRing::new(NEW).unwrap().open(&sealed, "p"), Err(KeyRingError::Unopened));
    }

    #[test]
    fn short_secrets_are_refused() {
        assert_eq!(KeyRing::new("").err(), Some(KeyRingError::TooShort));
        assert_eq!(KeyRing::new(&format!("{NEW},short")).err(), Some(KeyRingError::TooShort));
    }
}
