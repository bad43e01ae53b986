//! The closed sets of values in a user's document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Status of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AccountStatus {
    /// In normal use.
    Activated,
    /// Paused.
    Suspended,
    /// Disabled.
    Deactivated,
    /// The user left.
    Resigned,
    /// Kept for the record.
    Archived,
}

/// Whether a user works at the company now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum WorkStatus {
    /// Works there.
    Active,
    /// No longer.
    Closed,
}

/// Gender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Gender {
    /// Male.
    Male,
    /// Female.
    Female,
    /// Not known.
    Unknown,
}

/// How an account came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// Imported from a spreadsheet.
    Excel,
    /// The user registered.
    Register,
    /// An administrator made it.
    AdminCreated,
    /// A synchronisation task made it.
    Sync,
}

/// What administrators are warned of about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AccessFlag {
    /// Multi-factor authentication is off.
    MfaDisabled,
    /// Sign-in is blocked.
    SignInBlocked,
    /// The password has expired.
    PasswordExpired,
    /// High sign-in risk.
    HighRisk,
    /// Medium sign-in risk.
    MediumRisk,
    /// A compliance matter.
    Compliance,
    /// Not used for long.
    Inactive,
    /// About to be deleted.
    PendingDeletion,
    /// A test user, for development.
    TestUser,
}

impl AccessFlag {
    /// Every flag, in order.
    pub const ALL: [Self; 9] = [
        Self::MfaDisabled,
        Self::SignInBlocked,
        Self::PasswordExpired,
        Self::HighRisk,
        Self::MediumRisk,
        Self::Compliance,
        Self::Inactive,
        Self::PendingDeletion,
        Self::TestUser,
    ];
}
