//! Columns of tables that directories export.

use super::cell::Reading;

/// A column, and the field that it is.
#[derive(Debug)]
pub(super) struct ReadyColumn {
    /// Its names, in any case and with anything between their words; the first that a table has is taken.
    pub(super) names: &'static [&'static str],
    /// Path of the field.
    pub(super) field: &'static str,
    pub(super) reading: Reading,
}

macro_rules! columns {
    ($($name:literal $(| $other:literal)* => $field:literal $(as $reading:ident)?;)*) => {
        &[$(ReadyColumn {
            names: &[$name $(, $other)*],
            field: $field,
            reading: columns!(@reading $($reading)?),
        },)*]
    };
    (@reading) => { Reading::Plain };
    (@reading $reading:ident) => { Reading::$reading };
}

/// Microsoft Entra's "Download users". It has renamed four of its columns; tables with either name are at large.
/// <https://learn.microsoft.com/entra/identity/users/users-bulk-download>
pub(super) static ENTRA: &[ReadyColumn] = columns! {
    "id" | "objectId" => "id";
    "userPrincipalName" => "account.userPrincipalName";
    "accountEnabled" => "account.status" as Enabled;
    "createdDateTime" => "account.createdAt" as MicrosoftTime;
    "displayName" => "profile.displayName";
    "givenName" => "profile.givenName";
    "surname" => "profile.familyName";
    "mail" => "contact.email";
    "mobilePhone" | "mobile" => "contact.phone";
    "companyName" => "employment.company";
    "department" => "employment.department";
    "jobTitle" => "employment.jobTitle";
    "employeeId" => "employment.employeeId";
    "officeLocation" | "physicalDeliveryOfficeName" => "employment.office";
    "streetAddress" => "postal.streetAddress";
    "city" => "postal.city";
    "state" => "postal.province";
    "postalCode" => "postal.postalCode";
    "country" => "postal.country";
};

/// Okta's exports and reports of people: the attributes of a profile, by their names or as the console labels them.
/// <https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/>
pub(super) static OKTA: &[ReadyColumn] = columns! {
    "id" | "user.id" | "userId" | "oktaId" | "oktaUserId" => "id";
    "status" | "userStatus" | "oktaUserStatus" => "account.status" as OktaStatus;
    "created" | "createdAt" => "account.createdAt";
    "lastUpdated" => "account.updatedAt";
    "statusChanged" | "statusChangeDate" => "account.statusChangedAt";
    "lastLogin" => "logins.lastAt";
    "passwordChanged" => "logins.passwordSetAt";
    "login" | "username" | "oktaUsername" => "profile.username";
    "displayName" => "profile.displayName";
    "firstName" => "profile.givenName";
    "middleName" => "profile.middleName";
    "lastName" => "profile.familyName";
    "nickName" => "profile.nickname";
    "profileUrl" => "profile.profile";
    "locale" => "profile.locale";
    "timezone" => "profile.zoneinfo";
    "email" | "primaryEmail" => "contact.email";
    "mobilePhone" => "contact.phone";
    "organization" => "employment.company";
    "department" => "employment.department";
    "title" => "employment.jobTitle";
    "employeeNumber" => "employment.employeeId";
    "streetAddress" => "postal.streetAddress";
    "city" => "postal.city";
    "state" => "postal.province";
    "zipCode" => "postal.postalCode";
    "countryCode" => "postal.country";
    "postalAddress" => "postal.formatted";
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::user::{FieldKind, User};

    #[test]
    fn ready_columns_are_fields_that_users_have_each_once() {
        for table in [ENTRA, OKTA] {
            for (index, column) in table.iter().enumerate() {
                let kind = User::field_kind(column.field);
                let expected = match column.reading {
                    Reading::MicrosoftTime => Some(FieldKind::Time),
                    Reading::Enabled | Reading::OktaStatus => Some(FieldKind::Text),
                    Reading::Plain => kind,
                };
                assert!(kind.is_some() && kind == expected, "{column:?}");
                let others = &table[index + 1..];
                let is_other = |other: &ReadyColumn| {
                    other.field != column.field && !other.names.iter().any(|name| column.names.contains(name))
                };
                assert!(others.iter().all(is_other), "{column:?}");
            }
        }
    }
}
