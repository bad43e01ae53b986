//! Publishable keys: for pages of the tenant's listed origins only, and for what is public only.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use userbatch::admin::{CredentialAdministration, NewCredentialOptions, SettingsChange};
use userbatch::core::face::Face;
use userbatch::core::id::UserId;
use userbatch::core::user::User;

use super::{Answer, PATHS, SEED_ADDRESS, user_at};
use crate::administration::administration;
use crate::app::{TestApp, TestTenant};

const PAGE: &str = "https://app.example.com";

/// A tenant that lists [`PAGE`], and its publishable key.
struct Published {
    app: TestApp,
    tenant: TestTenant,
    admin: CredentialAdministration,
    id: String,
    key: String,
}

impl Published {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let tenant = app.tenant("shop").await;
        let admin = administration(&app, Arc::clone(&app.keys));
        let options = NewCredentialOptions {
            face: Face::BitBadges.into(),
            tenant: Some(tenant.new.slug.clone()),
            partner: None,
            customers: Vec::new(),
            scopes: Vec::new(),
            publishable: true,
            name: "page".to_owned(),
            rate_limit: None,
            expires_in: None,
            certificate: None,
        };
        let issued = admin.issue(&options).await.unwrap();
        let (id, key) = (issued.credential.public_id.to_string(), issued.secret.expose().to_owned());
        let published = Self { app, tenant, admin, id, key };
        published.list(&[PAGE]).await;
        published
    }

    async fn list(&self, origins: &[&str]) {
        self.list_of(&self.tenant, origins).await;
    }

    async fn list_of(&self, tenant: &TestTenant, origins: &[&str]) {
        let origins = origins.iter().map(|&origin| origin.to_owned()).collect();
        let settings = SettingsChange { cors_origins: Some(origins), ..SettingsChange::default() };
        self.admin.change_tenant(&tenant.new.slug, &settings.into()).await.unwrap();
    }

    async fn ask(&self, key: &str, origin: Option<&str>, entries: Value) -> Answer {
        let request = self.app.http.post(self.app.url(PATHS[1])).header("x-api-key", key);
        let request = origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
        Answer::of(request.json(&json!({ "accountsToFetch": entries })).send().await.unwrap()).await
    }

    /// The answer to a page that is listed.
    async fn page(&self, entries: Value) -> Answer {
        self.ask(&self.key, Some(PAGE), entries).await
    }
}

#[tokio::test]
async fn a_publishable_key_opens_to_pages_of_listed_origins_only() {
    let published = Published::start().await;
    assert!(published.key.starts_with("ubp_"));
    let answer = published.page(json!([])).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    for origin in
        ["https://other.example.com", "http://app.example.com", "https://app.example.com:8443", "null"]
    {
        let answer = published.ask(&published.key, Some(origin), json!([])).await;
        assert!(answer.refusal(403).contains("corsOrigins"), "{origin}");
        assert!(answer.header("ratelimit-remaining").is_none(), "not counted");
    }
    let answer = published.ask(&published.key, None, json!([])).await;
    assert!(answer.refusal(403).contains("has no Origin"));
    let one = published.app.http.get(published.app.url("/api/v0/user?username=a"));
    let answer = Answer::of(one.header("x-api-key", &published.key).send().await.unwrap()).await;
    answer.refusal(403);
}

#[tokio::test]
async fn another_tenants_list_does_not_count() {
    let published = Published::start().await;
    let other = published.app.tenant("other").await;
    published.list_of(&other, &["https://other.example.com"]).await;
    let answer = published.ask(&published.key, Some("https://other.example.com"), json!([])).await;
    answer.refusal(403);
}

#[tokio::test]
async fn changes_of_the_list_rotation_and_revocation_count_at_once() {
    let published = Published::start().await;
    assert_eq!(published.page(json!([])).await.status, 200);
    published.list(&["https://new.example.com"]).await;
    published.page(json!([])).await.refusal(403);
    let moved = published.ask(&published.key, Some("https://new.example.com"), json!([])).await;
    assert_eq!(moved.status, 200);
    published.list(&[PAGE]).await;
    let rotated = published.admin.rotate(&published.id, Duration::ZERO).await.unwrap().issued;
    assert!(rotated.credential.publishable);
    published.page(json!([])).await.refusal(401);
    let fresh = rotated.secret.expose();
    assert!(fresh.starts_with("ubp_"));
    assert_eq!(published.ask(fresh, Some(PAGE), json!([])).await.status, 200);
    published.ask(fresh, None, json!([])).await.refusal(403);
    published.admin.revoke(&published.id).await.unwrap();
    published.ask(fresh, Some(PAGE), json!([])).await.refusal(401);
}

#[tokio::test]
async fn it_shows_accounts_without_what_only_their_users_see() {
    let published = Published::start().await;
    let mut user = user_at("alice", SEED_ADDRESS);
    user.profile.username = Some("alice@example.com".to_owned());
    user.community.seen_activity = Some(1_700_000_000_000);
    user.community.twitter = Some("alice".to_owned());
    user.contact.email = Some("alice@example.com".to_owned());
    let mut colleague = User::new(UserId::new("bob"));
    colleague.profile.username = Some("bob".to_owned());
    colleague.community.readme = Some("Only for colleagues".to_owned());
    published.tenant.put_users(&[user, colleague]).await;
    let secret = published.tenant.bitbadges_key().await;
    let entries =
        json!([{ "address": SEED_ADDRESS }, { "username": "alice@example.com" }, { "username": "bob" }]);
    let whole = published.ask(&secret, None, entries.clone()).await;
    let shown = published.page(entries.clone()).await;
    // The fragments of one do not serve the other.
    assert_eq!(published.ask(&secret, None, entries).await.body, whole.body);
    let (whole, shown) = (whole.accounts(), shown.accounts());
    let mut expected = whole[0].clone();
    let members = expected.as_object_mut().unwrap();
    assert!(members.remove("seenActivity").is_some() && members.remove("username").is_some());
    assert_eq!(shown[0], expected);
    assert_eq!(shown[0]["twitter"], "alice");
    assert_eq!(whole[2]["readme"], "Only for colleagues");
    let nobody = published.page(json!([{ "username": "nobody" }])).await;
    assert_eq!([&shown[1], &shown[2]], [&nobody.accounts()[0]; 2]);
}

#[tokio::test]
async fn views_of_what_is_private_are_refused_with_their_path() {
    let published = Published::start().await;
    let view = |name: &str| json!([{ "address": SEED_ADDRESS, "viewsToFetch": [{ "viewKey": name }] }]);
    for private in
        ["badgesCollectedWithHidden", "privateLists", "authCodes", "claimAlerts", "receivedSecrets"]
    {
        let answer = published.page(view(private)).await;
        assert!(
            answer.refusal(403).contains("accountsToFetch[0].viewsToFetch[0] is not public"),
            "{private}"
        );
    }
    let newer = json!([{ "address": SEED_ADDRESS, "viewsToFetch": [
        { "viewId": "mine", "viewType": "badgesCollectedWithHidden", "bookmark": "" }] }]);
    published.page(newer).await.refusal(403);
    for public in ["badgesCollected", "latestActivity", "reviews", "createdLists"] {
        assert_eq!(published.page(view(public)).await.status, 200, "{public}");
    }
}
