//! A person who is to be erased.

use std::collections::BTreeSet;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::timelines::Accounts;
use crate::core::address::Address;
use crate::core::id::UserId;
use crate::core::key::{KeyKind, LookupKey};
use crate::core::user::merge::element_paths;
use crate::core::user::{ChainAccount, User};
use crate::store::StoreError;
use crate::store::owner::RecordError;

/// What is known of a person: the user of the directory, or a name of somebody who is no longer there.
#[derive(Debug, Clone)]
pub struct Person {
    pub(super) user: Option<User>,
    pub(super) keys: BTreeSet<LookupKey>,
    pub(super) addresses: Vec<Address>,
}

impl Person {
    /// The person who is this user.
    ///
    /// # Errors
    /// [`RecordError`] if the user has a value that is unusable as a key, as no stored one has.
    pub fn of_user(user: User) -> Result<Self, RecordError> {
        let keys = user.keys()?;
        let addresses = user.chain_accounts.iter().filter_map(|chain| Address::parse(&chain.address).ok());
        Ok(Self { keys, addresses: addresses.collect(), user: Some(user) })
    }

    /// Somebody who had `name`: as an id, a login name, an e-mail address, an external id or an address.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let addresses = Address::parse(name).ok().into_iter().collect();
        Self { user: None, keys: readings(name).collect(), addresses }
    }

    /// Whether what is known is the same, and nothing else would be searched for.
    pub(super) fn is_known_as(&self, other: &Self) -> bool {
        self.keys == other.keys && self.user.is_some() == other.user.is_some()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &LookupKey> {
        self.keys.iter().filter(|key| key.kind() == KeyKind::Id)
    }

    /// The ids, as they stand in logs and in other users' documents.
    pub(super) fn id_texts(&self) -> Vec<&str> {
        self.ids().map(LookupKey::value).collect()
    }

    pub(super) fn accounts(&self) -> Option<Accounts> {
        Accounts::of(self.addresses.iter())
    }

    /// The paths of the identities and chain accounts, by which the audit log may tell what changed.
    pub(super) fn element_paths(&self) -> Result<Vec<String>, StoreError> {
        let mut user = self.user.clone().unwrap_or_else(|| User::new(UserId::new("")));
        if self.user.is_none() {
            let accounts = self.addresses.iter().map(Address::canonical);
            user.chain_accounts =
                accounts.map(|address| ChainAccount { address, ..ChainAccount::default() }).collect();
        }
        Ok(element_paths(serde_json::from_value(serde_json::to_value(&user)?)?))
    }

    /// Patterns that find the ids in JSON, as texts and within paths.
    pub(super) fn id_patterns(&self) -> Vec<String> {
        let ids = self.id_texts();
        let json = ids.iter().map(|id| serde_json::Value::from(*id).to_string());
        let paths = ids.iter().map(|id| utf8_percent_encode(id, NON_ALPHANUMERIC).to_string());
        json.chain(paths).map(|text| format!("%{}%", escaped(&text))).collect()
    }
}

/// The keys that `name` of a person can be. A telephone number may be an office's.
pub(super) fn readings(name: &str) -> impl Iterator<Item = LookupKey> {
    let readings = LookupKey::readings(name).filter(|key| key.kind() != KeyKind::Phone);
    let readings = readings.filter(|key| key.kind() != KeyKind::Email || key.value().contains('@'));
    readings.chain(LookupKey::scim_user_name(name))
}

/// As a pattern of `LIKE`.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| matches!(c, '\\' | '%' | '_').then_some('\\').into_iter().chain([c])).collect()
}
