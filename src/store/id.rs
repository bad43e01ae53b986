//! Ids of the database's own rows. Those that the world outside knows are in [`crate::core::id`].

use uuid::Uuid;

/// Names one tenant. Only a row of the database makes one: a handler cannot invent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct TenantId(Uuid);

impl std::fmt::Display for TenantId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
