//! The normalised name under which an account is stored and looked up.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Address, AddressError};

/// The normalised key of an account: its lower-case `cosmos1…` form.
///
/// Parsed from text or JSON in any form that [`Address::parse`] accepts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountKey(String);

impl AccountKey {
    pub(super) fn of(address: &Address) -> Self {
        Self(address.cosmos())
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for AccountKey {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        Address::parse(&text).map(|address| address.key())
    }
}

impl From<AccountKey> for String {
    fn from(key: AccountKey) -> Self {
        key.0
    }
}
