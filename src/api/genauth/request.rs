//! The requested batch, parsed from the query.

use super::parameter::{Expected, ParameterFault};
use super::query::{Parameter, Query};
use crate::api::enumerated::enumerated;
use crate::api::ignored::Ignored;
use crate::core::key::LookupKey;
use crate::wire::genauth::UserOptions;

/// Type of the ids in `userIds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UserIdType {
    /// GenAuth user id.
    #[default]
    UserId,
    /// Phone number, with or without country code.
    Phone,
    /// E-mail address; case-insensitive.
    Email,
    /// Login name.
    Username,
    /// Id in the company's own systems.
    ExternalId,
    /// `<extIdpId>:<userIdInIdp>`.
    Identity,
    /// `<provider>:<userIdInIdp>`.
    SyncRelation,
    /// `<field>:<value>` of the custom data; in the SDKs, but not documented.
    CustomField,
}

enumerated! {
    /// Type of the ids in `userIds`.
    pub UserIdTypeName = UserIdType::ALL.map(UserIdType::as_str);
}

impl UserIdType {
    /// All types, the default first.
    pub const ALL: [Self; 8] = [
        Self::UserId,
        Self::Phone,
        Self::Email,
        Self::Username,
        Self::ExternalId,
        Self::Identity,
        Self::SyncRelation,
        Self::CustomField,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UserId => "user_id",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Username => "username",
            Self::ExternalId => "external_id",
            Self::Identity => "identity",
            Self::SyncRelation => "sync_relation",
            Self::CustomField => "custom_field",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        // Some clients send unset members as empty parameters.
        if name.is_empty() {
            Some(Self::default())
        } else {
            Self::ALL.into_iter().find(|kind| kind.as_str() == name)
        }
    }

    /// The lookup key for `id`; `None` if it is malformed.
    pub fn key(self, id: &str) -> Option<LookupKey> {
        match self {
            Self::UserId => LookupKey::id(id),
            Self::Phone => LookupKey::phone(&with_leading_plus(id)),
            Self::Email => LookupKey::email(&with_inner_plus(id)),
            Self::Username => LookupKey::username(id),
            Self::ExternalId => LookupKey::external_id(id),
            Self::Identity => pair(id, LookupKey::identity),
            Self::SyncRelation => pair(id, LookupKey::sync_relation),
            Self::CustomField => pair(id, LookupKey::custom_field),
        }
    }
}

fn pair(id: &str, key: fn(&str, &str) -> Option<LookupKey>) -> Option<LookupKey> {
    let (left, right) = id.split_once(':')?;
    key(left, right)
}

/// Restores the `+` of a country code that the client did not escape.
fn with_leading_plus(phone: &str) -> String {
    match phone.strip_prefix(' ') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => format!("+{rest}"),
        _ => phone.to_owned(),
    }
}

/// Restores any `+` that the client did not escape: e-mail addresses contain no spaces.
fn with_inner_plus(email: &str) -> String {
    email.trim().replace(' ', "+")
}

/// A requested batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRequest {
    /// A lookup key for each id, in request order.
    pub keys: Vec<Option<LookupKey>>,
    /// Requested members.
    pub options: UserOptions,
}

impl BatchRequest {
    /// Parses a query with at most `most` ids, and notes what is ignored.
    ///
    /// # Errors
    /// An error with the name of the parameter.
    pub fn read(query: &Query, most: usize, ignored: &mut Ignored) -> Result<Self, ParameterFault> {
        ignored.parameters(query.iter().map(|(name, _)| name), |name| PARAMETERS.contains(&name));
        let kind = text(query, USER_ID_TYPE).and_then(UserIdType::parse);
        let ids = ids(query.get(USER_IDS), kind.unwrap_or_default());
        if ids.is_empty() {
            return Err(ParameterFault::Malformed(USER_IDS, Expected::Ids));
        }
        if ids.len() > most {
            return Err(ParameterFault::TooMany { name: USER_IDS, most, given: ids.len() });
        }
        let kind = kind.ok_or(ParameterFault::Malformed(USER_ID_TYPE, Expected::IdType))?;
        let options = UserOptions {
            with_custom_data: flag(query, WITH_CUSTOM_DATA)?,
            flat_custom_data: flag(query, FLAT_CUSTOM_DATA)?,
            with_identities: flag(query, WITH_IDENTITIES)?,
            with_department_ids: flag(query, WITH_DEPARTMENT_IDS)?,
            with_tenant_ids: flag(query, WITH_TENANT_IDS)?,
        };
        let keys = ids.into_iter().map(|id| kind.key(id)).collect();
        Ok(Self { keys, options })
    }
}

