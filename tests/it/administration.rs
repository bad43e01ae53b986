//! Operators can create, suspend and remove tenants and credentials, and every action is in the audit log.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use time::macros::datetime;
use userbatch::admin::{
    AdminError, Administration, CredentialAdministration, NewCredentialOptions, NewTenantOptions,
    SettingsChange, TenantChange,
};
use userbatch::auth::{Credentials, KeyRing, Secret, SecretMaker, Source};
use userbatch::core::face::Face;
use userbatch::core::id::UserId;
use userbatch::core::id::{CustomerPublicId, Slug};
use userbatch::core::user::User;
use userbatch::pager::offset::PageWindow;
use userbatch::store::{Actor, StoreError, Via};

use crate::app::{SECRET_KEY, TestApp};

pub fn administration(app: &TestApp, keys: Arc<KeyRing>) -> CredentialAdministration {
    let actor = Actor { via: Via::Cli, name: "tester".to_owned() };
    Administration::new(app.admin.clone(), actor, app.clock.clone()).with_secrets(SecretMaker::new(keys))
}

fn new_credential(face: Face, tenant: &str) -> NewCredentialOptions {
    NewCredentialOptions {
        face: face.into(),
        tenant: Some(Slug::new(tenant)),
        partner: None,
        customers: Vec::new(),
        scopes: Vec::new(),
        publishable: false,
        name: String::new(),
        rate_limit: None,
        expires_in: None,
        certificate: None,
    }
}

pub fn tenant(slug: &str) -> NewTenantOptions {
    NewTenantOptions::new(Slug::new(slug))
}

async fn opens(app: &TestApp, face: Face, secret: &str) -> bool {
    let credentials = Credentials::new(app.serving.clone(), Arc::clone(&app.keys), app.clock.clone());
    credentials.by_secret(face, secret, &Source::local()).await.is_ok()
}

#[tokio::test]
async fn a_suspended_tenant_is_absent_until_it_is_resumed() {
    let app = TestApp::start().await;
    let admin = administration(&app, Arc::clone(&app.keys));
    admin.create_tenant(&tenant("acme")).await.unwrap();
    let issued = admin.issue(&new_credential(Face::BitBadges, "acme")).await.unwrap();
    let key = issued.secret.expose().to_owned();
    assert!(Secret::is_well_formed(Face::BitBadges, &key));
    assert!(opens(&app, Face::BitBadges, &key).await);
    assert!(
        admin
            .change_tenant(&Slug::new("acme"), &TenantChange::suspension(true))
            .await
            .unwrap()
            .suspended_at
            .is_some()
    );
    assert!(!opens(&app, Face::BitBadges, &key).await);
    admin.change_tenant(&Slug::new("acme"), &TenantChange::suspension(false)).await.unwrap();
    assert!(opens(&app, Face::BitBadges, &key).await);
}

#[tokio::test]
async fn a_tenant_is_deleted_with_all_it_has_once_its_slug_is_typed_again() {
    let app = TestApp::start().await;
    let admin = administration(&app, Arc::clone(&app.keys));
    let (gone, stays) = (app.tenant("gone").await, app.tenant("stays").await);
    for kept in [&gone, &stays] {
        let mut user = User::new(UserId::new("1"));
        user.contact.phone = Some("555".to_owned());
        kept.put_users(&[user]).await;
    }
    let key = gone.bitbadges_key().await;
    let refused = admin.delete_tenant(&Slug::new("gone"), "stays").await;
    assert!(matches!(refused, Err(AdminError::Unconfirmed)));
    admin.delete_tenant(&Slug::new("gone"), "gone").await.unwrap();
    assert!(!opens(&app, Face::BitBadges, &key).await);
    assert!(matches!(admin.tenant(&Slug::new("gone")).await, Err(AdminError::NoTenant)));
    let mut left = Vec::new();
    admin.export(&Slug::new("stays"), &mut left).await.unwrap();
    assert!(!left.is_empty());
    // Its names are free again, and nothing of the old directory shows in the new one.
    app.tenant("gone").await;
    let mut nothing = Vec::new();
    admin.export(&Slug::new("gone"), &mut nothing).await.unwrap();
    assert!(nothing.is_empty());
}

#[tokio::test]
async fn a_rotated_secret_works_beside_the_new_one_for_the_overlap() {
    let app = TestApp::start_at(datetime!(2026-03-01 12:00 UTC)).await;
    let admin = administration(&app, Arc::clone(&app.keys));
    admin.create_tenant(&tenant("acme")).await.unwrap();
    for face in [Face::BitBadges, Face::AvePoint, Face::GenAuth] {
        let issued = admin.issue(&new_credential(face, "acme")).await.unwrap();
        let old = issued.secret.expose().to_owned();
        let name = issued.credential.public_id.to_string();
        let soon = admin.rotate(&name, Duration::from_hours(87600)).await.unwrap();
        let new = soon.issued.secret.expose().to_owned();
        assert!(opens(&app, face, &old).await && opens(&app, face, &new).await);
        // The database's clock decides when a secret ends, so an overlap of nothing ends it now.
        let now = admin.rotate(&name, Duration::ZERO).await.unwrap();
        assert!(!opens(&app, face, &old).await && !opens(&app, face, &new).await);
        assert_eq!(now.issued.credential.secrets.len(), 1);
        let last = now.issued.secret.expose().to_owned();
        admin.revoke(&name).await.unwrap();
        assert!(!opens(&app, face, &last).await);
        let ended = admin.rotate(&name, Duration::ZERO).await;
        assert!(matches!(ended, Err(AdminError::Ended)));
    }
}

