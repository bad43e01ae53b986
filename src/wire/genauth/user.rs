//! The user and its members.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::custom_fields::{CustomFields, Object};
use super::enumerations::{GenderDto, StatusDto, UserSourceTypeDto, WorkStatusDto};
use super::identity::IdentityDto;
use super::lists::{Identities, Texts};
use super::member::{self, Member};
use super::timestamp::Timestamp;
use crate::core::face::Face;
use crate::core::id::UserId;
use crate::core::user::{BorrowedUser, JsonObject, User, camel_case};

/// The optional members of a user that are requested.
#[expect(clippy::struct_excessive_bools, reason = "each is an independent parameter of the call")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct UserOptions {
    /// `customData`.
    pub with_custom_data: bool,
    /// Custom fields as members of the user.
    pub flat_custom_data: bool,
    /// `identities`.
    pub with_identities: bool,
    /// `departmentIds`.
    pub with_department_ids: bool,
    /// `tenantIds`, supported by the Java SDK.
    pub with_tenant_ids: bool,
}

impl UserOptions {
    /// A number unique to this combination of options.
    #[must_use]
    pub fn number(self) -> u8 {
        let options = [
            self.with_custom_data,
            self.flat_custom_data,
            self.with_identities,
            self.with_department_ids,
            self.with_tenant_ids,
        ];
        options.into_iter().fold(0, |number, option| number << 1 | u8::from(option))
    }
}

