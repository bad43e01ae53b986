//! Amounts: of a coin, and of badges over ranges of ids and times.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Members, number};
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

    /// Whether this is the chain's native coin. It is counted in millionths (`ubadge`) since June 2024.
    pub(super) fn is_native(&self) -> bool {
        matches!(&*self.denom, "badge" | "ubadge")
    }

    /// Whether both are amounts of one coin.
    pub(super) fn is_same_coin(&self, other: &Self) -> bool {
        self.denom == other.denom
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
#[serde(rename_all = "camelCase", try_from = "ReadBalance")]
pub struct HeldBalance {
    /// Amount of each badge, decimal.
    pub amount: String,
    /// Badge ids.
    pub badge_ids: Vec<DecimalRange>,
    /// Ownership times, in milliseconds since the epoch.
    pub ownership_times: Vec<DecimalRange>,
    /// The badge ids once more, under their newest name; absent by `viewKey`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_ids: Option<Vec<DecimalRange>>,
}

/// Badges transferred. Unlike in [`HeldBalance`], times come before ids, as in the seed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", try_from = "ReadBalance")]
pub struct TransferredBalance {
    /// Amount of each badge, decimal.
    pub amount: String,
    /// Ownership times, in milliseconds since the epoch.
    pub ownership_times: Vec<DecimalRange>,
    /// Badge ids.
    pub badge_ids: Vec<DecimalRange>,
    /// The badge ids once more, under their newest name; absent by `viewKey`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_ids: Option<Vec<DecimalRange>>,
}

/// A balance as any version writes it: the ids are `badgeIds`, in the newest `tokenIds`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadBalance {
    #[serde(deserialize_with = "number::decimal")]
    amount: String,
    badge_ids: Option<Vec<DecimalRange>>,
    token_ids: Option<Vec<DecimalRange>>,
    ownership_times: Vec<DecimalRange>,
}

impl ReadBalance {
    /// The balance, whose ids are those under their oldest name.
    fn into_balance(self) -> Result<Balance, &'static str> {
        let ids = self.badge_ids.or(self.token_ids).ok_or("needs badgeIds or tokenIds")?;
        let (badge_ids, ownership_times) = (converted(ids), converted(self.ownership_times));
        Ok(Balance { amount: self.amount, badge_ids, ownership_times })
    }
}

impl TryFrom<ReadBalance> for HeldBalance {
    type Error = &'static str;

    fn try_from(balance: ReadBalance) -> Result<Self, &'static str> {
        balance.into_balance().map(|balance| Self::new(balance, Members::All))
    }
}

impl TryFrom<ReadBalance> for TransferredBalance {
    type Error = &'static str;

    fn try_from(balance: ReadBalance) -> Result<Self, &'static str> {
        balance.into_balance().map(|balance| Self::new(balance, Members::All))
    }
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

impl HeldBalance {
    /// `balance` with these members.
    pub(super) fn new(Balance { amount, badge_ids, ownership_times }: Balance, members: Members) -> Self {
        let badge_ids: Vec<DecimalRange> = converted(badge_ids);
        let token_ids = (members == Members::All).then(|| badge_ids.clone());
        Self { amount, badge_ids, ownership_times: converted(ownership_times), token_ids }
    }
}

impl From<HeldBalance> for Balance {
    fn from(HeldBalance { amount, badge_ids, ownership_times, token_ids: _ }: HeldBalance) -> Self {
        Self { amount, badge_ids: converted(badge_ids), ownership_times: converted(ownership_times) }
    }
}

impl TransferredBalance {
    /// `balance` with these members.
    pub(super) fn new(Balance { amount, badge_ids, ownership_times }: Balance, members: Members) -> Self {
        let badge_ids: Vec<DecimalRange> = converted(badge_ids);
        let token_ids = (members == Members::All).then(|| badge_ids.clone());
        Self { amount, ownership_times: converted(ownership_times), badge_ids, token_ids }
    }
}

impl From<TransferredBalance> for Balance {
    fn from(
        TransferredBalance { amount, badge_ids, ownership_times, token_ids: _ }: TransferredBalance,
    ) -> Self {
        Self { amount, badge_ids: converted(badge_ids), ownership_times: converted(ownership_times) }
    }
}

/// Converts each of `items`.
pub(super) fn converted<A: Into<B>, B>(items: Vec<A>) -> Vec<B> {
    items.into_iter().map(Into::into).collect()
}
