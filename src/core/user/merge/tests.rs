//! What merging promises: examples, and the laws.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::core::id::UserId;
use crate::core::user::arbitrary::user;
use crate::core::user::{Contact, SetBy, User};

const WHOLE: Extent = Extent::Whole { unasked: &["customData", "identities", "employment.departmentIds"] };

fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        other => panic!("{other}"),
    }
}

fn document(user: &User) -> JsonObject {
    object(serde_json::to_value(user).unwrap())
}

fn read(document: JsonObject) -> User {
    serde_json::from_value(document.into()).unwrap()
}

/// The user that the first record of `by` makes.
fn first(by: DataSource, record: Value) -> JsonObject {
    let mut user = read(object(record));
    user.set_by = SetBy::only(by);
    document(&user)
}

fn said(document: Value, empty: Value) -> Statement {
    Statement { document: object(document), empty: object(empty) }
}

/// `user` after a record without empty fields.
fn after(user: JsonObject, by: DataSource, extent: Extent, record: Value) -> Value {
    merge(user, said(record, json!({})), by, extent).into()
}

use DataSource::{AvePoint, GenAuth, Operator, Userbatch};

#[test]
fn a_patch_replaces_what_it_has_and_keeps_the_rest() {
    let user = first(
        Userbatch,
        json!({
            "id": "1", "profile": { "displayName": "Kevin" }, "contact": { "email": "k@example.com" },
            "customData": { "a": { "b": 1, "c": 2 }, "d": 3 },
        }),
    );
    let patch = json!({
        "id": "2", "profile": { "displayName": "Kevin Mark", "gender": "male" },
        "customData": { "a": { "b": 4 }, "e": [] },
    });
    let expected = json!({
        "id": "1", "profile": { "displayName": "Kevin Mark", "gender": "male" },
        "contact": { "email": "k@example.com" },
        "customData": { "a": { "b": 4, "c": 2 }, "d": 3, "e": [] }, "setBy": { "userbatch": "*" },
    });
    assert_eq!(after(user, Userbatch, Extent::Patch, patch), expected);
}

#[test]
fn what_a_provider_keeps_is_one_field_whatever_is_in_it() {
    let user = first(Userbatch, json!({ "id": "1", "profile": { "displayName": "Kevin" } }));
    let kept = |roles: Value| json!({ "id": "1", "scim": { "attributes": { "roles": roles } } });
    let Value::Object(user) = after(user, DataSource::Scim, Extent::Patch, kept(json!(["a", "b"]))) else {
        panic!("a document is an object")
    };
    let marks = json!({ "scim": ["scim"], "userbatch": ["profile.displayName"] });
    assert_eq!(user["setBy"], marks);
    let replaced = after(user.clone(), DataSource::Scim, Extent::Patch, kept(json!(["c"])));
    assert_eq!(replaced["scim"], json!({ "attributes": { "roles": ["c"] } }));
    let said = said(json!({ "id": "1" }), json!({ "scim": null }));
    let emptied = Value::from(merge(user, said, DataSource::Scim, Extent::Patch));
    assert_eq!((emptied.get("scim"), &emptied["profile"]["displayName"]), (None, &json!("Kevin")));
}

#[test]
fn a_patch_removes_what_it_says_is_empty_whoever_set_it() {
    let user = first(
        AvePoint,
        json!({
            "id": "1", "profile": { "nickname": "k", "username": "kevin" },
            "contact": { "email": "k@example.com", "emailVerified": true, "phone": "1", "phoneVerified": true },
            "account": { "flags": ["highRisk"] }, "customData": { "a": { "b": 1, "c": 2 }, "d": 3 },
            "chainAccounts": [{ "address": "0xb246a3764d642BABbd6b075bca3e77E1cD563d78" }],
        }),
    );
    let empty = json!({
        "profile": { "nickname": null }, "contact": { "emailVerified": false, "phone": null },
        "account": { "flags": [] }, "customData": { "a": { "b": null }, "d": null }, "chainAccounts": [],
    });
    let expected = json!({
        "id": "1", "profile": { "username": "kevin" }, "contact": { "email": "k@example.com" },
        "customData": { "a": { "c": 2 } },
        "setBy": { "avepoint": ["contact.email", "profile.username"], "operator": ["customData.a"] },
    });
    assert_eq!(Value::from(merge(user.clone(), said(json!({}), empty), Operator, Extent::Patch)), expected);
    let none = merge(
        user,
        said(json!({}), json!({ "profile": null, "contact": null, "customData": null })),
        Operator,
        Extent::Patch,
    );
    assert_eq!(none.keys().collect::<Vec<_>>(), ["id", "account", "chainAccounts", "setBy"]);
}

