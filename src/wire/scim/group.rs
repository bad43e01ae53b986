//! Groups: a department with its members, as a resource and back. Patches are those of any resource.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::error::ScimError;
use super::resource::Resource;
use super::schema::GROUPS;
use super::user::Meta;
use crate::wire::read::FieldError;

/// A group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Id of the department.
    pub id: String,
    /// Its name.
    pub display_name: String,
    /// Id that the client issued.
    pub external_id: Option<String>,
    /// Ids of the users in it, each once.
    pub members: Vec<String>,
}

/// What a resource changes in a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupChange {
    /// The new name.
    pub display_name: Option<String>,
    /// The new id of the client, or that there is none any more.
    pub external_id: Option<Option<String>>,
    /// Ids of users that join, in the order in which they were sent.
    pub joining: Vec<String>,
    /// Ids of users that leave.
    pub leaving: Vec<String>,
}

impl Group {
    /// The group as a resource.
    #[must_use]
    pub fn to_resource(&self, meta: &Meta) -> Resource {
        let mut shown = Resource::default();
        shown.set(&["id"], Some(self.id.as_str()));
        shown.set(&["externalId"], self.external_id.as_deref());
        shown.set(&["meta"], Some(meta.attribute(&GROUPS, &self.id)));
        shown.set(&["displayName"], Some(self.display_name.as_str()));
        let members = self.members.iter().map(|id| json!({ "value": id }));
        shown.set(&["members"], Some(members.collect::<Vec<_>>()));
        shown.arrange(&GROUPS);
        shown
    }
}

impl Group {
    /// The group as a resource to be shown and nothing else: what its members are is told by no attribute of it.
    #[must_use]
    pub fn into_shown(mut self, meta: &Meta) -> Resource {
        let members = std::mem::take(&mut self.members);
        self.to_resource(meta).showing_users(members)
    }
}

