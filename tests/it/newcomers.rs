//! Whoever calls wrongly is told what is wrong and what to do next, in the vendor's shape, and learns nothing else. The
//! snapshots hold every refusal as a newcomer sees it.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use time::OffsetDateTime;
use userbatch::api::Limits;
use userbatch::core::clock::Clock;

use crate::app::{TestApp, TestTenant, until_limited};

const READ_USERS: &str = "elements.um.user.read.all";
const CUSTOMERS: &str = "/partner/external/v3/general/customers/batch";
const BATCH: &str = "/api/v3/get-user-batch";
const TOKEN: &str = "/api/v3/get-management-token";
/// What a response tells besides its body.
const TELLING: [&str; 4] = ["allow", "www-authenticate", "retry-after", "ratelimit-policy"];

/// A form of a token whose signature cannot be right.
const FORGED: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.AAAA";

/// A gateway on a clock that the test moves, and a tenant.
async fn gateway() -> (TestApp, TestTenant, Clock) {
    let clock = Clock::fixed(OffsetDateTime::UNIX_EPOCH + Duration::from_hours(500_000));
    let limits = Limits { body_bytes: 64 << 10, ..Limits::default() };
    let app = TestApp::start_with(clock.clone(), limits).await;
    let tenant = app.tenant("acme").await;
    (app, tenant, clock)
}

/// What the sender of `request` is told, without what differs between runs.
async fn told(name: &str, request: RequestBuilder) -> String {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let id = header(&headers, "request-id").unwrap_or_default();
    let body = response.text().await.unwrap().replace(&id, "[id]");
    let telling = TELLING.iter().filter_map(|name| Some(format!("{name}: {}", header(&headers, name)?)));
    let head = std::iter::once(status.to_string()).chain(telling).collect::<Vec<_>>().join("; ");
    format!("{name}\n  {head}\n  {body}")
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| value.to_str().unwrap().to_owned())
}

async fn conversation(turns: Vec<(&str, RequestBuilder)>) -> String {
    let mut lines = Vec::new();
    for (name, request) in turns {
        lines.push(told(name, request).await);
    }
    lines.join("\n")
}

async fn revoke_all(app: &TestApp) {
    let mut owner = app.database.owner_connection().await;
    sqlx::query("UPDATE credential SET revoked_at = now()").execute(&mut owner).await.unwrap();
}

/// Lets the tenant make `per_second` requests.
async fn limit_rate(app: &TestApp, slug: &str, per_second: u32) {
    let mut owner = app.database.owner_connection().await;
    sqlx::query("UPDATE tenant SET settings = $2 WHERE slug = $1")
        .bind(slug)
        .bind(json!({ "rateLimit": per_second }))
        .execute(&mut owner)
        .await
        .unwrap();
}

