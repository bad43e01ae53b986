//! No answer keeps its caller waiting: not while PostgreSQL is paused, and not while all connections to it are in use.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::{RequestBuilder, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use userbatch::admin::Administration;
use userbatch::api::admin::{AdminApi, routes};
use userbatch::api::{self, Ingress, Limits, health};
use userbatch::auth::SecretMaker;
use userbatch::core::clock::Clock;
use userbatch::core::id::UserId;
use userbatch::core::user::User;
use userbatch::server::ListenOptions;
use userbatch::store::{Actor, OwnerOptions, OwnerStore, PoolOptions, Via};

use crate::admin_api::TOKEN;
use crate::app::{TestApp, TestTenant, serve};
use crate::genauth;
use crate::outage::Server;

/// Longest that an answer may take while PostgreSQL is paused.
const PAUSED: Duration = Duration::from_secs(6);
/// The same, while all connections are in use.
const EXHAUSTED: Duration = Duration::from_secs(3);
/// Connections of the operators' API.
const OWNERS_CONNECTIONS: u32 = 2;

/// The processes of a server, stopped where they are until this is dropped.
struct Pause(Vec<Pid>);

impl Pause {
    fn of(postmaster: Pid) -> Self {
        // First the one that makes others.
        kill_process(postmaster, Signal::STOP).unwrap();
        let mut stopped = vec![postmaster];
        for process in std::fs::read_dir("/proc").unwrap() {
            let Ok(stat) = std::fs::read_to_string(process.unwrap().path().join("stat")) else { continue };
            let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
            if fields.get(1) == Some(&postmaster.as_raw_nonzero().to_string().as_str()) {
                let pid = Pid::from_raw(stat.split_whitespace().next().unwrap().parse().unwrap()).unwrap();
                kill_process(pid, Signal::STOP).unwrap();
                stopped.push(pid);
            }
        }
        Self(stopped)
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        for &process in &self.0 {
            let _ = kill_process(process, Signal::CONT);
        }
    }
}

/// Gateways on one server: one that knows its callers, one that knows nobody, and the operators' API.
struct Scene {
    server: Server,
    warm: TestApp,
    cold: TestApp,
    operators: String,
    owners: OwnerStore,
    tenant: TestTenant,
    caller: Caller,
}

/// What a caller of each face holds.
struct Caller {
    key: String,
    client: (String, String),
    token: String,
    access_key: (String, String),
    management_token: String,
}

impl Caller {
    async fn of(app: &TestApp, tenant: &TestTenant) -> Self {
        let scopes = ["elements.um.user.read.all", "elements.customers.read.all"];
        let client = app.avepoint_client("default", &scopes).await;
        Self {
            key: tenant.bitbadges_key().await,
            token: app.avepoint_token(&client.0, &client.1).await,
            client,
            access_key: tenant.genauth_key().await,
            management_token: tenant.genauth_token().await,
        }
    }
}

impl Scene {
    async fn of(name: &str) -> Self {
        let server = Server::start(name).await;
        let warm = TestApp::start_on(server.database().await, Clock::system(), Limits::default()).await;
        let tenant = warm.tenant("a").await;
        tenant.put_users(&[User::new(UserId::new("x".to_owned()))]).await;
        let caller = Caller::of(&warm, &tenant).await;
        let gateway = api::router(warm.gateway(Ingress::default()));
        let base_url = serve(gateway, ListenOptions::default(), CancellationToken::new()).await;
        let cold = TestApp { base_url, ..warm.clone() };
        let pool = PoolOptions { max_connections: OWNERS_CONNECTIONS, ..PoolOptions::default() };
        let options = OwnerOptions { pool, lock_wait: Duration::from_secs(3), ..OwnerOptions::default() };
        let owners = OwnerStore::new(&warm.database.owner_url, &options).unwrap();
        let actor = Actor { via: Via::Api, name: "admin token".to_owned() };
        let secrets = SecretMaker::new(Arc::clone(&warm.keys));
        let admin = Administration::new(owners.clone(), actor, Clock::system()).with_secrets(secrets);
        let operators = routes(AdminApi::new(admin, &TOKEN.into()))
            .merge(health::routes().with_state(warm.gateway(Ingress::default())));
        let operators = serve(operators, ListenOptions::default(), CancellationToken::new()).await;
        Self { server, warm, cold, operators, owners, tenant, caller }
    }

    /// A call of each kind to a gateway.
    fn calls_of_faces(&self, app: &TestApp) -> Vec<RequestBuilder> {
        let Caller { key, client, token, access_key, management_token } = &self.caller;
        let (http, at) = (&app.http, |path: &str| app.url(path));
        let accounts = json!({ "accountsToFetch": [{ "username": "nobody" }] });
        let form =
            [("grant_type", "client_credentials"), ("client_id", &client.0), ("client_secret", &client.1)];
        let pair = json!({ "accessKeyId": access_key.0, "accessKeySecret": access_key.1 });
        let (id, secret) = access_key.clone();
        let client_of_genauth = genauth::Client { app: app.clone(), id, secret };
        vec![
            client_of_genauth.signed().request(),
            http.post(at("/api/v0/user/batch")).header("x-api-key", key).json(&accounts),
            http.post(at(&self.tenant.avepoint_path())).bearer_auth(token),
            http.post(at("/partner/external/v3/general/customers/batch")).bearer_auth(token),
            http.post(at("/connect/token")).form(&form),
            http.get(at("/api/v3/get-user-batch?userIds=x")).bearer_auth(management_token),
            http.post(at("/api/v3/get-management-token")).json(&pair),
            http.get(at("/readyz")),
        ]
    }

