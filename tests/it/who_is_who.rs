//! Records join the user that they are about: by an e-mail address only if somebody vouches for it on both sides. A
//! self-registered address that nobody verified takes nothing from anybody.

use serde_json::{Value, json};
use sqlx::Connection as _;
use userbatch::admin::SourceFormat;
use userbatch::core::face::Face;
use userbatch::core::id::UserId;
use userbatch::core::user::User;
use userbatch::store::Join;

use crate::app::TestApp;
use crate::cache::Callers;
use crate::importing::{Admin, CANONICAL};

const AVEPOINT: SourceFormat = SourceFormat::Vendor(Face::AvePoint);
const GENAUTH: SourceFormat = SourceFormat::Vendor(Face::GenAuth);
const EMAIL: &str = "eva@example.com";

fn of_avepoint(id: &str, email: &str) -> String {
    let user =
        json!({ "id": id, "displayName": "Eva Real", "mail": email, "mobile": "+3861111", "status": [1] });
    json!({ "data": [user], "metadata": {} }).to_string()
}

fn genauth_user(id: &str, email: &str, verified: bool) -> Value {
    let identity = json!({ "identityId": format!("i-{id}"), "extIdpId": "weibo", "provider": "weibo",
        "type": "openid", "userIdInIdp": format!("weibo-{id}"), "originConnIds": [] });
    json!({ "userId": id, "name": "Self Made", "email": email, "emailVerified": verified, "phone": "+3869999",
        "identities": [identity] })
}

fn of_genauth(users: &[Value]) -> String {
    json!({ "statusCode": 200, "data": users }).to_string()
}

/// Callers of an empty directory of a tenant `a`, and its administrator.
async fn directory() -> (Callers, Admin) {
    let app = TestApp::start().await;
    (Callers::of(&app, &app.tenant("a").await).await, Admin::of(&app))
}