const USER_IDS: &str = "userIds";
const USER_ID_TYPE: &str = "userIdType";
const WITH_CUSTOM_DATA: &str = "withCustomData";
const FLAT_CUSTOM_DATA: &str = "flatCustomData";
const WITH_IDENTITIES: &str = "withIdentities";
const WITH_DEPARTMENT_IDS: &str = "withDepartmentIds";
const WITH_TENANT_IDS: &str = "withTenantIds";

/// All parameters of the batch.
const PARAMETERS: [&str; 7] = [
    USER_IDS,
    USER_ID_TYPE,
    WITH_CUSTOM_DATA,
    FLAT_CUSTOM_DATA,
    WITH_IDENTITIES,
    WITH_DEPARTMENT_IDS,
    WITH_TENANT_IDS,
];

/// The ids of a list, or those in a single string: `[a b]` as printed by Go, or separated by commas, possibly with spaces.
fn ids(parameter: Option<&Parameter>, kind: UserIdType) -> Vec<&str> {
    match parameter {
        None => Vec::new(),
        Some(Parameter::List(ids)) => ids.iter().map(String::as_str).collect(),
        Some(Parameter::Text(text)) => {
            let go = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            let ids = match go {
                Some(inner) => inner.split(' '),
                None => return separated(text, kind).collect(),
            };
            ids.filter(|id| !id.is_empty()).collect()
        }
    }
}

/// The ids in `text`, without the spaces around them. A telephone number keeps the one before it, which was a `+` that the
/// client did not escape.
fn separated(text: &str, kind: UserIdType) -> impl Iterator<Item = &str> {
    let ids = text.split(',').map(move |id| match kind {
        UserIdType::Phone => id.trim_end(),
        _ => id.trim(),
    });
    ids.filter(|id| !id.is_empty())
}

/// The parameter's text; empty if absent, `None` if it is a list.
fn text<'q>(query: &'q Query, name: &str) -> Option<&'q str> {
    match query.get(name) {
        None => Some(""),
        Some(Parameter::Text(text)) => Some(text),
        Some(Parameter::List(_)) => None,
    }
}

