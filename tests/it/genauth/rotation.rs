//! Secrets and keys are rotated while clients keep calling.

use std::sync::Arc;

use userbatch::admin::Administration;
use userbatch::api::Limits;
use userbatch::auth::{KeyRing, SecretMaker};
use userbatch::core::clock::Clock;
use userbatch::store::{Actor, Via};

use super::{Client, user};
use crate::app::{SECRET_KEY, TestApp};

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
