//! Ids of database rows. Public ids are in [`crate::core::id`].

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Identifies a tenant. Only read from a row, so a handler cannot make one up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct TenantId(Uuid);

#[cfg(test)]
impl TenantId {
    /// A tenant of a test without a database.
    pub(crate) const fn for_tests(number: u128) -> Self {
        Self(Uuid::from_u128(number))
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Identifies a customer. Only read from a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub(super) struct CustomerId(Uuid);

/// Identifies a credential. Read from a row, or from the subject of a token signed by the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct CredentialId(Uuid);

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
