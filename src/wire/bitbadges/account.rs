//! The part of an account that does not depend on its views.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use super::balance::CoinAmount;
use super::named::NamedAccount;
use super::{ignored, number};
use crate::core::address::{Address, Chain};
use crate::core::id::UserId;
use crate::core::user::{BorrowedCommunity, ChainAccount, Coin, Community, User};
use crate::wire::read::{FieldError, filled, or_default};

/// The part of an account that does not depend on its views: the seed's members, in the seed's order, and those in which
/// later versions tell more of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountInfo<'a> {
    /// Always empty.
    #[serde(rename = "_id", default, deserialize_with = "ignored")]
    #[schema(required)]
    id: Cow<'static, str>,
    /// Milliseconds since the epoch; a JSON number, unlike the decimal strings.
    #[serde(default, deserialize_with = "number::optional_i64", skip_serializing_if = "Option::is_none")]
    seen_activity: Option<i64>,
    /// Milliseconds since the epoch; also a JSON number.
    #[serde(default, deserialize_with = "number::optional_i64", skip_serializing_if = "Option::is_none")]
    created_at: Option<i64>,
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    discord: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    twitter: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    github: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    telegram: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    readme: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    avatar: Option<Cow<'a, str>>,
    /// Name in the chain's name service; empty if none.
    #[serde(default, deserialize_with = "or_default")]
    #[schema(required)]
    resolved_name: Cow<'a, str>,
    /// Base64; empty if unknown.
    #[serde(default, deserialize_with = "or_default")]
    #[schema(required)]
    public_key: Cow<'a, str>,
    /// Decimal.
    #[serde(default, deserialize_with = "number::optional_decimal", skip_serializing_if = "Option::is_none")]
    sequence: Option<Cow<'a, str>>,
    /// Decimal; `-1` if the account is not on chain.
    #[serde(default = "not_on_chain", deserialize_with = "account_number")]
    #[schema(required)]
    account_number: Cow<'a, str>,
    #[serde(default, deserialize_with = "ignored")]
    #[schema(required, schema_with = chain_name)]
    chain: Cow<'static, str>,
    #[serde(default, deserialize_with = "or_default")]
    #[schema(required)]
    cosmos_address: Cow<'a, str>,
    /// In the format of the account's chain.
    #[serde(default, deserialize_with = "or_default")]
    #[schema(required)]
    address: Cow<'a, str>,
    #[serde(default, deserialize_with = "filled", skip_serializing_if = "Option::is_none")]
    username: Option<Cow<'a, str>>,
    // Always written.
    #[schema(value_type = CoinAmount, required)]
    balance: Option<CoinAmount<'a>>,
    // Always written.
    #[schema(value_type = bool, required)]
    airdropped: Option<bool>,
    /// Type of the public key, such as `secp256k1`; empty if unknown.
    #[serde(default, deserialize_with = "or_default")]
    #[schema(required)]
    pub_key_type: Cow<'a, str>,
    /// The balances in all coins: `balance`, then the others.
    #[serde(default, deserialize_with = "or_default")]
    #[schema(required)]
    balances: Vec<CoinAmount<'a>>,
}

/// The `chain` of an account without an address.
const NO_CHAIN: &str = "Unknown";

fn chain_name() -> Object {
    let names = Chain::ALL.map(Chain::as_str).into_iter().chain([NO_CHAIN]);
    let description = "The chain whose format the address has; `Unknown` for an account without an address.";
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(names))
        .description(Some(description))
        .build()
}

/// The account number of an account that is not on chain.
const fn not_on_chain<'a>() -> Cow<'a, str> {
    Cow::Borrowed("-1")
}

fn account_number<'de, 'a, D: Deserializer<'de>>(from: D) -> Result<Cow<'a, str>, D::Error> {
    number::optional_decimal(from).map(|number| number.unwrap_or_else(not_on_chain))
}

