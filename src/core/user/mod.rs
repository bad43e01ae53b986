//! The canonical user: one JSON document, from which every face derives its own format.
//!
//! Field names are the usual terms. Everything but the id is optional, and absent fields are omitted from the
//! document. Times are RFC 3339 in UTC; amounts are decimal strings, since chain amounts can exceed 64 bits.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

mod access;
#[cfg(test)]
pub(crate) mod arbitrary;
mod borrowed;
mod chain;
mod groups;
mod identity;
mod keys;
mod kinds;
mod lengths;
mod managers;
pub mod merge;
mod schema;
mod sources;
mod words;

pub use access::{AccessFlag, AccountStatus, Gender, Source, WorkStatus};
pub use borrowed::{BorrowedUser, FreeForm, Lend, Text};
pub use chain::{ChainAccount, Coin};
pub use identity::{Identity, IdentityInfo};
pub use keys::KeyFault;
pub use kinds::FieldKind;
pub use lengths::MAX_TEXT_BYTES;
pub(crate) use lengths::camel_case;
pub use schema::json_schema;
pub use sources::{DataSource, SetBy, Sources};
pub use words::{SearchText, SearchTextError};

use super::id::UserId;
use groups::optional_fields;
use kinds::OfKind;
use lengths::{LongestText as _, is_overlong};

/// Free-form JSON object, in its original order.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;

/// One person or account of a tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub struct User {
    /// Unique within the tenant.
    pub id: UserId,
    /// Ids that other systems issued for the same user, by issuer; each finds the user like its own id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub issued_ids: BTreeMap<String, String>,
    /// Names and personal data.
    #[serde(default, skip_serializing_if = "is_default")]
    pub profile: Profile,
    /// How to reach the user.
    #[serde(default, skip_serializing_if = "is_default")]
    pub contact: Contact,
    /// Postal address.
    #[serde(default, skip_serializing_if = "is_default")]
    pub postal: Postal,
    /// The user's position in the company.
    #[serde(default, skip_serializing_if = "is_default")]
    pub employment: Employment,
    /// The account itself: status, origin, flags.
    #[serde(default, skip_serializing_if = "is_default")]
    pub account: Account,
    /// The user's logins and password.
    #[serde(default, skip_serializing_if = "is_default")]
    pub logins: Logins,
    /// Identities at external identity sources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<Identity>,
    /// Accounts on blockchains.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain_accounts: Vec<ChainAccount>,
    /// Public community profile.
    #[serde(default, skip_serializing_if = "is_default")]
    pub community: Community,
    /// The company's custom fields.
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub custom_data: JsonObject,
    /// Where each field came from, in the vendor's format.
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub metadata_source: JsonObject,
    /// What an identity provider sent by SCIM that no other field has: further e-mail addresses, roles, the manager.
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub scim: JsonObject,
    /// The sources that list the user, with the fields that each set.
    #[serde(default, skip_serializing_if = "SetBy::is_empty")]
    pub set_by: SetBy,
}

impl User {
    /// A user with nothing but an id.
    #[must_use]
    pub fn new(id: UserId) -> Self {
        Self {
            id,
            issued_ids: BTreeMap::new(),
            profile: Profile::default(),
            contact: Contact::default(),
            postal: Postal::default(),
            employment: Employment::default(),
            account: Account::default(),
            logins: Logins::default(),
            identities: Vec::new(),
            chain_accounts: Vec::new(),
            community: Community::default(),
            custom_data: JsonObject::new(),
            metadata_source: JsonObject::new(),
            scim: JsonObject::new(),
            set_by: SetBy::default(),
        }
    }

