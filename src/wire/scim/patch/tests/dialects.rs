use serde_json::json;

use super::super::Patch;
use super::{ENT, after, ann, changed, patched, resource};
use crate::wire::scim::schema::USERS;

#[test]
fn entras_dialect() {
    let flagged = json!({ "op": "Replace", "value": {
        "name.givenName": "A", format!("{ENT}:department"): "B", "emails[type eq \"home\"].value": "h@x",
        "shoeSize": 9, "id": "x", "meta": {}, "schemas": ["x"], "password": "secret-4711",
    } });
    let expected = changed(json!({
        "name": { "givenName": "A", "familyName": "Lee" }, ENT: { "department": "B" },
        "emails": [{ "type": "work", "value": "w@x", "primary": true }, { "type": "home", "value": "h@x" }],
    }));
    assert_eq!(after(flagged), Some(expected));
    let role = json!({ "op": "Add", "path": "roles[primary eq \"True\"].value", "value": "{\"id\":\"1\"}" });
    let expected = json!({ "roles": [{ "primary": true, "value": "{\"id\":\"1\"}" }] });
    assert_eq!(after(role), Some(changed(expected)));
    let missing =
        json!({ "op": "Replace", "path": "addresses[type eq \"work\"].country", "value": "Sierra Leone" });
    let expected = json!({ "addresses": [{ "type": "work", "country": "Sierra Leone" }] });
    assert_eq!(after(missing), Some(changed(expected)));
    for cleared in [json!(""), json!(null)] {
        let operation =
            json!({ "op": "Replace", "path": "emails[type eq \"work\"].value", "value": cleared });
        assert_eq!(after(operation), Some(changed(json!({ "emails": [] }))));
    }
}

#[test]
fn a_manager_comes_in_many_forms() {
    for (path, value) in [
        (format!("{ENT}:manager"), json!("m")),
        ("manager".to_owned(), json!({ "value": "m" })),
        ("MANAGER".to_owned(), json!([{ "value": "m" }])),
        (format!("{ENT}:manager.value"), json!("m")),
        (ENT.to_owned(), json!({ "manager": "m" })),
    ] {
        let operation = json!({ "op": "Add", "path": path, "value": value });
        assert_eq!(
            after(operation),
            Some(changed(json!({ ENT: { "manager": { "value": "m" } } }))),
            "{path}"
        );
    }
    let before = changed(json!({ ENT: { "manager": { "value": "m", "displayName": "Max" } } }));
    let other = json!([{ "op": "replace", "path": "manager", "value": "n" }]);
    let expected = changed(json!({ ENT: { "manager": { "value": "n" } } }));
    assert_eq!(patched(before.clone(), other), Ok(Some(expected)));
    for removal in [
        json!({ "op": "remove", "path": "manager" }),
        json!({ "op": "replace", "path": "manager", "value": "" }),
        json!({ "op": "replace", "path": format!("{ENT}:manager"), "value": { "value": "" } }),
        json!({ "op": "remove", "path": format!("{ENT}:manager.value") }),
        json!({ "op": "remove", "path": ENT }),
    ] {
        assert_eq!(patched(before.clone(), json!([removal])), Ok(Some(changed(json!({})))), "{removal}");
    }
}

#[test]
fn oktas_dialect() {
    let expected = Some(changed(json!({ "active": false })));
    assert_eq!(after(json!({ "op": "replace", "value": { "active": false } })), expected);
    assert_eq!(
        after(json!({ "op": "replace", "value": { "active": false, "password": "secret-4711" } })),
        expected
    );
    for path in ["password", "PASSWORD", "urn:ietf:params:scim:schemas:core:2.0:User:password"] {
        let body = json!({ "Operations": [{ "op": "replace", "path": path, "value": "secret-4711" }] });
        let patch = Patch::read(body, &USERS).unwrap();
        assert!(!format!("{patch:?}").contains("secret-4711"));
        assert_eq!(patch.apply(&resource(ann()), &USERS), Ok(None));
    }
}
