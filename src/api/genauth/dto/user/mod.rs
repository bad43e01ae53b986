//! A user as this face tells it, and the answer to a batch.

use serde::Serialize;
use utoipa::ToSchema;

use super::custom_fields::CustomFields;
use super::moment::Moment;
use super::words::{gender, source, status, work_status};
use super::{IdentityDto, Options};
use crate::api::genauth::language::{self, Language};
use crate::api::request_id;
use crate::core::user::{JsonObject, User};

/// The issuer of this face's user ids in a user's document.
const ISSUER: &str = "genauth";

/// The answer to a batch.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserListRespDto<'a> {
    /// 200.
    status_code: u16,
    /// That it went well, in the caller's language.
    message: &'static str,
    /// The request, for support.
    request_id: String,
    /// The users found, in the order asked, each once.
    data: Vec<UserDto<'a>>,
}

impl UserListRespDto<'_> {
    /// The envelope around the users.
    pub fn empty() -> Self {
        Self {
            status_code: 200,
            message: match language::current() {
                Language::Chinese => "操作成功",
                Language::English => "Operation successful",
            },
            request_id: request_id::current().to_string(),
            data: Vec::new(),
        }
    }
}

/// A user. What is unset is left out, but for what the vendor always has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserDto<'a> {
    /// GenAuth user id, whatever the type of the ids asked for.
    user_id: &'a str,
    /// When the account was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, required = true)]
    created_at: Option<Moment>,
    /// When it was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, required = true)]
    updated_at: Option<Moment>,
    /// `Activated`, `Suspended`, `Deactivated`, `Resigned` or `Archived`.
    status: &'static str,
    /// `Active` or `Closed`.
    work_status: &'static str,
    /// Id in the company's own systems.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    /// Phone number without its country code.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    /// Country code of the phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_country_code: Option<&'a str>,
    /// Login name.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// Nickname.
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<&'a str>,
    /// Address of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<&'a str>,
    /// How often the user signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    logins_count: Option<i64>,
    /// When last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_login: Option<Moment>,
    /// From which network address.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_ip: Option<&'a str>,
    /// `M`, `F` or `U`.
    gender: &'static str,
    /// Whether the e-mail address was verified.
    email_verified: bool,
    /// Whether the phone number was verified.
    phone_verified: bool,
    /// When the password was last set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    password_last_set_at: Option<Moment>,
    /// Date of birth, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    birthdate: Option<&'a str>,
    /// Country.
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<&'a str>,
    /// Province.
    #[serde(skip_serializing_if = "Option::is_none")]
    province: Option<&'a str>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<&'a str>,
    /// Address in the city.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    /// Street and number.
    #[serde(skip_serializing_if = "Option::is_none")]
    street_address: Option<&'a str>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<&'a str>,
    /// Company.
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<&'a str>,
    /// User agent of the last login.
    #[serde(skip_serializing_if = "Option::is_none")]
    browser: Option<&'a str>,
    /// Device of the last login.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'a str>,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<&'a str>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<&'a str>,
    /// Middle name.
    #[serde(skip_serializing_if = "Option::is_none")]
    middle_name: Option<&'a str>,
    /// Profile page or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a str>,
    /// Preferred login name.
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<&'a str>,
    /// Home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    website: Option<&'a str>,
    /// Time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    zoneinfo: Option<&'a str>,
    /// Language.
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<&'a str>,
    /// The whole address in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    formatted: Option<&'a str>,
    /// Region.
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    /// `excel`, `register`, `adminCreated` or `sync`.
    user_source_type: &'static str,
    /// Application or synchronisation task that made the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_source_id: Option<&'a str>,
    /// Application of the last login.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login_app: Option<&'a str>,
    /// The department that counts most.
    #[serde(skip_serializing_if = "Option::is_none")]
    main_department_id: Option<&'a str>,
    /// When a second factor was last used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_mfa_time: Option<Moment>,
    /// Strength of the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    password_security_level: Option<i64>,
    /// Whether the password must be changed at the next login.
    #[serde(skip_serializing_if = "Option::is_none")]
    reset_password_on_next_login: Option<bool>,
    /// Registration methods.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    register_source: &'a [String],
    /// Departments, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    department_ids: Option<&'a [String]>,
    /// Organisational tenants, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_ids: Option<&'a [String]>,
    /// Identities at external identity sources, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    identities: Option<Vec<IdentityDto<'a>>>,
    /// Number of an identity document.
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_number: Option<&'a str>,
    /// The company's own fields, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    custom_data: Option<&'a JsonObject>,
    /// Posts.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    post_id_list: &'a [String],
    /// Where each field came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    metadata_source: Option<&'a JsonObject>,
    /// When the status last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    status_changed_at: Option<Moment>,
    /// When the user signed up.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_up: Option<&'a str>,
    /// Organisational tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<&'a str>,
    /// The company's own fields as members of the user, if asked for.
    #[serde(flatten)]
    #[schema(ignore)]
    custom_fields: CustomFields<'a>,
}

