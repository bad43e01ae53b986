//! Which members of a group a request is about, so that one of fifty thousand can join without the others being read.

use std::collections::BTreeSet;

use serde_json::Value;

use super::filter::{Filter, Name, Operand, Operator};
use super::patch::Patch;
use super::schema::Attribute;

/// The members of a group that decide what a request does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MembersNeeded {
    /// All.
    All,
    /// Those of these users that are members. Others neither matter nor change.
    Only(BTreeSet<String>),
}

impl Default for MembersNeeded {
    fn default() -> Self {
        Self::Only(BTreeSet::new())
    }
}

impl MembersNeeded {
    /// Those that both are about.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Only(mut ids), Self::Only(others)) => {
                ids.extend(others);
                Self::Only(ids)
            }
            _ => Self::All,
        }
    }

    /// Every text in `value`: some of them are ids.
    pub(super) fn named_in(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::Only(BTreeSet::from([text.clone()])),
            Value::Array(values) => values.iter().map(Self::named_in).fold(Self::default(), Self::and),
            Value::Object(members) => members.values().map(Self::named_in).fold(Self::default(), Self::and),
            Value::Null | Value::Bool(_) | Value::Number(_) => Self::default(),
        }
    }
}

pub(super) fn is_members(attribute: &Attribute) -> bool {
    attribute.name == "members"
}

impl Filter {
    /// The members that decide whether a group satisfies the filter.
    #[must_use]
    pub fn members_needed(&self) -> MembersNeeded {
        self.needed(false)
    }

    /// The members that decide whether one of them satisfies this filter within brackets.
    pub(super) fn elements_needed(&self) -> MembersNeeded {
        self.needed(true)
    }

    /// Within brackets, any member may be the one that differs from another.
    fn needed(&self, is_of_element: bool) -> MembersNeeded {
        match self {
            Self::And(filters) | Self::Or(filters) => {
                let needed = filters.iter().map(|filter| filter.needed(is_of_element));
                needed.fold(MembersNeeded::default(), MembersNeeded::and)
            }
            Self::Not(_) if is_of_element => MembersNeeded::All,
            Self::Not(inner) => inner.needed(false),
            Self::Elements(path, inner) if is_members(path.attribute) => inner.needed(true),
            Self::Compare(Name::Known(path), operator, Operand::Text(text)) if is_members(path.attribute) => {
                match operator {
                    Operator::Eq => MembersNeeded::Only(BTreeSet::from([text.clone()])),
                    Operator::Ne if !is_of_element => MembersNeeded::Only(BTreeSet::from([text.clone()])),
                    _ => MembersNeeded::All,
                }
            }
            Self::Present(Name::Known(path)) | Self::Compare(Name::Known(path), ..)
                if is_members(path.attribute) =>
            {
                MembersNeeded::All
            }
            Self::Elements(..) | Self::Present(_) | Self::Compare(..) => MembersNeeded::default(),
        }
    }
}