#[test]
fn a_whole_record_withdraws_what_only_its_source_set() {
    let user = first(
        AvePoint,
        json!({
            "id": "1", "profile": { "displayName": "Kevin", "givenName": "K" }, "employment": { "office": "here" },
        }),
    );
    let user = object(after(
        user,
        GenAuth,
        WHOLE,
        json!({ "id": "1", "profile": { "displayName": "Kevin", "nickname": "k" } }),
    ));
    let marks = json!({
        "avepoint": ["employment.office", "profile.displayName", "profile.givenName"],
        "genauth": ["profile.displayName", "profile.nickname"],
    });
    assert_eq!(user["setBy"], marks);
    let expected = json!({
        "id": "1", "profile": { "displayName": "Kevin", "nickname": "k" },
        "setBy": { "avepoint": [], "genauth": "*" },
    });
    assert_eq!(after(user.clone(), AvePoint, WHOLE, json!({ "id": "1" })), expected);
    assert_eq!(
        withdraw(user.clone(), GenAuth).unwrap()["profile"],
        json!({ "displayName": "Kevin", "givenName": "K" })
    );
    assert_eq!(withdraw(user, GenAuth).and_then(|user| withdraw(user, AvePoint)), None);
}

#[test]
fn what_a_source_was_not_asked_for_stays() {
    let user = first(
        GenAuth,
        json!({
            "id": "1", "customData": { "a": 1, "b": 2 }, "employment": { "departmentIds": ["d"], "company": "c" },
        }),
    );
    let asked = said(
        json!({ "id": "1", "customData": { "a": 1 } }),
        json!({ "employment": { "departmentIds": [] } }),
    );
    let user_then = json!({ "id": "1", "customData": { "a": 1 }, "setBy": { "genauth": "*" } });
    assert_eq!(Value::from(merge(user.clone(), asked, GenAuth, WHOLE)), user_then);
    let unasked = after(user.clone(), GenAuth, WHOLE, json!({ "id": "1" }));
    assert_eq!(unasked["customData"], user["customData"]);
    assert_eq!(unasked["employment"], json!({ "departmentIds": ["d"] }));
    let none = merge(user, said(json!({ "id": "1" }), json!({ "customData": {} })), GenAuth, WHOLE);
    assert_eq!(none.get("customData"), None);
}

#[test]
fn a_balance_that_was_not_asked_for_stays() {
    let extent = Extent::Whole { unasked: &["chainAccounts[].balance"] };
    let [hexadecimal, cosmos] =
        ["0xb246a3764d642BABbd6b075bca3e77E1cD563d78", "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x"];
    let coin = json!({ "amount": "1", "denom": "ubadge" });
    let user = first(
        AvePoint,
        json!({
            "id": "1", "chainAccounts": [{ "address": hexadecimal, "balance": coin, "sequence": "7" }],
        }),
    );
    let user = after(user, AvePoint, extent, json!({ "id": "1", "chainAccounts": [{ "address": cosmos }] }));
    assert_eq!(user["chainAccounts"], json!([{ "address": cosmos, "balance": coin }]));
}

#[test]
fn an_exported_line_keeps_who_set_what_except_what_was_edited() {
    let user = first(AvePoint, json!({ "id": "1", "profile": { "displayName": "Kevin", "nickname": "k" } }));
    let mut line: Value = user.clone().into();
    assert_eq!(after(user.clone(), Userbatch, Extent::Patch, line.clone()), line);
    line["profile"]["nickname"] = "kev".into();
    let marks = json!({ "avepoint": ["profile.displayName"], "userbatch": ["profile.nickname"] });
    assert_eq!(after(user, Userbatch, Extent::Patch, line)["setBy"], marks);
}

