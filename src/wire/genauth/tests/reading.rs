use serde_json::{Value, json};
use time::macros::datetime;

use crate::core::user::{Gender, Source, User};
use crate::wire::genauth::UserDto;

fn read(user: Value) -> User {
    serde_json::from_value::<UserDto<'_>>(user).unwrap().into()
}

/// The error message for a user whose member `name` is `value`.
fn error(name: &str, value: Value) -> String {
    let mut user = json!({ "userId": "1" });
    user[name] = value;
    serde_json::from_value::<UserDto<'_>>(user).unwrap_err().to_string()
}

fn identity() -> Value {
    json!({
        "identityId": "62299d8b", "extIdpId": "6076bac", "provider": "wechat", "type": "openid",
        "userIdInIdp": "oj7N", "accessToken": "57_secret", "refreshToken": "57_secret",
        "userInfoInIdp": { "city": "BJ", "raw": [{ "session_key": "57_secret", "id": 1 }] },
        "originConnIds": "[\"605492\"]",
    })
}

#[test]
fn the_documentations_sample_is_read_without_its_tokens() {
    let user = read(json!({
        "userId": "6229", "status": "Activated", "gender": "W", "email": "test@example.com", "phone": "",
        "departmentIds": "[\"624d930c\"]", "customData": { "school": "Peking University", "age": 22 },
        "identities": identity(), "userSourceType": "syncTask", "createdAt": "2022-07-03T03:20:30.000Z",
    }));
    assert_eq!((user.id.as_str(), user.id_for("genauth")), ("6229", "6229"));
    assert_eq!((user.contact.phone, user.profile.gender), (None, Some(Gender::Female)));
    assert_eq!(user.employment.department_ids, ["624d930c"]);
    assert_eq!(user.account.source, Some(Source::Sync));
    assert_eq!(user.account.created_at, Some(datetime!(2022-07-03 03:20:30 UTC)));
    let [identity] = &user.identities[..] else { panic!("{:?}", user.identities) };
    assert_eq!(identity.origin_connection_ids, ["605492"]);
    assert_eq!(Value::from(identity.info.as_object().clone()), json!({ "city": "BJ", "raw": [{ "id": 1 }] }));
}

#[test]
fn lists_are_read_as_the_sdks_have_them() {
    let user =
        read(json!({ "userId": "1", "departmentIds": ["a", "b"], "identities": [identity(), identity()] }));
    assert_eq!(user.employment.department_ids, ["a", "b"]);
    assert_eq!(user.identities.len(), 2);
}

#[test]
fn what_is_missing_null_or_blank_is_not_set() {
    let bare = read(json!({ "userId": "1" }));
    let null = read(json!({
        "userId": "1", "status": null, "email": null, "emailVerified": null, "createdAt": null, "loginsCount": null,
        "departmentIds": null, "identities": null, "customData": null, "metadataSource": null,
    }));
    let blank =
        read(json!({ "userId": "1", "email": "", "name": " ", "departmentIds": [], "customData": {} }));
    assert_eq!((&null, &blank), (&bare, &bare));
    assert_eq!((bare.account.status, bare.profile.gender), (None, None));
    let mut sparse = identity();
    (sparse["userInfoInIdp"], sparse["originConnIds"]) = (Value::Null, Value::Null);
    let user = read(json!({ "userId": "1", "identities": [sparse] }));
    assert!(user.identities[0].info.is_empty() && user.identities[0].origin_connection_ids.is_empty());
}

#[test]
fn an_error_says_what_was_expected_and_does_not_quote_a_list() {
    assert!(error("gender", json!("X")).contains("expected one of `M`, `F`"));
    assert!(error("departmentIds", json!("57_secret")).starts_with("expected an array of strings"));
    assert!(error("departmentIds", json!(7)).contains("expected an array of strings"));
    assert!(error("customData", json!(7)).contains("expected a map"));
    assert!(error("identities", json!(7)).contains("expected an array of identities"));
    assert!(error("identities", json!([{}])).contains("missing field `identityId`"));
    assert!(error("createdAt", json!("today")).starts_with("expected a date and time as in RFC 3339"));
}
