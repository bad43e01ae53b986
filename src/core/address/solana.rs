//! The Solana form: an Ed25519 public key in base58, without a checksum.

use ring::digest::{SHA256, digest};

use super::{Account, AddressError};

pub(super) type PublicKey = [u8; 32];

/// Decodes base58 of exactly one public key.
///
/// The SDK accepts only texts of 44 characters; about 6 % of all keys are shorter, and are
/// accepted here too.
pub(super) fn decode(text: &str) -> Result<PublicKey, AddressError> {
    let mut key = PublicKey::default();
    match bs58::decode(text).onto(&mut key) {
        Ok(length) if length == key.len() => Ok(key),
        Ok(_) | Err(_) => Err(AddressError::UnknownForm),
    }
}

/// The base58 form of a public key.
pub(super) fn encode(key: &PublicKey) -> String {
    bs58::encode(key).into_string()
}

/// The account of a public key: the first 20 bytes of its SHA-256, as in the SDK's `solanaToCosmos`.
pub(super) fn account(key: &PublicKey) -> Account {
    let mut account = Account::default();
    let hash = digest(&SHA256, key);
    for (byte, hashed) in account.iter_mut().zip(hash.as_ref()) {
        *byte = *hashed;
    }
    account
}
