//! The Solana form: the base58 of an Ed25519 public key. It carries no checksum.

use ring::digest::{SHA256, digest};

use super::{Account, AddressError};

pub(super) type PublicKey = [u8; 32];

/// Decodes base58 that holds exactly a public key.
///
/// The SDK looks only at texts of 44 characters; about 6 % of all keys are written in fewer,
/// and those are taken here too.
pub(super) fn decode(text: &str) -> Result<PublicKey, AddressError> {
    let mut key = PublicKey::default();
    match bs58::decode(text).onto(&mut key) {
        Ok(length) if length == key.len() => Ok(key),
        Ok(_) | Err(_) => Err(AddressError::UnknownForm),
    }
}

/// The base58 text of a public key.
pub(super) fn encode(key: &PublicKey) -> String {
    bs58::encode(key).into_string()
}

/// The account of a public key: the first 20 bytes of its SHA-256, as the SDK's `solanaToCosmos`.
pub(super) fn account(key: &PublicKey) -> Account {
    let mut account = Account::default();
    let hash = digest(&SHA256, key);
    for (byte, hashed) in account.iter_mut().zip(hash.as_ref()) {
        *byte = *hashed;
    }
    account
}
