//! Secrets and keys are rotated while clients keep calling.

use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use userbatch::admin::Administration;
use userbatch::api::Limits;
use userbatch::auth::{KeyRing, SecretMaker};
use userbatch::core::clock::Clock;
use userbatch::store::{Actor, Via};

use super::{Client, user};
use crate::app::{SECRET_KEY, TestApp};
use crate::program::Program;

const NEW_KEY: &str = "a-newer-secret-key-for-tests-of-32-characters";

/// The client, at a gateway whose ring is `secrets`.
async fn under(client: &Client, secrets: &str) -> Client {
    let keys = Arc::new(KeyRing::new(secrets).unwrap());
    let app =
        TestApp::start_under(client.app.database.clone(), Clock::system(), Limits::default(), keys).await;
    Client { app, ..client.clone() }
}

#[tokio::test]
async fn a_gateway_with_a_newer_key_goes_on_with_what_the_older_sealed() {
    let client = Client::with_users(&[user("1")]).await;
    let token = client.token().await;
    let rotated = under(&client, &format!("{NEW_KEY},{SECRET_KEY}")).await;
    assert_eq!(rotated.signed().send().await.ids(), ["1"]);
    let request = rotated.app.http.get(rotated.app.url("/api/v3/get-user-batch?userIds=1"));
    assert_eq!(super::Answer::of(request.bearer_auth(token)).await.ids(), ["1"]);
    assert_eq!(client.signed().send().await.ids(), ["1"], "the older gateway still serves");
}

#[tokio::test]
async fn a_gateway_without_the_key_says_nothing_of_it() {
    let client = Client::with_users(&[user("1")]).await;
    let stranger = under(&client, NEW_KEY).await;
    let answer = stranger.signed().send().await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.fault(500, None), "Service unavailable, please try again later");
}

#[tokio::test]
async fn an_old_and_a_new_secret_overlap_while_one_is_rotated() {
    let client = Client::with_users(&[user("1")]).await;
    let rotated = "another secret";
    let sealed = client.app.keys.seal(rotated, &format!("genauth/{}", client.id)).unwrap();
    let mut connection = client.app.database.owner_connection().await;
    sqlx::query(
        "INSERT INTO credential_secret (credential_id, digest, sealed, last_four)
         SELECT id, $2, $3, 'cret' FROM credential WHERE public_id = $1",
    )
    .bind(&client.id)
    .bind(userbatch::auth::digest(rotated).as_slice())
    .bind(sealed)
    .execute(&mut connection)
    .await
    .unwrap();
    let with_new = Client { secret: rotated.to_owned(), ..client.clone() };
    assert_eq!(client.signed().send().await.ids(), ["1"]);
    assert_eq!(with_new.signed().send().await.ids(), ["1"]);
    sqlx::query("UPDATE credential_secret SET expires_at = now() WHERE last_four <> 'cret'")
        .execute(&mut connection)
        .await
        .unwrap();
    client.signed().send().await.refusal(401, Some(1300));
    assert_eq!(with_new.signed().send().await.ids(), ["1"]);
}

