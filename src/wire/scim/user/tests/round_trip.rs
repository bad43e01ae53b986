use serde_json::{Value, json};

use super::{created, shown, written};
use crate::core::user::Gender;
use crate::wire::scim::resource::Resource;
use crate::wire::scim::schema::USERS;
use crate::wire::scim::schema::urn::{ENTERPRISE, OWN, USER};
use crate::wire::scim::user::Kept;

fn entras_post() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": "jd", "userName": "jd@contoso.example", "active": true, "displayName": "Jo D",
        "meta": { "resourceType": "User" },
        "emails": [{ "primary": true, "type": "work", "value": "jd@contoso.example" }],
        "name": { "givenName": "Jo", "familyName": "D" },
        "addresses": [{ "type": "work", "country": "Sierra Leone", "primary": true }], "profileUrl": "QWERTY",
        "phoneNumbers": [
            { "type": "work", "value": "12-345" }, { "type": "mobile", "value": "12-345" },
            { "type": "fax", "value": "12-345" },
        ],
        ENTERPRISE: { "department": "Ops", "manager": { "value": "not-there-yet" } },
        "roles": [],
    })
}

#[test]
fn entras_post_becomes_a_user_and_comes_back_as_it_was_sent() {
    let (user, kept) = created(entras_post());
    let expected = json!({
        "id": "u",
        "profile": {
            "username": "jd@contoso.example", "displayName": "Jo D", "givenName": "Jo", "familyName": "D",
            "profile": "QWERTY",
        },
        "contact": { "email": "jd@contoso.example", "phone": "12-345" },
        "postal": { "country": "Sierra Leone" },
        "employment": { "department": "Ops", "externalId": "jd" },
        "account": { "status": "activated" },
    });
    assert_eq!(serde_json::to_value(&user).unwrap(), expected);
    let mut expected = entras_post();
    expected["id"] = json!("u");
    expected["meta"] = json!({
        "resourceType": "User", "created": "2026-01-02T03:04:05Z", "lastModified": "2026-01-02T03:04:05Z",
        "location": "https://users.example/scim/v2/Users/u", "version": "W/\"7\"",
    });
    expected["schemas"] = json!([USER, ENTERPRISE, OWN]);
    expected.as_object_mut().unwrap().shift_remove("roles");
    expected[OWN] = json!({ "status": "activated", "emailVerified": false, "phoneVerified": false });
    assert_eq!(written(&shown(&user, &kept)), expected);
}

#[test]
fn oktas_post_becomes_a_user_without_its_password() {
    let body = json!({
        "schemas": [USER], "userName": "jd@contoso.example", "externalId": "00uExample0000000001",
        "name": { "givenName": "Jo", "familyName": "D" },
        "emails": [{ "primary": true, "value": "jd@contoso.example", "type": "work" }],
        "displayName": "Jo D", "locale": "en-US", "groups": [], "password": "secret-4711", "active": true,
    });
    let resource = Resource::read(body.clone(), &USERS).unwrap();
    assert!(!format!("{resource:?}").contains("secret-4711"));
    let (user, kept) = created(body);
    assert_eq!(user.profile.locale.as_deref(), Some("en-US"));
    assert!(!format!("{user:?} {kept:?}").contains("secret-4711"));
    assert_eq!(shown(&user, &kept).get(&["active"]), Some(&json!(true)));
}

#[test]
fn microsofts_sample_with_its_slips_is_read() {
    let (user, kept) = created(json!({
        "SCHEMAS": [USER.to_uppercase(), "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],
        "USERNAME": "a", "department": "no", "manager": "no", "title": null, "roles": [], "nickName": "",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0User": { "department": "no" },
        ENTERPRISE.to_lowercase(): { "DEPARTMENT": "yes" },
    }));
    assert_eq!(user.employment.department.as_deref(), Some("yes"));
    assert!(kept.is_empty(), "{kept:?}");
}

#[test]
fn what_has_no_canonical_field_is_kept_to_the_letter() {
    let body = json!({
        "userName": "a", "name": { "formatted": "Dr. A", "honorificPrefix": "Dr." }, "userType": "Intern",
        "preferredLanguage": "de, en",
        "emails": [{ "value": "h@x", "type": "Home" }, { "value": "w@x", "type": "WORK", "display": "W" }],
        "phoneNumbers": [{ "value": "+49 (30) 1" }, { "value": "2", "type": "fax" }],
        "addresses": [
            { "type": "other", "formatted": "Room 1" }, { "type": "work", "locality": "Ulm", "region": "BW" },
        ],
        "photos": [{ "value": "t", "type": "thumbnail" }, { "value": "p", "type": "photo" }],
        "roles": [
            { "value": "{\"id\":1}", "displayName": "R", "type": "X" },
            { "value": "b", "type": "X", "primary": true },
        ],
        "entitlements": [{ "value": "e" }], "ims": [{ "value": "i" }], "x509Certificates": [{ "value": "AA==" }],
        ENTERPRISE: {
            "costCenter": "1", "division": "D",
            "manager": { "value": "m", "displayName": "M", "$ref": "../Users/m" },
        },
        OWN: { "gender": "Male", "workStatus": "on leave", "office": "4" },
    });
    let (user, kept) = created(body.clone());
    assert_eq!(
        (user.contact.email.as_deref(), user.contact.phone.as_deref()),
        (Some("w@x"), Some("+49 (30) 1"))
    );
    assert_eq!((user.postal.city.as_deref(), user.postal.province.as_deref()), (Some("Ulm"), Some("BW")));
    assert_eq!((user.profile.photo.as_deref(), user.postal.formatted.as_deref()), (Some("p"), None));
    assert_eq!((user.profile.gender, user.employment.work_status), (Some(Gender::Male), None));
    let shown = written(&shown(&user, &kept));
    for (name, value) in body.as_object().unwrap() {
        if name != OWN {
            assert_eq!(shown[name], *value, "{name}");
        }
    }
    assert_eq!((&shown[OWN]["gender"], &shown[OWN]["workStatus"]), (&json!("Male"), &json!("on leave")));
    assert!(!serde_json::to_string(&kept).unwrap().contains("w@x"), "a canonical value is in one place");
    let stored: Kept = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
    assert_eq!(stored, kept);
}

#[test]
fn what_is_kept_is_stored_in_this_form() {
    let (_, kept) = created(json!({
        "userName": "a", "name": { "formatted": "Dr. A", "givenName": "A" },
        "emails": [{ "value": "h@x", "type": "home" }, { "value": "w@x", "type": "work", "primary": true }],
        ENTERPRISE: { "department": "D", "costCenter": "1" }, OWN: { "gender": "Male", "office": "4" },
    }));
    let expected = json!({
        "attributes": {
            "name": { "formatted": "Dr. A" },
            "emails": [{ "value": "h@x", "type": "home" }, { "type": "work", "primary": true }],
            ENTERPRISE: { "costCenter": "1" },
            OWN: { "gender": "Male" },
        },
        "selected": { "emails": 1 },
    });
    assert_eq!(serde_json::to_value(&kept).unwrap(), expected);
    assert_eq!(serde_json::from_value::<Kept>(expected).unwrap(), kept);
    assert_eq!(serde_json::to_value(Kept::default()).unwrap(), json!({}));
}
