//! The documents that views show.

use serde::{Deserialize, Deserializer};

use crate::core::address::AccountKey;
use crate::core::user::JsonObject;
use crate::core::view::{
    Announcement, Balance, Holding, Precalculation, Review, TimelineEntry, Transfer, UintRange,
};
use crate::wire::read::{FieldError, filled};

/// A number of any size: the vendor writes a decimal string, some versions a JSON number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal(pub(super) String);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a whole number or a decimal string")]
        enum Number {
            Text(String),
            Signed(i64),
            Unsigned(u64),
        }
        let text = match Number::deserialize(from)? {
            Number::Text(text) => text,
            Number::Signed(number) => number.to_string(),
            Number::Unsigned(number) => number.to_string(),
        };
        let digits = text.strip_prefix('-').unwrap_or(&text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(serde::de::Error::custom("expected a decimal number"));
        }
        Ok(Self(text))
    }
}

impl Decimal {
    pub(super) fn to_i64(&self, field: &str) -> Result<i64, FieldError> {
        self.0.parse().map_err(|_| FieldError {
            field: field.to_owned(),
            reason: "must be a number of at most 63 bits".to_owned(),
        })
    }
}

#[derive(Deserialize)]
struct RangeItem {
    start: Decimal,
    end: Decimal,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BalanceItem {
    amount: Decimal,
    badge_ids: Vec<RangeItem>,
    ownership_times: Vec<RangeItem>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PrecalculationItem {
    approval_id: String,
    #[serde(default)]
    approval_level: String,
}

/// A document of a view. The first eras name it `_id`, later ones `_docId`, some answers both.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    #[serde(rename = "_docId", default, deserialize_with = "filled")]
    doc_id: Option<String>,
    #[serde(rename = "_id", default, deserialize_with = "filled")]
    first_id: Option<String>,
    timestamp: Decimal,
    #[serde(default)]
    block: Option<Decimal>,
    from: String,
    collection_id: Option<Decimal>,
    #[serde(default)]
    to: Vec<String>,
    #[serde(default)]
    balances: Vec<BalanceItem>,
    #[serde(default)]
    memo: Option<String>,
    precalculation_details: Option<PrecalculationItem>,
    #[serde(default)]
    announcement: Option<String>,
    #[serde(default)]
    review: Option<String>,
    stars: Option<Decimal>,
    reviewed_address: Option<AccountKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Collected {
    collection_id: Decimal,
    balances: Vec<BalanceItem>,
    #[serde(default)]
    on_chain: Option<bool>,
    #[serde(default, deserialize_with = "filled")]
    uri: Option<String>,
    #[serde(default)]
    user_permissions: Option<JsonObject>,
}

impl From<RangeItem> for UintRange {
    fn from(range: RangeItem) -> Self {
        Self { start: range.start.0, end: range.end.0 }
    }
}

impl From<BalanceItem> for Balance {
    fn from(balance: BalanceItem) -> Self {
        let ranges = |ranges: Vec<RangeItem>| ranges.into_iter().map(UintRange::from).collect();
        Self {
            amount: balance.amount.0,
            badge_ids: ranges(balance.badge_ids),
            ownership_times: ranges(balance.ownership_times),
        }
    }
}

fn balances(items: Vec<BalanceItem>) -> Vec<Balance> {
    items.into_iter().map(Balance::from).collect()
}

impl Document {
    fn id(&mut self) -> Result<String, FieldError> {
        let id = self.doc_id.take().or_else(|| self.first_id.take());
        id.ok_or_else(|| FieldError::missing("_id"))
    }

    fn collection(&self) -> Result<i64, FieldError> {
        let collection = self.collection_id.as_ref();
        collection.ok_or_else(|| FieldError::missing("collectionId"))?.to_i64("collectionId")
    }

    fn at(&self) -> Result<i64, FieldError> {
        self.timestamp.to_i64("timestamp")
    }

    fn block(&mut self) -> String {
        self.block.take().map_or_else(|| "0".to_owned(), |block| block.0)
    }

    pub(super) fn into_transfer(mut self) -> Result<TimelineEntry, FieldError> {
        Ok(TimelineEntry::Transfer(Transfer {
            at: self.at()?,
            collection_id: self.collection()?,
            block: self.block(),
            id: self.id()?,
            from: self.from,
            to: self.to,
            balances: balances(self.balances),
            memo: self.memo.unwrap_or_default(),
            precalculation: self.precalculation_details.map(|details| Precalculation {
                approval_id: details.approval_id,
                approval_level: details.approval_level,
            }),
        }))
    }

    pub(super) fn into_announcement(mut self) -> Result<TimelineEntry, FieldError> {
        Ok(TimelineEntry::Announcement(Announcement {
            at: self.at()?,
            collection_id: self.collection()?,
            block: self.block(),
            id: self.id()?,
            from: self.from,
            text: self.announcement.ok_or_else(|| FieldError::missing("announcement"))?,
        }))
    }

    pub(super) fn into_review(mut self, about: &AccountKey) -> Result<TimelineEntry, FieldError> {
        Ok(TimelineEntry::Review(Review {
            at: self.at()?,
            block: self.block(),
            id: self.id()?,
            from: self.from,
            about: self.reviewed_address.unwrap_or_else(|| about.clone()),
            stars: self.stars.ok_or_else(|| FieldError::missing("stars"))?.0,
            text: self.review.ok_or_else(|| FieldError::missing("review"))?,
        }))
    }
}

impl Collected {
    pub(super) fn into_holding(self, account: &AccountKey) -> Result<TimelineEntry, FieldError> {
        Ok(TimelineEntry::Holding(Holding {
            account: account.clone(),
            collection_id: self.collection_id.to_i64("collectionId")?,
            balances: balances(self.balances),
            on_chain: self.on_chain.unwrap_or(true),
            uri: self.uri,
            permissions: self.user_permissions.unwrap_or_default(),
        }))
    }
}
