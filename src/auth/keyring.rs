//! The key ring: every key the gateway uses, derived from `USERBATCH_SECRET_KEY`.
//!
//! The setting holds one or more secrets, newest first. Everything new is made under the first; what was made
//! under the others can still be read, so a secret is rotated without downtime.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::pager::bookmark::Bookmarks;

/// Shortest secret, in characters: 32 random bytes in hex are 64, in base64 44.
const MIN_SECRET_CHARS: usize = 32;
const KEY_ID_BYTES: usize = 4;

/// Why a key ring cannot be used, or cannot open something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// There is no secret, or one is too short.
    #[error(
        "each secret key must have at least {MIN_SECRET_CHARS} characters; `openssl rand -hex 32` makes one"
    )]
    TooShort,
    /// The machine has no source of randomness, or refuses a primitive.
    #[error("the machine's cryptography failed")]
    Machine,
    /// Sealed under a key that is not in the ring, for something else, or altered.
    #[error("a sealed secret cannot be opened with the present key ring")]
    Unopened,
}

/// A sealed secret: `key id ‖ nonce ‖ ciphertext and tag`.
pub type Sealed = Vec<u8>;

/// Keys under each of the ring's secrets, newest first; never empty.
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
    /// The ring of `secrets`, separated by commas or white space, newest first.
    ///
    /// # Errors
    /// [`KeyRingError::TooShort`] if there is none or one is too short to be a secret.
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

    /// Seals `secret` for one use, which must be named alike to open it.
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

    /// Opens what was sealed for the same use.
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

    /// Whether `sealed` is under the newest key.
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

    /// Bookmarks under this ring.
    #[must_use]
    pub fn bookmarks(&self) -> Bookmarks {
        let previous: Vec<[u8; 32]> = self.previous.iter().map(|keys| keys.bookmark).collect();
        Bookmarks::new(&self.current.bookmark, &previous)
    }
}

/// The keys under one secret, one for each use.
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

/// HKDF-SHA-256 (RFC 5869), a key for each purpose.
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
    fn what_is_sealed_opens_for_the_same_use_alone() {
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
    fn a_rotated_ring_opens_the_old_and_seals_under_the_new() {
        let sealed = KeyRing::new(OLD).unwrap().seal("secret", "p").unwrap();
        let rotated = KeyRing::new(&format!("{NEW},{OLD}")).unwrap();
        assert_eq!(rotated.open(&sealed, "p").as_deref(), Ok("secret"));
        assert!(!rotated.is_current(&sealed));
        assert!(rotated.is_current(&rotated.seal("secret", "p").unwrap()));
        assert_eq!(KeyRing::new(NEW).unwrap().open(&sealed, "p"), Err(KeyRingError::Unopened));
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert_eq!(KeyRing::new("").err(), Some(KeyRingError::TooShort));
        assert_eq!(KeyRing::new(&format!("{NEW},short")).err(), Some(KeyRingError::TooShort));
    }
}
