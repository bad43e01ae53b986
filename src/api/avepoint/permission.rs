//! The permissions of an app registration, which are the scopes of its tokens.

use crate::auth::Principal;

/// What an app registration may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permission {
    /// Read users.
    ReadUsers,
    /// Read and change users. Nothing here changes users, but clients ask for it beside reading.
    WriteUsers,
    /// Read the customers and their tenants.
    ReadCustomers,
}

impl Permission {
    pub(super) const ALL: [Self; 3] = [Self::ReadUsers, Self::WriteUsers, Self::ReadCustomers];

    /// Its name as a scope (contract, sections 1 and 5).
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::ReadUsers => "elements.um.user.read.all",
            Self::WriteUsers => "elements.um.user.readwrite.all",
            Self::ReadCustomers => "elements.customers.read.all",
        }
    }

    pub(super) const fn description(self) -> &'static str {
        match self {
            Self::ReadUsers => "Read the users of the customers' tenants.",
            Self::WriteUsers => "Read and change users; reading is part of it.",
            Self::ReadCustomers => "Read the customers and their tenants.",
        }
    }

    pub(super) fn is_held_by(self, principal: &Principal) -> bool {
        principal.has_scope(self.as_str())
    }
}
