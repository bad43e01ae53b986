use serde_json::{Value, json};

use super::super::fields::{TEXT_FIELDS, WORD_FIELDS};
use super::super::selected::SELECTED_LISTS;
use super::{created, patch, put, shown, written};
use crate::core::id::UserId;
use crate::core::user::{AccessFlag, AccountStatus, Gender, User};
use crate::wire::scim::resource::Resource;
use crate::wire::scim::schema::USERS;
use crate::wire::scim::schema::urn::{ENTERPRISE, OWN};
use crate::wire::scim::user::{Kept, UserChange};

#[test]
fn another_source_changes_what_it_sets_and_no_more() {
    let (mut user, kept) = created(json!({
        "userName": "a", "emails": [{ "value": "h@x", "type": "home" }, { "value": "w@x", "type": "work" }],
        OWN: { "gender": "M" },
    }));
    user.contact.email = Some("new@x".to_owned());
    user.profile.gender = Some(Gender::Female);
    let resource = shown(&user, &kept);
    let emails = json!([{ "value": "h@x", "type": "home" }, { "value": "new@x", "type": "work" }]);
    assert_eq!(resource.get(&["emails"]), Some(&emails));
    assert_eq!(resource.text(&[OWN, "gender"]), Some("female"));
    user.contact.email = None;
    let resource = shown(&user, &kept);
    assert_eq!(resource.get(&["emails"]), Some(&json!([{ "value": "h@x", "type": "home" }])));
    assert!(put(&user, &kept, written(&resource)).is_empty());
}

#[test]
fn an_imported_users_one_address_is_shown_with_a_type() {
    let mut user = User::new(UserId::new("u"));
    user.contact.email = Some("a@x".to_owned());
    user.contact.phone = Some("1".to_owned());
    let shown = written(&shown(&user, &Kept::default()));
    assert_eq!(shown["emails"], json!([{ "value": "a@x", "type": "work", "primary": true }]));
    assert_eq!(shown["phoneNumbers"], json!([{ "value": "1", "type": "mobile", "primary": true }]));
    let change = patch(
        &user,
        &Kept::default(),
        json!([{ "op": "add", "path": "emails", "value": [{ "type": "home", "value": "h@x" }] }]),
    );
    assert!(change.patch.is_empty() && change.kept.is_some(), "{change:?}");
}

#[test]
fn a_user_without_a_login_name_is_shown_with_what_stands_for_it() {
    let mut user = User::new(UserId::new("u"));
    let name = |user: &User| shown(user, &Kept::default()).text(&["userName"]).map(str::to_owned);
    assert_eq!(name(&user).as_deref(), Some("u"));
    user.contact.email = Some("e@x".to_owned());
    assert_eq!(name(&user).as_deref(), Some("e@x"));
    let new_email = json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "n@x" }]);
    let change = patch(&user, &Kept::default(), new_email);
    let expected = json!({ "contact": { "email": "n@x" }, "profile": { "username": "e@x" } });
    assert_eq!(Value::from(change.patch), expected, "the name does not change by itself");
    user.account.user_principal_name = Some("p@x".to_owned());
    assert_eq!(name(&user).as_deref(), Some("p@x"));
    user.profile.username = Some("name".to_owned());
    assert_eq!(name(&user).as_deref(), Some("name"));
}

#[test]
fn active_is_a_part_of_the_status() {
    let mut user = User::new(UserId::new("u"));
    let set = |user: &User, active: bool| {
        let change =
            patch(user, &Kept::default(), json!([{ "op": "replace", "value": { "active": active } }]));
        Value::from(change.patch)
    };
    let deactivated = json!({ "account": { "status": "deactivated" } });
    let activated = json!({ "account": { "status": "activated" } });
    for (status, off, on) in [
        (None, &deactivated, &json!({})),
        (Some(AccountStatus::Activated), &deactivated, &json!({})),
        (Some(AccountStatus::Suspended), &json!({}), &activated),
        (Some(AccountStatus::Deactivated), &json!({}), &activated),
        (Some(AccountStatus::Resigned), &json!({}), &activated),
        (Some(AccountStatus::Archived), &json!({}), &activated),
    ] {
        user.account.status = status;
        assert_eq!((&set(&user, false), &set(&user, true)), (off, on), "{status:?}");
    }
    assert!(put(&user, &Kept::default(), json!({ "userName": "u" })).is_empty());
}