impl GroupChange {
    /// What `wanted` changes in the group that `shown` is the resource of; an empty one for a new group. A whole
    /// resource without members has none.
    ///
    /// # Errors
    /// [`ScimError::InvalidValue`] for a member without its id.
    pub fn between(shown: &Resource, wanted: &Resource) -> Result<Self, ScimError> {
        let (before, after) = (ids(shown)?, ids(wanted)?);
        let only_in = |ids: &[String], others: &[String]| {
            let others: HashSet<_> = others.iter().collect();
            ids.iter().filter(|id| !others.contains(id)).cloned().collect()
        };
        let changed = |name| {
            let (before, after) = (shown.text(&[name]), wanted.text(&[name]));
            (before != after).then(|| after.map(str::to_owned))
        };
        Ok(Self {
            display_name: changed("displayName").flatten(),
            external_id: changed("externalId"),
            joining: only_in(&after, &before),
            leaving: only_in(&before, &after),
        })
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn ids(resource: &Resource) -> Result<Vec<String>, ScimError> {
    let id = |(index, member): (usize, &Value)| {
        let id = member.get("value").and_then(Value::as_str).map(str::to_owned);
        id.ok_or_else(|| ScimError::InvalidValue(FieldError::missing(format!("members[{index}].value"))))
    };
    resource.list("members").iter().enumerate().map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::super::patch::Patch;
    use super::super::schema::urn;
    use super::*;
    use time::macros::datetime;

    fn meta() -> Meta {
        Meta {
            created: datetime!(2026-01-02 03:04:05 UTC),
            last_modified: datetime!(2026-01-02 03:04:05 UTC),
            version: "1".to_owned(),
            base: "https://users.example/scim/v2".to_owned(),
        }
    }

    fn shown() -> Resource {
        let members = ["a", "b", "c"].map(str::to_owned).to_vec();
        let group =
            Group { id: "d/1".to_owned(), display_name: "Ops".to_owned(), external_id: None, members };
        group.to_resource(&meta())
    }

    fn patched(operations: Value) -> Result<GroupChange, ScimError> {
        let mut body = json!({});
        body["Operations"] = operations;
        let patch = Patch::read(body, &GROUPS)?;
        let wanted = patch.apply(&shown(), &GROUPS)?;
        wanted.map_or(Ok(GroupChange::default()), |wanted| GroupChange::between(&shown(), &wanted))
    }

    fn moved(joining: &[&str], leaving: &[&str]) -> GroupChange {
        let owned = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
        GroupChange { joining: owned(joining), leaving: owned(leaving), ..GroupChange::default() }
    }

    #[test]
    fn a_group_is_shown_with_its_members() {
        let expected = json!({
            "schemas": [urn::GROUP], "id": "d/1",
            "meta": {
                "resourceType": "Group", "created": "2026-01-02T03:04:05Z", "lastModified": "2026-01-02T03:04:05Z",
                "location": "https://users.example/scim/v2/Groups/d%2F1", "version": "W/\"1\"",
            },
            "displayName": "Ops", "members": [{ "value": "a" }, { "value": "b" }, { "value": "c" }],
        });
        assert_eq!(serde_json::to_value(shown()).unwrap(), expected);
    }

    #[test]
    fn members_join_and_leave_in_every_dialect() {
        let value =
            |ids: &[&str]| ids.iter().map(|id| json!({ "value": id, "display": "x" })).collect::<Value>();
        for (operation, change) in [
            (json!({ "op": "Add", "path": "members", "value": value(&["c", "d"]) }), moved(&["d"], &[])),
            (json!({ "op": "add", "value": { "members": value(&["d", "e"]) } }), moved(&["d", "e"], &[])),
            (json!({ "op": "Remove", "path": "members", "value": value(&["b"]) }), moved(&[], &["b"])),
            (json!({ "op": "remove", "path": "members", "value": [] }), moved(&[], &[])),
            (json!({ "op": "remove", "path": "members", "value": value(&["x"]) }), moved(&[], &[])),
            (json!({ "op": "remove", "path": "members[value eq \"a\"]" }), moved(&[], &["a"])),
            (json!({ "op": "remove", "path": "members[value eq \"A\"]" }), moved(&[], &[])),
            (
                json!({ "op": "replace", "path": "members", "value": value(&["a", "z"]) }),
                moved(&["z"], &["b", "c"]),
            ),
            (json!({ "op": "remove", "path": "members" }), moved(&[], &["a", "b", "c"])),
        ] {
            assert_eq!(patched(json!([operation])), Ok(change), "{operation}");
        }
    }

    #[test]
    fn okta_renames_a_group_with_its_id_beside_the_name() {
        let change =
            patched(json!([{ "op": "replace", "value": { "id": "d/1", "displayName": "Dev" } }])).unwrap();
        assert_eq!(change, GroupChange { display_name: Some("Dev".to_owned()), ..GroupChange::default() });
        let change = patched(json!([{ "op": "add", "path": "externalId", "value": "g" }])).unwrap();
        assert_eq!(change.external_id, Some(Some("g".to_owned())));
    }

    #[test]
    fn a_member_is_removed_and_not_changed() {
        let error =
            patched(json!([{ "op": "replace", "path": "members[value eq \"a\"].value", "value": "b" }]));
        let text = "Operations[0].members cannot be changed; remove the element and add another.";
        assert_eq!(error.unwrap_err().to_string(), text);
        let error = patched(json!([{ "op": "remove", "path": "displayName" }])).unwrap_err();
        assert_eq!(error.to_string(), "Operations[0].displayName is required.");
    }

    #[test]
    fn a_new_group_has_what_was_sent() {
        let members = json!([{ "value": "a" }, { "value": "a" }]);
        let body = json!({ "schemas": [urn::GROUP], "displayName": "Ops", "members": members });
        let change =
            GroupChange::between(&Resource::default(), &Resource::read(body, &GROUPS).unwrap()).unwrap();
        assert_eq!(
            (change.display_name.as_deref(), &change.joining[..]),
            (Some("Ops"), &["a".to_owned()][..])
        );
        let nameless = Resource::read(json!({ "members": [] }), &GROUPS).unwrap_err();
        assert_eq!(nameless.to_string(), "displayName is missing.");
    }
}
