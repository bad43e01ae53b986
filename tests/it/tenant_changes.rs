//! A tenant is created or changed completely or not at all, even with concurrent changes.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use userbatch::admin::{
    AdminError, CredentialAdministration, NewTenantOptions, SettingsChange, TenantChange,
};
use userbatch::core::id::{CustomerPublicId, Slug, TenantPublicId, UserPoolId};
use userbatch::store::NewTenant;

use crate::administration::{administration, tenant};
use crate::app::TestApp;

async fn admin_of(app: &TestApp) -> CredentialAdministration {
    let admin = administration(app, Arc::clone(&app.keys));
    admin.create_tenant(&tenant("acme")).await.unwrap();
    admin
}

/// Waits until as many connections to the test's database wait for a lock.
async fn until_waiting(owner: &mut PgConnection, count: i64) {
    let statement = "SELECT count(*) FROM pg_stat_activity
                      WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let patience = Instant::now() + Duration::from_secs(10);
    while sqlx::query_scalar::<_, i64>(statement).fetch_one(&mut *owner).await.unwrap() < count {
        assert!(Instant::now() < patience, "nobody waits for the lock");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn origin() -> SettingsChange {
    SettingsChange {
        cors_origins: Some(vec!["https://app.example.com".to_owned()]),
        ..SettingsChange::default()
    }
}

fn rate(limit: u32) -> SettingsChange {
    SettingsChange { rate_limit: Some(limit), ..SettingsChange::default() }
}

/// What is on record of the tenant since it was made, oldest first.
async fn acts(admin: &CredentialAdministration) -> Vec<String> {
    let rows = admin.audit(Some(&Slug::new("acme")), None, 100).await.unwrap();
    rows.into_iter().rev().skip(1).map(|row| row.act).collect()
}

#[tokio::test]
async fn changes_at_the_same_moment_all_survive() {
    let app = TestApp::start().await;
    let admin = admin_of(&app).await;
    let (mut holder, mut watcher) =
        (app.database.owner_connection().await, app.database.owner_connection().await);
    let mut held = holder.begin().await.unwrap();
    sqlx::query("SELECT FROM tenant FOR UPDATE").execute(&mut *held).await.unwrap();
    let changes = [origin().into(), rate(7).into(), TenantChange::suspension(true)];
    let count = i64::try_from(changes.len()).unwrap();
    let changing = changes.map(|change| {
        let admin = admin.clone();
        tokio::spawn(async move { admin.change_tenant(&Slug::new("acme"), &change).await })
    });
    until_waiting(&mut watcher, count).await;
    held.commit().await.unwrap();
    for changed in changing {
        changed.await.unwrap().unwrap();
    }
    let tenant = admin.tenant(&Slug::new("acme")).await.unwrap();
    assert_eq!(tenant.settings.cors_origins, ["https://app.example.com"]);
    assert_eq!(tenant.settings.rate_limit, Some(7));
    assert!(tenant.suspended_at.is_some());
    assert_eq!(acts(&admin).await.len(), 3);
}

#[tokio::test]
async fn a_change_with_a_bad_part_changes_nothing() {
    let app = TestApp::start().await;
    let admin = admin_of(&app).await;
    let bad = SettingsChange { cors_origins: Some(vec!["no origin".to_owned()]), ..rate(7) };
    let change = TenantChange { settings: bad, suspended: Some(true) };
    assert!(matches!(admin.change_tenant(&Slug::new("acme"), &change).await, Err(AdminError::Origin)));
    let unchanged = admin.tenant(&Slug::new("acme")).await.unwrap();
    assert_eq!((unchanged.suspended_at, unchanged.settings.rate_limit), (None, None));
    assert_eq!(acts(&admin).await, Vec::<String>::new());
    let nobody = admin.change_tenant(&Slug::new("none"), &TenantChange::suspension(true)).await;
    assert!(matches!(nobody, Err(AdminError::NoTenant)));
}

#[tokio::test]
async fn only_what_was_different_before_is_recorded() {
    let app = TestApp::start().await;
    let admin = admin_of(&app).await;
    let change = TenantChange { settings: rate(7), suspended: Some(true) };
    let first = admin.change_tenant(&Slug::new("acme"), &change).await.unwrap();
    let again = admin.change_tenant(&Slug::new("acme"), &change).await.unwrap();
    assert_eq!(first, again, "the time of the suspension stays too");
    assert_eq!(first, admin.tenant(&Slug::new("acme")).await.unwrap());
    admin.change_tenant(&Slug::new("acme"), &TenantChange::default()).await.unwrap();
    let faster = TenantChange { settings: rate(9), suspended: Some(true) };
    admin.change_tenant(&Slug::new("acme"), &faster).await.unwrap();
    admin.change_tenant(&Slug::new("acme"), &TenantChange::suspension(false)).await.unwrap();
    assert_eq!(acts(&admin).await, ["tenant.settings", "tenant.suspend", "tenant.settings", "tenant.resume"]);
}

#[tokio::test]
async fn of_two_partners_that_make_the_same_customer_at_once_one_is_refused() {
    let app = TestApp::start().await;
    let admin = admin_of(&app).await;
    let mut watcher = app.database.owner_connection().await;
    let mut first = app.admin.administrate().await.unwrap();
    let of_one = NewTenant {
        slug: Slug::new("first"),
        name: "first".to_owned(),
        partner: "one".to_owned(),
        customer_id: CustomerPublicId::new("contested"),
        customer_name: "first".to_owned(),
        tenant_id: TenantPublicId::new("first"),
        user_pool_id: UserPoolId::new("first"),
    };
    first.create_tenant(&of_one).await.unwrap();
    let of_partner = |slug: &str, partner: &str| NewTenantOptions {
        partner: Some(partner.to_owned()),
        customer_id: Some(CustomerPublicId::new("contested")),
        ..tenant(slug)
    };
    let (second, of_two) = (admin.clone(), of_partner("second", "two"));
    let second = tokio::spawn(async move { second.create_tenant(&of_two).await });
    until_waiting(&mut watcher, 1).await;
    first.commit().await.unwrap();
    assert!(matches!(second.await.unwrap(), Err(AdminError::OtherPartner)));
    assert!(matches!(admin.tenant(&Slug::new("second")).await, Err(AdminError::NoTenant)));
    let third = admin.create_tenant(&of_partner("third", "one")).await.unwrap();
    assert_eq!((third.partner.as_str(), third.customer_id.as_str()), ("one", "contested"));
}

#[tokio::test]
async fn the_commands_set_and_lift_a_batch_limit() {
    let app = TestApp::start().await;
    let run = |words: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_userbatch"))
            .args(words.split(' '))
            .args(["--output", "json"])
            .env_clear()
            .env("DATABASE_URL", &app.database.owner_url)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let tenant: Value = serde_json::from_slice(&output.stdout).unwrap();
        tenant["settings"]["batchLimit"].clone()
    };
    assert_eq!(run("tenant create --slug acme --batch-limit 40"), 40);
    assert_eq!(run("tenant set acme --rate-limit 5/s"), 40);
    assert_eq!(run("tenant set acme --batch-limit 25"), 25);
    assert_eq!(run("tenant set acme --batch-limit 0"), Value::Null);
}

#[tokio::test]
async fn of_two_deletions_at_once_the_second_finds_nothing() {
    let app = TestApp::start().await;
    let admin = admin_of(&app).await;
    let slug = Slug::new("acme");
    let (first, second) =
        tokio::join!(admin.delete_tenant(&slug, "acme"), admin.delete_tenant(&slug, "acme"));
    let outcomes = [first, second];
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(
        outcomes.iter().any(|outcome| matches!(outcome, Err(AdminError::NoTenant))),
        "the other is told so: {outcomes:?}"
    );
}
