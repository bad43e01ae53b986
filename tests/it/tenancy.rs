//! No caller ever sees another tenant's data: two tenants of two partners have the same ids, e-mail addresses
//! and chain addresses, and every face is called with every credential.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use userbatch::core::id::UserId;
use userbatch::core::key::LookupKey;
use userbatch::core::user::{ChainAccount, User};
use userbatch::pager::offset::PageWindow;

use crate::app::{TestApp, TestTenant};
use crate::scim::Provider;

const ADDRESS: &str = "0xb246a3764d642BABbd6b075bca3e77E1cD563d78";
const READ: &str = "elements.um.user.read.all";

/// The same user in every tenant, but for the mark in each text that a face shows.
fn user(id: &str, mark: &str) -> User {
    let mut user = User::new(UserId::new(id));
    user.profile.display_name = Some(format!("name {mark}"));
    user.profile.nickname = Some(format!("nick {mark}"));
    user.contact.email = Some(format!("{id}@example.com"));
    user.community.discord = Some(format!("discord {mark}"));
    user.custom_data.insert("note".to_owned(), json!(mark));
    user.employment.department_ids = vec!["same".to_owned(), format!("department {mark}")];
    if id == "1" {
        user.profile.username = Some("same".to_owned());
        user.chain_accounts = vec![ChainAccount { address: ADDRESS.to_owned(), ..ChainAccount::default() }];
    }
    user
}

/// A tenant with a mark of its own, and a credential for each API.
struct Side {
    tenant: TestTenant,
    mark: String,
    api_key: String,
    avepoint_token: String,
    genauth_token: String,
    scim_token: String,
}

impl Side {
    async fn new(app: &TestApp, name: &str) -> Self {
        let tenant = app.tenant_of(name, name).await;
        let mark = format!("mark-of-{name}");
        tenant.put_users(&[user("1", &mark), user("2", &mark)]).await;
        let (client, secret) = app.avepoint_client(name, &[READ]).await;
        let provider = Provider::of(&tenant).await;
        let group = json!({ "displayName": format!("group {mark}"), "members": [{ "value": "1" }] });
        let (status, _) = provider.call(Method::PUT, "/Groups/same", Some(group)).await;
        assert_eq!(status, StatusCode::OK);
        Self {
            mark,
            api_key: tenant.bitbadges_key().await,
            avepoint_token: app.avepoint_token(&client, &secret).await,
            genauth_token: tenant.genauth_token().await,
            scim_token: provider.token,
            tenant,
        }
    }

    /// Calls of every API with this side's credentials, for what both sides hold.
    fn calls(&self, app: &TestApp) -> Vec<RequestBuilder> {
        let get = |query: &str| {
            let url = app.url(&format!("/api/v3/get-user-batch?withCustomData=true&{query}"));
            app.http.get(url).bearer_auth(&self.genauth_token)
        };
        let batch = |body: Value| {
            app.http.post(app.url(&self.tenant.avepoint_path())).bearer_auth(&self.avepoint_token).json(&body)
        };
        let scim =
            |path: &str| app.http.get(app.url(&format!("/scim/v2/{path}"))).bearer_auth(&self.scim_token);
        let search = |path: &str| {
            let url = app.url(&format!("/scim/v2{path}"));
            app.http.post(url).bearer_auth(&self.scim_token).json(&json!({ "filter": "displayName pr" }))
        };
        let accounts = json!({ "accountsToFetch": [{ "address": ADDRESS }, { "username": "same" }] });
        vec![
            get("userIds=1&userIds=2"),
            get("userIdType=email&userIds=1@example.com"),
            get("userIdType=username&userIds=same"),
            batch(json!({})),
            batch(json!({ "userIds": ["1"] })),
            app.http.post(app.url("/api/v0/user/batch")).header("x-api-key", &self.api_key).json(&accounts),
            app.http.post(app.url("/api/v0/users")).header("x-api-key", &self.api_key).json(&accounts),
            scim("Users/1"),
            scim("Users?sortBy=displayName"),
            scim("Users?filter=userName%20eq%20%22same%22"),
            scim("Users?filter=displayName%20pr&cursor"),
            scim("?filter=displayName%20pr"),
            scim("Groups?cursor"),
            scim("Groups/same"),
            search("/Users/.search"),
            search("/.search"),
        ]
    }
}

#[tokio::test]
async fn every_face_shows_each_credential_its_own_tenant_alone() {
    let app = TestApp::start().await;
    let sides = [Side::new(&app, "a").await, Side::new(&app, "b").await];
    for (own, other) in [(&sides[0], &sides[1]), (&sides[1], &sides[0])] {
        for call in own.calls(&app) {
            let answer = call.send().await.unwrap();
            let (url, status) = (answer.url().clone(), answer.status());
            let text = answer.text().await.unwrap();
            assert_eq!(status, StatusCode::OK, "{url}: {text}");
            assert!(text.contains(&own.mark), "{url} does not show its own: {text}");
            assert!(!text.contains(&other.mark), "{url} leaks: {text}");
        }
    }
}