#[tokio::test]
async fn a_list_of_credentials_tells_no_secret() {
    let app = TestApp::start().await;
    let admin = administration(&app, Arc::clone(&app.keys));
    admin.create_tenant(&tenant("acme")).await.unwrap();
    let mut secrets = Vec::new();
    for face in [Face::BitBadges, Face::AvePoint, Face::GenAuth] {
        let issued = admin.issue(&new_credential(face, "acme")).await.unwrap();
        secrets.push(issued.secret.expose().to_owned());
    }
    let listed = serde_json::to_string(&admin.credentials(None).await.unwrap()).unwrap();
    let audited = serde_json::to_string(&admin.audit(None, None, 100).await.unwrap()).unwrap();
    for secret in &secrets {
        assert!(listed.contains(&secret[secret.len() - 4..]));
        assert!(!listed.contains(&secret[..20]) && !audited.contains(&secret[..20]));
    }
    assert_eq!(admin.credentials(Some(&Slug::new("acme"))).await.unwrap().len(), 3);
}

#[tokio::test]
async fn an_avepoint_credential_is_narrowed_to_customers_of_its_own_partner() {
    let app = TestApp::start().await;
    let admin = administration(&app, Arc::clone(&app.keys));
    app.tenant_of("one", "a").await;
    app.tenant_of("two", "b").await;
    let narrowed = |customer: &str| NewCredentialOptions {
        customers: vec![CustomerPublicId::new(customer)],
        ..new_credential(Face::AvePoint, "a")
    };
    let issued = admin.issue(&narrowed("a-customer")).await.unwrap();
    assert_eq!(issued.credential.customers, [CustomerPublicId::new("a-customer")]);
    assert_eq!(issued.credential.scopes.len(), 3);
    let foreign = admin.issue(&narrowed("b-customer")).await;
    assert!(matches!(foreign, Err(AdminError::NoCustomer)));
    assert_eq!(admin.credentials(None).await.unwrap().len(), 1, "refused whole");
    let taken = NewTenantOptions {
        customer_id: Some(CustomerPublicId::new("a-customer")),
        partner: Some("two".to_owned()),
        ..tenant("c")
    };
    assert!(matches!(admin.create_tenant(&taken).await, Err(AdminError::OtherPartner)));
}

#[tokio::test]
async fn secrets_are_sealed_anew_under_the_newest_key() {
    const NEWER: &str = "another-secret-key-of-32-characters-or-more";
    let app = TestApp::start().await;
    let admin = administration(&app, Arc::clone(&app.keys));
    admin.create_tenant(&tenant("acme")).await.unwrap();
    let issued = admin.issue(&new_credential(Face::GenAuth, "acme")).await.unwrap();
    let both = Arc::new(KeyRing::new(&format!("{NEWER},{SECRET_KEY}")).unwrap());
    let rotated = administration(&app, both);
    assert_eq!(rotated.reseal().await.unwrap(), 1);
    assert_eq!(rotated.reseal().await.unwrap(), 0);
    let newer = Arc::new(KeyRing::new(NEWER).unwrap());
    let credentials = Credentials::new(app.serving.clone(), newer, app.clock.clone());
    let signer =
        credentials.signer(Face::GenAuth, &issued.credential.public_id, &Source::local()).await.unwrap();
    assert_eq!(signer.secrets.len(), 1);
}

#[tokio::test]
async fn settings_change_one_by_one_and_bad_ones_are_refused() {
    let app = TestApp::start().await;
    let admin = administration(&app, Arc::clone(&app.keys));
    for slug in ["", "-a", "A", "a_b", &"a".repeat(64)] {
        let refused = admin.create_tenant(&tenant(slug)).await;
        assert!(matches!(refused, Err(AdminError::Slug)), "{slug}");
    }
    admin.create_tenant(&tenant("acme")).await.unwrap();
    let again = admin.create_tenant(&tenant("acme")).await;
    assert!(matches!(again, Err(AdminError::Store(StoreError::Conflict(..)))));
    let origins = SettingsChange {
        cors_origins: Some(vec!["https://app.example.com".to_owned()]),
        ..SettingsChange::default()
    };
    admin.change_tenant(&Slug::new("acme"), &origins.into()).await.unwrap();
    let limit = SettingsChange { rate_limit: Some(5), ..SettingsChange::default() };
    let settings = admin.change_tenant(&Slug::new("acme"), &limit.into()).await.unwrap().settings;
    assert_eq!(settings.cors_origins, ["https://app.example.com"]);
    assert_eq!(settings.rate_limit, Some(5));
    let path = SettingsChange {
        // No browser sends it.
        cors_origins: Some(vec!["https://App.example.com".to_owned()]),
        ..SettingsChange::default()
    };
    assert!(matches!(admin.change_tenant(&Slug::new("acme"), &path.into()).await, Err(AdminError::Origin)));
}

