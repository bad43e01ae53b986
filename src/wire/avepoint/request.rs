//! Requests: an optional list of ids, in an object that may have other members.
//!
//! Member names are case-insensitive, as in ASP.NET: a filter ignored because of a capital letter would
//! return all users.

use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::core::batch::MAX_BATCH;
use crate::core::counted::Counted;

/// Which users to return.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsersRequest {
    /// Ids of users; all users if missing, null or empty.
    #[schema(value_type = Option<Vec<String>>)]
    pub user_ids: Option<Counted<String, MAX_BATCH>>,
}

/// Which customers to return.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomersRequest {
    /// Ids of customers; all customers if missing, null or empty.
    #[schema(value_type = Option<Vec<String>>)]
    pub customer_ids: Option<Counted<String, MAX_BATCH>>,
}

impl<'de> Deserialize<'de> for UsersRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let user_ids = deserializer.deserialize_option(IdsVisitor { member: "userIds" })?;
        Ok(Self { user_ids })
    }
}

impl<'de> Deserialize<'de> for CustomersRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let customer_ids = deserializer.deserialize_option(IdsVisitor { member: "customerIds" })?;
        Ok(Self { customer_ids })
    }
}

/// Reads one member of an object, or of null. An empty list counts as absent.
struct IdsVisitor {
    member: &'static str,
}

impl<'de> Visitor<'de> for IdsVisitor {
    type Value = Option<Counted<String, MAX_BATCH>>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    /// Asks for an object: a parser asked for anything would also pass on a number as a map.
    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut ids = None;
        while let Some(name) = members.next_key::<String>()? {
            if !name.eq_ignore_ascii_case(self.member) {
                members.next_value::<IgnoredAny>()?;
            } else if ids.is_some() {
                return Err(A::Error::duplicate_field(self.member));
            } else {
                ids = Some(members.next_value::<Option<Counted<String, MAX_BATCH>>>()?);
            }
        }
        Ok(ids.flatten().filter(|ids| ids.count() > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The ids in a body, or the path of the invalid value.
    fn ids(body: &str) -> Result<Option<Vec<String>>, String> {
        let mut deserializer = serde_json::Deserializer::from_str(body);
        let request: Result<UsersRequest, _> = serde_path_to_error::deserialize(&mut deserializer);
        let ids = request.map_err(|error| error.path().to_string())?.user_ids;
        deserializer.end().map(|()| ids.map(|ids| ids.kept().to_vec())).map_err(|error| error.to_string())
    }

    #[test]
    fn no_filter_has_many_spellings() {
        for body in ["null", "{}", r#"{"userIds":null}"#, r#"{"userIds":[]}"#, r#"{"pageIndex":2,"x":[{}]}"#]
        {
            assert_eq!(ids(body), Ok(None), "{body}");
        }
    }

    #[test]
    fn a_filter_is_read_in_any_case() {
        for name in ["userIds", "UserIds", "userids"] {
            let body = format!(r#"{{"colour":"blue","{name}":["a","a",""]}}"#);
            assert_eq!(ids(&body), Ok(Some(vec!["a".into(), "a".into(), String::new()])), "{name}");
        }
        let customers: CustomersRequest =
            serde_json::from_str(r#"{"CustomerIds":["c"],"userIds":7}"#).unwrap();
        assert_eq!(customers.customer_ids, Some(vec!["c".to_owned()].into()));
    }

    #[test]
    fn anything_but_a_list_of_strings_is_refused_with_its_path() {
        for (body, path) in [
            (r#"{"userIds":"a"}"#, "userIds"),
            (r#"{"userIds":7}"#, "userIds"),
            (r#"{"userIds":{}}"#, "userIds"),
            (r#"{"userIds":["a",7]}"#, "userIds[1]"),
            (r#"{"userIds":[null]}"#, "userIds[0]"),
            (r#"{"userIds":[["a"]]}"#, "userIds[0]"),
            ("[]", "."),
            ("7", "."),
            (r#""userIds""#, "."),
        ] {
            assert_eq!(ids(body), Err(path.to_owned()), "{body}");
        }
        for body in
            ["", r#"{"userIds":["#, "{} {}", r#"{"userIds":["\ud800"]}"#, r#"{"userIds":[],"UserIds":["a"]}"#]
        {
            assert!(ids(body).is_err(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_reads_back_the_same(ids in proptest::option::of(proptest::collection::vec("\\PC{0,8}", 1..4))) {
            let request = UsersRequest { user_ids: ids.map(Counted::from) };
            let written = serde_json::to_string(&request).unwrap();
            prop_assert_eq!(serde_json::from_str::<UsersRequest>(&written).unwrap(), request);
        }

        #[test]
        fn no_body_makes_it_panic(body in "\\PC{0,80}") {
            let _ = ids(&body);
        }
    }
}