#[test]
fn a_new_address_or_number_is_not_verified_because_the_old_one_was() {
    let mut user = User::new(UserId::new("u"));
    user.contact.email = Some("a@x".to_owned());
    user.contact.email_verified = true;
    user.contact.email_self_registered = true;
    user.contact.phone = Some("12 34".to_owned());
    user.contact.phone_verified = true;
    let set = |email: Value, phone: Value| {
        let operations = json!([
            { "op": "replace", "path": "emails[type eq \"work\"].value", "value": email },
            { "op": "replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": phone },
        ]);
        patch(&user, &Kept::default(), operations).patch["contact"].clone()
    };
    let other = json!({
        "email": "b@x", "phone": "56", "emailVerified": null, "phoneVerified": null, "emailSelfRegistered": null,
    });
    assert_eq!(set(json!("b@x"), json!("56")), other);
    let spelt = json!({ "email": "A@x", "phone": "12-34", "emailSelfRegistered": null });
    assert_eq!(set(json!("A@x"), json!("12-34")), spelt);
    let none = json!({
        "email": null, "phone": null, "emailVerified": null, "phoneVerified": null, "emailSelfRegistered": null,
    });
    assert_eq!(set(json!(null), json!("")), none);
}

#[test]
fn a_put_clears_what_it_leaves_out_but_not_what_the_client_cannot_know() {
    let (mut user, kept) = created(json!({
        "userName": "a", "title": "T", "userType": "X", "emails": [{ "value": "a@x" }],
        ENTERPRISE: { "department": "D" },
        OWN: { "office": "O", "website": "W", "gender": "Male" },
    }));
    user.logins.count = Some(3);
    user.custom_data.insert("k".to_owned(), json!([1]));
    user.account.flags = vec![AccessFlag::TestUser];
    let change = put(&user, &kept, json!({ "userName": "a" }));
    let cleared = json!({
        "employment": { "jobTitle": null, "department": null }, "contact": { "email": null },
    });
    assert_eq!(Value::from(change.patch), cleared);
    assert_eq!(
        change.kept.map(|kept| serde_json::to_value(kept).unwrap()),
        Some(json!({ "attributes": { OWN: { "gender": "Male" } } }))
    );
    let change = put(&user, &kept, json!({ "userName": "a", "title": "T", OWN: { "office": "P" } }));
    assert_eq!(change.patch["profile"], json!({ "website": null, "gender": null }));
    assert_eq!(change.patch["employment"], json!({ "department": null, "office": "P" }));
    for empty in [json!({}), json!(null), json!({ "office": "" })] {
        let change = put(&user, &kept, json!({ "userName": "a", OWN: empty }));
        assert_eq!(change.patch["employment"]["office"], json!(null));
    }
}

#[test]
fn each_field_is_read_from_where_it_is_written() {
    let read = |group: &str, field: &str, text: &str| {
        let document = json!({ "id": "u", group: { field: text } });
        serde_json::from_value::<User>(document).unwrap()
    };
    for field in TEXT_FIELDS {
        assert_eq!((field.get)(&read(field.group, field.field, "x")), Some("x"), "{field:?}");
    }
    for list in SELECTED_LISTS {
        for member in list.members {
            let user = read(list.group, member.field, "x");
            assert_eq!((member.get)(&user), Some("x"), "{member:?}");
        }
    }
    for field in WORD_FIELDS {
        let attribute = USERS.extension(OWN).unwrap().attribute(field.name).unwrap();
        for &word in attribute.canonical_values {
            let user = read(field.group, field.name, word);
            assert_eq!((field.get)(&user).as_deref(), Some(word));
            assert_eq!(field.parse(&word.to_uppercase()), Some(word));
        }
    }
}

#[test]
fn what_is_kept_has_a_limit() {
    let certificates: Vec<_> =
        (0..9).map(|index| json!({ "value": format!("{index}{}", "A".repeat(40_000)) })).collect();
    let wanted =
        Resource::read(json!({ "userName": "a", "x509Certificates": certificates }), &USERS).unwrap();
    let error = UserChange::create(&wanted, UserId::new("u")).unwrap_err();
    assert_eq!(error.to_string(), "The resource is too large to be kept.");
}

#[test]
fn what_a_user_could_not_be_looked_up_by_is_refused() {
    let long = "x".repeat(513);
    for (body, name) in [
        (json!({ "userName": long }), "userName"),
        (json!({ "userName": "a", "externalId": long }), "externalId"),
        (json!({ "userName": "a", "emails": [{ "value": long }] }), "emails"),
        (json!({ "userName": "a", "emails": [{ "value": " " }] }), "emails"),
    ] {
        let wanted = Resource::read(body, &USERS).unwrap();
        let error = UserChange::create(&wanted, UserId::new("u")).unwrap_err();
        assert_eq!(error.to_string(), format!("{name} must not be blank or longer than 512 bytes."));
    }
}