#[tokio::test]
async fn of_bitbadges() {
    let (app, tenant, _) = gateway().await;
    let key = tenant.bitbadges_key().await;
    let (_, other) = tenant.genauth_key().await;
    let (token, revoked) = (tenant.genauth_token().await, app.tenant("b").await.bitbadges_key().await);
    let post = |path: &str| app.http.post(app.url(path)).body(r#"{"accountsToFetch":[]}"#);
    let keyed = |path: &str| app.http.post(app.url(path)).header("x-api-key", &key);
    let with = |body: &str| keyed("/api/v0/user/batch").body(body.to_owned());
    let entries =
        |count: usize| json!({ "accountsToFetch": vec![json!({ "username": "x" }); count] }).to_string();
    let mut owner = app.database.owner_connection().await;
    let revoke =
        "UPDATE credential SET revoked_at = now() WHERE tenant_id = (SELECT id FROM tenant WHERE slug = 'b')";
    sqlx::query(revoke).execute(&mut owner).await.unwrap();
    let turns = vec![
        ("no key", post("/api/v0/user/batch")),
        ("the key as a bearer token", post("/api/v0/user/batch").bearer_auth(&key)),
        ("the key in the query", post(&format!("/api/v0/user/batch?apiKey={key}"))),
        ("a secret of another API", post("/api/v0/users").header("x-api-key", other)),
        ("a token as the key", post("/api/v0/users").header("x-api-key", token)),
        ("half a key", post("/api/v0/users").header("x-api-key", &key[..20])),
        ("a revoked key", post("/api/v0/users").header("x-api-key", revoked)),
        ("GET instead of POST", app.http.get(app.url("/api/v0/user/batch"))),
        ("POST instead of GET", keyed("/api/v0/user")),
        ("a slash at the end", keyed("/api/v0/user/batch/")),
        ("a doubled slash", keyed("/api/v0//user/batch")),
        ("another case", keyed("/api/v0/User/Batch")),
        ("a typing error", keyed("/api/v0/usr/batch")),
        ("no prefix", keyed("/user/batch")),
        ("no such path", keyed("/api/v0/nothing")),
        ("no body", with("")),
        ("a form", with("accountsToFetch=1")),
        ("a syntax error", with("{\"accountsToFetch\":\n [{\"username\" \"x\"}]}")),
        ("half a body", with(r#"{"accountsToFetch":[{"username":"#)),
        ("no list", with("{}")),
        ("a wrong type", with(r#"{"accountsToFetch":[{"username":7000321}]}"#)),
        (
            "a wrong view",
            with(r#"{"accountsToFetch":[{"username":"x","viewsToFetch":[{"viewKey":"secret"}]}]}"#),
        ),
        ("too many accounts", with(&entries(251))),
        ("too large a body", with(&" ".repeat(65_537))),
        ("no account", app.http.get(app.url("/api/v0/user?usernam=x")).header("x-api-key", &key)),
    ];
    insta::assert_snapshot!("bitbadges", conversation(turns).await.replace(&key, "[key]"));
}

#[tokio::test]
async fn of_avepoint() {
    let (app, tenant, clock) = gateway().await;
    let (id, secret) = app.avepoint_client("default", &[READ_USERS]).await;
    let (expired, other) = (app.avepoint_token(&id, &secret).await, tenant.genauth_token().await);
    clock.advance(Duration::from_hours(1));
    let token = app.avepoint_token(&id, &secret).await;
    let users = tenant.avepoint_path();
    let post = |path: &str| app.http.post(app.url(path));
    let asked = |path: &str| post(path).bearer_auth(&token);
    let with = |body: &str| asked(&users).body(body.to_owned());
    let ids = |count: usize| json!({ "userIds": vec!["x"; count] }).to_string();
    let form = |form: &[(&str, &str)]| post("/connect/token").form(form);
    let grant = ("grant_type", "client_credentials");
    let turns = vec![
        ("no token", post(&users)),
        ("the token in x-api-key", post(&users).header("x-api-key", &token)),
        ("the client's id and secret", post(&users).basic_auth(&id, Some(&secret))),
        ("the token without a scheme", post(&users).header("authorization", &token)),
        ("the token in the query", post(&format!("{users}?access_token={token}"))),
        ("the secret as the token", post(&users).bearer_auth(&secret)),
        ("half a token", post(&users).bearer_auth(&token[..30])),
        ("a forged token", post(&users).bearer_auth(FORGED)),
        ("an expired token", post(&users).bearer_auth(&expired)),
        ("a token of another API", post(&users).bearer_auth(&other)),
        ("a scope too few", asked(CUSTOMERS)),
        ("a tenant of nobody", asked("/partner/external/v3/um/customers/x/tenants/y/users/batch")),
        ("GET instead of POST", app.http.get(app.url(&users)).bearer_auth(&token)),
        ("a slash at the end", asked(&format!("{users}/"))),
        ("another case", asked(&CUSTOMERS.to_uppercase().replace("/PARTNER", "/partner"))),
        ("a typing error", asked("/partner/external/v3/general/customer/batch")),
        ("no prefix", asked("/general/customers/batch")),
        ("a page of no number", asked(&format!("{users}?pageIndex=x"))),
        ("a page twice", asked(&format!("{users}?pageIndex=1&pageIndex=2"))),
        ("too large a page", asked(&format!("{users}?pageSize=1001"))),
        ("half a body", with(r#"{"userIds":["#)),
        ("a syntax error", with("{\"userIds\":\n ['x']}")),
        ("a wrong type", with(r#"{"userIds":["a",7000321]}"#)),
        ("too many ids", with(&ids(10_001))),
        ("too large a body", with(&" ".repeat(65_537))),
        ("a token for JSON", post("/connect/token").json(&json!({ "grant_type": "client_credentials" }))),
        ("a token for nothing", form(&[])),
        ("a token for another grant", form(&[("grant_type", "password")])),
        ("a token without a client", form(&[grant])),
        ("a token for a wrong secret", form(&[grant, ("client_id", &id), ("client_secret", "x")])),
        ("a token for an unknown client", form(&[grant, ("client_id", "x"), ("client_secret", &secret)])),
        ("a token by GET", app.http.get(app.url("/connect/token"))),
        ("a token at a wrong path", post("/connect/tokens").form(&[grant])),
    ];
    let conversation = conversation(turns).await;
    revoke_all(&app).await;
    let withdrawn = told("a token of a revoked client", asked(&users)).await;
    insta::assert_snapshot!("avepoint", format!("{conversation}\n{withdrawn}"));
}

#[tokio::test]
async fn of_genauth() {
    let (app, tenant, clock) = gateway().await;
    let (id, secret) = tenant.genauth_key().await;
    let expired = tenant.genauth_token().await;
    clock.advance(Duration::from_hours(2));
    let token = tenant.genauth_token().await;
    let (client, client_secret) = app.avepoint_client("default", &[READ_USERS]).await;
    let other = app.avepoint_token(&client, &client_secret).await;
    let get = |path: &str| app.http.get(app.url(path));
    let asked = |query: &str| get(&format!("{BATCH}?{query}")).bearer_auth(&token);
    let signed = |header: &str| get(BATCH).header("authorization", header.to_owned());
    let pair = |body: Value| app.http.post(app.url(TOKEN)).json(&body);
    let turns = || {
        vec![
            ("no token", get(BATCH)),
            ("the token in x-api-key", get(BATCH).header("x-api-key", &token)),
            ("the key as a password", get(BATCH).basic_auth(&id, Some(&secret))),
            ("the token in the query", get(&format!("{BATCH}?access_token={token}"))),
            ("the secret as the token", get(BATCH).bearer_auth(&secret)),
            ("a forged token", get(BATCH).bearer_auth(FORGED)),
            ("an expired token", get(BATCH).bearer_auth(&expired)),
            ("a token of another API", get(BATCH).bearer_auth(&other)),
            ("a signature without its headers", signed("authing x:y")),
            ("another user pool", asked("userIds=1").header("x-authing-userpool-id", "other")),
            ("POST instead of GET", app.http.post(app.url(BATCH)).bearer_auth(&token)),
            ("a slash at the end", get(&format!("{BATCH}/"))),
            ("another case", get("/api/v3/getUserBatch")),
            ("a typing error", get("/api/v3/get-user-bach")),
            ("no prefix", get("/get-user-batch")),
            ("no such path", get("/api/v3/nothing")),
            ("no ids", asked("")),
            ("another type of id", asked("userIds=1&userIdType=shoe")),
            ("a type twice", asked("userIds=1&userIdType=email&userIdType=phone")),
            ("an option of no boolean", asked("userIds=1&withIdentities=yes")),
            ("too many ids", asked(&format!("userIds={}", vec!["1"; 51].join(",")))),
            ("a pair of no JSON", app.http.post(app.url(TOKEN)).body("accessKeyId=a")),
            ("a pair without a secret", pair(json!({ "accessKeyId": id }))),
            ("a secret of a wrong type", pair(json!({ "accessKeyId": id, "accessKeySecret": 7_000_321 }))),
            ("a wrong secret", pair(json!({ "accessKeyId": id, "accessKeySecret": "x" }))),
            ("an unknown key", pair(json!({ "accessKeyId": "x", "accessKeySecret": secret }))),
            ("too large a body", app.http.post(app.url(TOKEN)).body(" ".repeat(16_385))),
        ]
    };
    let english = conversation(turns()).await;
    let in_chinese =
        turns().into_iter().map(|(name, request)| (name, request.header("x-authing-lang", "zh-CN")));
    let chinese = conversation(in_chinese.collect()).await;
    revoke_all(&app).await;
    let withdrawn = told("a token of a revoked key", asked("userIds=1")).await;
    let withdrawn_in_chinese =
        told("a token of a revoked key", asked("userIds=1").header("x-authing-lang", "zh-CN")).await;
    insta::assert_snapshot!("genauth", format!("{english}\n{withdrawn}"));
    insta::assert_snapshot!("genauth_in_chinese", format!("{chinese}\n{withdrawn_in_chinese}"));
}

#[tokio::test]
async fn what_was_sent_is_never_repeated() {
    let (app, tenant, _) = gateway().await;
    let (key, token) = (tenant.bitbadges_key().await, tenant.genauth_token().await);
    for request in [
        app.http.post(app.url("/api/v0/user/batch?apiKey=s3cret")),
        app.http.post(app.url("/api/v0/user/s3cret")),
        app.http.post(app.url("/api/v0/users")).header("x-api-key", "s3cret"),
        app.http
            .post(app.url("/api/v0/users"))
            .header("x-api-key", &key)
            .body(r#"{"accountsToFetch":"s3cret"}"#),
        app.http.post(app.url("/partner/s3cret/")).header("authorization", "s3cret s3cret"),
        app.http.get(app.url(BATCH)).header("authorization", "s3cret"),
        app.http.get(app.url(&format!("{BATCH}?userIds=1&userIdType=s3cret"))).bearer_auth(&token),
        app.http.request(Method::from_bytes(b"S3CRET").unwrap(), app.url(BATCH)),
    ] {
        let body = request.send().await.unwrap().text().await.unwrap();
        assert!(!body.to_lowercase().contains("s3cret"), "{body}");
    }
}

/// Every face tells a tenant its own limit, before and when it is reached.
#[tokio::test]
async fn a_tenant_is_told_its_own_rate_on_every_face() {
    let app = TestApp::start().await;
    let (id, secret) = app.avepoint_client("default", &[READ_USERS]).await;
    for face in ["bitbadges", "avepoint", "genauth"] {
        let tenant = app.tenant(face).await;
        limit_rate(&app, face, 2).await;
        let request = match face {
            "bitbadges" => {
                let request = app.http.post(app.url("/api/v0/users")).body(r#"{"accountsToFetch":[]}"#);
                request.header("x-api-key", tenant.bitbadges_key().await)
            }
            "avepoint" => {
                let token = app.avepoint_token(&id, &secret).await;
                app.http.post(app.url(&format!("{}?pageSize=1", tenant.avepoint_path()))).bearer_auth(token)
            }
            _ => {
                let token = tenant.genauth_token().await;
                app.http.get(app.url(&format!("{BATCH}?userIds=1"))).bearer_auth(token)
            }
        };
        // Getting the token counted too.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let request = request.header("origin", "https://app.example.com");
        let first = request.try_clone().unwrap().send().await.unwrap().headers().clone();
        let policies = r#""credential";q=1000;w=1, "tenant";q=2;w=1"#;
        assert_eq!(first["ratelimit-policy"], policies, "{face}");
        assert_eq!(first["ratelimit"], r#""credential";r=999;t=1, "tenant";r=1;t=1"#, "{face}");
        let exposed = header(&first, "access-control-expose-headers").unwrap();
        let exposed: Vec<&str> = exposed.split(", ").collect();
        for name in ["ratelimit", "ratelimit-policy", "retry-after", "request-id"] {
            assert!(exposed.contains(&name), "{face}: {exposed:?}");
        }
        let early = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"];
        let early = early.map(|name| header(&first, name));
        let expected = if face == "bitbadges" {
            ["2", "1", "1"].map(|text| Some(text.to_owned()))
        } else {
            [None, None, None]
        };
        assert_eq!(early, expected, "{face}");

        let limited = until_limited(&request).await;
        let refused = limited.headers().clone();
        assert_eq!(refused["ratelimit-policy"], policies, "{face}");
        let (wait, left) = (header(&refused, "retry-after").unwrap(), header(&refused, "ratelimit").unwrap());
        assert!(left.ends_with(&format!(r#", "tenant";r=0;t={wait}"#)), "{face}: {left}");
        let body = limited.text().await.unwrap();
        assert!(body.contains(&format!(" {wait} second")), "{face}: {body}");
    }
}

/// A stranger has no limit of its own to be told.
#[tokio::test]
async fn a_stranger_is_told_no_rate() {
    let (app, _, _) = gateway().await;
    for request in [app.http.post(app.url("/api/v0/users")), app.http.get(app.url("/api/v0/nothing"))] {
        let headers = request.send().await.unwrap().headers().clone();
        assert!(headers.keys().all(|name| !name.as_str().starts_with("ratelimit")), "{headers:?}");
    }
}
