//! An account in the answer.

use serde::Serialize;
use utoipa::ToSchema;

use super::document::{Activity, AnnouncementDocument, Collected, Empty, ReviewDocument};
use super::view::{Documents, View, Views};
use crate::core::address::Address;
use crate::core::user::{ChainAccount, Coin, Community, User};

/// The answer's body.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountsResponse {
    /// One account for each entry that named one, in their order.
    pub accounts: Vec<Account>,
}

/// An amount of a coin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CoinAmount {
    /// Decimal.
    amount: String,
    /// Denomination.
    denom: String,
}

/// An account: the seed's members in the seed's order, then what later SDKs need. What has no value is left out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the vendor's names")]
pub struct Account {
    /// Always empty.
    #[serde(rename = "_id")]
    id: &'static str,
    /// Milliseconds since the epoch; the one number among decimal strings.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen_activity: Option<i64>,
    /// Milliseconds since the epoch, a number too.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discord: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    twitter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    github: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    telegram: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    readme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar: Option<String>,
    /// Name of the chain's name service; empty if there is none.
    resolved_name: String,
    /// Base64; empty if it is not known.
    public_key: String,
    /// Decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<String>,
    /// Decimal; `-1` if the account is not on chain.
    account_number: String,
    /// `Ethereum`, `Cosmos`, `Bitcoin`, `Solana`, or `Unknown` for an account without an address.
    chain: &'static str,
    cosmos_address: String,
    /// In the form of the account's chain.
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    balance: CoinAmount,
    airdropped: bool,
    collected: Vec<Collected>,
    activity: Vec<Activity>,
    announcements: Vec<AnnouncementDocument>,
    reviews: Vec<ReviewDocument>,
    #[schema(value_type = Vec<Object>)]
    merkle_challenges: Empty,
    #[schema(value_type = Vec<Object>)]
    approvals_trackers: Empty,
    /// The views asked for, by `viewKey` or `viewId`.
    #[schema(value_type = std::collections::BTreeMap<String, View>)]
    views: Views,
    #[serde(flatten)]
    later: Later,
}

/// What the SDKs after the first era read.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Later {
    /// The Cosmos address.
    #[serde(rename = "_docId")]
    doc_id: String,
    eth_address: String,
    /// Empty unless the account is a Solana one.
    sol_address: String,
    btc_address: String,
    bitbadges_address: String,
    #[schema(value_type = Vec<Object>)]
    challenge_trackers: Empty,
    #[schema(value_type = Vec<Object>)]
    approval_trackers: Empty,
    #[schema(value_type = Vec<Object>)]
    lists_activity: Empty,
    #[schema(value_type = Vec<Object>)]
    list_activity: Empty,
    #[schema(value_type = Vec<Object>)]
    address_mappings: Empty,
    #[schema(value_type = Vec<Object>)]
    address_lists: Empty,
    #[schema(value_type = Vec<Object>)]
    claim_alerts: Empty,
    #[schema(value_type = Vec<Object>)]
    auth_codes: Empty,
    #[schema(value_type = Vec<Object>)]
    siwbb_requests: Empty,
    #[schema(value_type = Vec<Object>)]
    attestations: Empty,
    #[schema(value_type = Vec<Object>)]
    attestation_proofs: Empty,
    #[schema(value_type = Vec<Object>)]
    claim_activity: Empty,
    #[schema(value_type = Vec<Object>)]
    points_activity: Empty,
}

/// Whom an entry names: a user, an address, both, or nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Holder<'a> {
    user: Option<&'a User>,
    chain: Option<&'a ChainAccount>,
    address: Option<Address>,
}

impl<'a> Holder<'a> {
    /// The holder of `asked`, who may be no user; in the form of the chain that the user prefers.
    pub fn of_address(user: Option<&'a User>, asked: Address) -> Self {
        let mut accounts = user.into_iter().flat_map(User::addresses);
        let found = accounts.find(|(_, address)| address.key() == asked.key());
        Self {
            user,
            chain: found.map(|(chain, _)| chain),
            address: Some(found.map_or(asked, |(_, address)| address)),
        }
    }

