//! Texts with a canonical field, one to one (contract, section 3).

use crate::core::user::User;
use crate::wire::scim::schema::OWN as OWN_SCHEMA;
use crate::wire::scim::schema::urn::{ENTERPRISE, OWN};

/// A text of the resource that is a field of the canonical user.
#[derive(Debug)]
pub(super) struct TextField {
    /// Where it is in the resource.
    pub path: &'static [&'static str],
    /// Group of the canonical field, as in the document.
    pub group: &'static str,
    /// Name of the canonical field, as in the document.
    pub field: &'static str,
    /// The canonical field.
    pub get: fn(&User) -> Option<&str>,
}

macro_rules! text_fields {
    ($($path:expr => $group:ident.$field:ident, $name:literal;)*) => {
        &[$(TextField {
            path: &$path,
            group: stringify!($group),
            field: $name,
            get: |user| user.$group.$field.as_deref(),
        },)*]
    };
}

/// All such texts but `userName`, which is never absent.
pub(super) static TEXT_FIELDS: &[TextField] = text_fields! {
    ["externalId"] => employment.external_id, "externalId";
    ["name", "familyName"] => profile.family_name, "familyName";
    ["name", "givenName"] => profile.given_name, "givenName";
    ["name", "middleName"] => profile.middle_name, "middleName";
    ["displayName"] => profile.display_name, "displayName";
    ["nickName"] => profile.nickname, "nickname";
    ["profileUrl"] => profile.profile, "profile";
    ["title"] => employment.job_title, "jobTitle";
    ["locale"] => profile.locale, "locale";
    ["timezone"] => profile.zoneinfo, "zoneinfo";
    [ENTERPRISE, "employeeNumber"] => employment.employee_id, "employeeId";
    [ENTERPRISE, "organization"] => employment.company, "company";
    [ENTERPRISE, "department"] => employment.department, "department";
    [OWN, "userPrincipalName"] => account.user_principal_name, "userPrincipalName";
    [OWN, "preferredUsername"] => profile.preferred_username, "preferredUsername";
    [OWN, "office"] => employment.office, "office";
    [OWN, "mainDepartmentId"] => employment.main_department_id, "mainDepartmentId";
    [OWN, "phoneCountryCode"] => contact.phone_country_code, "phoneCountryCode";
    [OWN, "birthdate"] => profile.birthdate, "birthdate";
    [OWN, "website"] => profile.website, "website";
    [OWN, "region"] => postal.region, "region";
    [OWN, "address"] => postal.address, "address";
};

/// A text of the resource that is a word of a closed set in the canonical user. Any other text is kept.
#[derive(Debug)]
pub(super) struct WordField {
    /// Its name in our own extension, and that of the canonical field.
    pub name: &'static str,
    /// Group of the canonical field, as in the document.
    pub group: &'static str,
    /// The word of the canonical user.
    pub get: fn(&User) -> Option<String>,
}

impl WordField {
    /// The word that a text stands for, in any case.
    pub fn parse(&self, text: &str) -> Option<&'static str> {
        let words = OWN_SCHEMA.attribute(self.name)?.canonical_values;
        words.iter().copied().find(|word| word.eq_ignore_ascii_case(text))
    }
}

/// All such texts.
pub(super) static WORD_FIELDS: &[WordField] = &[
    WordField { name: "workStatus", group: "employment", get: |user| word(&user.employment.work_status) },
    WordField { name: "gender", group: "profile", get: |user| word(&user.profile.gender) },
];

/// The word of a closed set, as in the document.
pub(super) fn word(value: &impl serde::Serialize) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}