impl<'a> AccountInfo<'a> {
    /// The members of `account`. With `fetch_sequence`, an unknown sequence is 0 instead of omitted.
    #[must_use]
    pub fn new<'d>(account: &NamedAccount<'a, 'd>, fetch_sequence: bool) -> Self {
        let NamedAccount { user, chain, address } = *account;
        let community = user.map(|user| &user.community);
        let social = |field: fn(&'a BorrowedCommunity<'d>) -> Option<&'a str>| {
            community.and_then(field).map(Cow::Borrowed)
        };
        let on_chain = |field: fn(&ChainAccount) -> Option<&str>| chain.and_then(field).map(Cow::Borrowed);
        Self {
            id: Cow::Borrowed(""),
            seen_activity: community.and_then(|community| community.seen_activity),
            created_at: community.and_then(|community| community.joined_at),
            discord: social(|it| it.discord.as_deref()),
            twitter: social(|it| it.twitter.as_deref()),
            github: social(|it| it.github.as_deref()),
            telegram: social(|it| it.telegram.as_deref()),
            readme: social(|it| it.readme.as_deref()),
            avatar: social(|it| it.avatar.as_deref()),
            resolved_name: social(|it| it.resolved_name.as_deref()).unwrap_or_default(),
            public_key: on_chain(|it| it.public_key.as_deref()).unwrap_or_default(),
            sequence: on_chain(|it| it.sequence.as_deref()).or(fetch_sequence.then_some(Cow::Borrowed("0"))),
            account_number: on_chain(|it| it.account_number.as_deref()).unwrap_or_else(not_on_chain),
            chain: Cow::Borrowed(address.map_or(NO_CHAIN, |address| address.chain().as_str())),
            cosmos_address: address.map(|address| address.cosmos().into()).unwrap_or_default(),
            address: address.map(|address| address.canonical().into()).unwrap_or_default(),
            username: user.and_then(|user| user.profile.username.as_deref()).map(Cow::Borrowed),
            balance: Some(CoinAmount::new(chain.and_then(|chain| chain.balance.as_ref()))),
            pub_key_type: on_chain(|it| it.public_key_type.as_deref()).unwrap_or_default(),
            balances: balances(chain),
            airdropped: Some(chain.and_then(|chain| chain.airdropped).unwrap_or_default()),
        }
    }

    /// The members that everybody may see: without when the user last looked at its notifications, and without a
    /// username that tells more than a name.
    #[must_use]
    pub fn only_public(self) -> Self {
        Self { seen_activity: None, username: self.username.filter(|name| is_public_name(name)), ..self }
    }

    /// Its address in the Cosmos form, and in that of its chain.
    pub(super) fn addresses(&self) -> (&str, &str) {
        (&self.cosmos_address, &self.address)
    }

    /// The account's address: its `address`, which can be more specific than the Cosmos form.
    ///
    /// # Errors
    /// The address is missing, or not one of a supported chain.
    pub fn address(&self) -> Result<Address, FieldError> {
        let (field, text) = match (self.address.trim(), self.cosmos_address.trim()) {
            ("", "") => return Err(FieldError::missing("cosmosAddress")),
            ("", _) => ("cosmosAddress", &self.cosmos_address),
            (_, _) => ("address", &self.address),
        };
        Address::parse(text).map_err(|error| FieldError::new(field, error.to_string()))
    }

    /// The user whose account at `address` this is. The address is the only id of a user here.
    #[must_use]
    pub fn into_user(self, address: &Address) -> User {
        let id = address.cosmos();
        let (balance, other_balances) = split_balances(self.balance, self.balances);
        let mut user = User::new(UserId::new(&id));
        user.issued_ids.insert("bitbadges".to_owned(), id);
        user.profile.username = self.username.map(Cow::into_owned);
        user.chain_accounts.push(ChainAccount {
            address: address.canonical(),
            public_key: unless_blank(self.public_key),
            public_key_type: unless_blank(self.pub_key_type),
            account_number: Some(self.account_number).filter(|it| *it != not_on_chain()).map(Cow::into_owned),
            sequence: self.sequence.map(Cow::into_owned),
            balance,
            other_balances,
            airdropped: self.airdropped,
        });
        user.community = Community {
            discord: self.discord.map(Cow::into_owned),
            twitter: self.twitter.map(Cow::into_owned),
            github: self.github.map(Cow::into_owned),
            telegram: self.telegram.map(Cow::into_owned),
            readme: self.readme.map(Cow::into_owned),
            avatar: self.avatar.map(Cow::into_owned),
            resolved_name: unless_blank(self.resolved_name),
            seen_activity: self.seen_activity,
            joined_at: self.created_at,
        };
        user
    }
}

/// Whether everybody may see `username`: not one that is an e-mail address, as those of employees often are, or a phone
/// number, as those of who signed up by phone are.
#[must_use]
pub fn is_public_name(username: &str) -> bool {
    !username.contains(['@', '\u{ff20}']) && !is_phone_number(username)
}

/// Whether `text` has the form of a phone number: at least seven digits, the fewest that are dialled, and nothing else but
/// what people write between them.
fn is_phone_number(text: &str) -> bool {
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    digits >= 7 && text.chars().all(|c| c.is_numeric() || " +-./()".contains(c))
}

/// The balance in the native coin, 0 if unknown, then the others.
fn balances(chain: Option<&ChainAccount>) -> Vec<CoinAmount<'_>> {
    let others = chain.map(|chain| &*chain.other_balances).unwrap_or_default();
    let native = CoinAmount::new(chain.and_then(|chain| chain.balance.as_ref()));
    std::iter::once(native).chain(others.iter().map(|coin| CoinAmount::new(Some(coin)))).collect()
}

/// The balance in the native coin, which the newest versions tell only among `all`, and the others.
fn split_balances(native: Option<CoinAmount<'_>>, mut all: Vec<CoinAmount<'_>>) -> (Option<Coin>, Vec<Coin>) {
    let native = native.or_else(|| all.iter().find(|coin| coin.is_native()).cloned());
    if let Some(at) =
        all.iter().position(|coin| native.as_ref().is_some_and(|native| native.is_same_coin(coin)))
    {
        all.remove(at);
    }
    (native.map(Into::into), all.into_iter().map(Into::into).collect())
}

fn unless_blank(text: Cow<'_, str>) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.into_owned())
}
