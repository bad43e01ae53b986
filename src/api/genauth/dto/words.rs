//! The vendor's words for the closed sets of values. Each has a word for what is not known, since the vendor always
//! tells these members.

use crate::core::user::{AccountStatus, Gender, Source, WorkStatus};

pub(super) const fn status(status: Option<AccountStatus>) -> &'static str {
    match status {
        Some(AccountStatus::Activated) | None => "Activated",
        Some(AccountStatus::Suspended) => "Suspended",
        Some(AccountStatus::Deactivated) => "Deactivated",
        Some(AccountStatus::Resigned) => "Resigned",
        Some(AccountStatus::Archived) => "Archived",
    }
}

pub(super) const fn work_status(status: Option<WorkStatus>) -> &'static str {
    match status {
        Some(WorkStatus::Active) | None => "Active",
        Some(WorkStatus::Closed) => "Closed",
    }
}

pub(super) const fn gender(gender: Option<Gender>) -> &'static str {
    match gender {
        Some(Gender::Male) => "M",
        Some(Gender::Female) => "F",
        Some(Gender::Unknown) | None => "U",
    }
}

/// Users of no known source were put here by an administrator's import.
pub(super) const fn source(source: Option<Source>) -> &'static str {
    match source {
        Some(Source::Excel) => "excel",
        Some(Source::Register) => "register",
        Some(Source::AdminCreated) | None => "adminCreated",
        Some(Source::Sync) => "sync",
    }
}
