//! Blockchain addresses in every form that clients may use, normalised to one key per account.
//!
//! An account is 20 bytes. Its Ethereum form is those bytes in hexadecimal; its Cosmos, BitBadges,
//! Thorchain and Bitcoin forms are the same bytes in bech32. A Solana address is a 32-byte public key, and
//! the account is the first 20 bytes of the key's SHA-256, which cannot be reversed. These are
//! the conversions of the published BitBadges SDK (npm bitbadgesjs-sdk 0.3.75, 0.9.5 and 0.27.2,
//! `address-converter`).

mod account_key;
mod bech32;
mod ethereum;
mod mentions;
mod solana;
#[cfg(test)]
mod tests;

use std::fmt;

pub use account_key::AccountKey;
pub use mentions::{Mention, mentions};

/// Maximum length of an address, in bytes. Every supported form is shorter than 64.
const MAX_TEXT_BYTES: usize = 128;

/// The 20 bytes shared by all forms of an account.
type Account = [u8; 20];

/// The chain in whose form an address is written, named as in the BitBadges API's `chain`
/// field.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Chain {
    /// `0x` and 40 hexadecimal digits.
    Ethereum,
    /// bech32 with the prefix `cosmos`, or `bb` (the BitBadges chain's own).
    Cosmos,
    /// bech32 with the prefix `bc`: a version 0 witness program of 20 bytes (P2WPKH).
    Bitcoin,
    /// base58 of a 32-byte public key.
    Solana,
    /// bech32 with the prefix `tthor`.
    Thorchain,
}

impl Chain {
    /// All chains.
    pub const ALL: [Self; 5] = [Self::Ethereum, Self::Cosmos, Self::Bitcoin, Self::Solana, Self::Thorchain];

    /// The value of the BitBadges API's `chain` field.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ethereum => "Ethereum",
            Self::Cosmos => "Cosmos",
            Self::Bitcoin => "Bitcoin",
            Self::Solana => "Solana",
            Self::Thorchain => "Thorchain",
        }
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Why a text is not an address. Messages never quote the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Longer than any supported form.
    #[error("longer than {MAX_TEXT_BYTES} bytes")]
    TooLong,
    /// Not a supported form.
    #[error("not a 0x…, cosmos1…, bb1…, tthor1…, bc1q… or 32-byte base58 (Solana) address")]
    UnknownForm,
    /// The prefix is known, but the length is wrong.
    #[error("wrong length for its prefix")]
    Length,
    /// A character outside the form's alphabet.
    #[error("contains a character that its prefix does not allow")]
    Character,
    /// A bech32 form in mixed case (forbidden by BIP-173).
    #[error("mixed upper and lower case in a bech32 address")]
    MixedCase,
    /// The bech32 checksum, or the EIP-55 case of a mixed-case Ethereum form, is wrong.
    #[error("checksum does not match")]
    Checksum,
    /// A Bitcoin address that is not P2WPKH, such as P2WSH or Taproot: it does not contain an account.
    #[error("a Bitcoin address that is not P2WPKH (bc1q and 20 bytes)")]
    WitnessProgram,
    /// A Bitcoin testnet or regtest address.
    #[error("a Bitcoin test network address")]
    TestNetwork,
}

/// A valid address that retains the form it was written in.
///
/// Two addresses are equal if they denote the same account in the same chain's form; compare
/// [`Address::key`] to check for the same account in any form.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Address {
    account: Account,
    written: Written,
}

/// The form of an address, with anything that the account's 20 bytes do not hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Written {
    Ethereum,
    Cosmos(bech32::Prefix),
    Thorchain,
    Bitcoin,
    Solana(solana::PublicKey),
}