    /// Whether a document may have `member` in `group`, or `group` at all if there is no member.
    #[must_use]
    pub fn has_field(group: &str, member: Option<&str>) -> bool {
        let is_in = |has_field: fn(&str) -> bool| member.is_none_or(has_field);
        match group {
            "profile" => is_in(Profile::has_field),
            "contact" => is_in(Contact::has_field),
            "postal" => is_in(Postal::has_field),
            "employment" => is_in(Employment::has_field),
            "account" => is_in(Account::has_field),
            "logins" => is_in(Logins::has_field),
            "community" => is_in(Community::has_field),
            "issuedIds" | "customData" | "metadataSource" | "scim" => true,
            "id" | "identities" | "chainAccounts" | "setBy" => member.is_none(),
            _ => false,
        }
    }

    /// The user's id at `issuer`: the one it issued, or else the user's own.
    #[must_use]
    pub fn id_for(&self, issuer: &str) -> &str {
        self.issued_ids.get(issuer).map_or(self.id.as_str(), String::as_str)
    }
}

optional_fields! {
    /// Names and personal data.
    Profile, BorrowedProfile {
        /// Login name, unique within the tenant.
        username: Option<String>,
        /// Full name for display: GenAuth `name`, AvePoint `displayName`.
        display_name: Option<String>,
        /// Given name: GenAuth `givenName`, AvePoint `firstName`.
        given_name: Option<String>,
        /// Family name: GenAuth `familyName`, AvePoint `lastName`.
        family_name: Option<String>,
        /// Middle name.
        middle_name: Option<String>,
        /// Nickname.
        nickname: Option<String>,
        /// Preferred login name, as in OpenID Connect.
        preferred_username: Option<String>,
        /// Profile page or name.
        profile: Option<String>,
        /// URL of a picture.
        photo: Option<String>,
        /// Home page.
        website: Option<String>,
        /// Gender.
        gender: Option<Gender>,
        /// Date of birth, `YYYY-MM-DD`.
        birthdate: Option<String>,
        /// Time zone, free text.
        zoneinfo: Option<String>,
        /// Language.
        locale: Option<String>,
        /// Number of an identity document.
        identity_number: Option<String>,
    }
}

optional_fields! {
    /// How to reach the user.
    Contact, BorrowedContact {
        /// E-mail address, unique within the tenant: GenAuth `email`, AvePoint `mail`.
        email: Option<String>,
        /// Whether the e-mail address was verified.
        email_verified: bool,
        /// Whether the user gave the e-mail address, not an administrator. Unless it is verified, it never matches a
        /// record to this user, never replaces an administrator's, and finds the user only if no other has it for sure.
        email_self_registered: bool,
        /// Phone number without its country code: GenAuth `phone`, AvePoint `mobile`.
        phone: Option<String>,
        /// Country code of the phone number, such as `+86`.
        phone_country_code: Option<String>,
        /// Whether the phone number was verified.
        phone_verified: bool,
    }
}

impl Contact {
    /// Whether the e-mail address is known to be the user's: an administrator gave it, or it was verified.
    #[must_use]
    pub const fn is_email_vouched(&self) -> bool {
        !self.email_self_registered || self.email_verified
    }
}

optional_fields! {
    /// Postal address.
    Postal, BorrowedPostal {
        /// Country, as a code or a name: GenAuth `country`, AvePoint `countryOrRegion`.
        country: Option<String>,
        /// Province or state.
        province: Option<String>,
        /// Region.
        region: Option<String>,
        /// City.
        city: Option<String>,
        /// Address within the city.
        address: Option<String>,
        /// Street and number.
        street_address: Option<String>,
        /// Postal code.
        postal_code: Option<String>,
        /// The full address in one line.
        formatted: Option<String>,
    }
}

optional_fields! {
    /// The user's position in the company.
    Employment, BorrowedEmployment {
        /// Company.
        company: Option<String>,
        /// Name of the department.
        department: Option<String>,
        /// Job title.
        job_title: Option<String>,
        /// Employee number.
        employee_id: Option<String>,
        /// Office.
        office: Option<String>,
        /// Id in the company's own systems, unique within the tenant.
        external_id: Option<String>,
        /// Whether the user currently works there.
        work_status: Option<WorkStatus>,
        /// Ids of the departments the user belongs to.
        department_ids: Vec<String>,
        /// Id of the main department.
        main_department_id: Option<String>,
        /// Ids of the posts the user holds.
        post_ids: Vec<String>,
        /// Ids of the organisational tenants the user belongs to.
        organisation_ids: Vec<String>,
    }
}

