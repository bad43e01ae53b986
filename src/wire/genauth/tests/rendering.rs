use std::collections::HashSet;

use serde_json::{Value, json};

use super::EVERYTHING;
use crate::core::id::UserId;
use crate::core::user::User;
use crate::wire::genauth::custom_fields::USER_MEMBERS;
use crate::wire::genauth::{UserDto, UserOptions};

fn bare() -> User {
    User::new(UserId::new("u"))
}

fn rendered(user: &User, options: UserOptions) -> Value {
    serde_json::to_value(UserDto::new(&user.borrowed(), options)).unwrap()
}

#[test]
fn a_user_of_nothing_but_an_id_has_what_the_vendor_always_has() {
    let expected = json!({
        "userId": "u", "status": "Activated", "workStatus": "Active", "gender": "U",
        "emailVerified": false, "phoneVerified": false, "userSourceType": "adminCreated",
    });
    assert_eq!(rendered(&bare(), UserOptions::default()), expected);
}

#[test]
fn what_is_asked_for_is_there_even_when_empty() {
    let user = rendered(&bare(), EVERYTHING);
    assert_eq!(user["customData"], json!({}));
    for name in ["identities", "departmentIds", "tenantIds"] {
        assert_eq!(user[name], json!([]), "{name}");
    }
}

#[test]
fn custom_fields_never_replace_the_users_own_members() {
    let mut user = bare();
    let fields = json!({ "userId": "x", "email": "x", "loginsCount": "many", "school": "PKU", "": 1 });
    user.custom_data = serde_json::from_value(fields).unwrap();
    let user = rendered(&user, EVERYTHING);
    assert_eq!((&user["userId"], &user["school"], &user[""]), (&json!("u"), &json!("PKU"), &json!(1)));
    assert!(user.get("email").is_none() && user.get("loginsCount").is_none());
    assert_eq!(user["customData"]["email"], "x");
}

#[test]
fn every_member_of_a_full_user_is_known_by_name() {
    let mut user = bare();
    let text = Some("x".to_owned());
    user.account.created_at = Some(time::OffsetDateTime::UNIX_EPOCH);
    user.profile.display_name.clone_from(&text);
    user.employment.post_ids = vec!["x".to_owned()];
    let user = rendered(&user, EVERYTHING);
    let members: HashSet<String> = user.as_object().unwrap().keys().cloned().collect();
    assert!(members.is_subset(&USER_MEMBERS), "{members:?}");
    assert_eq!(USER_MEMBERS.len(), 58);
}