/// A boolean, case-insensitive (Python sends `True`); false if absent.
fn flag(query: &Query, name: &'static str) -> Result<bool, ParameterFault> {
    match text(query, name) {
        Some("") => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        _ => Err(ParameterFault::Malformed(name, Expected::Flag)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::genauth::query::Plus;
    use proptest::prelude::*;

    fn read(raw: &str) -> Result<BatchRequest, ParameterFault> {
        BatchRequest::read(&Query::read(raw, Plus::Space), 50, &mut Ignored::default())
    }

    fn usernames(raw: &str) -> Vec<String> {
        let request = read(&format!("{raw}&userIdType=username")).unwrap();
        let keys = request.keys.into_iter().flatten();
        keys.map(|key| key.value().to_owned()).collect()
    }

    #[test]
    fn five_spellings_name_the_same_ids() {
        for spelling in [
            "userIds[]=a&userIds[]=b",
            "userIds%5B%5D=a&userIds%5B%5D=b",
            "userIds=a&userIds=b",
            "userIds=a,b",
            "userIds=a,+b",
            "userIds=+a+,b",
            "userIds=%5Ba+b%5D",
        ] {
            assert_eq!(usernames(spelling), ["a", "b"], "{spelling}");
        }
        assert_eq!(usernames("userIds=%5Ba%5D"), ["a"]);
    }

    #[test]
    fn an_element_of_a_list_is_not_taken_apart() {
        assert_eq!(usernames("userIds[]=a,b"), ["a,b"]);
        assert_eq!(usernames("userIds=a,b&userIds=%5Bc+d%5D"), ["a,b", "[c d]"]);
    }

    #[test]
    fn an_empty_list_in_any_spelling_is_a_fault() {
        for raw in ["", "userIds=", "userIds", "userIds=%5B%5D", "userIds=,", "userIds=%5B+%5D"] {
            assert_eq!(read(raw), Err(ParameterFault::Malformed(USER_IDS, Expected::Ids)), "{raw:?}");
        }
    }

    #[test]
    fn the_limit_counts_what_was_sent() {
        let ids = |count: usize| format!("userIds={}", vec!["x"; count].join(","));
        assert!(read(&ids(50)).is_ok());
        let too_many = ParameterFault::TooMany { name: USER_IDS, most: 50, given: 51 };
        assert_eq!(read(&ids(51)), Err(too_many));
    }

    #[test]
    fn options_are_off_unless_true_in_any_case() {
        let options = |raw: &str| read(&format!("userIds=a&{raw}")).map(|request| request.options);
        assert_eq!(options(""), Ok(UserOptions::default()));
        assert_eq!(options("withCustomData=False&withIdentities="), Ok(UserOptions::default()));
        let all = "withCustomData=True&flatCustomData=true&withIdentities=TRUE&withDepartmentIds=tRuE&withTenantIds=true";
        let on = UserOptions {
            with_custom_data: true,
            flat_custom_data: true,
            with_identities: true,
            with_department_ids: true,
            with_tenant_ids: true,
        };
        assert_eq!(options(all), Ok(on));
        for raw in ["withIdentities=yes", "withIdentities=true&withIdentities=false"] {
            assert_eq!(
                options(raw),
                Err(ParameterFault::Malformed("withIdentities", Expected::Flag)),
                "{raw}"
            );
        }
    }

    #[test]
    fn each_type_of_id_becomes_its_key() {
        let key = |kind: &str, id: &str| {
            let mut request = read(&format!("userIds[]={id}&userIdType={kind}")).unwrap();
            request.keys.pop().unwrap()
        };
        assert_eq!(key("", "x"), LookupKey::id("x"));
        assert_eq!(key("user_id", "x"), LookupKey::id("x"));
        assert_eq!(key("phone", "+86188"), LookupKey::phone("+86188"));
        assert_eq!(key("phone", "%2B86188"), LookupKey::phone("+86188"));
        assert_eq!(key("phone", "188"), LookupKey::phone("188"));
        assert_eq!(key("email", "A%2Bb@X.org"), LookupKey::email("a+b@x.org"));
        assert_eq!(key("email", "A+b@X.org"), LookupKey::email("a+b@x.org"));
        assert_eq!(key("username", "A+b"), LookupKey::username("A b"));
        assert_eq!(key("external_id", "7"), LookupKey::external_id("7"));
        assert_eq!(key("identity", "idp:a:b"), LookupKey::identity("idp", "a:b"));
        assert_eq!(key("sync_relation", "lark:x"), LookupKey::sync_relation("lark", "x"));
        assert_eq!(key("custom_field", "k:v"), LookupKey::custom_field("k", "v"));
        for kind in ["identity", "sync_relation", "custom_field"] {
            assert_eq!(key(kind, "no-colon"), None);
        }
        for kind in ["USER_ID", "shoe_size", "user_id&userIdType=email"] {
            let read = read(&format!("userIds=a&userIdType={kind}"));
            assert_eq!(read, Err(ParameterFault::Malformed(USER_ID_TYPE, Expected::IdType)), "{kind}");
        }
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(raw in "[a-zA-Z0-9%+&=,\\[\\]:\\PC]{0,200}") {
            let _ = read(&raw);
            let _ = read(&format!("userIds={raw}"));
        }

        #[test]
        fn a_list_is_read_as_it_was_written(ids in proptest::collection::vec("\\PC{1,20}", 1..50)) {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(ids.iter().map(|id| ("userIds[]", id)));
            prop_assert_eq!(usernames(&query.finish()), ids);
        }
    }
}
