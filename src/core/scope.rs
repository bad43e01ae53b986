//! Scopes: the permissions of an AvePoint app registration, carried by its access tokens. Credentials of the other
//! faces have none.

use std::str::FromStr;

/// One permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Read users.
    ReadUsers,
    /// Read and change users. No call changes users, but clients request this scope along with the read scope.
    ReadWriteUsers,
    /// Read customers and their tenants.
    ReadCustomers,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 3] = [Self::ReadUsers, Self::ReadWriteUsers, Self::ReadCustomers];

    /// Its name, as the vendor writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadUsers => "elements.um.user.read.all",
            Self::ReadWriteUsers => "elements.um.user.readwrite.all",
            Self::ReadCustomers => "elements.customers.read.all",
        }
    }

    /// What it permits.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::ReadUsers => "Read the users of the customers' tenants.",
            Self::ReadWriteUsers => "Read and change users; includes reading.",
            Self::ReadCustomers => "Read the customers and their tenants.",
        }
    }

    /// Whether this scope includes `other`.
    #[must_use]
    pub const fn implies(self, other: Self) -> bool {
        match (self, other) {
            (Self::ReadUsers, Self::ReadUsers)
            | (Self::ReadWriteUsers, Self::ReadUsers | Self::ReadWriteUsers)
            | (Self::ReadCustomers, Self::ReadCustomers) => true,
            (Self::ReadUsers, Self::ReadWriteUsers | Self::ReadCustomers)
            | (Self::ReadWriteUsers, Self::ReadCustomers)
            | (Self::ReadCustomers, Self::ReadUsers | Self::ReadWriteUsers) => false,
        }
    }

    /// The names of `scopes`, separated by spaces (RFC 6749, section 3.3).
    #[must_use]
    pub fn join(scopes: &[Self]) -> String {
        scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl FromStr for Scope {
    type Err = UnknownScopeError;

    fn from_str(name: &str) -> Result<Self, UnknownScopeError> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name).ok_or(UnknownScopeError)
    }
}

/// No scope has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope must be one of {}", Scope::ALL.map(Scope::as_str).join(", "))]
pub struct UnknownScopeError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_found_by_its_name_and_implies_itself() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
            assert!(scope.implies(scope));
        }
        assert!("elements.um.user".parse::<Scope>().is_err());
    }

    #[test]
    fn only_writing_includes_another_scope() {
        let pairs = Scope::ALL.into_iter().flat_map(|scope| Scope::ALL.map(|other| (scope, other)));
        let implied: Vec<_> =
            pairs.filter(|(scope, other)| scope != other && scope.implies(*other)).collect();
        assert_eq!(implied, [(Scope::ReadWriteUsers, Scope::ReadUsers)]);
    }
}