#[test]
fn what_nobody_is_known_to_have_set_stays() {
    let user = object(json!({ "id": "1", "profile": { "displayName": "Kevin", "nickname": "k" } }));
    let user =
        object(after(user, AvePoint, WHOLE, json!({ "id": "1", "profile": { "displayName": "Kevin" } })));
    assert_eq!(user["setBy"], json!({ "avepoint": ["profile.displayName"] }));
    assert_eq!(after(user, AvePoint, WHOLE, json!({ "id": "1" }))["profile"], json!({ "nickname": "k" }));
}

/// A user of AvePoint with this e-mail address, and what a record of GenAuth with another makes of it.
fn settled(email: [&str; 2], is_self_registered: bool, is_verified: bool) -> Value {
    let contact = |email: &str| json!({ "email": email, "emailSelfRegistered": is_self_registered, "emailVerified": is_verified });
    let user = first(AvePoint, json!({ "id": "1", "contact": { "email": email[0] } }));
    after(user, GenAuth, WHOLE, json!({ "id": "1", "contact": contact(email[1]) }))["contact"].clone()
}

#[test]
fn an_unverified_address_never_replaces_an_administrators() {
    let email = "work@example.com";
    assert_eq!(settled([email, "other@example.com"], true, false), json!({ "email": email }));
    let own = settled([email, "WORK@example.com"], true, true);
    assert_eq!(own, json!({ "email": email, "emailVerified": true }));
    let other = settled([email, "other@example.com"], true, true);
    assert_eq!(
        other,
        json!({ "email": "other@example.com", "emailVerified": true, "emailSelfRegistered": true })
    );
}

#[test]
fn a_new_address_or_number_is_not_verified_because_the_old_one_was() {
    let contact =
        json!({ "email": "a@example.com", "emailVerified": true, "phone": "1", "phoneVerified": true });
    let user = first(AvePoint, json!({ "id": "1", "contact": contact }));
    let after = |contact: Value| {
        after(user.clone(), Operator, Extent::Patch, json!({ "id": "1", "contact": contact }))["contact"]
            .clone()
    };
    let same =
        json!({ "email": "A@example.com", "emailVerified": true, "phone": "1", "phoneVerified": true });
    assert_eq!(after(json!({ "email": "A@example.com", "phone": "1" })), same);
    assert_eq!(
        after(json!({ "email": "b@example.com", "phone": "2" })),
        json!({ "email": "b@example.com", "phone": "2" })
    );
}