impl Address {
    /// Recognises, validates and decodes an address in any supported form.
    ///
    /// Surrounding white space is not removed. The prefixes `0x`, `cosmos1`, `bb1`, `tthor1` and `bc1`
    /// are checked first. Text in mixed case cannot be bech32 (BIP-173), so one that happens to begin
    /// with a bech32 prefix may still be a Solana key.
    ///
    /// # Errors
    ///
    /// An [`AddressError`] that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(AddressError::TooLong);
        }
        if let Some(digits) = text.strip_prefix("0x") {
            return ethereum::decode(digits).map(|account| Self::new(account, Written::Ethereum));
        }
        let Some(prefix) = bech32::Prefix::of(text) else {
            return Self::parse_solana(text).map_err(|error| {
                if bech32::names_test_network(text) { AddressError::TestNetwork } else { error }
            });
        };
        if is_mixed_case(text) {
            return Self::parse_solana(text).map_err(|_| AddressError::MixedCase);
        }
        Self::parse_bech32(prefix, text)
    }

    fn parse_bech32(prefix: bech32::Prefix, text: &str) -> Result<Self, AddressError> {
        let account = bech32::decode(prefix, text)?;
        let written = match prefix {
            bech32::Prefix::Bitcoin => Written::Bitcoin,
            bech32::Prefix::Thorchain => Written::Thorchain,
            cosmos => Written::Cosmos(cosmos),
        };
        Ok(Self::new(account, written))
    }

    fn parse_solana(text: &str) -> Result<Self, AddressError> {
        let key = solana::decode(text)?;
        Ok(Self::new(solana::account(&key), Written::Solana(key)))
    }

    const fn new(account: Account, written: Written) -> Self {
        Self { account, written }
    }

    /// The chain in whose form the address is written; [`Chain::Cosmos`] for `bb1…` too.
    #[must_use]
    pub const fn chain(&self) -> Chain {
        match self.written {
            Written::Ethereum => Chain::Ethereum,
            Written::Cosmos(_) => Chain::Cosmos,
            Written::Bitcoin => Chain::Bitcoin,
            Written::Thorchain => Chain::Thorchain,
            Written::Solana(_) => Chain::Solana,
        }
    }

    /// The account's key, the same for all its forms.
    #[must_use]
    pub fn key(&self) -> AccountKey {
        AccountKey::of(self)
    }

    /// Whether `other` is the same account, in whatever form.
    #[must_use]
    pub fn is_account_of(&self, other: &Self) -> bool {
        self.account == other.account
    }

    /// The address in its original form and that form's standard case: EIP-55 for Ethereum, lower
    /// case for bech32, base58 unchanged.
    #[must_use]
    pub fn canonical(&self) -> String {
        match self.written {
            Written::Ethereum => self.ethereum(),
            Written::Cosmos(prefix) => bech32::encode(prefix, self.account),
            Written::Bitcoin => self.bitcoin(),
            Written::Thorchain => self.thorchain(),
            Written::Solana(key) => solana::encode(&key),
        }
    }

    /// The Ethereum form, in EIP-55 case.
    ///
    /// For a Solana address this is the form of the hashed account, as in the SDK's
    /// `convertToEthAddress` and the server's `ethAddress`; no Ethereum key exists for it.
    #[must_use]
    pub fn ethereum(&self) -> String {
        ethereum::encode(&self.account)
    }

    /// The Cosmos form, `cosmos1…`.
    #[must_use]
    pub fn cosmos(&self) -> String {
        bech32::encode(bech32::Prefix::Cosmos, self.account)
    }

    /// The BitBadges form, `bb1…`.
    #[must_use]
    pub fn bitbadges(&self) -> String {
        bech32::encode(bech32::Prefix::BitBadges, self.account)
    }

    /// The Thorchain form, `tthor1…`.
    #[must_use]
    pub fn thorchain(&self) -> String {
        bech32::encode(bech32::Prefix::Thorchain, self.account)
    }

    /// The Bitcoin P2WPKH form, `bc1q…`; for a Solana address see [`Address::ethereum`].
    #[must_use]
    pub fn bitcoin(&self) -> String {
        bech32::encode(bech32::Prefix::Bitcoin, self.account)
    }

    /// The account in every form that can be told from the address, in which it may occur in texts.
    pub fn forms(&self) -> impl Iterator<Item = String> {
        let forms = [self.ethereum(), self.cosmos(), self.bitbadges(), self.thorchain(), self.bitcoin()];
        forms.into_iter().chain(self.solana())
    }

    /// The Solana form, available only if the address was written in it.
    #[must_use]
    pub fn solana(&self) -> Option<String> {
        match self.written {
            Written::Solana(key) => Some(solana::encode(&key)),
            Written::Ethereum | Written::Cosmos(_) | Written::Thorchain | Written::Bitcoin => None,
        }
    }
}

fn is_mixed_case(text: &str) -> bool {
    let has_upper = text.bytes().any(|letter| letter.is_ascii_uppercase());
    let has_lower = text.bytes().any(|letter| letter.is_ascii_lowercase());
    has_upper && has_lower
}
