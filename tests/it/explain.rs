//! Operators are told why callers are or are not shown a user: by the same look-up that serves the callers.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use userbatch::core::user::User;

use crate::admin_api::Api;
use crate::app::TestTenant;
use crate::genauth::user;
use crate::program::Program;

const ADDRESS: &str = "0xb246a3764d642BABbd6b075bca3e77E1cD563d78";

fn people() -> Vec<User> {
    let mut ann = user("1");
    ann.profile.username = Some("ann".to_owned());
    ann.contact.email = Some("Ann@Example.com".to_owned());
    ann.contact.email_verified = true;
    ann.contact.phone = Some("188 1234".to_owned());
    let mut bob = user("2");
    bob.contact.email = Some("ann@example.com".to_owned());
    bob.contact.email_self_registered = true;
    bob.contact.phone = Some("1881234".to_owned());
    let mut cat = user("3");
    cat.contact.email = Some("cat@example.com".to_owned());
    cat.contact.email_self_registered = true;
    vec![ann, bob, cat]
}

async fn told(api: &Api, face: &str, kind: Option<&str>, name: &str) -> Value {
    let body = json!({ "face": face, "type": kind, "name": name });
    let (status, told) = api.call(Method::POST, "/tenants/acme/explain", Some(body)).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    told
}

async fn filled() -> (Api, TestTenant) {
    let api = Api::start().await;
    let tenant = api.app.tenant("acme").await;
    tenant.put_users(&people()).await;
    (api, tenant)
}

#[tokio::test]
async fn a_hit_and_a_miss_are_explained_by_key_index_and_user() {
    let (api, tenant) = filled().await;
    let told_of = async |face, kind, name| {
        let told = told(&api, face, kind, name).await;
        (told["key"]["value"].clone(), told["shown"].clone(), told["reasons"].clone())
    };
    assert_eq!(
        told(&api, "genauth", Some("email"), " ANN@example.com").await,
        json!({
            "key": {
                "kind": "email", "value": "ann@example.com",
                "normalisation": "spaces around it are dropped, and ASCII letters are lower-cased",
                "indexes": [
                    "user_key (tenant_id, kind, value)", "user_shared_key (tenant_id, kind, value, user_id)",
                ],
            },
            "shown": ["1"],
            "reasons": [
                "User 1 has this key.",
                "User 2 claims this e-mail address too, which nobody vouches for; it finds another.",
            ],
        })
    );
    assert_eq!(
        told_of("genauth", Some("email"), "cat@example.com").await,
        (
            json!("cat@example.com"),
            json!(["3"]),
            json!(["User 3 claims this e-mail address, which nobody vouches for, and nobody else has it."])
        )
    );
    assert_eq!(
        told_of("genauth", Some("phone"), "188-1234").await,
        (json!("1881234"), json!(["1", "2"]), json!(["2 users share this key; all are shown."]))
    );
    let miss = json!(["No user of the tenant has this key.", "It is the username of user 1: ask by that."]);
    assert_eq!(told_of("avepoint", None, "ann").await, (json!("ann"), json!([]), miss));
    let blank = json!(["No user of the tenant has this key: callers are shown a blank account."]);
    assert_eq!(told_of("bitbadges", None, ADDRESS).await.2, blank);
    let (key, shown, reasons) = told_of("genauth", Some("identity"), "1").await;
    assert_eq!((key, shown), (Value::Null, json!([])));
    assert_eq!(
        reasons,
        json!([
            "As identity, it is empty, too long or malformed for its kind, so that it matches nobody.",
            "It is the id of user 1: ask by that.",
        ])
    );
    let change = json!({ "suspended": true });
    api.call(Method::PATCH, "/tenants/acme", Some(change)).await;
    let (_, shown, reasons) = told_of("genauth", None, "1").await;
    assert_eq!(shown, json!([]));
    assert_eq!(reasons[0], "The tenant is suspended: no caller is shown anything.");
    drop(tenant);
}

#[tokio::test]
async fn what_is_explained_is_on_record_without_the_name() {
    let (api, _tenant) = filled().await;
    told(&api, "genauth", Some("email"), "ann@example.com").await;
    let (_, acts) = api.call(Method::GET, "/audit?tenant=acme", None).await;
    let act = &acts[0];
    assert_eq!((&act["act"], &act["subject"]), (&json!("user.explain"), &json!("")));
    assert_eq!(act["detail"], json!({ "face": "genauth", "type": "email" }));
}

#[tokio::test]
async fn what_cannot_be_explained_is_refused() {
    let (api, _tenant) = filled().await;
    for (path, body, status, detail) in [
        ("none", json!({ "face": "genauth", "name": "1" }), 404, "there is no tenant with this slug"),
        ("acme", json!({ "face": "x", "name": "1" }), 400, "face must be one of"),
        ("acme", json!({ "face": "avepoint", "type": "email", "name": "1" }), 400, "name users by id"),
        ("acme", json!({ "face": "genauth" }), 400, "name"),
        ("acme", json!({ "face": "genauth", "name": "a\u{0}" }), 400, "NUL"),
    ] {
        let (found, problem) = api.call(Method::POST, &format!("/tenants/{path}/explain"), Some(body)).await;
        assert_eq!(found.as_u16(), status, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{problem}");
    }
}

#[tokio::test]
async fn the_command_tells_the_same() {
    let (api, _tenant) = filled().await;
    let program = Program::new(api.app.database.clone());
    let asked = "explain --tenant acme --face genauth --type email ann@example.com";
    assert_eq!(program.json(asked), told(&api, "genauth", Some("email"), "ann@example.com").await);
    let output = program.command(asked).output().unwrap();
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
    let output = program.command("explain --tenant acme --face avepoint --type email x").output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains("callers of AvePoint Elements name users by id"), "{error}");
}