/// Declares the user from a table of its members, each with its type and the corresponding field of [`User`].
/// Unset members are omitted; one with `if` is present only if that option requests it, but then even when
/// empty.
macro_rules! user {
    (
        $(#[$meta:meta])*
        $name:ident<$a:lifetime> {
            $($(#[$member_meta:meta])* $member:ident: $type:ty = $group:ident$(.$field:ident)? $(if $option:ident)?,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub struct $name<$a> {
            /// GenAuth user id, whatever type of id was requested.
            user_id: Cow<$a, str>,
            $(
                $(#[$member_meta])*
                #[serde(skip_serializing_if = "Option::is_none")]
                #[schema(nullable = false)]
                $member: Option<$type>,
            )*
            /// Custom fields as members of the user, if requested.
            #[serde(flatten, skip_deserializing)]
            #[schema(ignore)]
            custom_fields: CustomFields<$a>,
        }

        impl<$a> $name<$a> {
            /// The user with the members requested by `options`: a pure function of both.
            #[must_use]
            pub fn new(user: &$a BorrowedUser<'_>, options: UserOptions) -> Self {
                Self {
                    user_id: user.id_for(Face::GenAuth.as_str()).into(),
                    $($member: user!(@write user, $group$(.$field)?; $(options.$option)?),)*
                    custom_fields: CustomFields(options.flat_custom_data.then_some(&user.custom_data)),
                }
            }
        }

        impl $name<'_> {
            /// The canonical user, and the fields that the vendor says are empty.
            #[must_use]
            pub fn into_user(self) -> (User, JsonObject) {
                let (id, mut empty) = (self.user_id, JsonObject::new());
                let mut user = User::new(UserId::new(&*id));
                user.issued_ids.insert(Face::GenAuth.as_str().to_owned(), id.into_owned());
                $(
                    if let Some(value) = member::empty(self.$member.as_ref(), &user.$group$(.$field)?) {
                        user!(@empty empty, value, $group $(, $field)?);
                    }
                    user.$group$(.$field)? = Member::read(self.$member);
                )*
                (user, empty)
            }
        }

        impl From<$name<'_>> for User {
            fn from(dto: $name<'_>) -> Self {
                dto.into_user().0
            }
        }
    };
    (@empty $empty:ident, $value:expr, $group:ident, $field:ident) => {
        let group = $empty.entry(camel_case(stringify!($group))).or_insert_with(|| JsonObject::new().into());
        group.as_object_mut().map(|group| group.insert(camel_case(stringify!($field)), $value));
    };
    (@empty $empty:ident, $value:expr, $group:ident) => {
        $empty.insert(camel_case(stringify!($group)), $value);
    };
    (@write $user:ident, $group:ident$(.$field:ident)?;) => {
        member::write(&$user.$group$(.$field)?, |user| &user.$group$(.$field)?)
    };
    (@write $user:ident, $group:ident$(.$field:ident)?; $is_asked:expr) => {
        $is_asked.then(|| user!(@write $user, $group$(.$field)?;).unwrap_or_default())
    };
}

user! {
    /// A user. Unset members are omitted, except for those that the vendor always sends.
    UserDto<'a> {
        /// When the account was created.
        #[schema(value_type = String, format = DateTime, required = true)]
        created_at: Timestamp = account.created_at,
        /// When the account was last changed.
        #[schema(value_type = String, format = DateTime, required = true)]
        updated_at: Timestamp = account.updated_at,
        /// Status of the account.
        #[schema(value_type = StatusDto, required = true)]
        status: StatusDto = account.status,
        /// Whether the user works at the company.
        #[schema(value_type = WorkStatusDto, required = true)]
        work_status: WorkStatusDto = employment.work_status,
        /// Id in the company's own systems.
        external_id: Cow<'a, str> = employment.external_id,
        /// E-mail address.
        email: Cow<'a, str> = contact.email,
        /// Phone number without its country code.
        phone: Cow<'a, str> = contact.phone,
        /// Country code of the phone number.
        phone_country_code: Cow<'a, str> = contact.phone_country_code,
        /// Login name.
        username: Cow<'a, str> = profile.username,
        /// Full name.
        name: Cow<'a, str> = profile.display_name,
        /// Nickname.
        nickname: Cow<'a, str> = profile.nickname,
        /// URL of a picture.
        photo: Cow<'a, str> = profile.photo,
        /// Number of logins.
        logins_count: i64 = logins.count,
        /// When the user last logged in.
        #[schema(value_type = Option<String>, format = DateTime)]
        last_login: Timestamp = logins.last_at,
        /// IP address of the last login.
        last_ip: Cow<'a, str> = logins.last_ip,
        /// Gender.
        #[schema(value_type = GenderDto, required = true)]
        gender: GenderDto = profile.gender,
        /// Whether the e-mail address is verified.
        #[schema(value_type = bool, required = true)]
        email_verified: bool = contact.email_verified,
        /// Whether the phone number is verified.
        #[schema(value_type = bool, required = true)]
        phone_verified: bool = contact.phone_verified,
        /// When the password was last set.
        #[schema(value_type = Option<String>, format = DateTime)]
        password_last_set_at: Timestamp = logins.password_set_at,
        /// Date of birth, `YYYY-MM-DD`.
        birthdate: Cow<'a, str> = profile.birthdate,
        /// Country.
        country: Cow<'a, str> = postal.country,
        /// Province.
        province: Cow<'a, str> = postal.province,
        /// City.
        city: Cow<'a, str> = postal.city,
        /// Address within the city.
        address: Cow<'a, str> = postal.address,
        /// Street and number.
        street_address: Cow<'a, str> = postal.street_address,
        /// Postal code.
        postal_code: Cow<'a, str> = postal.postal_code,
        /// Company.
        company: Cow<'a, str> = employment.company,
        /// User agent of the last login.
        browser: Cow<'a, str> = logins.browser,
        /// Device of the last login.
        device: Cow<'a, str> = logins.device,
        /// Given name.
        given_name: Cow<'a, str> = profile.given_name,
        /// Family name.
        family_name: Cow<'a, str> = profile.family_name,
        /// Middle name.
        middle_name: Cow<'a, str> = profile.middle_name,
        /// Profile page or name.
        profile: Cow<'a, str> = profile.profile,
        /// Preferred login name.
        preferred_username: Cow<'a, str> = profile.preferred_username,
        /// Home page.
        website: Cow<'a, str> = profile.website,
        /// Time zone.
        zoneinfo: Cow<'a, str> = profile.zoneinfo,
        /// Language.
        locale: Cow<'a, str> = profile.locale,
        /// Full address in one line.
        formatted: Cow<'a, str> = postal.formatted,
        /// Region.
        region: Cow<'a, str> = postal.region,
        /// How the account was created.
        #[schema(value_type = UserSourceTypeDto, required = true)]
        user_source_type: UserSourceTypeDto = account.source,
        /// Application or synchronisation task that created the user.
        user_source_id: Cow<'a, str> = account.source_id,
        /// Application of the last login.
        last_login_app: Cow<'a, str> = logins.last_app,
        /// Id of the main department.
        main_department_id: Cow<'a, str> = employment.main_department_id,
        /// When a second factor was last used.
        #[schema(value_type = Option<String>, format = DateTime)]
        last_mfa_time: Timestamp = logins.last_mfa_at,
        /// Strength of the password.
        password_security_level: i64 = logins.password_security_level,
        /// Whether the password must be changed at the next login.
        reset_password_on_next_login: bool = logins.reset_password_on_next_login,
        /// Registration methods.
        #[schema(value_type = Vec<String>, required = false)]
        register_source: Texts<'a> = account.register_source,
        /// Ids of departments; with `withDepartmentIds`.
        #[schema(value_type = Option<Vec<String>>)]
        department_ids: Texts<'a> = employment.department_ids if with_department_ids,
        /// Ids of organisational tenants; with `withTenantIds`.
        #[schema(value_type = Option<Vec<String>>)]
        tenant_ids: Texts<'a> = employment.organisation_ids if with_tenant_ids,
        /// Identities at external identity sources; with `withIdentities`.
        #[schema(value_type = Option<Vec<IdentityDto>>)]
        identities: Identities<'a> = identities if with_identities,
        /// Number of an identity document.
        identity_number: Cow<'a, str> = profile.identity_number,
        /// Custom fields; with `withCustomData`.
        #[schema(value_type = Option<serde_json::Map<String, serde_json::Value>>)]
        custom_data: Object<'a> = custom_data if with_custom_data,
        /// Ids of posts.
        #[schema(value_type = Vec<String>, required = false)]
        post_id_list: Texts<'a> = employment.post_ids,
        /// Where each field came from.
        #[schema(value_type = Option<serde_json::Map<String, serde_json::Value>>)]
        metadata_source: Object<'a> = metadata_source,
        /// When the status last changed.
        #[schema(value_type = Option<String>, format = DateTime)]
        status_changed_at: Timestamp = account.status_changed_at,
        /// When the user signed up.
        signed_up: Cow<'a, str> = account.signed_up,
        /// Id of the organisational tenant.
        tenant_id: Cow<'a, str> = account.organisation_id,
    }
}
