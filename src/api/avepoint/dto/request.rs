//! The bodies of the two calls: an optional list of ids, in an object that may hold anything else.
//!
//! Member names are read in any case, as ASP.NET reads them: a filter that is silently not one, for a capital
//! letter, would answer with everybody. A body that is missing or JSON null has no filter.

use serde::de::{DeserializeOwned, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::extract::{InvalidBody, json};

/// Which users are asked for.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::avepoint) struct UsersRequest {
    /// Ids of users; all users if missing, null or empty.
    pub(in crate::api::avepoint) user_ids: Option<Vec<String>>,
}

/// Which customers are asked for.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::avepoint) struct CustomersRequest {
    /// Ids of customers; all customers if missing, null or empty.
    pub(in crate::api::avepoint) customer_ids: Option<Vec<String>>,
}

/// Reads a body, which may be missing.
pub(in crate::api::avepoint) fn read<T: Default + DeserializeOwned>(body: &[u8]) -> Result<T, InvalidBody> {
    if body.trim_ascii().is_empty() { Ok(T::default()) } else { json(body) }
}

impl<'de> Deserialize<'de> for UsersRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let user_ids = deserializer.deserialize_any(IdList("userIds"))?;
        Ok(Self { user_ids })
    }
}

impl<'de> Deserialize<'de> for CustomersRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let customer_ids = deserializer.deserialize_any(IdList("customerIds"))?;
        Ok(Self { customer_ids })
    }
}

/// Reads an object's member of this name; an empty list is none.
struct IdList(&'static str);

impl<'de> Visitor<'de> for IdList {
    type Value = Option<Vec<String>>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut ids = None;
        while let Some(name) = members.next_key::<String>()? {
            if !name.eq_ignore_ascii_case(self.0) {
                members.next_value::<IgnoredAny>()?;
            } else if ids.is_some() {
                return Err(A::Error::duplicate_field(self.0));
            } else {
                ids = Some(members.next_value::<Option<Vec<String>>>()?);
            }
        }
        Ok(ids.flatten().filter(|ids| !ids.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ids(body: &str) -> Result<Option<Vec<String>>, String> {
        let request: Result<UsersRequest, _> = read(body.as_bytes());
        request.map(|request| request.user_ids).map_err(|fault| fault.path)
    }

    #[test]
    fn no_filter_has_many_spellings() {
        for body in [
            "",
            " \r\n",
            "null",
            "{}",
            r#"{"userIds":null}"#,
            r#"{"userIds":[]}"#,
            r#"{"pageIndex":2,"x":[{}]}"#,
        ] {
            assert_eq!(ids(body), Ok(None), "{body}");
        }
    }

    #[test]
    fn a_filter_is_read_in_any_case() {
        for name in ["userIds", "UserIds", "userids"] {
            let body = format!(r#"{{"colour":"blue","{name}":["a","a",""]}}"#);
            assert_eq!(ids(&body), Ok(Some(vec!["a".into(), "a".into(), String::new()])), "{name}");
        }
        let customers: CustomersRequest = read(br#"{"CustomerIds":["c"],"userIds":7}"#).unwrap();
        assert_eq!(customers.customer_ids, Some(vec!["c".to_owned()]));
    }

    #[test]
    fn what_is_no_list_of_strings_is_refused_with_its_place() {
        for (body, place) in [
            (r#"{"userIds":"a"}"#, "userIds"),
            (r#"{"userIds":7}"#, "userIds"),
            (r#"{"userIds":{}}"#, "userIds"),
            (r#"{"userIds":["a",7]}"#, "userIds[1]"),
            (r#"{"userIds":[null]}"#, "userIds[0]"),
            (r#"{"userIds":[["a"]]}"#, "userIds[0]"),
            ("[]", ""),
            ("7", ""),
            (r#""userIds""#, ""),
        ] {
            assert_eq!(ids(body), Err(place.to_owned()), "{body}");
        }
        for body in
            [r#"{"userIds":["#, "{} {}", r#"{"userIds":["\ud800"]}"#, r#"{"userIds":[],"UserIds":["a"]}"#]
        {
            assert!(ids(body).is_err(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body in "\\PC{0,80}") {
            let _ = ids(&body);
        }
    }
}
