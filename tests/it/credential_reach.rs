//! What a credential opens is seen from the tenant, and what was opened with a secret ends with it.

use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use userbatch::admin::NewCredentialOptions;
use userbatch::core::face::Face;
use userbatch::core::id::{CustomerPublicId, Slug};

use crate::administration::administration;
use crate::app::{Database, TestApp};
use crate::program::Program;

fn avepoint(partner: &str, customers: &[&str]) -> NewCredentialOptions {
    NewCredentialOptions {
        face: Face::AvePoint.into(),
        tenant: None,
        partner: Some(partner.to_owned()),
        customers: customers.iter().copied().map(CustomerPublicId::new).collect(),
        scopes: Vec::new(),
        publishable: false,
        name: String::new(),
        rate_limit: None,
        expires_in: None,
        certificate: None,
    }
}

#[tokio::test]
async fn a_tenants_credentials_and_audit_include_those_that_open_it_through_its_customer() {
    let app = TestApp::start().await;
    let admin = administration(&app, Arc::clone(&app.keys));
    for (partner, slug) in [("one", "a"), ("one", "b"), ("two", "c")] {
        app.tenant_of(partner, slug).await;
    }
    let mut issued = Vec::new();
    for options in [
        avepoint("one", &[]),
        avepoint("one", &["a-customer"]),
        avepoint("one", &["b-customer"]),
        avepoint("two", &[]),
        NewCredentialOptions {
            face: Face::BitBadges.into(),
            tenant: Some(Slug::new("a")),
            partner: None,
            ..avepoint("", &[])
        },
    ] {
        let public_id = admin.issue(&options).await.unwrap().credential.public_id.to_string();
        admin.rotate(&public_id, Duration::from_mins(1)).await.unwrap();
        issued.push(public_id);
    }
    for (slug, opening) in [("a", &[0, 1, 4][..]), ("b", &[0, 2]), ("c", &[3])] {
        let slug = Slug::new(slug);
        let mut expected: Vec<&str> = opening.iter().map(|&index| issued[index].as_str()).collect();
        let listed = admin.credentials(Some(&slug)).await.unwrap();
        let listed: Vec<&str> = listed.iter().map(|credential| credential.public_id.as_str()).collect();
        assert_eq!(listed, expected, "{slug}");
        let acts = admin.audit(Some(&slug), None, 100).await.unwrap();
        let rotations = acts.iter().rev().filter(|act| act.act == "credential.rotate");
        expected.retain(|id| rotations.clone().any(|act| act.subject == *id));
        assert_eq!(rotations.count(), opening.len(), "{slug}");
        assert_eq!(expected.len(), opening.len(), "{slug}");
    }
}

#[tokio::test]
async fn a_token_ends_with_the_secret_that_it_was_issued_for_at_every_gateway() {
    let app = TestApp::start().await;
    let gateways = [app.clone(), app.twin().await];
    let tenant = app.tenant("acme").await;
    let admin = administration(&app, Arc::clone(&app.keys));

    let (client, secret) = app.avepoint_client("default", &["elements.um.user.read.all"]).await;
    let (key, key_secret) = tenant.genauth_key().await;
    let genauth_token = async |secret: &str| {
        let pair = json!({ "accessKeyId": key, "accessKeySecret": secret });
        let answer = app.http.post(app.url("/api/v3/get-management-token")).json(&pair).send().await.unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        answer["data"]["access_token"].as_str().unwrap().to_owned()
    };
    let opens = async |avepoint: &str, genauth: &str| {
        let mut opened = Vec::new();
        for gateway in &gateways {
            let users = gateway.http.post(gateway.url(&tenant.avepoint_path())).bearer_auth(avepoint);
            opened.push(users.send().await.unwrap().status() == StatusCode::OK);
            let users =
                gateway.http.get(gateway.url("/api/v3/get-user-batch?userIds=1")).bearer_auth(genauth);
            let answer: serde_json::Value = users.send().await.unwrap().json().await.unwrap();
            opened.push(answer["statusCode"] == 200);
        }
        opened
    };
    let old = (app.avepoint_token(&client, &secret).await, genauth_token(&key_secret).await);
    // Twice, so that the second time it comes from the cache.
    for _ in 0..2 {
        assert_eq!(opens(&old.0, &old.1).await, [true; 4]);
    }
    for name in [&client, &key] {
        admin.rotate(name, Duration::from_hours(1)).await.unwrap();
    }
    assert_eq!(opens(&old.0, &old.1).await, [true; 4], "during the overlap");
    let mut new = Vec::new();
    for name in [&client, &key] {
        new.push(admin.rotate(name, Duration::ZERO).await.unwrap().issued.secret.expose().to_owned());
    }
    assert_eq!(opens(&old.0, &old.1).await, [false; 4], "at once");
    let fresh = (app.avepoint_token(&client, &new[0]).await, genauth_token(&new[1]).await);
    for _ in 0..2 {
        assert_eq!(opens(&fresh.0, &fresh.1).await, [true; 4]);
    }
}

#[tokio::test]
async fn an_unknown_scope_is_refused_with_the_known_ones() {
    let program = Program::new(Database::new().await);
    program.json("tenant create --slug acme");
    let issue = "credential issue --tenant acme --face avepoint --scope elements.everything";
    let refused = program.command(issue).output().unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1));
    for scope in
        ["elements.um.user.read.all", "elements.um.user.readwrite.all", "elements.customers.read.all"]
    {
        assert!(told.contains(scope), "{told}");
    }
    assert_eq!(program.json("credential list"), json!([]));
}
