use serde_json::{Value, json};
use utoipa::PartialSchema as _;

use super::*;
use crate::api::genauth::dto::custom_fields::MEMBERS;
use crate::core::id::UserId;

const ALL: Options = Options {
    with_custom_data: true,
    flat_custom_data: true,
    with_identities: true,
    with_department_ids: true,
    with_tenant_ids: true,
};

fn told(user: &User, options: Options) -> Value {
    serde_json::to_value(UserDto::new(user, options)).unwrap()
}

#[test]
fn a_user_of_nothing_but_an_id_has_what_the_vendor_always_has() {
    let expected = json!({
        "userId": "u", "status": "Activated", "workStatus": "Active", "gender": "U",
        "emailVerified": false, "phoneVerified": false, "userSourceType": "adminCreated",
    });
    assert_eq!(told(&User::new(UserId::new("u")), Options::default()), expected);
}

#[test]
fn what_is_asked_for_is_there_even_when_empty() {
    let user = told(&User::new(UserId::new("u")), ALL);
    assert_eq!(user["customData"], json!({}));
    for name in ["identities", "departmentIds", "tenantIds"] {
        assert_eq!(user[name], json!([]), "{name}");
    }
}

#[test]
fn custom_fields_never_stand_over_the_profiles_own() {
    let mut user = User::new(UserId::new("u"));
    user.custom_data = json!({ "userId": "x", "email": "x", "loginsCount": "many", "school": "PKU", "": 1 })
        .as_object()
        .unwrap()
        .clone();
    let user = told(&user, ALL);
    assert_eq!((&user["userId"], &user["school"], &user[""]), (&json!("u"), &json!("PKU"), &json!(1)));
    assert!(user.get("email").is_none() && user.get("loginsCount").is_none());
    assert_eq!(user["customData"]["email"], "x");
}

#[test]
fn the_list_of_members_is_that_of_the_type() {
    let schema = serde_json::to_value(UserDto::schema()).unwrap();
    let mut described: Vec<&str> =
        schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    let mut members = MEMBERS.to_vec();
    described.sort_unstable();
    members.sort_unstable();
    assert_eq!(members, described);
}