impl<'a> UserDto<'a> {
    /// The user with what `options` ask for: a pure function of both.
    pub fn new(user: &'a User, options: Options) -> Self {
        Self {
            user_id: user.id_for(ISSUER),
            created_at: user.account.created_at.and_then(Moment::of),
            updated_at: user.account.updated_at.and_then(Moment::of),
            status: status(user.account.status),
            work_status: work_status(user.employment.work_status),
            external_id: user.employment.external_id.as_deref(),
            email: user.contact.email.as_deref(),
            phone: user.contact.phone.as_deref(),
            phone_country_code: user.contact.phone_country_code.as_deref(),
            username: user.profile.username.as_deref(),
            name: user.profile.display_name.as_deref(),
            nickname: user.profile.nickname.as_deref(),
            photo: user.profile.photo.as_deref(),
            logins_count: user.logins.count,
            last_login: user.logins.last_at.and_then(Moment::of),
            last_ip: user.logins.last_ip.as_deref(),
            gender: gender(user.profile.gender),
            email_verified: user.contact.email_verified,
            phone_verified: user.contact.phone_verified,
            password_last_set_at: user.logins.password_set_at.and_then(Moment::of),
            birthdate: user.profile.birthdate.as_deref(),
            country: user.postal.country.as_deref(),
            province: user.postal.province.as_deref(),
            city: user.postal.city.as_deref(),
            address: user.postal.address.as_deref(),
            street_address: user.postal.street_address.as_deref(),
            postal_code: user.postal.postal_code.as_deref(),
            company: user.employment.company.as_deref(),
            browser: user.logins.browser.as_deref(),
            device: user.logins.device.as_deref(),
            given_name: user.profile.given_name.as_deref(),
            family_name: user.profile.family_name.as_deref(),
            middle_name: user.profile.middle_name.as_deref(),
            profile: user.profile.profile.as_deref(),
            preferred_username: user.profile.preferred_username.as_deref(),
            website: user.profile.website.as_deref(),
            zoneinfo: user.profile.zoneinfo.as_deref(),
            locale: user.profile.locale.as_deref(),
            formatted: user.postal.formatted.as_deref(),
            region: user.postal.region.as_deref(),
            user_source_type: source(user.account.source),
            user_source_id: user.account.source_id.as_deref(),
            last_login_app: user.logins.last_app.as_deref(),
            main_department_id: user.employment.main_department_id.as_deref(),
            last_mfa_time: user.logins.last_mfa_at.and_then(Moment::of),
            password_security_level: user.logins.password_security_level,
            reset_password_on_next_login: user.logins.reset_password_on_next_login,
            register_source: &user.account.register_source,
            department_ids: options.with_department_ids.then_some(&user.employment.department_ids),
            tenant_ids: options.with_tenant_ids.then_some(&user.employment.organisation_ids),
            identities: options
                .with_identities
                .then(|| user.identities.iter().map(IdentityDto::from).collect()),
            identity_number: user.profile.identity_number.as_deref(),
            custom_data: options.with_custom_data.then_some(&user.custom_data),
            post_id_list: &user.employment.post_ids,
            metadata_source: Some(&user.metadata_source).filter(|source| !source.is_empty()),
            status_changed_at: user.account.status_changed_at.and_then(Moment::of),
            signed_up: user.account.signed_up.as_deref(),
            tenant_id: user.account.organisation_id.as_deref(),
            custom_fields: CustomFields(options.flat_custom_data.then_some(&user.custom_data)),
        }
    }
}

#[cfg(test)]
mod tests;
