//! The Ethereum form: hexadecimal digits whose case is a checksum (EIP-55).

use sha3::{Digest, Keccak256};

use super::{Account, AddressError, is_mixed_case};

const HEX_DIGITS: usize = 2 * size_of::<Account>();

/// Decodes the part after `0x`. Digits in a single case carry no checksum and are accepted.
pub(super) fn decode(digits: &str) -> Result<Account, AddressError> {
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(AddressError::Character);
    }
    let account = from_hex(digits).ok_or(AddressError::Length)?;
    if !is_mixed_case(digits) || checksum_case(&account) == digits {
        Ok(account)
    } else {
        Err(AddressError::Checksum)
    }
}

/// The address with `0x`, in EIP-55 case.
pub(super) fn encode(account: &Account) -> String {
    format!("0x{}", checksum_case(account))
}

fn from_hex(digits: &str) -> Option<Account> {
    let digits: &[u8; HEX_DIGITS] = digits.as_bytes().try_into().ok()?;
    let mut account = Account::default();
    for (byte, pair) in account.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair.iter().try_fold(0, |value, &digit| {
            let digit = u8::try_from(char::from(digit).to_digit(16)?).ok()?;
            Some(value << 4 | digit)
        })?;
    }
    Some(account)
}

/// EIP-55: a letter is upper case where the corresponding digit of the Keccak-256 hash of the
/// lower-case digits is 8 or more.
fn checksum_case(account: &Account) -> String {
    let mut lower = String::with_capacity(HEX_DIGITS);
    lower.extend(nibbles(account).filter_map(hex_digit));
    let hash = Keccak256::digest(lower.as_bytes());
    let upper_where = nibbles(&hash).map(|nibble| nibble >= 8);
    let digits = lower.chars().zip(upper_where);
    let mut mixed = String::with_capacity(HEX_DIGITS);
    mixed.extend(digits.map(|(digit, upper)| if upper { digit.to_ascii_uppercase() } else { digit }));
    mixed
}

fn nibbles(bytes: &[u8]) -> impl Iterator<Item = u8> {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf])
}

fn hex_digit(nibble: u8) -> Option<char> {
    char::from_digit(u32::from(nibble), 16)
}
