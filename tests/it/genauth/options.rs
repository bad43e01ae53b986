//! Optional members of a user, which are returned only if requested.

use serde_json::{Value, json};
use userbatch::core::user::User;

use super::{Client, identity, object, user};

fn person() -> User {
    let mut person = user("full");
    person.profile.nickname = Some("nick".to_owned());
    person.employment.department_ids = vec!["d1".to_owned(), "d2".to_owned()];
    person.employment.organisation_ids = vec!["t1".to_owned()];
    person.identities = vec![identity("wechat", "idp", "there")];
    person.custom_data = object(
        json!({ "zeta": [1, null], "alpha": { "b": 1, "a": 2 }, "nickname": "custom", "email": "custom" }),
    );
    person
}

async fn asked(client: &Client, id: &str, options: &str) -> Value {
    client.find("user_id", &[id], options).await.users()[0].clone()
}

#[tokio::test]
async fn nothing_is_told_unasked_and_each_option_adds_its_member_alone() {
    let client = Client::with_users(&[person(), user("bare")]).await;
    let plain = asked(&client, "full", "").await;
    let bare = asked(&client, "bare", "").await;
    for (option, member, full, empty) in [
        ("withCustomData", "customData", Value::Object(person().custom_data), json!({})),
        ("withDepartmentIds", "departmentIds", json!(["d1", "d2"]), json!([])),
        ("withTenantIds", "tenantIds", json!(["t1"]), json!([])),
        (
            "withIdentities",
            "identities",
            json!([{
                "identityId": "identity-of-there", "extIdpId": "idp", "provider": "wechat", "type": "openid",
                "userIdInIdp": "there", "userInfoInIdp": {}, "originConnIds": ["idp"],
            }]),
            json!([]),
        ),
    ] {
        for (id, plain, expected) in [("full", &plain, full), ("bare", &bare, empty)] {
            assert!(plain.get(member).is_none(), "{member}");
            for yes in ["true", "True"] {
                let mut told = asked(&client, id, &format!("{option}={yes}")).await;
                assert_eq!(told.as_object_mut().unwrap().remove(member), Some(expected.clone()));
                assert_eq!(&told, plain, "{option}");
            }
            for no in ["false", "False", ""] {
                assert_eq!(&asked(&client, id, &format!("{option}={no}")).await, plain, "{option}");
            }
        }
    }
}

#[tokio::test]
async fn flat_custom_fields_stand_beside_the_profiles_own_never_over_them() {
    let client = Client::with_users(&[person()]).await;
    let plain = asked(&client, "full", "").await;
    let mut flat = asked(&client, "full", "flatCustomData=true").await;
    let names: Vec<&String> = flat.as_object().unwrap().keys().collect();
    assert_eq!(names[names.len() - 2..], ["zeta", "alpha"], "in the order they were written");
    let members = flat.as_object_mut().unwrap();
    assert_eq!(members.remove("zeta"), Some(json!([1, null])));
    assert_eq!(members.remove("alpha"), Some(json!({ "b": 1, "a": 2 })));
    assert_eq!(flat, plain, "neither nickname nor email is the custom one");
    let both = asked(&client, "full", "flatCustomData=true&withCustomData=true").await;
    assert_eq!(both["customData"], Value::Object(person().custom_data));
    assert_eq!(both["zeta"], json!([1, null]));
}

#[tokio::test]
async fn tokens_of_identity_sources_never_appear() {
    let mut person = person();
    person.identities[0].info = object(json!({
        "name": "Bob",
        "accessToken": "secret-57_a",
        "raw": { "refresh_token": "secret-57_b", "list": [{ "id_token": "secret-57_c" }] },
    }))
    .into();
    let client = Client::with_users(&[person]).await;
    let all = "withIdentities=true&withCustomData=true&flatCustomData=true&withDepartmentIds=true";
    let told = asked(&client, "full", all).await;
    assert_eq!(told["identities"][0]["userInfoInIdp"], json!({ "name": "Bob", "raw": { "list": [{}] } }));
    assert!(!told.to_string().contains("secret-57"), "{told}");
}

#[tokio::test]
async fn unknown_parameters_are_ignored_and_malformed_ones_named() {
    let client = Client::with_users(&[user("1")]).await;
    assert_eq!(client.get("userIds=1&unknown[]=2&=&&x").await.ids(), ["1"]);
    let kinds = "user_id, phone, email, username, external_id, identity, sync_relation, custom_field";
    for (query, name, next) in [
        ("userIds=1&withCustomData=maybe", "withCustomData", "send it once, as true or false"),
        ("userIds=1&flatCustomData[]=true", "flatCustomData", "send it once, as true or false"),
        ("userIds=1&userIdType=shoe_size", "userIdType", &format!("send it once, as one of {kinds}")),
        ("userIdType=email", "userIds", "send at least one id"),
    ] {
        let message = format!("The format of parameter {name} is incorrect: {next}");
        assert_eq!(client.get(query).await.refusal(400, None), message, "{query}");
    }
}