#[tokio::test]
async fn a_foreign_tenant_is_as_absent_as_one_that_never_was() {
    let app = TestApp::start().await;
    let (a, b) = (Side::new(&app, "a").await, Side::new(&app, "b").await);
    let ask = async |path: &str| {
        let answer = app.http.post(app.url(path)).bearer_auth(&a.avepoint_token).send().await.unwrap();
        let status = answer.status();
        let mut body: Value = answer.json().await.unwrap();
        body["requestId"] = Value::Null;
        (status, body.to_string())
    };
    let foreign = ask(&b.tenant.avepoint_path()).await;
    assert_eq!(foreign.0, StatusCode::NOT_FOUND);
    let absent = "/partner/external/v3/um/customers/none/tenants/none/users/batch";
    assert_eq!(ask(absent).await, foreign);
    let mixed = a.tenant.avepoint_path().replace("a-tenant", "b-tenant");
    assert_eq!(ask(&mixed).await, foreign);
}

#[tokio::test]
async fn a_credential_of_one_face_opens_no_other() {
    let app = TestApp::start().await;
    let side = Side::new(&app, "a").await;
    let secrets = [&side.api_key, &side.avepoint_token, &side.genauth_token, &side.scim_token];
    for (index, secret) in secrets.into_iter().enumerate() {
        let body = json!({ "accountsToFetch": [] });
        let calls = [
            app.http.post(app.url("/api/v0/user/batch")).header("x-api-key", secret).json(&body),
            app.http.post(app.url(&side.tenant.avepoint_path())).bearer_auth(secret),
            app.http.get(app.url("/api/v3/get-user-batch?userIds=1")).bearer_auth(secret),
            app.http.get(app.url("/scim/v2/Users/1")).bearer_auth(secret),
        ];
        for (face, call) in calls.into_iter().enumerate() {
            let answer = call.send().await.unwrap();
            let http = answer.status();
            let body: Value = answer.json().await.unwrap();
            let refused = http == StatusCode::UNAUTHORIZED || body["statusCode"] == 401;
            assert_eq!(refused, face != index, "secret {index} at face {face}: {http} {body}");
        }
    }
}

#[tokio::test]
async fn the_core_sees_one_tenant_whatever_is_asked() {
    let app = TestApp::start().await;
    let (a, b) = (app.tenant("a").await, app.tenant("b").await);
    a.put_users(&[user("1", "a"), user("2", "a")]).await;
    b.put_users(&[user("1", "b")]).await;
    for (tenant, name, known) in [(&a, "name a", 2), (&b, "name b", 1)] {
        let directory = app.serving.of_tenant(tenant.id);
        let keys = [LookupKey::email("1@EXAMPLE.com"), LookupKey::id("2")];
        let found = directory.users_by_keys(&keys.iter().flatten().collect::<Vec<_>>()).await.unwrap();
        let found: Vec<_> = found.users.into_iter().flatten().collect();
        assert_eq!(found[0].read().unwrap().profile.display_name.as_deref(), Some(name));
        assert_eq!(found.len(), known);
        let window = directory.user_page(PageWindow::new(1, 10, 10).unwrap()).await.unwrap();
        assert_eq!(window.total, i64::try_from(known).unwrap());
        assert!(
            window
                .users
                .iter()
                .all(|stored| stored.read().unwrap().profile.display_name.as_deref() == Some(name))
        );
    }
}

#[tokio::test]
async fn an_identity_provider_changes_nothing_of_another_tenant() {
    let app = TestApp::start().await;
    let (a, b) = (app.tenant("a").await, app.tenant("b").await);
    for (tenant, mark) in [(&a, "a"), (&b, "b")] {
        tenant.put_users(&[user("1", mark)]).await;
    }
    b.put_users(&[user("only-of-b", "b")]).await;
    let (provider, other) = (Provider::of(&a).await, Provider::of(&b).await);
    let state = async || {
        let (status, all) = other.get("/?sortBy=id").await;
        assert_eq!((status, &all["totalResults"]), (StatusCode::OK, &json!(4)));
        all
    };
    let before = state().await;
    let rename = json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": "x" }] });
    let put = json!({ "userName": "x", "displayName": "x" });
    let foreign = [
        (Method::GET, None),
        (Method::PATCH, Some(rename)),
        (Method::PUT, Some(put)),
        (Method::DELETE, None),
    ];
    for (method, body) in foreign {
        for path in ["/Users/only-of-b", "/Groups/department%20b"] {
            let (status, _) = provider.call(method.clone(), path, body.clone()).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}");
        }
    }
    let member = json!({ "displayName": "x", "members": [{ "value": "only-of-b" }] });
    assert_eq!(provider.call(Method::POST, "/Groups", Some(member)).await.0, StatusCode::BAD_REQUEST);
    let bulk = json!({ "Operations": [
        { "method": "DELETE", "path": "/Users/1" },
        { "method": "DELETE", "path": "/Groups/same" },
        { "method": "DELETE", "path": "/Users/only-of-b" },
    ] });
    let (status, answer) = provider.call(Method::POST, "/Bulk", Some(bulk)).await;
    let statuses: Vec<_> = answer["Operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|done| done["status"].as_str().unwrap())
        .collect();
    assert_eq!((status, statuses), (StatusCode::OK, vec!["204", "204", "404"]));
    assert_eq!(state().await, before);
}