#[tokio::test]
async fn every_act_is_on_record_and_the_record_cannot_be_rewritten() {
    let app = TestApp::start().await;
    let admin = administration(&app, Arc::clone(&app.keys));
    admin.create_tenant(&tenant("acme")).await.unwrap();
    let issued = admin.issue(&new_credential(Face::GenAuth, "acme")).await.unwrap();
    let name = String::from(issued.credential.public_id);
    admin.rotate(&name, Duration::from_mins(1)).await.unwrap();
    admin.revoke(&name).await.unwrap();
    admin.export(&Slug::new("acme"), &mut Vec::new()).await.unwrap();
    admin.change_tenant(&Slug::new("acme"), &TenantChange::suspension(true)).await.unwrap();
    admin.delete_tenant(&Slug::new("acme"), "acme").await.unwrap();
    let rows = admin.audit(Some(&Slug::new("acme")), None, 100).await.unwrap();
    let acts: Vec<&str> = rows.iter().rev().map(|row| row.act.as_str()).collect();
    let expected = [
        "tenant.create",
        "credential.issue",
        "credential.rotate",
        "credential.revoke",
        "users.export",
        "tenant.suspend",
        "tenant.delete",
    ];
    assert_eq!(acts, expected);
    assert!(rows.iter().all(|row| row.actor == "tester" && row.via == "cli"));
    assert_eq!(rows[4].subject, name);
    assert_eq!(rows[4].detail["overlapSeconds"], json!(60));
    let older = admin.audit(Some(&Slug::new("acme")), Some(rows[1].id), 2).await.unwrap();
    assert_eq!(older, rows[2..4]);
}

/// What a credential of the AvePoint face may list.
async fn customers_of(app: &TestApp, issued: &userbatch::admin::Issued) -> Vec<String> {
    let credentials = Credentials::new(app.serving.clone(), Arc::clone(&app.keys), app.clock.clone());
    let principal =
        credentials.by_secret(Face::AvePoint, issued.secret.expose(), &Source::local()).await.unwrap();
    let page = PageWindow::new(1, 100, 100).unwrap();
    let found = credentials.customers(&principal.principal, None, page).await.unwrap();
    found.customers.into_iter().map(|customer| customer.id.into()).collect()
}

#[tokio::test]
async fn a_credential_of_one_customer_never_opens_another_even_when_its_own_is_deleted() {
    let app = TestApp::start().await;
    let admin = administration(&app, Arc::clone(&app.keys));
    for slug in ["acme", "globex"] {
        let customer_id = Some(CustomerPublicId::new(format!("{slug}-customer")));
        let options = NewTenantOptions { customer_id, ..tenant(slug) };
        admin.create_tenant(&options).await.unwrap();
    }
    let of_acme = admin.issue(&new_credential(Face::AvePoint, "acme")).await.unwrap();
    assert_eq!(customers_of(&app, &of_acme).await, ["acme-customer"]);
    let of_partner = NewCredentialOptions {
        tenant: None,
        partner: Some("default".to_owned()),
        ..new_credential(Face::AvePoint, "acme")
    };
    let of_partner = admin.issue(&of_partner).await.unwrap();
    assert_eq!(customers_of(&app, &of_partner).await, ["acme-customer", "globex-customer"]);
    admin.delete_tenant(&Slug::new("acme"), "acme").await.unwrap();
    assert_eq!(customers_of(&app, &of_acme).await, Vec::<String>::new());
    assert_eq!(customers_of(&app, &of_partner).await, ["globex-customer"]);
}

#[tokio::test]
async fn a_tenants_rate_limit_holds_over_all_its_credentials() {
    let app = TestApp::start().await;
    let admin = administration(&app, Arc::clone(&app.keys));
    admin.create_tenant(&tenant("acme")).await.unwrap();
    let change = SettingsChange { rate_limit: Some(1), ..SettingsChange::default() };
    admin.change_tenant(&Slug::new("acme"), &change.into()).await.unwrap();
    let mut calls = Vec::new();
    for _ in 0..5 {
        let issued = admin.issue(&new_credential(Face::BitBadges, "acme")).await.unwrap();
        let request = app.http.post(app.url("/api/v0/users")).json(&json!({ "accountsToFetch": [] }));
        calls.push(request.header("x-api-key", issued.secret.expose()).send());
    }
    let answers = futures_util::future::join_all(calls).await;
    let refused = answers.iter().filter(|answer| answer.as_ref().unwrap().status() == 429).count();
    assert!(refused >= 1, "five credentials, one call each, one call a second for the tenant");
}

/// Lets one request of the tenant name, and one page hold, at most so many users.
pub async fn limit_batches(app: &TestApp, slug: &str, most: u32) {
    let change = SettingsChange { batch_limit: Some(most), ..SettingsChange::default() };
    let admin = administration(app, Arc::clone(&app.keys));
    admin.change_tenant(&Slug::new(slug), &change.into()).await.unwrap();
}