impl Patch {
    /// The members that decide what the patch makes of a group.
    #[must_use]
    pub fn members_needed(&self) -> MembersNeeded {
        self.of_members().fold(MembersNeeded::default(), MembersNeeded::and)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::group::{Group, GroupChange};
    use super::super::resource::Resource;
    use super::super::schema::GROUPS;
    use super::super::user::Meta;
    use super::*;

    fn group(members: &BTreeSet<String>) -> Resource {
        let meta = Meta {
            created: time::OffsetDateTime::UNIX_EPOCH,
            last_modified: time::OffsetDateTime::UNIX_EPOCH,
            version: "1".to_owned(),
            base: String::new(),
        };
        let members = members.iter().cloned().collect();
        let group = Group { id: "g".to_owned(), display_name: "G".to_owned(), external_id: None, members };
        group.to_resource(&meta)
    }

    fn part(members: &BTreeSet<String>, needed: &MembersNeeded) -> Resource {
        match needed {
            MembersNeeded::All => group(members),
            MembersNeeded::Only(ids) => group(&members.intersection(ids).cloned().collect()),
        }
    }

    fn ids() -> impl Strategy<Value = BTreeSet<String>> {
        proptest::collection::btree_set("[a-e]", 0..5)
    }

    fn condition() -> impl Strategy<Value = String> {
        let id = "[a-e]";
        prop_oneof![
            id.prop_map(|id| format!("members.value eq \"{id}\"")),
            id.prop_map(|id| format!("members ne \"{id}\"")),
            id.prop_map(|id| format!("members[value eq \"{id}\"]")),
            id.prop_map(|id| format!("members[not (value eq \"{id}\")]")),
            id.prop_map(|id| format!("members[value ne \"{id}\"]")),
            id.prop_map(|id| format!("members[value eq \"{id}\" or value sw \"b\"]")),
            Just("members pr".to_owned()),
            Just("displayName eq \"g\"".to_owned()),
        ]
    }

    fn filter() -> impl Strategy<Value = String> {
        condition().prop_recursive(3, 8, 2, |inner| {
            prop_oneof![
                inner.clone().prop_map(|inner| format!("not ({inner})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("({a} or {b})")),
            ]
        })
    }

    fn operation() -> impl Strategy<Value = Value> {
        let value = || ids().prop_map(|ids| ids.iter().map(|id| json!({ "value": id })).collect::<Value>());
        prop_oneof![
            value().prop_map(|value| json!({ "op": "add", "path": "members", "value": value })),
            value().prop_map(|value| json!({ "op": "add", "value": { "members": value } })),
            value().prop_map(|value| json!({ "op": "Remove", "path": "members", "value": value })),
            value().prop_map(|value| json!({ "op": "replace", "path": "members", "value": value })),
            "[a-e]".prop_map(|id| json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") })),
            "[a-e]".prop_map(|id| json!({ "op": "remove", "path": format!("members[value ne \"{id}\"]") })),
            Just(json!({ "op": "remove", "path": "members" })),
            Just(json!({ "op": "replace", "value": { "displayName": "H" } })),
        ]
    }

    fn change(patch: &Patch, shown: &Resource) -> GroupChange {
        let wanted = patch.apply(shown, &GROUPS).unwrap().unwrap_or_else(|| shown.clone());
        let mut change = GroupChange::between(shown, &wanted).unwrap();
        change.joining.sort();
        change
    }

    proptest! {
        #[test]
        fn the_members_that_a_filter_needs_decide_it(members in ids(), filter in filter()) {
            let filter = Filter::parse(&filter, &GROUPS).unwrap();
            let part = part(&members, &filter.members_needed());
            prop_assert_eq!(filter.matches(&part), filter.matches(&group(&members)), "{}", filter);
        }

        #[test]
        fn the_members_that_a_patch_needs_decide_it(
            members in ids(), operations in proptest::collection::vec(operation(), 0..4),
        ) {
            let patch = Patch::read(json!({ "Operations": operations }), &GROUPS).unwrap();
            let part = part(&members, &patch.members_needed());
            prop_assert_eq!(change(&patch, &part), change(&patch, &group(&members)));
        }
    }

    #[test]
    fn few_are_needed_for_what_is_common() {
        let patch =
            |operation| Patch::read(json!({ "Operations": [operation] }), &GROUPS).unwrap().members_needed();
        let one = MembersNeeded::Only(BTreeSet::from(["a".to_owned()]));
        let value = json!([{ "value": "a" }]);
        assert_eq!(patch(json!({ "op": "Add", "path": "members", "value": value })), one);
        assert_eq!(patch(json!({ "op": "Remove", "path": "members", "value": value })), one);
        assert_eq!(patch(json!({ "op": "remove", "path": "members[value eq \"a\"]" })), one);
        let renamed = json!({ "op": "replace", "path": "displayName", "value": "a" });
        assert_eq!(patch(renamed), MembersNeeded::default());
        assert_eq!(patch(json!({ "op": "remove", "path": "members" })), MembersNeeded::All);
    }
}
