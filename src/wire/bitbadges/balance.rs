//! Amounts: of a coin, and of badges over ranges of ids and times.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::number;
use crate::core::user::Coin;
use crate::core::view::{Balance, UintRange};

/// An amount of a coin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CoinAmount<'a> {
    /// Decimal.
    #[serde(deserialize_with = "number::decimal")]
    amount: Cow<'a, str>,
    /// Denomination.
    denom: Cow<'a, str>,
}

impl<'a> CoinAmount<'a> {
    /// The amount of `coin`; if `None`, 0 of the chain's native coin.
    pub(super) fn new(coin: Option<&'a Coin>) -> Self {
        let (amount, denom) = coin.map_or(("0", "badge"), |coin| (&coin.amount, &coin.denom));
        Self { amount: amount.into(), denom: denom.into() }
    }
}

impl From<CoinAmount<'_>> for Coin {
    fn from(CoinAmount { amount, denom }: CoinAmount<'_>) -> Self {
        Self { amount: amount.into_owned(), denom: denom.into_owned() }
    }
}

/// An inclusive range of unsigned integers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Range)]
pub struct DecimalRange {
    /// First, decimal.
    #[serde(deserialize_with = "number::decimal")]
    pub start: String,
    /// Last, decimal.
    #[serde(deserialize_with = "number::decimal")]
    pub end: String,
}

/// Badges held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldBalance {
    /// Amount of each badge, decimal.
    #[serde(deserialize_with = "number::decimal")]
    pub amount: String,
    /// Badge ids.
    pub badge_ids: Vec<DecimalRange>,
    /// Ownership times, in milliseconds since the epoch.
    pub ownership_times: Vec<DecimalRange>,
}

/// Badges transferred. Unlike in [`HeldBalance`], times come before ids, as in the seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferredBalance {
    /// Amount of each badge, decimal.
    #[serde(deserialize_with = "number::decimal")]
    pub amount: String,
    /// Ownership times, in milliseconds since the epoch.
    pub ownership_times: Vec<DecimalRange>,
    /// Badge ids.
    pub badge_ids: Vec<DecimalRange>,
}

impl From<UintRange> for DecimalRange {
    fn from(UintRange { start, end }: UintRange) -> Self {
        Self { start, end }
    }
}

impl From<DecimalRange> for UintRange {
    fn from(DecimalRange { start, end }: DecimalRange) -> Self {
        Self { start, end }
    }
}

impl From<Balance> for HeldBalance {
    fn from(Balance { amount, badge_ids, ownership_times }: Balance) -> Self {
        Self { amount, badge_ids: converted(badge_ids), ownership_times: converted(ownership_times) }
    }
}

impl From<HeldBalance> for Balance {
    fn from(HeldBalance { amount, badge_ids, ownership_times }: HeldBalance) -> Self {
        Self { amount, badge_ids: converted(badge_ids), ownership_times: converted(ownership_times) }
    }
}

impl From<Balance> for TransferredBalance {
    fn from(Balance { amount, badge_ids, ownership_times }: Balance) -> Self {
        Self { amount, badge_ids: converted(badge_ids), ownership_times: converted(ownership_times) }
    }
}

impl From<TransferredBalance> for Balance {
    fn from(TransferredBalance { amount, badge_ids, ownership_times }: TransferredBalance) -> Self {
        Self { amount, badge_ids: converted(badge_ids), ownership_times: converted(ownership_times) }
    }
}

/// Converts each of `items`.
pub(super) fn converted<A: Into<B>, B>(items: Vec<A>) -> Vec<B> {
    items.into_iter().map(Into::into).collect()
}
