//! Eight types of ids, and every encoding of a list of them.

use serde_json::json;
use userbatch::core::user::User;

use super::{Client, identity, object, user};

/// What an id may be made of.
const ODD: [&str; 12] = [
    "100%",
    "%2B",
    "a+b",
    "a b&c=d",
    "张三",
    "\"quoted\"",
    "it's",
    "x,y",
    "x:y$z",
    "[x]",
    "😀",
    "back\\slash",
];

fn person() -> User {
    let mut user = user("own-id");
    user.issued_ids.insert("genauth".to_owned(), "6229ffa0".to_owned());
    user.profile.username = Some("Bob".to_owned());
    user.contact.email = Some("Bob+tag@Example.com".to_owned());
    user.contact.phone = Some("188 1234 8888".to_owned());
    user.contact.phone_country_code = Some("+86".to_owned());
    user.employment.external_id = Some("10010".to_owned());
    user.identities = vec![identity("lark", "62f20932", "ou_8bae:7")];
    user.custom_data = object(json!({ "school": "Peking: University", "age": 22, "remote": true }));
    user
}

#[tokio::test]
async fn every_type_of_id_finds_its_user_and_no_other() {
    let client = Client::with_users(&[person(), user("other")]).await;
    for (kind, hits, misses) in [
        ("user_id", &["6229ffa0", "own-id"][..], &["6229FFA0", "Bob"][..]),
        (
            "phone",
            &["18812348888", "+8618812348888", "0086 188-1234-8888"],
            &["1881234888", "+118812348888", "x"],
        ),
        (
            "email",
            &["bob+tag@example.com", "BOB+TAG@EXAMPLE.COM"],
            &["bob@example.com", "bobtag@example.com"],
        ),
        ("username", &["Bob"], &["bob", "10010"]),
        ("external_id", &["10010"], &["10011"]),
        ("identity", &["62f20932:ou_8bae:7"], &["lark:ou_8bae:7", "62f20932", "62f20932:"]),
        ("sync_relation", &["lark:ou_8bae:7"], &["62f20932:ou_8bae:7", "lark", ":ou_8bae:7"]),
        (
            "custom_field",
            &["school:Peking: University", "age:22", "remote:true"],
            &["age:23", "school", "22"],
        ),
    ] {
        for hit in hits {
            assert_eq!(client.find(kind, &[hit], "").await.ids(), ["6229ffa0"], "{kind} {hit}");
        }
        assert_eq!(client.find(kind, misses, "").await.users().len(), 0, "{kind}");
        let mixed = [misses[0], hits[0], misses[misses.len() - 1], hits[0]];
        assert_eq!(client.find(kind, &mixed, "").await.ids(), ["6229ffa0"], "{kind}");
    }
}

#[tokio::test]
async fn odd_characters_are_part_of_an_id() {
    let users = ODD.map(|odd| {
        let mut user = user(odd);
        user.profile.username = Some(odd.to_owned());
        user.employment.external_id = Some(odd.to_owned());
        user.contact.email = Some(format!("{}@example.com", odd.replace(' ', "")));
        user.identities = vec![identity("lark", "idp", odd)];
        user.custom_data.insert("odd".to_owned(), json!(odd));
        user
    });
    let client = Client::with_users(&users).await;
    for kind in ["user_id", "username", "external_id"] {
        assert_eq!(client.find(kind, &ODD, "").await.ids(), ODD, "{kind}");
    }
    for (kind, prefix) in [("identity", "idp"), ("sync_relation", "lark"), ("custom_field", "odd")] {
        let ids = ODD.map(|odd| format!("{prefix}:{odd}"));
        assert_eq!(client.find(kind, &ids.each_ref().map(String::as_str), "").await.ids(), ODD, "{kind}");
    }
    let mails = ODD.map(|odd| format!("{}@EXAMPLE.com", odd.replace(' ', "").to_uppercase()));
    assert_eq!(client.find("email", &mails.each_ref().map(String::as_str), "").await.ids(), ODD);
}

#[tokio::test]
async fn five_spellings_of_a_list_give_the_same_users() {
    let client = Client::with_users(&[user("a"), user("b")]).await;
    for (spelling, query) in [
        ("Node with axios 1.7", "userIds[]=b&userIds[]=a"),
        ("Node with axios 1.21", "userIds%5B%5D=b&userIds%5B%5D=a"),
        ("Python", "userIds=b&userIds=a"),
        ("Java, C#", "userIds=b,a"),
        ("Go", "userIds=%5Bb+a%5D"),
    ] {
        assert_eq!(client.get(query).await.ids(), ["b", "a"], "{spelling}");
    }
}

#[tokio::test]
async fn users_come_in_the_order_asked_each_once() {
    let client = Client::with_users(&[user("a"), user("b"), user("c")]).await;
    let asked = ["c", "nobody", "a", "c", "b", "a"];
    assert_eq!(client.find("user_id", &asked, "").await.ids(), ["c", "a", "b"]);
}

#[tokio::test]
async fn users_who_share_a_key_all_come_in_the_order_they_were_added() {
    let mut users = [user("z"), user("a"), user("m")];
    for user in &mut users {
        user.contact.phone = Some("02012345".to_owned());
    }
    let client = Client::with_users(&users).await;
    assert_eq!(client.find("phone", &["020-12345"], "").await.ids(), ["z", "a", "m"]);
}

#[tokio::test]
async fn fifty_ids_are_answered_and_fifty_one_are_not() {
    let ids: Vec<String> = (0..51).map(|n| format!("user-{n:02}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).rev().collect();
    let users: Vec<User> = ids.iter().map(|id| user(id)).collect();
    let client = Client::with_users(&users).await;
    assert_eq!(client.find("user_id", &ids[..50], "").await.ids(), ids[..50]);
    let refused = client.find("user_id", &ids, "").await;
    assert_eq!(
        refused.refusal(400, None),
        "Parameter userIds must contain no more than 50 elements; the request has 51"
    );
}

#[tokio::test]
async fn a_plus_that_a_client_did_not_escape_is_understood_where_no_space_can_be() {
    let client = Client::with_users(&[person()]).await;
    for query in ["userIdType=email&userIds=bob+tag@example.com", "userIdType=phone&userIds=+8618812348888"] {
        assert_eq!(client.get(query).await.ids(), ["6229ffa0"], "{query}");
    }
}
