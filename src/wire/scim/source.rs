//! Users as another service provider lists them, for import.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::error::ScimError;
use super::resource::Resource;
use super::schema::USERS;
use super::user::UserChange;
use crate::core::id::UserId;
use crate::core::user::JsonObject;
use crate::wire::read::FieldError;

/// Canonical fields of which a list of another service provider says nothing: groups are resources of their own, it
/// does not know our extension, and what only SCIM has a name for is not read from it.
pub const UNASKED: &[&str] = &[
    "employment.departmentIds",
    "account.userPrincipalName",
    "profile.preferredUsername",
    "employment.office",
    "employment.mainDepartmentId",
    "contact.phoneCountryCode",
    "profile.birthdate",
    "profile.website",
    "postal.region",
    "postal.address",
    "employment.workStatus",
    "profile.gender",
    "scim",
];

/// A list, or a part of one, as another service provider answers. `T` is the type of its resources, so that a
/// reader can take [`ListedUser`]s one by one, and anything else otherwise.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedPage<T> {
    /// Number of resources in the whole list.
    #[serde(default)]
    pub total_results: Option<u64>,
    /// Number of the first resource, from 1.
    #[serde(default)]
    pub start_index: Option<u64>,
    /// Where the next part starts.
    #[serde(default)]
    pub next_cursor: Option<String>,
    /// The resources; none past the end of the list.
    #[serde(rename = "Resources", default = "Vec::new")]
    pub resources: Vec<T>,
}

/// A user of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedUser {
    /// The id that the other service provider issued.
    pub id: String,
    /// The user, without what only that service provider may set.
    pub resource: Resource,
}

impl ListedUser {
    /// Reads a user of a list.
    ///
    /// # Errors
    /// It has no id, or is no resource of a user.
    pub fn read(body: Value) -> Result<Self, ScimError> {
        let id = body.as_object().and_then(|members| {
            let (_, id) = members.iter().find(|(name, _)| name.eq_ignore_ascii_case("id"))?;
            id.as_str().filter(|id| !id.is_empty()).map(str::to_owned)
        });
        let resource = Resource::read(body, &USERS)?;
        let id = id.ok_or_else(|| ScimError::InvalidValue(FieldError::missing("id")))?;
        Ok(Self { id, resource })
    }

    /// The user as a canonical document. What only SCIM has a name for is left out.
    ///
    /// # Errors
    /// [`ScimError::InvalidValue`] if the user could not be looked up by a name, an id or an e-mail address of it.
    pub fn into_document(self) -> Result<JsonObject, ScimError> {
        let change = UserChange::create(&self.resource, UserId::new(self.id.as_str()))?;
        let mut document = JsonObject::from_iter([("id".to_owned(), self.id.into())]);
        document.extend(change.patch);
        Ok(document)
    }
}

impl<'de> Deserialize<'de> for ListedUser {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read(Value::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_is_read_with_its_users() {
        let list = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 2, "startIndex": 1,
            "itemsPerPage": 1, "Resources": [{ "ID": "1", "USERNAME": "ann", "password": "secret-4711", "x": 1 }],
        });
        let page: ListedPage<ListedUser> = serde_json::from_value(list).unwrap();
        let [user] = &page.resources[..] else { panic!("{page:?}") };
        assert_eq!((user.id.as_str(), user.resource.text(&["userName"])), ("1", Some("ann")));
        assert_eq!(serde_json::to_value(&user.resource).unwrap(), json!({ "userName": "ann" }));
        let empty: ListedPage<ListedUser> = serde_json::from_value(json!({ "totalResults": 2 })).unwrap();
        assert_eq!((empty.total_results, empty.resources.len()), (Some(2), 0));
    }

    #[test]
    fn a_user_that_cannot_be_read_is_shown_without_its_values() {
        let read = |user| serde_json::from_value::<ListedUser>(user).unwrap_err().to_string();
        assert_eq!(read(json!({ "userName": "ann" })), "id is missing.");
        assert_eq!(read(json!({ "id": "1", "userName": ["ann"] })), "userName must be text.");
        assert_eq!(read(json!({ "id": "1" })), "userName is missing.");
    }
}