optional_fields! {
    /// The account itself.
    Account, BorrowedAccount {
        /// Microsoft 365 sign-in name, in the form of an e-mail address.
        user_principal_name: Option<String>,
        /// Status of the account.
        status: Option<AccountStatus>,
        /// When the status last changed.
        #[serde(with = "time::serde::rfc3339::option")]
        #[schemars(with = "Option<String>", extend("format" = "date-time"))]
        status_changed_at: Option<OffsetDateTime>,
        /// When the account was created.
        #[serde(with = "time::serde::rfc3339::option")]
        #[schemars(with = "Option<String>", extend("format" = "date-time"))]
        created_at: Option<OffsetDateTime>,
        /// When the account was last changed at its source.
        #[serde(with = "time::serde::rfc3339::option")]
        #[schemars(with = "Option<String>", extend("format" = "date-time"))]
        updated_at: Option<OffsetDateTime>,
        /// When sign-in becomes possible.
        #[serde(with = "time::serde::rfc3339::option")]
        #[schemars(with = "Option<String>", extend("format" = "date-time"))]
        starts_at: Option<OffsetDateTime>,
        /// When sign-in ceases to be possible.
        #[serde(with = "time::serde::rfc3339::option")]
        #[schemars(with = "Option<String>", extend("format" = "date-time"))]
        ends_at: Option<OffsetDateTime>,
        /// Warnings for administrators, in the order of the flags' numbers.
        flags: Vec<AccessFlag>,
        /// How the account was created.
        source: Option<Source>,
        /// Application or synchronisation task that created the account.
        source_id: Option<String>,
        /// Registration methods.
        register_source: Vec<String>,
        /// When the user signed up.
        signed_up: Option<String>,
        /// Organisational tenant the account belongs to.
        organisation_id: Option<String>,
    }
}

optional_fields! {
    /// The user's logins and password.
    Logins, BorrowedLogins {
        /// Number of logins.
        count: Option<i64>,
        /// When the user last logged in.
        #[serde(with = "time::serde::rfc3339::option")]
        #[schemars(with = "Option<String>", extend("format" = "date-time"))]
        last_at: Option<OffsetDateTime>,
        /// IP address of the last login.
        last_ip: Option<String>,
        /// Application of the last login.
        last_app: Option<String>,
        /// When a second factor was last used.
        #[serde(with = "time::serde::rfc3339::option")]
        #[schemars(with = "Option<String>", extend("format" = "date-time"))]
        last_mfa_at: Option<OffsetDateTime>,
        /// User agent of the last login.
        browser: Option<String>,
        /// Device of the last login.
        device: Option<String>,
        /// When the password was last set.
        #[serde(with = "time::serde::rfc3339::option")]
        #[schemars(with = "Option<String>", extend("format" = "date-time"))]
        password_set_at: Option<OffsetDateTime>,
        /// Strength of the password, on the vendor's scale.
        password_security_level: Option<i64>,
        /// Whether the password must be changed at the next login.
        reset_password_on_next_login: Option<bool>,
    }
}

optional_fields! {
    /// Public community profile.
    Community, BorrowedCommunity {
        /// Discord name.
        discord: Option<String>,
        /// Twitter name.
        twitter: Option<String>,
        /// GitHub name.
        github: Option<String>,
        /// Telegram name.
        telegram: Option<String>,
        /// Text about the user.
        readme: Option<String>,
        /// URL of a picture.
        avatar: Option<String>,
        /// Name in the chain's name service.
        resolved_name: Option<String>,
        /// Time up to which the user has seen its activity, in milliseconds since the epoch.
        seen_activity: Option<i64>,
        /// When the community profile was created, in milliseconds since the epoch.
        joined_at: Option<i64>,
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
