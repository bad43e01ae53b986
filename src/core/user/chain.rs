//! A user's account on a blockchain.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::User;
use crate::core::address::Address;

/// One chain account. Numbers are decimal strings: they can exceed 64 bits.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChainAccount {
    /// The address, in the format of the chain the user prefers.
    pub address: String,
    /// Public key, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// Type of the public key, such as `secp256k1` or `ethsecp256k1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key_type: Option<String>,
    /// Account number on chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_number: Option<String>,
    /// Number of transactions the account has signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<String>,
    /// Balance in the chain's native coin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<Coin>,
    /// Balances in other coins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_balances: Vec<Coin>,
    /// Whether the account received the first airdrop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub airdropped: Option<bool>,
}

/// An amount of a coin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coin {
    /// Decimal string.
    pub amount: String,
    /// Denomination.
    pub denom: String,
}

impl User {
    /// The user's chain accounts with their addresses; those with an unrecognised address are left out.
    pub fn addresses(&self) -> impl Iterator<Item = (&ChainAccount, Address)> {
        with_addresses(&self.chain_accounts)
    }
}

/// `accounts` with their addresses, without those whose address is not recognised.
pub(super) fn with_addresses(accounts: &[ChainAccount]) -> impl Iterator<Item = (&ChainAccount, Address)> {
    accounts.iter().filter_map(|chain| Address::parse(&chain.address).ok().map(|address| (chain, address)))
}
