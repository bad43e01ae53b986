//! Operators see how often each credential was used and when last, at no cost to requests.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;
use time::macros::datetime;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use userbatch::api::{App, Ingress, Limits};
use userbatch::auth::{CredentialUses, Credentials, Principal, Source};
use userbatch::cache::Cache;
use userbatch::core::clock::Clock;
use userbatch::core::face::Face;
use userbatch::server::{self, ListenOptions, Stopping};
use userbatch::store::{CredentialInfo, PoolOptions, ServingStore};

use crate::app::{TestApp, TestTenant, until_limited};
use crate::{bitbadges, genauth, logs};

/// The credentials as an operator lists them, oldest first.
async fn listed(app: &TestApp) -> Vec<CredentialInfo> {
    app.admin.credentials(None, None).await.unwrap()
}

async fn uses(app: &TestApp) -> Vec<i64> {
    listed(app).await.into_iter().map(|credential| credential.uses).collect()
}

async fn until_told(app: &TestApp, expected: &[i64]) {
    let patience = Instant::now() + Duration::from_secs(10);
    while uses(app).await != expected {
        assert!(Instant::now() < patience, "{:?} are told, not {expected:?}", uses(app).await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn principal(app: &TestApp, tenant: &TestTenant) -> Principal {
    let credentials = Credentials::new(app.serving.clone(), Arc::clone(&app.keys), app.clock.clone());
    credentials
        .by_secret(Face::BitBadges, &tenant.bitbadges_key().await, &Source::local())
        .await
        .unwrap()
        .principal
}

#[tokio::test]
async fn what_two_faces_are_called_is_told_within_an_interval() {
    let now = datetime!(2026-03-01 12:00 UTC);
    let app = TestApp::start_at(now).await;
    let tenant = app.tenant("acme").await;
    let bitbadges = bitbadges::Client::of(&app, &tenant).await;
    let genauth = genauth::Client::of(&app, &tenant).await;
    let unused = app.avepoint_client("default", &[]).await.0;
    for _ in 0..7 {
        bitbadges.fetch(json!([])).await.accounts();
    }
    // A signed call is one use; a call with a token is one, and its token was another.
    genauth.signed().send().await.users();
    genauth.find("user_id", &["1"], "").await.users();
    assert_eq!(uses(&app).await, [0, 0, 0], "no request writes");
    let stopped = CancellationToken::new();
    tokio::spawn(app.uses.clone().flush_until(Duration::from_millis(20), stopped.clone()));
    until_told(&app, &[7, 3, 0]).await;
    let credentials = listed(&app).await;
    assert_eq!(credentials[0].last_used_at, Some(now));
    assert_eq!((credentials[2].public_id.as_str(), credentials[2].last_used_at), (unused.as_str(), None));
    app.clock.advance(Duration::from_mins(1));
    bitbadges.fetch(json!([])).await.accounts();
    until_told(&app, &[8, 3, 0]).await;
    assert_eq!(listed(&app).await[0].last_used_at, Some(now + Duration::from_mins(1)));
    stopped.cancel();
}

#[tokio::test]
async fn an_avepoint_token_and_each_call_with_it_are_uses() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (id, secret) = app.avepoint_client("default", &["elements.um.user.read.all"]).await;
    let form = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
    let answer = app.http.post(app.url("/connect/token")).form(&form).send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    let token = answer["access_token"].as_str().unwrap();
    for _ in 0..2 {
        let call = app.http.post(app.url(&tenant.avepoint_path())).bearer_auth(token);
        assert_eq!(call.send().await.unwrap().status(), 200);
    }
    app.uses.flush().await.unwrap();
    assert_eq!(uses(&app).await, [3]);
}

#[tokio::test]
async fn who_is_refused_used_nothing() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let genauth = genauth::Client::of(&app, &tenant).await;
    let revoked = bitbadges::Client::of(&app, &tenant).await;
    revoked.fetch(json!([])).await.accounts();
    let mut owner = app.database.owner_connection().await;
    let revoke = "UPDATE credential SET revoked_at = now() WHERE face = 'bitbadges'";
    sqlx::query(revoke).execute(&mut owner).await.unwrap();
    revoked.fetch(json!([])).await.refusal(401);
    let mut unknown = revoked.clone();
    unknown.key.push('x');
    unknown.fetch(json!([])).await.refusal(401);
    let once = genauth.signed();
    once.send().await.users();
    once.send().await.refusal(401, Some(1306));
    let forged = genauth::Client { secret: "wrong".to_owned(), ..genauth.clone() };
    forged.signed().send().await.refusal(401, Some(1300));
    app.uses.flush().await.unwrap();
    assert_eq!(uses(&app).await, [1, 1]);
}

#[tokio::test]
async fn a_call_beyond_the_rate_is_no_use() {
    let limits = Limits { requests_per_second: 1, ..Limits::default() };
    let app = TestApp::start_with(Clock::system(), limits).await;
    let tenant = app.tenant("acme").await;
    let key = tenant.bitbadges_key().await;
    let request = app.http.post(app.url("/api/v0/users")).header("x-api-key", key);
    let request = request.json(&json!({ "accountsToFetch": [] }));
    let started = Instant::now();
    until_limited(&request).await;
    let let_through = i64::try_from(started.elapsed().as_secs()).unwrap() + 1;
    app.uses.flush().await.unwrap();
    let counted = uses(&app).await[0];
    assert!((1..=let_through).contains(&counted), "{counted} of at most {let_through}");
}

#[tokio::test]
async fn gateways_add_up_and_a_deleted_credential_holds_nothing_up() {
    let app = TestApp::start_at(datetime!(2026-03-01 12:00 UTC)).await;
    let tenant = app.tenant("acme").await;
    let (kept, deleted) = (principal(&app, &tenant).await, principal(&app, &tenant).await);
    let earlier = Clock::fixed(datetime!(2026-03-01 11:00 UTC));
    let other = CredentialUses::new(app.database.serving(), earlier);
    for uses in [&app.uses, &other] {
        uses.count(&kept);
        uses.count(&deleted);
    }
    let mut owner = app.database.owner_connection().await;
    let delete = sqlx::query("DELETE FROM credential WHERE id = $1").bind(deleted.credential);
    delete.execute(&mut owner).await.unwrap();
    app.uses.flush().await.unwrap();
    other.flush().await.unwrap();
    let credentials = listed(&app).await;
    assert_eq!((credentials.len(), credentials[0].uses), (1, 2));
    assert_eq!(credentials[0].last_used_at, Some(app.clock.now()), "the latest, not the one told last");
    app.uses.flush().await.unwrap();
    assert_eq!(uses(&app).await, [2], "what was flushed is not flushed again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_use_is_lost_between_two_flushes() {
    const CALLERS: usize = 4;
    const CALLS: usize = 2_000;
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let principals = [principal(&app, &tenant).await, principal(&app, &tenant).await];
    let stopped = CancellationToken::new();
    let flushing = tokio::spawn(app.uses.clone().flush_until(Duration::from_millis(1), stopped.clone()));
    let callers = (0..CALLERS).map(|_| {
        let (uses, principals) = (app.uses.clone(), principals.clone());
        tokio::spawn(async move {
            for call in 0..CALLS {
                uses.count(&principals[call % 2]);
                tokio::task::yield_now().await;
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    stopped.cancel();
    flushing.await.unwrap();
    let each = i64::try_from(CALLERS * CALLS / 2).unwrap();
    assert_eq!(uses(&app).await, [each, each]);
}

#[tokio::test]
async fn a_gateway_that_stops_tells_its_last_uses() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let key = tenant.bitbadges_key().await;
    let cache = Cache::off(app.database.serving(), app.clock.clone());
    let gateway =
        App::new(cache, Arc::clone(&app.keys), app.clock.clone(), Limits::default(), Ingress::default());
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let operators = server::admin_router(gateway.clone(), metrics.clone(), None);
    let (public, admin) =
        (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let url = format!("http://{}/api/v0/users", public.local_addr().unwrap());
    let (stopping, listeners) = (Stopping::default(), (public, admin));
    let options = ListenOptions::default();
    let serving =
        tokio::spawn(server::serve(gateway, operators, metrics, listeners, options, stopping.clone()));
    for _ in 0..3 {
        let call = reqwest::Client::new().post(&url).header("x-api-key", &key);
        let answer = call.json(&json!({ "accountsToFetch": [] })).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    stopping.begun.cancel();
    serving.await.unwrap().unwrap();
    assert_eq!(uses(&app).await, [3]);
}

#[tokio::test]
async fn the_command_lists_uses_and_says_never_where_there_is_none() {
    let app = TestApp::start_at(datetime!(2026-03-01 12:00 UTC)).await;
    let tenant = app.tenant("acme").await;
    app.uses.count(&principal(&app, &tenant).await);
    principal(&app, &tenant).await;
    app.uses.flush().await.unwrap();
    let list = Command::new(env!("CARGO_BIN_EXE_userbatch"))
        .args(["credential", "list"])
        .env_clear()
        .env("DATABASE_URL", &app.database.owner_url)
        .output()
        .unwrap();
    let text = String::from_utf8(list.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with("REQUESTS  LAST USED"), "{text}");
    assert!(lines[1].ends_with("1         2026-03-01T12:00:00Z"), "{text}");
    assert!(lines[2].ends_with("0         never"), "{text}");
}

/// The runtime has one thread, so that the flushes log where the test listens.
#[tokio::test(flavor = "current_thread")]
async fn a_database_that_is_away_is_logged_once() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let principal = principal(&app, &tenant).await;
    let nowhere = PoolOptions { acquire_timeout: Duration::from_millis(20), ..PoolOptions::default() };
    let nowhere = ServingStore::new("postgres://nobody@127.0.0.1:1/nothing", &nowhere).unwrap();
    let uses = CredentialUses::new(nowhere.clone(), app.clock.clone());
    uses.count(&principal);
    let stopped = CancellationToken::new();
    logs::listen();
    let flushing = tokio::spawn(uses.flush_until(Duration::from_millis(5), stopped.clone()));
    let patience = Instant::now() + Duration::from_secs(10);
    while nowhere.statements() < 5 {
        assert!(Instant::now() < patience, "it is not tried again");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let text = logs::heard();
    stopped.cancel();
    flushing.await.unwrap();
    assert_eq!(text.matches("are kept").count(), 1, "{text}");
}
