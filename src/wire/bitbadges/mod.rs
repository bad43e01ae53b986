//! BitBadges' JSON: accounts, and the documents shown in their views.
//!
//! Written as in the vendor's first era (decimal strings, absent values omitted) plus what later SDKs need; read
//! as written by any of the vendor's versions. The members that do not depend on views ([`AccountInfo`],
//! [`AddressForms`]) are a pure function of the [`NamedAccount`] and of `fetchSequence`.

mod account;
mod balance;
mod documents;
mod named;
mod number;
mod response;
mod views;

#[cfg(test)]
mod tests;

pub use account::{AccountInfo, is_public_name};
pub use balance::{CoinAmount, DecimalRange, HeldBalance, TransferredBalance};
pub use documents::{
    AnnouncementDocument, HoldingDocument, PrecalculationDetails, ReviewDocument, TransferDocument,
};
pub use named::NamedAccount;
pub use response::{AccountResponse, AccountsResponse, AddressForms, OneAccountResponse};
pub use views::{Pagination, ShownViews, View, ViewsBuilder};

use serde::Serialize;
use serde::de::{Deserialize as _, Deserializer, IgnoredAny};

/// Fields that a response has only if they were asked for, or if the vendor could ask the chain.
pub const UNASKED: &[&str] = &[
    "chainAccounts[].sequence",
    "chainAccounts[].balance",
    "chainAccounts[].airdropped",
    "community.resolvedName",
];

/// The members of the documents in an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Members {
    /// Those that clients of the first eras read, which name a view by `viewKey`.
    Early,
    /// Also those that later clients need.
    #[default]
    All,
}

/// A list that this gateway does not store: written empty, since some SDKs fail without it.
type EmptyList = [(); 0];

/// Ignores a member that carries no user data.
fn ignored<'de, D: Deserializer<'de>, T: Default>(from: D) -> Result<T, D::Error> {
    IgnoredAny::deserialize(from).map(|_| T::default())
}

/// The members of an object, without the braces around them.
fn members(object: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut json = serde_json::to_vec(object)?;
    json.pop();
    json.drain(..1);
    Ok(json)
}
