//! Management tokens: what the Python, Go and Java SDKs fetch and send.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};
use time::macros::datetime;

use super::{Answer, BATCH, Client, TOKEN, user};
use crate::app::TestApp;

async fn with_authorization(client: &Client, authorization: &str) -> Answer {
    let url = client.app.url(&format!("{BATCH}?userIds=1"));
    Answer::of(client.app.http.get(url).header("authorization", authorization)).await
}

async fn exchange(client: &Client, body: &str, content_type: &str) -> Answer {
    let request = client.app.http.post(client.app.url(TOKEN));
    let request = request.header("content-type", content_type).body(body.to_owned());
    Answer::of(request.header("x-authing-lang", "en-US")).await
}

fn pair(id: &str, secret: &str) -> String {
    json!({ "accessKeyId": id, "accessKeySecret": secret }).to_string()
}

#[tokio::test]
async fn a_pair_is_exchanged_for_a_token_that_the_sdks_can_read() {
    let client = Client::with_users(&[user("1")]).await;
    for content_type in ["application/json", "application/json;charset=UTF-8", "text/plain"] {
        let answer = exchange(&client, &pair(&client.id, &client.secret), content_type).await;
        let token = answer.body["data"]["access_token"].as_str().unwrap();
        let expected = json!({
            "statusCode": 200, "message": "", "data": { "access_token": token, "expires_in": 7200 },
        });
        assert_eq!(answer.body, expected);
        let payload = token.split('.').nth(1).unwrap();
        let claims: Value = serde_json::from_slice(&STANDARD_NO_PAD.decode(payload).unwrap()).unwrap();
        assert_eq!(claims["scoped_userpool_id"], "pool-pool");
        assert_eq!(claims["aud"], "genauth");
    }
}

#[tokio::test]
async fn a_token_is_accepted_with_bearer_and_bare() {
    let client = Client::with_users(&[user("1")]).await;
    let token = client.token().await;
    for authorization in [format!("Bearer {token}"), format!("bearer {token}"), token.clone()] {
        assert_eq!(with_authorization(&client, &authorization).await.ids(), ["1"]);
    }
}

#[tokio::test]
async fn the_headers_that_java_sends_with_a_bare_token_do_not_make_it_a_signed_request() {
    let client = Client::with_users(&[user("1")]).await;
    let url = client.app.url(&format!("{BATCH}?userIds=1&withTenantIds=false"));
    let request = client
        .app
        .http
        .get(url)
        .header("authorization", client.token().await)
        .header("x-authing-userpool-id", "pool-pool")
        .header("x-authing-tenant-id", "")
        .header("x-authing-signature-method", "HMAC-SHA1")
        .header("x-authing-signature-nonce", "1")
        .header("x-authing-signature-version", "1.0")
        .header("date", "1669000000000");
    assert_eq!(Answer::of(request).await.ids(), ["1"]);
}

#[tokio::test]
async fn a_wrong_pair_is_refused_like_a_wrong_signature() {
    let client = Client::with_users(&[]).await;
    let other = client.app.tenant("other").await;
    let other = Client::of(&client.app, &other).await;
    for (id, secret) in [
        (client.id.as_str(), "f"),
        ("nobody", &client.secret),
        (&other.id, &client.secret),
        ("", ""),
        ("\0", "\0"),
    ] {
        let answer = exchange(&client, &pair(id, secret), "application/json").await;
        let told =
            "The AK/SK signature is invalid. Check the access key's id and secret, and what was signed";
        assert_eq!(answer.refusal(401, Some(1300)), told);
    }
}

#[tokio::test]
async fn a_body_that_is_no_pair_is_refused_with_the_name_of_the_member() {
    let client = Client::with_users(&[]).await;
    for (body, name) in [
        ("", "body"),
        ("{", "body"),
        ("null", "body"),
        (r#"{"accessKeyId":"\ud800","accessKeySecret":"b"}"#, "accessKeyId"),
        ("{}", "accessKeyId"),
        (r#"{"accessKeyId":"a","accessKeySecret":7}"#, "accessKeySecret"),
    ] {
        let next = if name == "body" { "send a JSON object" } else { "send it as text" };
        let message = format!("The format of parameter {name} is incorrect: {next}");
        let answer = exchange(&client, body, "application/json").await;
        assert_eq!(answer.refusal(400, None), message, "{body}");
    }
}

#[tokio::test]
async fn what_is_no_good_token_is_not_signed_in() {
    let app = TestApp::start_at(datetime!(2026-11-21 02:00 UTC)).await;
    let tenant = app.tenant("pool").await;
    let client = Client::of(&app, &tenant).await;
    let token = client.token().await;
    let (_, avepoint_secret) = app.avepoint_client("default", &[]).await;
    let (signed, _) = token.rsplit_once('.').unwrap();
    let long = "x".repeat(20_000);
    for authorization in [
        "",
        " ",
        "Bearer",
        "Bearer ",
        "Bearer rubbish",
        "a.b.c",
        "Basic eDp5",
        "authing",
        &avepoint_secret,
        &tenant.bitbadges_key().await,
        signed,
        &format!("{token}x"),
        &format!("Token {token}"),
        &long,
    ] {
        with_authorization(&client, authorization).await.refusal(401, Some(2020));
    }
    client.app.clock.advance(Duration::from_secs(7_199));
    assert_eq!(with_authorization(&client, &token).await.users().len(), 0);
    client.app.clock.advance(Duration::from_secs(1));
    with_authorization(&client, &token).await.refusal(401, Some(2020));
}

#[tokio::test]
async fn another_user_pool_does_not_exist_for_the_caller() {
    let client = Client::with_users(&[user("1")]).await;
    client.app.tenant("foreign").await;
    let token = client.token().await;
    let url = client.app.url(&format!("{BATCH}?userIds=1"));
    let with_pool = |header: &'static str, pool: &'static str| {
        let request = client.app.http.get(&url).bearer_auth(&token).header(header, pool);
        Answer::of(request.header("x-genauth-lang", "en-US"))
    };
    for header in ["x-authing-userpool-id", "x-genauth-userpool-id"] {
        for own in ["pool-pool", ""] {
            assert_eq!(with_pool(header, own).await.ids(), ["1"]);
        }
        for foreign in ["foreign-pool", "unheard-of"] {
            let answer = with_pool(header, foreign).await;
            let told = "The user pool does not exist. Send the id of the access key's own user pool, or none";
            assert_eq!(answer.refusal(404, Some(2224)), told);
        }
    }
}
