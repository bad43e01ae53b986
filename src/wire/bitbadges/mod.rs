//! BitBadges' JSON: accounts, and the documents that their views show.
//!
//! Written as the vendor's first era has it (decimal strings, absent values left out) with what later SDKs need; read
//! as any of the vendor's versions writes it. What an account says whatever its views show ([`AccountInfo`],
//! [`AddressForms`]) is a pure function of the [`NamedAccount`] and of `fetchSequence`.

mod account;
mod balance;
mod documents;
mod named;
mod number;
mod response;
mod views;

#[cfg(test)]
mod tests;

pub use account::AccountInfo;
pub use balance::{CoinAmount, DecimalRange, HeldBalance, TransferredBalance};
pub use documents::{
    AnnouncementDocument, HoldingDocument, PrecalculationDetails, ReviewDocument, TransferDocument,
};
pub use named::NamedAccount;
pub use response::{AccountResponse, AccountsResponse, AddressForms};
pub use views::{Pagination, ShownViews, View, ViewsBuilder};

use serde::Serialize;
use serde::de::{Deserialize as _, Deserializer, IgnoredAny};

/// A list of something that this gateway does not keep: written empty, since some SDK fails without it.
type EmptyList = [(); 0];

/// Reads over a member that says nothing of a user.
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
