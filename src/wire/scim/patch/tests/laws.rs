use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::Patch;
use super::{ENT, ann, patched};
use crate::wire::scim::resource::Resource;
use crate::wire::scim::schema::{USERS, urn};

/// JSON of any shape, with the names that count in it.
pub(in crate::wire::scim) fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        proptest::sample::select(vec![
            "value", "type", "primary", "name", "emails", "members", "manager", ENT, "id"
        ])
        .prop_map(str::to_owned),
        path(),
        ".{0,6}",
    ];
    scalar.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((name.clone(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn path() -> impl Strategy<Value = String> {
    let name = proptest::sample::select(vec![
        "emails",
        "roles",
        "addresses",
        "name",
        "userName",
        "title",
        "manager",
        "active",
        "externalId",
        ENT,
        urn::OWN,
        "urn:ietf:params:scim:schemas:extension:userbatch:2.0:User:office",
        "groups",
        "phoneNumbers",
    ]);
    let tail = prop_oneof![
        Just(String::new()),
        proptest::sample::select(vec![
            ".value",
            ".type",
            ".givenName",
            ".primary",
            "[type eq \"work\"]",
            "[primary eq true].value",
            "[type eq \"home\"].value",
            "[value pr]",
            "[not (value pr)].type"
        ])
        .prop_map(str::to_owned),
        ".{0,6}",
    ];
    (name, tail).prop_map(|(name, tail)| format!("{name}{tail}"))
}

/// The operations of any patch, most of which can be carried out.
pub(in crate::wire::scim) fn operations() -> impl Strategy<Value = Value> {
    let op = proptest::sample::select(vec!["add", "Replace", "remove"]);
    let value = prop_oneof![1 => any_json(), 1 => ".{0,8}".prop_map(Value::from)];
    let operation = (op, proptest::option::of(path()), value);
    let operation = operation.prop_map(|(op, path, value)| json!({ "op": op, "path": path, "value": value }));
    proptest::collection::vec(operation, 0..4).prop_map(Value::from)
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(body in any_json(), operations in operations()) {
        let _ = Patch::read(body, &USERS);
        let _ = patched(ann(), operations);
    }

    #[test]
    fn what_comes_of_a_patch_is_what_a_client_could_have_sent(operations in operations()) {
        if let Ok(Some(after)) = patched(ann(), operations) {
            let read = Resource::read(after.clone(), &USERS).unwrap();
            let mut read = serde_json::to_value(read).unwrap();
            read["schemas"] = after["schemas"].clone();
            prop_assert_eq!(read, after);
        }
    }

    #[test]
    fn replacing_twice_changes_nothing_the_second_time(name in path(), value in any_json()) {
        let operation = json!([{ "op": "replace", "path": name, "value": value }]);
        if let Ok(Some(after)) = patched(ann(), operation.clone()) {
            // An element that is selected by what the operation changes is not selected again.
            if !name.contains('[') {
                prop_assert_eq!(patched(after, operation), Ok(None));
            }
        }
    }
}