    /// The user, if there is one, with its first chain account, if it has one.
    pub fn of_user(user: Option<&'a User>) -> Self {
        let first = user.and_then(|user| user.addresses().next());
        Self { user, chain: first.map(|(chain, _)| chain), address: first.map(|(_, address)| address) }
    }
}

/// The sequence, if it is known; `0` if it is not but was asked for.
fn sequence(chain: &ChainAccount, asked: bool) -> Option<String> {
    chain.sequence.clone().or_else(|| asked.then(|| "0".to_owned()))
}

/// What of an account depends on the views asked for: members in the midst of the others.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountViews {
    collected: Vec<Collected>,
    activity: Vec<Activity>,
    announcements: Vec<AnnouncementDocument>,
    reviews: Vec<ReviewDocument>,
    merkle_challenges: Empty,
    approvals_trackers: Empty,
    views: Views,
}

impl AccountViews {
    /// What views show.
    pub fn new(views: Views, documents: Documents) -> Self {
        Self {
            collected: documents.collected.into_documents(),
            activity: documents.activity.into_documents(),
            announcements: documents.announcements.into_documents(),
            reviews: documents.reviews.into_documents(),
            merkle_challenges: Empty::default(),
            approvals_trackers: Empty::default(),
            views,
        }
    }

    /// The members, as they stand among those of an account.
    ///
    /// # Errors
    /// [`serde_json::Error`] if they cannot be written.
    pub fn members(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut object = serde_json::to_vec(self)?;
        object.pop();
        object.remove(0);
        Ok(object)
    }
}

impl Account {
    /// The account of `holder`, with what its views show.
    pub fn new(holder: &Holder<'_>, fetch_sequence: bool, views: Views, documents: Documents) -> Self {
        let chain = holder.chain.cloned().unwrap_or_default();
        let community = holder.user.map(|user| user.community.clone()).unwrap_or_default();
        let Community {
            discord,
            twitter,
            github,
            telegram,
            readme,
            avatar,
            resolved_name,
            seen_activity,
            joined_at,
        } = community;
        let address = holder.address;
        Self {
            id: "",
            seen_activity,
            created_at: joined_at,
            discord,
            twitter,
            github,
            telegram,
            readme,
            avatar,
            resolved_name: resolved_name.unwrap_or_default(),
            sequence: sequence(&chain, fetch_sequence),
            public_key: chain.public_key.unwrap_or_default(),
            account_number: chain.account_number.unwrap_or_else(|| "-1".to_owned()),
            chain: address.map_or("Unknown", |address| address.chain().as_str()),
            cosmos_address: address.map(|address| address.cosmos()).unwrap_or_default(),
            address: address.map(|address| address.canonical()).unwrap_or_default(),
            username: holder.user.and_then(|user| user.profile.username.clone()),
            balance: chain.balance.into(),
            airdropped: chain.airdropped.unwrap_or_default(),
            collected: documents.collected.into_documents(),
            activity: documents.activity.into_documents(),
            announcements: documents.announcements.into_documents(),
            reviews: documents.reviews.into_documents(),
            merkle_challenges: Empty::default(),
            approvals_trackers: Empty::default(),
            views,
            later: address.map(Later::of).unwrap_or_default(),
        }
    }
}

impl Later {
    fn of(address: Address) -> Self {
        Self {
            doc_id: address.cosmos(),
            eth_address: address.ethereum(),
            sol_address: address.solana().unwrap_or_default(),
            btc_address: address.bitcoin(),
            bitbadges_address: address.bitbadges(),
            ..Self::default()
        }
    }
}

impl From<Option<Coin>> for CoinAmount {
    /// Nothing is `0` of the chain's own coin.
    fn from(coin: Option<Coin>) -> Self {
        coin.map_or_else(
            || Self { amount: "0".to_owned(), denom: "badge".to_owned() },
            |Coin { amount, denom }| Self { amount, denom },
        )
    }
}
