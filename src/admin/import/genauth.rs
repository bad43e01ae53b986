//! Users as GenAuth answers them.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::collect::Collector;
use super::reader::SourceFault;
use super::vendor::{ItemShape, Vendor, read_item};
use crate::core::face::Face;
use crate::core::id::UserId;
use crate::core::user::{AccountStatus, Gender, Identity, JsonObject, Source, User, WorkStatus};
use crate::wire::read::filled;

/// GenAuth's answers.
pub(super) struct GenAuth;

/// Declares an answer's text members: an empty one is absent.
macro_rules! item {
    ($($text:ident,)* ; $($(#[$attribute:meta])* $other:ident: $type:ty,)*) => {
        /// A user of an answer.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Item {
            user_id: String,
            $(#[serde(default, deserialize_with = "filled")] $text: Option<String>,)*
            $(#[serde(default)] $(#[$attribute])* $other: $type,)*
        }
    };
}

item! {
    external_id, email, phone, phone_country_code, username, name, nickname, photo, last_ip, birthdate, country,
    province, city, address, street_address, postal_code, company, browser, device, given_name, family_name,
    middle_name, profile, preferred_username, website, zoneinfo, locale, formatted, region, user_source_id,
    last_login_app, main_department_id, identity_number, signed_up, tenant_id,
    ;
    #[serde(with = "time::serde::rfc3339::option")]
    created_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    updated_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    last_login: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    password_last_set_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    last_mfa_time: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    status_changed_at: Option<OffsetDateTime>,
    status: Option<Status>,
    work_status: Option<Working>,
    gender: Option<Letter>,
    user_source_type: Option<SourceType>,
    logins_count: Option<i64>,
    password_security_level: Option<i64>,
    email_verified: Option<bool>,
    phone_verified: Option<bool>,
    reset_password_on_next_login: Option<bool>,
    #[serde(deserialize_with = "strings")]
    register_source: Vec<String>,
    #[serde(deserialize_with = "strings")]
    department_ids: Vec<String>,
    #[serde(deserialize_with = "strings")]
    post_id_list: Vec<String>,
    #[serde(deserialize_with = "strings")]
    tenant_ids: Vec<String>,
    identities: Identities,
    custom_data: Option<JsonObject>,
    metadata_source: Option<JsonObject>,
}

#[derive(Clone, Copy, Deserialize)]
enum Status {
    Activated,
    Suspended,
    Deactivated,
    Resigned,
    Archived,
}

#[derive(Clone, Copy, Deserialize)]
enum Working {
    Active,
    Closed,
}

#[derive(Clone, Copy, Deserialize)]
enum Letter {
    M,
    /// `W` is what two of the SDKs know besides.
    #[serde(alias = "W")]
    F,
    U,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum SourceType {
    Excel,
    Register,
    AdminCreated,
    /// `syncTask` is what the documentation calls it.
    #[serde(alias = "syncTask")]
    Sync,
}

/// An array, or one identity, as a sample of the documentation has it.
#[derive(Default, Deserialize)]
#[serde(untagged, expecting = "an array of identities")]
enum Identities {
    Many(Vec<IdentityItem>),
    One(Box<IdentityItem>),
    #[default]
    None,
}

impl Identities {
    fn into_vec(self) -> Vec<IdentityItem> {
        match self {
            Self::Many(identities) => identities,
            Self::One(identity) => vec![*identity],
            Self::None => Vec::new(),
        }
    }
}

/// An identity. Its tokens are not read, so that they are kept nowhere.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IdentityItem {
    identity_id: String,
    ext_idp_id: String,
    provider: String,
    #[serde(rename = "type")]
    kind: String,
    user_id_in_idp: String,
    #[serde(default)]
    user_info_in_idp: Option<JsonObject>,
    #[serde(default, deserialize_with = "strings")]
    origin_conn_ids: Vec<String>,
}

/// An array of texts, or one in a text, as a sample of the documentation has it.
fn strings<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an array of strings")]
    enum Strings {
        Array(Vec<String>),
        Text(String),
    }
    match Option::deserialize(from)? {
        Some(Strings::Array(strings)) => Ok(strings),
        Some(Strings::Text(text)) => {
            serde_json::from_str(&text).map_err(|_| serde::de::Error::custom("expected an array of strings"))
        }
        None => Ok(Vec::new()),
    }
}

impl From<IdentityItem> for Identity {
    fn from(item: IdentityItem) -> Self {
        Self {
            id: item.identity_id,
            connection_id: item.ext_idp_id,
            provider: item.provider,
            kind: item.kind,
            id_there: item.user_id_in_idp,
            info: item.user_info_in_idp.map(without_tokens).unwrap_or_default(),
            origin_connection_ids: item.origin_conn_ids,
        }
    }
}

/// What an identity source tells of a user, without what opens doors there.
fn without_tokens(info: JsonObject) -> JsonObject {
    let opens = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.contains("token") || name.contains("secret") || name.contains("password")
    };
    info.into_iter().filter(|(name, _)| !opens(name)).collect()
}

impl From<Item> for User {
    fn from(item: Item) -> Self {
        let mut user = Self::new(UserId::new(&item.user_id));
        user.issued_ids.insert("genauth".to_owned(), item.user_id.clone());
        let item = item.write_profile(&mut user);
        let item = item.write_contact(&mut user);
        let item = item.write_employment(&mut user);
        item.write_account(&mut user);
        user
    }
}

impl Item {
    fn write_profile(mut self, user: &mut User) -> Self {
        let profile = &mut user.profile;
        profile.username = self.username.take();
        profile.display_name = self.name.take();
        profile.given_name = self.given_name.take();
        profile.family_name = self.family_name.take();
        profile.middle_name = self.middle_name.take();
        profile.nickname = self.nickname.take();
        profile.preferred_username = self.preferred_username.take();
        profile.profile = self.profile.take();
        profile.photo = self.photo.take();
        profile.website = self.website.take();
        profile.gender = self.gender.map(|letter| match letter {
            Letter::M => Gender::Male,
            Letter::F => Gender::Female,
            Letter::U => Gender::Unknown,
        });
        profile.birthdate = self.birthdate.take();
        profile.zoneinfo = self.zoneinfo.take();
        profile.locale = self.locale.take();
        profile.identity_number = self.identity_number.take();
        self
    }

    fn write_contact(mut self, user: &mut User) -> Self {
        user.contact.email = self.email.take();
        user.contact.email_verified = self.email_verified.unwrap_or_default();
        user.contact.phone = self.phone.take();
        user.contact.phone_country_code = self.phone_country_code.take();
        user.contact.phone_verified = self.phone_verified.unwrap_or_default();
        let postal = &mut user.postal;
        postal.country = self.country.take();
        postal.province = self.province.take();
        postal.region = self.region.take();
        postal.city = self.city.take();
        postal.address = self.address.take();
        postal.street_address = self.street_address.take();
        postal.postal_code = self.postal_code.take();
        postal.formatted = self.formatted.take();
        self
    }

    fn write_employment(mut self, user: &mut User) -> Self {
        let employment = &mut user.employment;
        employment.company = self.company.take();
        employment.external_id = self.external_id.take();
        employment.work_status = self.work_status.map(|status| match status {
            Working::Active => WorkStatus::Active,
            Working::Closed => WorkStatus::Closed,
        });
        employment.department_ids = std::mem::take(&mut self.department_ids);
        employment.main_department_id = self.main_department_id.take();
        employment.post_ids = std::mem::take(&mut self.post_id_list);
        employment.organisation_ids = std::mem::take(&mut self.tenant_ids);
        let identities = std::mem::take(&mut self.identities).into_vec();
        user.identities = identities.into_iter().map(Identity::from).collect();
        user.custom_data = self.custom_data.take().unwrap_or_default();
        user.metadata_source = self.metadata_source.take().unwrap_or_default();
        self
    }

    fn write_account(self, user: &mut User) {
        let account = &mut user.account;
        account.status = self.status.map(|status| match status {
            Status::Activated => AccountStatus::Activated,
            Status::Suspended => AccountStatus::Suspended,
            Status::Deactivated => AccountStatus::Deactivated,
            Status::Resigned => AccountStatus::Resigned,
            Status::Archived => AccountStatus::Archived,
        });
        account.status_changed_at = self.status_changed_at;
        account.created_at = self.created_at;
        account.updated_at = self.updated_at;
        account.source = self.user_source_type.map(|source| match source {
            SourceType::Excel => Source::Excel,
            SourceType::Register => Source::Register,
            SourceType::AdminCreated => Source::AdminCreated,
            SourceType::Sync => Source::Sync,
        });
        account.source_id = self.user_source_id;
        account.register_source = self.register_source;
        account.signed_up = self.signed_up;
        account.organisation_id = self.tenant_id;
        let logins = &mut user.logins;
        logins.count = self.logins_count;
        logins.last_at = self.last_login;
        logins.last_ip = self.last_ip;
        logins.last_app = self.last_login_app;
        logins.last_mfa_at = self.last_mfa_time;
        logins.browser = self.browser;
        logins.device = self.device;
        logins.password_set_at = self.password_last_set_at;
        logins.password_security_level = self.password_security_level;
        logins.reset_password_on_next_login = self.reset_password_on_next_login;
    }
}

impl Vendor for GenAuth {
    const FACE: Face = Face::GenAuth;
    const MEMBER: &'static str = "data";

    fn take(&self, line: i64, item: &RawValue, collector: &mut Collector) -> Result<(), SourceFault> {
        match read_item::<Item>(item) {
            Ok(item) => collector.user(line, &item.into()),
            Err(fault) => collector.reject(line, fault.field, fault.reason),
        }
    }

    fn owns(item: &ItemShape) -> bool {
        item.user_id.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentations_sample_is_read_and_its_tokens_are_not() {
        let raw = r#"{"userId":"6229","status":"Activated","gender":"M","email":"test@example.com","phone":"",
            "departmentIds":"[\"624d930c\"]","customData":{"school":"Peking University","age":22},
            "identities":{"identityId":"62299d8b","extIdpId":"6076bac","provider":"wechat","type":"openid",
                "userIdInIdp":"oj7N","accessToken":"57_secret","refreshToken":"57_secret",
                "userInfoInIdp":{"city":"BJ","access_token":"57_secret"},"originConnIds":"[\"605492\"]"},
            "userSourceType":"syncTask","createdAt":"2022-07-03T03:20:30.000Z"}"#;
        let raw: &RawValue = serde_json::from_str(raw).unwrap();
        let user: User = read_item::<Item>(raw).unwrap().into();
        assert_eq!(user.id_for("genauth"), "6229");
        assert_eq!(user.employment.department_ids, ["624d930c"]);
        assert_eq!(user.identities[0].origin_connection_ids, ["605492"]);
        assert_eq!(user.account.source, Some(Source::Sync));
        assert!(!serde_json::to_string(&user).unwrap().contains("57_secret"));
    }

    #[test]
    fn arrays_are_read_as_the_sdks_have_them() {
        let raw = r#"{"userId":"1","departmentIds":["a","b"],"identities":[],"customData":null}"#;
        let raw: &RawValue = serde_json::from_str(raw).unwrap();
        let user: User = read_item::<Item>(raw).unwrap().into();
        assert_eq!(user.employment.department_ids, ["a", "b"]);
    }
}