/// Ids of the users that GenAuth's clients find by this e-mail address.
async fn found(callers: &Callers, email: &str) -> Vec<String> {
    let answer = callers.genauth("email", email).await;
    let users = answer["data"].as_array().unwrap();
    users.iter().map(|user| user["userId"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_unverified_address_joins_nobody_and_takes_nothing() {
    let (callers, admin) = directory().await;
    admin.import("a", of_avepoint("real", EMAIL), AVEPOINT).await;
    let real = admin.users("a").await;
    let self_made = of_genauth(&[genauth_user("self-made", EMAIL, false)]);
    assert_eq!(admin.joins("a", self_made.clone(), GENAUTH).await, []);
    let users = admin.users("a").await;
    assert_eq!(users[..1], real[..], "the administrator's record is as it was");
    assert_eq!((users.len(), &users[1]["contact"]["email"]), (2, &json!(EMAIL)));
    assert_eq!(found(&callers, EMAIL).await, ["real"]);
    // Every night again, both come in whole.
    assert_eq!(admin.joins("a", of_avepoint("real", EMAIL), AVEPOINT).await, []);
    assert_eq!(admin.joins("a", self_made, GENAUTH).await, []);
    assert_eq!(admin.users("a").await, users);
}

#[tokio::test]
async fn a_verified_address_joins_once_and_is_told() {
    let (callers, admin) = directory().await;
    admin.import("a", of_avepoint("real", EMAIL), AVEPOINT).await;
    let verified = of_genauth(&[genauth_user("ga", "Eva@Example.com", true)]);
    let joins = admin.joins("a", verified.clone(), GENAUTH).await;
    let (id, user) = ("ga".to_owned(), "real".to_owned());
    assert_eq!(joins, [Join { line: 1, record: 1, id, user, field: "contact.email" }]);
    assert_eq!(found(&callers, EMAIL).await, ["ga"]);
    assert_eq!(admin.joins("a", verified, GENAUTH).await, [], "by its own id from now on");
    // Having joined, the account still cannot take another's address.
    admin.import("a", of_avepoint("boss", "boss@example.com"), AVEPOINT).await;
    let renamed = of_genauth(&[genauth_user("ga", "boss@example.com", false)]);
    assert_eq!(admin.joins("a", renamed, GENAUTH).await, []);
    let users = admin.users("a").await;
    let emails: Vec<_> = users.iter().map(|user| user["contact"]["email"].clone()).collect();
    assert_eq!(emails, [EMAIL, "boss@example.com"]);
}

#[tokio::test]
async fn an_administrators_record_is_not_kept_out_by_an_unverified_address() {
    let (callers, admin) = directory().await;
    admin.import("a", of_genauth(&[genauth_user("self-made", EMAIL, false)]), GENAUTH).await;
    assert_eq!(found(&callers, EMAIL).await, ["self-made"], "nobody else has it");
    assert_eq!(admin.joins("a", of_avepoint("real", EMAIL), AVEPOINT).await, []);
    assert_eq!(admin.users("a").await[1]["profile"]["displayName"], "Eva Real");
    // The gateway had the address cached.
    assert_eq!(found(&callers, EMAIL).await, ["real"]);
    // When the real one gives the address up, it finds the other again.
    admin.import("a", of_avepoint("real", "eva.real@example.com"), AVEPOINT).await;
    assert_eq!(found(&callers, EMAIL).await, ["self-made"]);
}

#[tokio::test]
async fn of_several_who_claim_an_address_the_first_id_is_found_until_one_verifies_it() {
    let (callers, admin) = directory().await;
    for (id, verified, first) in [("m", false, "m"), ("z", false, "m"), ("b", false, "b"), ("z", true, "z")] {
        admin.joins("a", of_genauth(&[genauth_user(id, EMAIL, verified)]), GENAUTH).await;
        for _ in 0..2 {
            assert_eq!(found(&callers, EMAIL).await, [first], "after {id} {verified}");
        }
    }
    assert_eq!(admin.users("a").await.len(), 3);
}

#[tokio::test]
async fn only_ascii_letters_are_folded_in_databases_of_earlier_releases_too() {
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let callers = Callers::of(&app, &tenant).await;
    let admin = Admin::of(&app);
    let lines = [
        ("kelvin", "\u{212a}ate@example.com"),
        ("kate", "Kate@example.com"),
        ("o", " \u{d6}sten@example.com"),
    ]
    .map(|(id, email)| json!({ "id": id, "contact": { "email": email } }).to_string());
    let (_, rejects) = admin.import("a", lines.join("\n"), CANONICAL).await;
    assert_eq!(rejects, []);
    // As it was stored before.
    let mut owner = app.database.owner_connection().await;
    let mut transaction = owner.begin().await.unwrap();
    let bind = "SELECT set_config('userbatch.tenant', $1, true)";
    sqlx::query(bind).bind(tenant.id.to_string()).execute(&mut *transaction).await.unwrap();
    let fold = "UPDATE user_key SET value = '\u{f6}sten@example.com' WHERE kind = 3 AND user_id = 'o'";
    assert_eq!(sqlx::query(fold).execute(&mut *transaction).await.unwrap().rows_affected(), 1);
    transaction.commit().await.unwrap();
    let migration = include_str!("../../migrations/0009_email_folding.sql");
    sqlx::raw_sql(migration).execute(&mut owner).await.unwrap();
    for (email, id) in [
        ("KATE@example.com", vec!["kate"]),
        ("\u{212a}ATE@EXAMPLE.com", vec!["kelvin"]),
        ("\u{d6}STEN@example.com", vec!["o"]),
        ("\u{f6}sten@example.com", vec![]),
    ] {
        assert_eq!(found(&callers, email).await, id, "{email}");
    }
}

#[tokio::test]
async fn a_user_written_without_a_source_has_a_vouched_address() {
    let app = TestApp::start().await;
    let tenant = app.tenant("a").await;
    let mut user = User::new(UserId::new("own"));
    user.contact.email = Some(EMAIL.to_owned());
    tenant.put_users(&[user]).await;
    let admin = Admin::of(&app);
    let joins = admin.joins("a", of_avepoint("c2aa", EMAIL), AVEPOINT).await;
    assert_eq!(joins.iter().map(|join| join.user.as_str()).collect::<Vec<_>>(), ["own"]);
}
