//! GenAuth's names for enumerated values; one list each for writing and reading.

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::member::Member;
use crate::core::user::{AccountStatus, Gender, Source, WorkStatus};

/// Declares the names of a field's values. The vendor always sends these members, so an unknown value has a name, too.
/// Names after `or` are only accepted on input.
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

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some([$($word),*])).into()
            }
        }

        impl ToSchema for $name {}

        impl<'a> Member<'a, Option<$field>> for $name {
            fn write<'d: 'a>(field: &'a Option<$field>) -> Option<Self> {
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
    /// Account status.
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
    /// How an account was created; `adminCreated` if unknown. The documentation says `syncTask`, every
    /// SDK `sync`.
    UserSourceTypeDto for Source, unknown is AdminCreated, {
        Excel = "excel",
        Register = "register",
        AdminCreated = "adminCreated",
        Sync = "sync" or "syncTask",
    }
}
