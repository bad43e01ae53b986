//! Generated secrets: 256 random bits, with a prefix and a checksum.
//!
//! A secret is `<prefix>_<base58(32 random bytes ‖ first 4 bytes of their SHA-256)>`. The prefix lets
//! scanners find leaked secrets; the checksum lets the gateway refuse mistyped ones without a database query.

use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::{ExposeSecret as _, SecretString};

use crate::core::face::{Api, Face};

const RANDOM_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 4;
/// Maximum length of 36 bytes in base58, in characters.
const MAX_ENCODED: usize = 50;

/// A secret in plain text; only available when it is issued.
#[derive(Debug, Clone)]
pub struct Secret(SecretString);

/// No source of randomness.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the system's random number generator failed")]
pub struct NoRandomness;

impl Secret {
    /// A new secret for `api`.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn generate(api: impl Into<Api>) -> Result<Self, NoRandomness> {
        Self::with_prefix(prefix(api.into()))
    }

    /// A new publishable key for BitBadges. Its prefix differs, so that nobody takes one for the other.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn generate_publishable() -> Result<Self, NoRandomness> {
        Self::with_prefix(PUBLISHABLE_PREFIX)
    }

    fn with_prefix(prefix: &str) -> Result<Self, NoRandomness> {
        let mut random = [0; RANDOM_BYTES];
        SystemRandom::new().fill(&mut random).map_err(|_| NoRandomness)?;
        let bytes = [random.as_slice(), &checksum(&random)].concat();
        Ok(Self(format!("{prefix}_{}", bs58::encode(bytes).into_string()).into()))
    }

    /// Whether `text` has the prefix and checksum of a secret, or a publishable key, for `api`.
    #[must_use]
    pub fn is_well_formed(api: impl Into<Api>, text: &str) -> bool {
        let api = api.into();
        let encoded = text.split_once('_').and_then(|(before, encoded)| {
            let is_publishable = api == Api::Face(Face::BitBadges) && before == PUBLISHABLE_PREFIX;
            (before == prefix(api) || is_publishable).then_some(encoded)
        });
        let decoded =
            encoded.filter(|e| e.len() <= MAX_ENCODED).and_then(|e| bs58::decode(e).into_vec().ok());
        decoded.is_some_and(|bytes| match bytes.split_first_chunk::<RANDOM_BYTES>() {
            Some((random, check)) => check == checksum(random),
            None => false,
        })
    }

    /// The secret in plain text.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// SHA-256 digest, by which it is looked up.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        digest(self.expose())
    }

    /// The last four characters, for display.
    #[must_use]
    pub fn last_four(&self) -> String {
        let text = self.expose();
        text.get(text.len().saturating_sub(4)..).unwrap_or_default().to_owned()
    }
}

/// The form of a text that was sent as a secret, which says nothing about whether there is such a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretForm {
    /// A secret for this API.
    Secret(Api),
    /// A JSON Web Token.
    Token,
    /// Neither.
    Other,
}

impl SecretForm {
    /// The form of `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let api = Api::ALL.into_iter().find(|api| Secret::is_well_formed(*api, text));
        match api {
            Some(api) => Self::Secret(api),
            // `{"` in base64url, as every header of a token begins.
            None if text.starts_with("eyJ") && text.matches('.').count() == 2 => Self::Token,
            None => Self::Other,
        }
    }
}

/// SHA-256 of a secret. It needs no salt and no slow hash: 256 random bits cannot be guessed.
#[must_use]
pub fn digest(secret: &str) -> [u8; 32] {
    sha256(secret.as_bytes())
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
    digest
}

fn checksum(random: &[u8; RANDOM_BYTES]) -> [u8; CHECKSUM_BYTES] {
    let [a, b, c, d, ..] = sha256(random);
    [a, b, c, d]
}

/// The prefix of publishable keys.
const PUBLISHABLE_PREFIX: &str = "ubp";

const fn prefix(api: Api) -> &'static str {
    match api {
        Api::Face(Face::BitBadges) => "ubb",
        Api::Face(Face::AvePoint) => "uba",
        Api::Face(Face::GenAuth) => "ubg",
        Api::Scim => "ubs",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_secret_tells_its_api() {
        for api in Api::ALL {
            let secret = Secret::generate(api).unwrap();
            assert_eq!(SecretForm::of(secret.expose()), SecretForm::Secret(api));
        }
        let publishable = Secret::generate_publishable().unwrap();
        assert!(publishable.expose().starts_with("ubp_"));
        assert_eq!(SecretForm::of(publishable.expose()), SecretForm::Secret(Api::Face(Face::BitBadges)));
        assert!(!Secret::is_well_formed(Face::GenAuth, publishable.expose()));
        assert_eq!(SecretForm::of("eyJhbGciOiJIUzI1NiJ9.e30.x"), SecretForm::Token);
        assert_eq!(SecretForm::of("eyJ.x"), SecretForm::Other);
        assert_eq!(SecretForm::of(""), SecretForm::Other);
    }

    #[test]
    fn mistyped_secrets_are_not_well_formed() {
        let secret = Secret::generate(Face::BitBadges).unwrap();
        assert!(Secret::is_well_formed(Face::BitBadges, secret.expose()));
        assert!(!Secret::is_well_formed(Face::GenAuth, secret.expose()));
        let mut mistyped = secret.expose().to_owned();
        let last = if mistyped.pop() == Some('2') { '3' } else { '2' };
        mistyped.push(last);
        assert!(!Secret::is_well_formed(Face::BitBadges, &mistyped));
        assert!(!Secret::is_well_formed(Face::BitBadges, "ubb_"));
        assert!(!Secret::is_well_formed(Face::BitBadges, &format!("ubb_{}", "1".repeat(10_000))));
    }
}