#[test]
fn lists_stand_in_the_order_of_the_record_and_an_unchanged_record_moves_nothing() {
    let identity =
        |id: &str| json!({ "id": id, "connectionId": id, "provider": "p", "type": "t", "idThere": id });
    let list = |ids: &[&str]| json!({ "id": "1", "identities": ids.iter().map(|id| identity(id)).collect::<Vec<_>>() });
    let order = |user: &Value| -> String {
        user["identities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|identity| identity["id"].as_str().unwrap())
            .collect()
    };
    let user = first(AvePoint, list(&["x", "z"]));
    let both = after(user, GenAuth, WHOLE, list(&["o"]));
    assert_eq!(order(&both), "xzo");
    let same = after(object(both.clone()), AvePoint, WHOLE, list(&["x", "z"]));
    assert_eq!(same, both);
    let more = after(object(both), AvePoint, WHOLE, list(&["x", "y", "z"]));
    assert_eq!(order(&more), "oxyz");
    assert_eq!(order(&after(object(more), Userbatch, Extent::Patch, list(&["z", "y"]))), "zy");
}

#[test]
fn a_whole_record_without_elements_takes_only_its_own() {
    let identity =
        |id: &str| json!({ "id": id, "connectionId": id, "provider": "p", "type": "t", "idThere": id });
    let user = first(Userbatch, json!({ "id": "1", "identities": [identity("x")] }));
    let user = object(after(user, GenAuth, WHOLE, json!({ "id": "1", "identities": [identity("o")] })));
    let none = merge(user, said(json!({ "id": "1" }), json!({ "identities": [] })), GenAuth, WHOLE);
    assert_eq!(none["identities"], json!([identity("x")]));
}

#[test]
fn a_record_without_an_address_does_not_unverify_anothers() {
    let contact =
        json!({ "email": "a@example.com", "emailVerified": true, "phone": "1", "phoneVerified": true });
    let user = first(Userbatch, json!({ "id": "1", "contact": contact }));
    let empty = json!({ "contact": { "emailVerified": false, "phoneVerified": false } });
    let user = merge(user, said(json!({ "id": "1" }), empty.clone()), GenAuth, WHOLE);
    assert_eq!(user["contact"], contact);
    let same = said(json!({ "id": "1", "contact": { "email": "a@example.com", "phone": "1" } }), empty);
    let user = merge(user, same, GenAuth, WHOLE);
    assert_eq!(user["contact"], json!({ "email": "a@example.com", "phone": "1" }));
}

#[test]
fn what_only_a_live_provider_keeps_is_not_withdrawn_by_a_list() {
    let extent = Extent::Whole { unasked: &["scim"] };
    let user = first(
        DataSource::Scim,
        json!({ "id": "1", "scim": { "roles": ["a"] }, "profile": { "nickname": "n" } }),
    );
    let listed = after(user, DataSource::Scim, extent, json!({ "id": "1" }));
    assert_eq!((&listed["scim"], listed.get("profile")), (&json!({ "roles": ["a"] }), None));
}

/// A user as a record of `by`, with nothing verified or registered of what it does not have.
fn record_of(mut user: User, by: DataSource) -> User {
    user.id = UserId::new("1");
    user.contact.email_self_registered &= user.contact.email.is_some();
    user.set_by = SetBy::only(by);
    user
}

fn merged(user: &User, record: &User, by: DataSource, extent: Extent) -> User {
    let said = Statement { document: document(record), ..Statement::default() };
    read(merge(document(user), said, by, extent))
}

const ALL_ASKED: Extent = Extent::Whole { unasked: &[] };

proptest! {
    #[test]
    fn a_record_and_then_another_of_the_same_source_are_the_other_alone(a in user(), b in user()) {
        let (a, b) = (record_of(a, GenAuth), record_of(b, GenAuth));
        prop_assert_eq!(merged(&a, &b, GenAuth, ALL_ASKED), b);
    }

    #[test]
    fn the_same_record_again_changes_nothing(a in user(), b in user(), c in user()) {
        let (a, b, mut c) = (record_of(a, AvePoint), record_of(b, GenAuth), record_of(c, Userbatch));
        c.set_by = SetBy::default();
        let once = merged(&merged(&a, &b, GenAuth, WHOLE), &c, Userbatch, Extent::Patch);
        for (record, by, extent) in [(&b, GenAuth, WHOLE), (&c, Userbatch, Extent::Patch)] {
            let again = merged(&once, record, by, extent);
            prop_assert_eq!(merged(&again, record, by, extent), again);
        }
        prop_assert_eq!(merged(&once, &c, Userbatch, Extent::Patch), once);
    }

    #[test]
    fn the_order_of_two_sources_matters_only_for_fields_of_both(a in user(), b in user()) {
        let (a, b) = (record_of(a, AvePoint), record_of(b, GenAuth));
        let [one, other] = [merged(&a, &b, GenAuth, WHOLE), merged(&b, &a, AvePoint, WHOLE)].map(|user| Fields::of(document(&user)));
        let [of_a, of_b] = [&a, &b].map(|user| Fields::of(document(user)).values);
        let is_shared = |path: &str| of_a.contains_key(path) && of_b.contains_key(path);
        // Verification belongs to the address and the number.
        let rest = |fields: &Fields| -> JsonObject {
            let rest = fields.values.iter().filter(|(path, _)| !is_shared(path) && !path.starts_with("contact."));
            rest.map(|(path, value)| (path.clone(), value.clone())).collect()
        };
        prop_assert_eq!(rest(&one), rest(&other));
    }

    #[test]
    fn withdrawing_a_source_leaves_what_the_others_set(a in user(), b in user()) {
        let (mut a, b) = (record_of(a, AvePoint), record_of(b, GenAuth));
        a.contact = Contact { email_self_registered: false, ..a.contact };
        let both = merged(&a, &b, GenAuth, ALL_ASKED);
        let left = withdraw(document(&both), GenAuth).unwrap();
        let left = Fields::of(left);
        let of_a = Fields::of(document(&a)).values;
        for (path, value) in &left.values {
            prop_assert_eq!(of_a.get(path), Some(value), "{}", path);
        }
    }

    #[test]
    fn fields_make_the_document_that_they_were_of(user in user()) {
        let document = document(&record_of(user, AvePoint));
        let again = Fields::of(document.clone()).into_document();
        prop_assert_eq!(read(again), read(document));
    }
}
