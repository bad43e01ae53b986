//! GenAuth's words for the closed sets of values, written and read by one list each.

use serde::{Deserialize, Serialize};

use super::member::Member;
use crate::core::user::{AccountStatus, Gender, Source, WorkStatus};

/// Declares the words for the values of a field. The vendor always sends these members, so a value that is not known has
/// a word too. The words after `or` are only read.
macro_rules! enumeration {
    (
        $(#[$meta:meta])*
        $name:ident for $field:ident, unknown is $unknown:ident,
        { $($value:ident = $word:literal $(or $alias:literal)?,)* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, Serialize, Deserialize)]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`.")] #[serde(rename = $word $(, alias = $alias)?)] $value,)*
        }

        impl Member<'_, Option<$field>> for $name {
            fn write(field: &Option<$field>) -> Option<Self> {
                Some(match field {
                    $(Some($field::$value) => Self::$value,)*
                    None => Self::$unknown,
                })
            }

            fn read(member: Option<Self>) -> Option<$field> {
                member.map(|word| match word {
                    $(Self::$value => $field::$value,)*
                })
            }
        }
    };
}

enumeration! {
    /// Status of an account.
    StatusDto for AccountStatus, unknown is Activated, {
        Activated = "Activated",
        Suspended = "Suspended",
        Deactivated = "Deactivated",
        Resigned = "Resigned",
        Archived = "Archived",
    }
}

enumeration! {
    /// Whether a user works at the company.
    WorkStatusDto for WorkStatus, unknown is Active, {
        Active = "Active",
        Closed = "Closed",
    }
}

enumeration! {
    /// Gender. Two of the SDKs write `W` for women.
    GenderDto for Gender, unknown is Unknown, {
        Male = "M",
        Female = "F" or "W",
        Unknown = "U",
    }
}

enumeration! {
    /// How an account came to be; unless known, by an administrator's import. The documentation says `syncTask`, every
    /// SDK `sync`.
    UserSourceTypeDto for Source, unknown is AdminCreated, {
        Excel = "excel",
        Register = "register",
        AdminCreated = "adminCreated",
        Sync = "sync" or "syncTask",
    }
}
