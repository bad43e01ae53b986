//! Ids, each a type of its own so that one cannot stand in for another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A user's id within its tenant: text as the vendors see it, at most 512 bytes, never empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct UserId(#[schemars(length(min = 1, max = 512))] String);

impl UserId {
    /// The id with this text, which is not checked here: [`User::keys`](super::user::User::keys) rejects an id that is
    /// too long, empty or has a NUL in it when the user is written, so that any such id finds nobody.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
