//! The admin API does what the commands do, and only for callers with its token.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use userbatch::admin::Administration;
use userbatch::api::admin::{AdminApi, TransferLimits, routes};
use userbatch::auth::{Secret, SecretMaker};
use userbatch::core::face::Face;
use userbatch::server::{ConnectionTimes, ListenOptions};
use userbatch::store::{Actor, Via};

use crate::app::{TestApp, serve};

pub const TOKEN: &str = "an-admin-token-of-32-characters-or-more";

pub struct Api {
    pub app: TestApp,
    pub base_url: String,
    /// Cancelled when it is to stop.
    pub stopped: CancellationToken,
}

impl Api {
    pub async fn start() -> Self {
        Self::start_within(&TransferLimits::default(), Duration::from_mins(1)).await
    }

    /// The API with other limits, for clients that take nothing of an answer for as long as `untaken` too.
    pub async fn start_within(limits: &TransferLimits, untaken: Duration) -> Self {
        let app = TestApp::start().await;
        let actor = Actor { via: Via::Api, name: "admin token".to_owned() };
        let secrets = SecretMaker::new(Arc::clone(&app.keys));
        let admin = Administration::new(app.admin.clone(), actor, app.clock.clone()).with_secrets(secrets);
        let stopped = CancellationToken::new();
        let administration = AdminApi::with_limits(admin, &TOKEN.into(), limits);
        administration.stop_with(&stopped);
        let router = routes(administration);
        let times = ConnectionTimes { write_idle: untaken, ..ConnectionTimes::default() };
        let options = ListenOptions { times, ..ListenOptions::default() };
        let base_url = serve(router, options, stopped.clone()).await + "/admin/v1";
        Self { app, base_url, stopped }
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.base_url);
        self.app.http.request(method, url).bearer_auth(TOKEN)
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let request = self.request(method, path);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

#[tokio::test]
async fn a_tenant_is_made_filled_read_and_deleted_over_http() {
    let api = Api::start().await;
    let new = json!({ "slug": "acme", "corsOrigins": ["https://app.example.com"], "batchLimit": 40 });
    let (status, tenant) = api.call(Method::POST, "/tenants", Some(new)).await;
    assert_eq!((status, &tenant["slug"]), (StatusCode::CREATED, &json!("acme")));
    assert_eq!(tenant["batchLimit"], 40);
    let lines = "{\"id\":\"1\"}\n{\"id\":\"2\",\"contact\":{\"email\":\"a@example.com\"}}\nbad\n";
    let import = api.request(Method::POST, "/tenants/acme/import").body(lines);
    let report: Value = import.send().await.unwrap().json().await.unwrap();
    assert_eq!((&report["added"], &report["rejected"]), (&json!(2), &json!(1)));
    assert_eq!(report["rejects"][0]["line"], 3);
    let export = api.request(Method::GET, "/tenants/acme/export").send().await.unwrap();
    assert_eq!(export.headers()["content-type"], "application/x-ndjson");
    let exported = export.text().await.unwrap();
    let marked = lines.replace("bad\n", "").replace("}\n", ",\"setBy\":{\"userbatch\":\"*\"}}\n");
    assert_eq!(exported, marked);
    let change = json!({ "suspended": true, "rateLimit": 7, "batchLimit": 0 });
    let (_, tenant) = api.call(Method::PATCH, "/tenants/acme", Some(change)).await;
    assert_eq!(tenant["batchLimit"], Value::Null);
    assert_eq!((&tenant["rateLimit"], tenant["suspendedAt"].is_string()), (&json!(7), true));
    let (status, _) = api.call(Method::DELETE, "/tenants/acme", None).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "not without the slug typed again");
    let (status, _) = api.call(Method::DELETE, "/tenants/acme?confirm=acme", None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (_, acts) = api.call(Method::GET, "/audit?tenant=acme", None).await;
    let acts: Vec<_> = acts.as_array().unwrap().iter().map(|act| act["act"].as_str().unwrap()).collect();
    let expected = [
        "tenant.delete",
        "tenant.suspend",
        "tenant.settings",
        "users.export",
        "users.import",
        "tenant.create",
    ];
    assert_eq!(acts, expected);
}

#[tokio::test]
async fn a_bad_setting_beside_a_suspension_leaves_the_tenant_as_it_was() {
    let api = Api::start().await;
    api.app.tenant("acme").await;
    let bad = json!({ "suspended": true, "rateLimit": 7, "corsOrigins": ["https://app.example.com/path"] });
    let (status, _) = api.call(Method::PATCH, "/tenants/acme", Some(bad)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (_, tenant) = api.call(Method::GET, "/tenants/acme", None).await;
    assert_eq!((&tenant["suspendedAt"], &tenant["rateLimit"]), (&Value::Null, &Value::Null));
    let (_, acts) = api.call(Method::GET, "/audit?tenant=acme", None).await;
    assert_eq!(acts, json!([]));
}

#[tokio::test]
async fn a_credential_is_issued_rotated_and_revoked_over_http() {
    let api = Api::start().await;
    api.app.tenant("acme").await;
    let new = json!({ "face": "genauth", "tenant": "acme", "expiresInSeconds": 3600 });
    let (status, issued) = api.call(Method::POST, "/credentials", Some(new)).await;
    assert_eq!(status, StatusCode::CREATED);
    let secret = issued["secret"].as_str().unwrap();
    assert!(Secret::is_well_formed(Face::GenAuth, secret));
    let id = issued["publicId"].as_str().unwrap();
    let (_, rotated) = api.call(Method::POST, &format!("/credentials/{id}/rotate"), None).await;
    assert_eq!(rotated["secrets"].as_array().unwrap().len(), 2);
    let (_, listed) = api.call(Method::GET, "/credentials?tenant=acme", None).await;
    assert!(!listed.to_string().contains(secret));
    assert_eq!((&listed[0]["uses"], &listed[0]["lastUsedAt"]), (&json!(0), &Value::Null));
    let (_, revoked) = api.call(Method::POST, &format!("/credentials/{id}/revoke"), None).await;
    assert!(revoked["revokedAt"].is_string());
}

#[tokio::test]
async fn without_the_token_nothing_opens() {
    let api = Api::start().await;
    let calls = [
        (Method::GET, "/tenants"),
        (Method::POST, "/tenants"),
        (Method::GET, "/tenants/a"),
        (Method::PATCH, "/tenants/a"),
        (Method::DELETE, "/tenants/a"),
        (Method::GET, "/credentials"),
        (Method::POST, "/credentials"),
        (Method::POST, "/credentials/a/rotate"),
        (Method::POST, "/credentials/a/revoke"),
        (Method::POST, "/credentials/reseal"),
        (Method::GET, "/audit"),
        (Method::POST, "/tenants/a/import"),
        (Method::GET, "/tenants/a/export"),
        (Method::GET, "/tenants/a/changes"),
    ];
    let refused = async |method: Method, path: &str, token: &str| {
        let request = api.app.http.request(method.clone(), format!("{}{path}", api.base_url));
        let refused = request.bearer_auth(token).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{method} {path} {token:?}");
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
    };
    for (method, path) in calls {
        refused(method, path, "wrong").await;
    }
    for token in ["", &TOKEN[..TOKEN.len() - 1], &TOKEN.to_lowercase()[1..]] {
        refused(Method::GET, "/tenants", token).await;
    }
}

#[tokio::test]
async fn errors_are_problems_that_say_what_is_wrong() {
    let api = Api::start().await;
    api.app.tenant("acme").await;
    let credential = |face, scope| json!({ "face": face, "tenant": "acme", "scopes": [scope] });
    let mut problems = Vec::new();
    for (method, path, body) in [
        (Method::GET, "/tenants/none", None),
        (Method::GET, "/tenants/%FF", None),
        (Method::GET, "/tenants/", None),
        (Method::GET, "/tenant/acme", None),
        (Method::GET, "/nothing", None),
        (Method::PUT, "/tenants", None),
        (Method::POST, "/tenants/acme", None),
        (Method::POST, "/tenants", Some(json!({ "slug": "A B" }))),
        (Method::POST, "/tenants", Some(json!({ "slug": "acme" }))),
        (Method::POST, "/tenants", Some(json!({ "slug": 1 }))),
        (Method::POST, "/tenants", Some(json!({ "slug": "b", "nmae": "b" }))),
        (Method::POST, "/credentials", Some(json!({ "face": "other" }))),
        (Method::POST, "/credentials", Some(json!({ "face": "bitbadges" }))),
        (Method::POST, "/credentials", Some(credential("avepoint", "elements.um.user"))),
        (Method::POST, "/credentials", Some(credential("genauth", "elements.um.user.read.all"))),
        (Method::POST, "/credentials/none/revoke", None),
        (Method::GET, "/audit?limit=x", None),
        (Method::POST, "/tenants/acme/import?from=other", None),
        (Method::POST, "/tenants/acme/import?match=name", None),
        (Method::POST, "/tenants/acme/import", None),
        (Method::GET, "/tenants/none/export", None),
        (Method::GET, "/tenants/acme/export?since=x", None),
        (Method::GET, "/tenants/none/changes", None),
        (Method::GET, "/tenants/acme/changes?since=x", None),
        (Method::GET, "/tenants/acme/changes?limit=0", None),
        (Method::GET, "/tenants/acme/changes?limit=10001", None),
        (Method::GET, "/tenants/acme/changes?wait=61", None),
        (Method::GET, "/tenants/acme/changes?wait=-1", None),
    ] {
        let (status, problem) = api.call(method.clone(), path, body).await;
        assert_eq!(problem["status"], status.as_u16(), "{method} {path}: {problem}");
        problems.push(format!("{method} {path}: {status}: {}", problem["detail"].as_str().unwrap()));
    }
    insta::assert_json_snapshot!("problems", problems);
}

#[tokio::test]
async fn who_calls_is_recorded_as_claimed_beside_what_was_checked() {
    let api = Api::start().await;
    let create = |slug: &str| api.request(Method::POST, "/tenants").json(&json!({ "slug": slug }));
    create("acme").send().await.unwrap();
    let longest = "a.Z@_-9".repeat(10)[..64].to_owned();
    for name in ["alice", &longest] {
        let act = api.request(Method::POST, "/credentials/reseal").header("x-operator", name);
        assert_eq!(act.send().await.unwrap().status(), StatusCode::OK, "{name}");
    }
    let (_, acts) = api.call(Method::GET, "/audit", None).await;
    let actors: Vec<_> = acts.as_array().unwrap().iter().map(|act| act["actor"].as_str().unwrap()).collect();
    let claimed = format!("admin token ({longest})");
    assert_eq!(actors, [&claimed, "admin token (alice)", "admin token"]);

    let too_long = format!("{longest}a");
    for name in ["", "a b", "alice)", "a;b", "a\tb", &too_long] {
        let refused = create("other").header("x-operator", name).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{name}");
        let problem: Value = refused.json().await.unwrap();
        assert!(problem["detail"].as_str().unwrap().contains("X-Operator"));
    }
    let twice = create("other").header("x-operator", "alice").header("x-operator", "bob");
    assert_eq!(twice.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    let (status, _) = api.call(Method::GET, "/tenants/other", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "nothing was done for a name that is none");
    // Without the token, nothing else is revealed.
    let stranger = api.app.http.get(format!("{}/tenants", api.base_url)).header("x-operator", "a b");
    assert_eq!(stranger.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_call_has_an_id_of_its_own() {
    let api = Api::start().await;
    let mut seen = HashSet::new();
    for path in ["/tenants", "/tenants/none", "/tenants/none/export", "/nowhere", "/audit?limit=x"] {
        let answer = api.request(Method::GET, path).header("x-request-id", "mine").send().await.unwrap();
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert!(uuid::Uuid::parse_str(&id).is_ok() && seen.insert(id), "{path}");
    }
    let unauthorized = api.app.http.get(format!("{}/tenants", api.base_url)).send().await.unwrap();
    assert!(unauthorized.headers().contains_key("request-id"));
}

#[tokio::test]
async fn what_is_not_text_is_a_problem_and_never_an_error_of_the_database() {
    let api = Api::start().await;
    api.call(Method::POST, "/tenants", Some(json!({ "slug": "acme" }))).await;
    for (method, path, body) in [
        (Method::GET, "/tenants/a%00b", None),
        (Method::GET, "/tenants/a%ff", None),
        (Method::DELETE, "/tenants/acme?confirm=a%00", None),
        (Method::GET, "/credentials?tenant=%00", None),
        (Method::GET, "/audit?tenant=%ff", None),
        (Method::POST, "/credentials/%00/revoke", None),
        (Method::POST, "/tenants", Some(json!({ "slug": "b", "name": "a\0b" }))),
        (Method::POST, "/tenants", Some(json!({ "slug": "b", "customerId": "\0" }))),
        (Method::PATCH, "/tenants/acme", Some(json!({ "corsOrigins": ["https://a\0"] }))),
        (Method::POST, "/credentials", Some(json!({ "tenant": "acme", "face": "genauth", "name": "\0" }))),
    ] {
        let (status, problem) = api.call(method.clone(), path, body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{method} {path}: {problem}");
        assert_eq!(problem["status"], 400);
    }
    for body in [b"{\"slug\":\"\xff\"}".to_vec(), b"\xff".to_vec()] {
        let answer = api.request(Method::POST, "/tenants").body(body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
}

/// The deletions wait for an import, which holds the directory's lock.
#[tokio::test]
async fn changes_that_wait_lock_nothing_else_out_and_are_told_why() {
    let api = Api::start().await;
    for slug in ["acme", "other"] {
        api.call(Method::POST, "/tenants", Some(json!({ "slug": slug }))).await;
    }
    let mut import = api.app.database.owner_connection().await;
    sqlx::raw_sql("BEGIN").execute(&mut import).await.unwrap();
    let held = "SELECT set_config('userbatch.tenant', id::text, true) FROM tenant WHERE slug = 'acme'";
    sqlx::query(held).execute(&mut import).await.unwrap();
    sqlx::query("SELECT FROM directory FOR UPDATE").execute(&mut import).await.unwrap();
    let delete = || api.call(Method::DELETE, "/tenants/acme?confirm=acme", None);
    let others = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let started = std::time::Instant::now();
        let (status, _) = api.call(Method::GET, "/tenants/other", None).await;
        assert_eq!(status, StatusCode::OK);
        let change = json!({ "batchLimit": 7 });
        let (status, _) = api.call(Method::PATCH, "/tenants/other", Some(change)).await;
        assert_eq!(status, StatusCode::OK);
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    };
    let ((one, told), (two, _), ()) = tokio::join!(delete(), delete(), others);
    assert_eq!((one, two), (StatusCode::CONFLICT, StatusCode::CONFLICT), "{told}");
    sqlx::raw_sql("ROLLBACK").execute(&mut import).await.unwrap();
    assert_eq!(delete().await.0, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn races_with_a_deletion_are_no_errors_of_the_gateway() {
    let api = Api::start().await;
    for round in 0..6 {
        let slug = format!("t{round}");
        api.call(Method::POST, "/tenants", Some(json!({ "slug": slug }))).await;
        let path = format!("/tenants/{slug}");
        let confirmed = format!("{path}?confirm={slug}");
        let credential = json!({ "tenant": slug, "face": "bitbadges" });
        let import = format!("{path}/import");
        let import = api.request(Method::POST, &import).body("{\"id\":\"1\"}\n").send();
        let issue = || api.call(Method::POST, "/credentials", Some(credential.clone()));
        let (deleted, issued, again, changed, imported) = tokio::join!(
            api.call(Method::DELETE, &confirmed, None),
            issue(),
            issue(),
            api.call(Method::PATCH, &path, Some(json!({ "suspended": true }))),
            import,
        );
        let others = [issued.0, again.0, changed.0, imported.unwrap().status()];
        for status in [deleted.0].into_iter().chain(others) {
            assert!(!status.is_server_error(), "{status} {deleted:?} {issued:?} {changed:?}");
        }
    }
}
