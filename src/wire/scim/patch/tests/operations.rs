use serde_json::{Value, json};

use super::super::{MAX_OPERATIONS, Patch};
use super::{ENT, after, ann, changed, error, patched};
use crate::wire::scim::error::ScimError;
use crate::wire::scim::resource::Resource;
use crate::wire::scim::schema::{GROUPS, USERS, urn};

#[test]
fn the_vectors_of_the_contract_change_what_they_should() {
    let work = |value: &str, primary: bool| json!({ "value": value, "type": "work", "primary": primary });
    for (operation, changes) in [
        (
            json!({ "op": "add", "path": "emails[type eq \"home\"].value", "value": "h@x" }),
            json!({ "emails": [work("w@x", true), { "type": "home", "value": "h@x" }] }),
        ),
        (
            json!({ "op": "add", "path": "emails", "value": [
                { "type": "home", "value": "h@x", "primary": true },
            ] }),
            json!({ "emails": [work("w@x", false), { "type": "home", "value": "h@x", "primary": true }] }),
        ),
        (
            json!({ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "n@x" }),
            json!({ "emails": [work("n@x", true)] }),
        ),
        (
            json!({ "op": "replace", "path": "name", "value": { "givenName": "Eve" } }),
            json!({ "name": { "givenName": "Eve", "familyName": "Lee" } }),
        ),
        (
            json!({ "op": "replace", "value": { "name.familyName": "Ray", "active": "False" } }),
            json!({ "name": { "givenName": "Ann", "familyName": "Ray" }, "active": false }),
        ),
        (
            json!({ "op": "replace", "path": format!("{ENT}:department"), "value": "Ops" }),
            json!({ ENT: { "department": "Ops" } }),
        ),
        (json!({ "op": "remove", "path": "emails" }), json!({ "emails": [] })),
    ] {
        assert_eq!(after(operation.clone()), Some(changed(changes)), "{operation}");
    }
    let department =
        after(json!({ "op": "replace", "path": format!("{ENT}:department"), "value": "Ops" })).unwrap();
    assert_eq!(department["schemas"], json!([urn::USER, ENT]));
}

#[test]
fn the_vectors_of_the_contract_that_change_nothing() {
    for operation in [
        json!({ "op": "remove", "path": "emails[type eq \"work\" and value ew \"@y\"]" }),
        json!({ "op": "add", "path": "emails", "value": [{ "type": "work", "value": "w@x", "primary": true }] }),
    ] {
        assert_eq!(after(operation.clone()), None, "{operation}");
    }
    assert_eq!(patched(ann(), json!([])), Ok(None));
    assert_eq!(after(json!({ "op": "add", "path": "roles.type", "value": "x" })), None);
    let there_and_back = json!([
        { "op": "replace", "path": "userName", "value": "b" },
        { "op": "replace", "path": "userName", "value": "a" },
    ]);
    assert_eq!(patched(ann(), there_and_back), Ok(None));
}

#[test]
fn the_vectors_of_the_contract_that_are_refused() {
    assert!(matches!(error(json!([{ "op": "remove", "path": "userName" }])), ScimError::Mutability(_)));
    assert!(matches!(error(json!([{ "op": "remove" }])), ScimError::NoTarget(_)));
    let all_or_nothing = json!([
        { "op": "replace", "path": "displayName", "value": "Z" },
        { "op": "remove", "path": "userName" },
    ]);
    assert_eq!(error(all_or_nothing).to_string(), "Operations[1].userName is required.");
}

#[test]
fn elements_are_replaced_added_to_and_removed() {
    let work = "emails[type eq \"work\"]";
    let email = |members: Value| Some(changed(json!({ "emails": [members] })));
    let replaced = after(json!({ "op": "replace", "path": work, "value": { "value": "n@x" } }));
    assert_eq!(replaced, email(json!({ "type": "work", "value": "n@x" })));
    let added = after(json!({ "op": "add", "path": work, "value": { "display": "W" } }));
    assert_eq!(added, email(json!({ "type": "work", "value": "w@x", "display": "W", "primary": true })));
    let same_type =
        after(json!({ "op": "add", "path": "emails", "value": { "type": "WORK", "value": "n@x" } }));
    assert_eq!(same_type, email(json!({ "type": "WORK", "value": "n@x", "primary": true })));
    let removed = after(json!({ "op": "remove", "path": "emails[type eq \"work\"].primary" }));
    assert_eq!(removed, email(json!({ "type": "work", "value": "w@x" })));
    for removal in
        [json!({ "op": "remove", "path": work }), json!({ "op": "remove", "path": "emails", "value": "w@x" })]
    {
        assert_eq!(after(removal), Some(changed(json!({ "emails": [] }))));
    }
    let preferred = json!({ "op": "add", "path": "emails", "value": { "value": "w@x", "primary": false } });
    assert_eq!(after(preferred), email(json!({ "type": "work", "value": "w@x", "primary": false })));
    let other = json!({ "op": "remove", "path": "emails", "value": [{ "type": "work", "value": "y@x" }] });
    assert_eq!(after(other), None);
}

