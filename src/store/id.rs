//! Ids of the database's own rows. Those that the world outside knows are in [`crate::core::id`].

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Names one tenant. Only a row of the database makes one: a handler cannot invent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct TenantId(Uuid);

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names one customer. Only a row of the database makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub(super) struct CustomerId(Uuid);

/// Names one credential. A row of the database makes one, or the subject of a token that the gateway has signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct CredentialId(Uuid);

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
