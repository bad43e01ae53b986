//! The bech32 forms (BIP-173): bare data for Cosmos, BitBadges and Thorchain, a witness program for Bitcoin.

use bech32::primitives::decode::{
    CharError, CheckedHrpstring, CheckedHrpstringError, ChecksumError, SegwitHrpstring, SegwitHrpstringError,
    UncheckedHrpstringError,
};
use bech32::{Bech32, ByteIterExt, Fe32IterExt, Hrp, hrp, segwit};

use super::{Account, AddressError};

/// Number of bech32 characters for the 160 bits of an account, without padding.
const ACCOUNT_CHARACTERS: usize = size_of::<Account>() * 8 / 5;

/// Number of characters of the longest form: prefix, separator, version, account and checksum.
const MAX_CHARACTERS: usize = "cosmos".len() + 1 + 1 + ACCOUNT_CHARACTERS + 6;

const COSMOS: Hrp = Hrp::parse_unchecked("cosmos");
const BITBADGES: Hrp = Hrp::parse_unchecked("bb");
/// The prefix of the BitBadges SDK 0.27.2. It is that of Thorchain's test networks.
const THORCHAIN: Hrp = Hrp::parse_unchecked("tthor");

/// The human-readable part of a supported bech32 form.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Prefix {
    Cosmos,
    BitBadges,
    Thorchain,
    Bitcoin,
}

impl Prefix {
    /// The prefix of `text`, in any case.
    pub(super) fn of(text: &str) -> Option<Self> {
        [Self::Cosmos, Self::BitBadges, Self::Thorchain, Self::Bitcoin]
            .into_iter()
            .find(|prefix| begins_with(text, prefix.human_readable_part()))
    }

    const fn human_readable_part(self) -> Hrp {
        match self {
            Self::Cosmos => COSMOS,
            Self::BitBadges => BITBADGES,
            Self::Thorchain => THORCHAIN,
            Self::Bitcoin => hrp::BC,
        }
    }
}

/// Whether `text` begins like an address of Bitcoin's testnet or regtest.
pub(super) fn names_test_network(text: &str) -> bool {
    [hrp::TB, hrp::BCRT].into_iter().any(|test| begins_with(text, test))
}

fn begins_with(text: &str, hrp: Hrp) -> bool {
    let (text, hrp) = (text.as_bytes(), hrp.as_bytes());
    text.get(..hrp.len()).is_some_and(|start| start.eq_ignore_ascii_case(hrp))
        && text.get(hrp.len()) == Some(&b'1')
}

/// Decodes `text`, which is in a single case and begins with `prefix`.
pub(super) fn decode(prefix: Prefix, text: &str) -> Result<Account, AddressError> {
    match prefix {
        Prefix::Bitcoin => decode_witness_program(text),
        Prefix::Cosmos | Prefix::BitBadges | Prefix::Thorchain => {
            decode_data(prefix.human_readable_part(), text)
        }
    }
}

/// The lower-case form of an account.
pub(super) fn encode(prefix: Prefix, account: Account) -> String {
    let hrp = prefix.human_readable_part();
    let checked = account.into_iter().bytes_to_fes().with_checksum::<Bech32>(&hrp);
    // One by one they would let it grow five times.
    let mut text = Vec::with_capacity(MAX_CHARACTERS);
    match prefix {
        Prefix::Bitcoin => text.extend(checked.with_witness_version(segwit::VERSION_0).bytes()),
        Prefix::Cosmos | Prefix::BitBadges | Prefix::Thorchain => text.extend(checked.bytes()),
    }
    // All of it is ASCII.
    String::from_utf8(text).unwrap_or_default()
}

fn decode_data(hrp: Hrp, text: &str) -> Result<Account, AddressError> {
    let checked = CheckedHrpstring::new::<Bech32>(text).map_err(|error| match error {
        CheckedHrpstringError::Parse(error) => unreadable(&error),
        CheckedHrpstringError::Checksum(ChecksumError::InvalidLength) => AddressError::Length,
        _ => AddressError::Checksum,
    })?;
    if checked.hrp() != hrp {
        return Err(AddressError::UnknownForm);
    }
    // Counting bytes alone would let a 33rd character pass as padding.
    if checked.data_part_ascii_no_checksum().len() != ACCOUNT_CHARACTERS {
        return Err(AddressError::Length);
    }
    account(checked.byte_iter()).ok_or(AddressError::Length)
}

fn decode_witness_program(text: &str) -> Result<Account, AddressError> {
    let program = SegwitHrpstring::new(text).map_err(|error| invalid_segwit(&error))?;
    if program.hrp() != hrp::BC {
        return Err(AddressError::UnknownForm);
    }
    if program.witness_version() != segwit::VERSION_0 {
        return Err(AddressError::WitnessProgram);
    }
    account(program.byte_iter()).ok_or(AddressError::WitnessProgram)
}

fn account(bytes: impl Iterator<Item = u8>) -> Option<Account> {
    bytes.collect::<Vec<u8>>().try_into().ok()
}

fn invalid_segwit(error: &SegwitHrpstringError) -> AddressError {
    match error {
        SegwitHrpstringError::Unchecked(error) => unreadable(error),
        SegwitHrpstringError::InvalidWitnessVersion(_) => AddressError::WitnessProgram,
        SegwitHrpstringError::Checksum(ChecksumError::InvalidLength) => AddressError::Length,
        SegwitHrpstringError::Checksum(_) => AddressError::Checksum,
        _ => AddressError::Length,
    }
}

fn unreadable(error: &UncheckedHrpstringError) -> AddressError {
    match error {
        UncheckedHrpstringError::Char(CharError::NothingAfterSeparator) => AddressError::Length,
        _ => AddressError::Character,
    }
}