#[test]
fn an_element_that_no_filter_describes_is_not_made() {
    for path in [
        "emails[type ne \"work\"].value",
        "emails[value eq \"y@x\"].value",
        "emails[type eq \"a\" or type eq \"b\"]",
    ] {
        let error = error(json!([{ "op": "replace", "path": path, "value": "h@x" }]));
        assert_eq!(
            error.to_string(),
            "Operations[0].emails has no element that the filter selects.",
            "{path}"
        );
    }
}

#[test]
fn what_is_not_valid_is_shown_with_its_place() {
    let refused = |operation: Value| {
        let error = error(json!([operation]));
        format!("{:?}: {error}", error.scim_type().unwrap())
    };
    for (operation, text) in [
        (
            json!({ "op": "move", "path": "title" }),
            "InvalidSyntax: Operations[0].op must be add, replace or remove.",
        ),
        (json!({ "op": "add", "path": "title" }), "InvalidSyntax: Operations[0].value is missing."),
        (json!("add"), "InvalidSyntax: Operations[0] must be an object."),
        (
            json!({ "op": "add", "path": "shoeSize", "value": 9 }),
            "InvalidPath: Operations[0].path names no attribute.",
        ),
        (
            json!({ "op": "add", "path": "emails[type eq", "value": 9 }),
            "InvalidFilter: The filter is not valid: at character 15 a value is missing: a text in quotes, a \
             number, true, false or null.",
        ),
        (
            json!({ "op": "add", "path": "title[x pr]", "value": 9 }),
            "InvalidPath: Operations[0].path has a filter on what is no list.",
        ),
        (
            json!({ "op": "add", "path": "emails[type pr].x", "value": 9 }),
            "InvalidPath: Operations[0].path names no sub-attribute.",
        ),
        (
            json!({ "op": "add", "path": "title x", "value": 9 }),
            "InvalidPath: Operations[0].path goes on after its end.",
        ),
        (
            json!({ "op": "add", "path": "title", "value": 9 }),
            "InvalidValue: Operations[0].title must be text.",
        ),
        (
            json!({ "op": "add", "value": "x" }),
            "InvalidValue: Operations[0].value must be an object, since there is no path.",
        ),
        (
            json!({ "op": "replace", "path": "userName", "value": "" }),
            "InvalidValue: Operations[0].userName is missing.",
        ),
        (
            json!({ "op": "replace", "path": "id", "value": "x" }),
            "Mutability: Operations[0].id is set by the service alone.",
        ),
        (
            json!({ "op": "remove", "path": "groups" }),
            "Mutability: Operations[0].groups is set by the service alone.",
        ),
        (
            json!({ "op": "add", "path": "emails", "value": [{ "value": "a" }, { "value": true }] }),
            "InvalidValue: Operations[0].emails[1].value must be text.",
        ),
    ] {
        assert_eq!(refused(operation.clone()), text, "{operation}");
    }
    let many = vec![json!({ "op": "remove", "path": "title" }); MAX_OPERATIONS + 1];
    assert!(matches!(error(many.into()), ScimError::TooMany(_)));
    let other = Patch::read(json!({ "schemas": ["urn:x"], "Operations": [] }), &USERS).unwrap_err();
    assert!(matches!(other, ScimError::InvalidSyntax(_)));
}

#[test]
fn the_work_of_a_patch_is_bounded() {
    let members: Value = (0..20_000).map(|id| json!({ "value": id.to_string() })).collect();
    let group = json!({ "displayName": "Ops", "members": members });
    let Value::Object(group) = group else { panic!("{group}") };
    let filter = vec!["value eq \"x\""; 100].join(" or ");
    let removal = json!({ "op": "remove", "path": format!("members[{filter}]") });
    let apply = |operations: Vec<Value>| {
        let patch = Patch::read(json!({ "Operations": operations }), &GROUPS).unwrap();
        patch.apply(&Resource::from_members(group.clone()), &GROUPS)
    };
    assert_eq!(apply(vec![removal.clone(); 2]), Ok(None));
    assert!(matches!(apply(vec![removal; 3]), Err(ScimError::TooMany(_))));
}