#[tokio::test]
async fn no_secret_is_stored_in_clear() {
    let client = Client::with_users(&[]).await;
    let mut connection = client.app.database.owner_connection().await;
    let (sealed, row): (Vec<u8>, String) = sqlx::query_as(
        "SELECT s.sealed, concat_ws(' ', c::text, s::text)
           FROM credential c JOIN credential_secret s ON s.credential_id = c.id",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    let secret = client.secret.as_bytes();
    assert!(!sealed.windows(secret.len()).any(|window| window == secret));
    assert!(!row.contains(&client.secret));
    let opened = client.app.keys.open(&sealed, &format!("genauth/{}", client.id));
    assert_eq!(opened.as_deref(), Ok(client.secret.as_str()));
}

#[tokio::test]
async fn secrets_are_sealed_anew_while_gateways_serve() {
    let client = Client::with_users(&[user("1")]).await;
    let both = format!("{NEW_KEY},{SECRET_KEY}");
    let rotated = under(&client, &both).await;
    let keys = Arc::new(KeyRing::new(&both).unwrap());
    let store = client.app.admin.clone();
    let actor = Actor { via: Via::Cli, name: "test".to_owned() };
    let administration =
        Administration::new(store, actor, Clock::system()).with_secrets(SecretMaker::new(keys));
    let (resealed, ()) = tokio::join!(administration.reseal(), async {
        for _ in 0..20 {
            assert_eq!(rotated.signed().send().await.ids(), ["1"]);
        }
    });
    assert_eq!(resealed.unwrap(), 1);
    assert_eq!(administration.reseal().await.unwrap(), 0, "a second run finds nothing to do");
    assert_eq!(rotated.signed().send().await.ids(), ["1"]);
    let new_alone = under(&client, NEW_KEY).await;
    assert_eq!(new_alone.signed().send().await.ids(), ["1"], "the older key can go");
}

/// A gateway as a process of its own.
struct Gateway {
    process: Child,
    client: Client,
}

impl Gateway {
    /// Starts a gateway whose ring is `secrets`, and waits until it is ready.
    async fn start(program: &Program, client: &Client, secrets: &str) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut serve = program.command("serve --admin-listen 127.0.0.1:0 --listen");
        serve.arg(free.to_string()).env("DATABASE_URL", &program.database.serving_url);
        serve.env("USERBATCH_SECRET_KEY", secrets).stdout(Stdio::null()).stderr(Stdio::null());
        let process = serve.spawn().unwrap();
        let app = TestApp { base_url: format!("http://{free}"), ..client.app.clone() };
        let gateway = Self { process, client: Client { app, ..client.clone() } };
        let (app, deadline) = (&gateway.client.app, Instant::now() + Duration::from_mins(1));
        while !app.http.get(app.url("/readyz")).send().await.is_ok_and(|ready| ready.status() == 200) {
            assert!(Instant::now() < deadline, "the gateway is ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        gateway
    }

    /// The users that a token opens here.
    async fn ids_for(&self, token: &str) -> Vec<String> {
        let app = &self.client.app;
        let request = app.http.get(app.url("/api/v3/get-user-batch?userIds=1")).bearer_auth(token);
        super::Answer::of(request).await.ids().into_iter().map(str::to_owned).collect()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_key_is_rotated_in_rolling_restarts_without_a_refusal() {
    let client = Client::with_users(&[user("1")]).await;
    let program = Program::new(client.app.database.clone());
    let reseal = |secrets: &str| {
        let mut command = program.command("credential reseal --output json");
        let output = command.env("USERBATCH_SECRET_KEY", secrets).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["resealed"].clone()
    };
    let (old_first, new_first) = (format!("{SECRET_KEY},{NEW_KEY}"), format!("{NEW_KEY},{SECRET_KEY}"));
    let start = |secrets: String| {
        let (program, client) = (&program, &client);
        async move { Gateway::start(program, client, &secrets).await }
    };
    let mut gateways = [start(SECRET_KEY.to_owned()).await, start(SECRET_KEY.to_owned()).await];
    let mut tokens = Vec::new();
    // As in docs/operating.md: one gateway after the other, first with both keys, then with the new one first.
    for secrets in [old_first, new_first.clone()] {
        for place in 0..gateways.len() {
            gateways[place] = start(secrets.clone()).await;
            for gateway in &gateways {
                tokens.push(gateway.client.token().await);
            }
            for gateway in &gateways {
                assert_eq!(gateway.client.signed().send().await.ids(), ["1"]);
                for token in &tokens {
                    assert_eq!(gateway.ids_for(token).await, ["1"], "{secrets}, gateway {place}");
                }
            }
        }
    }
    assert_eq!((reseal(&new_first), reseal(&new_first)), (1.into(), 0.into()));
    let new_alone = start(NEW_KEY.to_owned()).await;
    assert_eq!(new_alone.client.signed().send().await.ids(), ["1"]);
    let last = tokens.last().unwrap();
    assert_eq!(new_alone.ids_for(last).await, ["1"], "signed with the new key");
    assert_eq!(gateways[0].ids_for(&new_alone.client.token().await).await, ["1"]);
}