    /// A call of each kind to the operators' listener.
    fn calls_of_operators(&self) -> Vec<RequestBuilder> {
        let at = |path: &str| format!("{}{path}", self.operators);
        let http = &self.warm.http;
        let credential = json!({ "face": "bitbadges", "tenant": "a", "name": "x" });
        let calls = [
            http.get(at("/admin/v1/tenants")),
            http.get(at("/admin/v1/tenants/a")),
            http.post(at("/admin/v1/tenants")).json(&json!({ "slug": "b" })),
            http.patch(at("/admin/v1/tenants/a")).json(&json!({ "suspended": false })),
            http.delete(at("/admin/v1/tenants/a?confirm=a")),
            http.get(at("/admin/v1/credentials")),
            http.post(at("/admin/v1/credentials")).json(&credential),
            http.post(at(&format!("/admin/v1/credentials/{}/rotate", self.caller.access_key.0))),
            http.post(at("/admin/v1/credentials/reseal")),
            http.get(at("/admin/v1/audit")),
            http.post(at("/admin/v1/tenants/a/import")).body("{\"id\":\"1\"}\n"),
            http.get(at("/admin/v1/tenants/a/export")),
            http.get(at("/readyz")),
        ];
        calls.into_iter().map(|call| call.bearer_auth(TOKEN)).collect()
    }

    /// Calls everything several times, some of it while other calls wait. No answer takes longer than `limit`; each says
    /// that the database is unavailable.
    async fn assert_answered_within(&self, limit: Duration, delays: &[u64]) {
        let calls = [
            ("warm", self.calls_of_faces(&self.warm)),
            ("cold", self.calls_of_faces(&self.cold)),
            ("operators", self.calls_of_operators()),
        ];
        let calls = calls.iter().flat_map(|(gateway, calls)| calls.iter().map(move |call| (*gateway, call)));
        let timed = calls.flat_map(|(gateway, call)| {
            delays.iter().map(move |&delay| answered_after(delay, gateway, call.try_clone().unwrap()))
        });
        let answers = join_all(timed).await;
        let late: Vec<_> = answers.iter().filter(|(time, ..)| *time > limit).collect();
        assert!(late.is_empty(), "{late:#?}");
        for (_, what, status) in answers {
            let is_told = status == StatusCode::SERVICE_UNAVAILABLE || what.contains("\"statusCode\":503");
            // Readiness was found a moment ago.
            assert!(is_told || what.contains("ms: 200 OK ok (userbatch"), "{what}");
        }
    }

    /// Has each call but deletion answered once, so that what can be known is.
    async fn warm_up(&self) {
        for call in self.calls_of_faces(&self.warm) {
            assert_eq!(call.send().await.unwrap().status(), StatusCode::OK);
        }
    }
}

/// Sends `call` after `delay` milliseconds: how long its answer took, what it was, and its status.
async fn answered_after(delay: u64, gateway: &str, call: RequestBuilder) -> (Duration, String, StatusCode) {
    tokio::time::sleep(Duration::from_millis(delay)).await;
    let started = Instant::now();
    let answer = call.send().await.unwrap();
    let (url, status) = (answer.url().path().to_owned(), answer.status());
    let text = answer.text().await.unwrap();
    (started.elapsed(), format!("{gateway} {url} after {delay} ms: {status} {text}"), status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgres_is_paused_every_answer_comes_within_six_seconds() {
    let scene = Scene::of("paused").await;
    // Connections that were used a moment ago are not tested first, others are.
    for idle in [Duration::ZERO, Duration::from_millis(1_200)] {
        scene.warm_up().await;
        tokio::time::sleep(idle).await;
        let pause = Pause::of(scene.server.postmaster());
        scene.assert_answered_within(PAUSED, &[0, 20, 1_000, 4_000]).await;
        drop(pause);
    }
    scene.warm_up().await;
    scene.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_all_connections_are_in_use_every_answer_comes_within_three_seconds() {
    let scene = Scene::of("exhausted").await;
    let slow = "CREATE OR REPLACE FUNCTION add_credential_uses(of_credentials uuid[], counted bigint[],
        last_used timestamptz[]) RETURNS void
        LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(4.5); END $$";
    sqlx::raw_sql(slow).execute(&mut scene.warm.database.owner_connection().await).await.unwrap();
    scene.warm_up().await;
    let holders: Vec<_> = (0..scene.warm.serving.max_connections())
        .map(|_| {
            let serving = scene.warm.serving.clone();
            tokio::spawn(async move { serving.add_credential_uses(&[]).await })
        })
        .collect();
    let mut owners = Vec::new();
    for _ in 0..OWNERS_CONNECTIONS {
        owners.push(scene.owners.administrate().await.unwrap());
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    scene.assert_answered_within(EXHAUSTED, &[0, 20, 1_000]).await;
    for holder in holders {
        holder.await.unwrap().unwrap();
    }
    drop(owners);
    scene.warm_up().await;
    scene.server.stop().await;
}
