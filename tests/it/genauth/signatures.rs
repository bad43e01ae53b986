//! Signed requests: both brands, clock skew, and single use of nonces.

use std::time::Duration;

use time::OffsetDateTime;
use time::macros::datetime;
use userbatch::api::Limits;
use userbatch::core::clock::{Clock, epoch_ms};
use userbatch::core::id::CredentialPublicId;
use userbatch::store::{NewCredential, NewSecret};

use super::{Answer, BATCH, Client, user};
use crate::app::{Database, TestApp};

const GENAUTH: (&str, &str) = ("GenAuth", "x-genauth-");
const NOW: OffsetDateTime = datetime!(2026-11-21 02:01 UTC);

/// A client of a gateway whose clock stands at [`NOW`].
async fn at_fixed_time() -> Client {
    let app = TestApp::start_at(NOW).await;
    let tenant = app.tenant("pool").await;
    tenant.put_users(&[user("1"), user("a+b")]).await;
    Client::of(&app, &tenant).await
}

#[tokio::test]
async fn the_recorded_requests_of_the_sdks_are_accepted() {
    const ID: &str = "6229ffa0000000000000a001";
    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    let app = TestApp::start_at(NOW).await;
    let tenant = app.tenant("pool").await;
    tenant.put_users(&[user("6229ffa0000000000000e3d9")]).await;
    let credential = NewCredential {
        face: "genauth",
        public_id: CredentialPublicId::new(ID),
        tenant_id: Some(tenant.id),
        partner: None,
        name: "recorded".to_owned(),
        scopes: Vec::new(),
        rate_limit: None,
        certificate: None,
        expires_at: None,
    };
    let secret = NewSecret {
        digest: userbatch::auth::digest(SECRET),
        sealed: Some(app.keys.seal(SECRET, &format!("genauth/{ID}")).unwrap()),
        last_four: "cdef".to_owned(),
    };
    app.create_credential(&credential, Some(&secret)).await;
    let query = "userIds%5B%5D=6229ffa0000000000000e3d9&userIds%5B%5D=6229ffa0000000000000e3d0&userIdType=user_id\
                 &withCustomData=false&flatCustomData=false&withIdentities=false";
    let url = app.url(&format!("{BATCH}?{query}"));
    let authing = app
        .http
        .get(format!("{url}&withDepartmentIds=false"))
        .header("x-authing-signature-nonce", "ef37966868d73f4503f688e6c1cd1143")
        .header("x-authing-signature-method", "HMAC-SHA1")
        .header("x-authing-signature-version", "1.0")
        .header("user-agent", "AuthingIdentityCloud (linux; x64) Node.js/v20.20.2 Core/4.0.1")
        .header("x-authing-sdk-version", "authing-node-sdk:4.0.1")
        .header("x-authing-lang", "zh-CN")
        .header("date", "Sat, 21 Nov 2026 02:00:47 GMT")
        .header("authorization", format!("authing {ID}:re5oM0p65TDWY04TL8ipA/6JD3k="));
    let genauth = app
        .http
        .get(&url)
        .header("x-genauth-signature-nonce", "6e7bfe948f2acd18bf583a492c158fe4")
        .header("x-genauth-signature-method", "HMAC-SHA1")
        .header("x-genauth-signature-version", "1.0")
        .header("x-genauth-sdk-version", "gen-auth-node-sdk:1.0.0")
        .header("x-genauth-app-id", "ten1")
        .header("x-genauth-lang", "zh-CN")
        .header("date", "Sat, 21 Nov 2026 02:01:34 GMT")
        .header("authorization", format!("GenAuth {ID}:52KWdV/8wYXBTTTcezFEkSOet3o="));
    for request in [authing, genauth] {
        let answer = Answer::of(request).await;
        assert_eq!(answer.ids(), ["6229ffa0000000000000e3d9"]);
        assert_eq!(answer.body["message"], "操作成功");
    }
}

#[tokio::test]
async fn both_brands_and_all_forms_of_the_time_are_accepted() {
    let client = at_fixed_time().await;
    let ms = epoch_ms(NOW).to_string();
    for brand in [client.signed().brand, GENAUTH] {
        for date in ["Sat, 21 Nov 2026 02:01:00 GMT", "2026-11-21T02:01:00.000Z", &ms] {
            let mut call = client.signed();
            call.brand = brand;
            call.date = date.to_owned();
            assert_eq!(call.send().await.ids(), ["1"], "{brand:?} {date}");
        }
    }
}

#[tokio::test]
async fn the_time_may_be_told_by_a_header_of_the_brand() {
    let client = at_fixed_time().await;
    let mut call = client.signed();
    call.date_header = "x-authing-date";
    call.date = epoch_ms(NOW).to_string();
    assert_eq!(call.send().await.ids(), ["1"]);
}

#[tokio::test]
async fn the_clock_may_be_fifteen_minutes_off() {
    let client = at_fixed_time().await;
    for (offset, is_accepted) in [(-901, false), (-899, true), (899, true), (901, false)] {
        let mut call = client.signed();
        call.date = (epoch_ms(NOW) + offset * 1_000).to_string();
        let answer = call.send().await;
        if is_accepted {
            assert_eq!(answer.ids(), ["1"], "{offset}");
        } else {
            answer.refusal(401, Some(1305));
        }
    }
    let call = client.signed();
    client.app.clock.advance(Duration::from_mins(16));
    call.send().await.refusal(401, Some(1305));
}

#[tokio::test]
async fn each_fault_of_a_signed_request_has_its_code() {
    let client = at_fixed_time().await;
    let changed = |name: &'static str, value: Option<&'static str>| {
        let mut request = client.signed().request().build().unwrap();
        match value {
            Some(value) => drop(request.headers_mut().insert(name, value.parse().unwrap())),
            None => drop(request.headers_mut().remove(name)),
        }
        Answer::of(reqwest::RequestBuilder::from_parts(client.app.http.clone(), request))
    };
    for (name, value, code) in [
        ("x-authing-signature-method", Some("HMAC-SHA256"), 1301),
        ("x-authing-signature-version", Some("2.0"), 1302),
        ("date", Some("yesterday"), 1303),
        ("date", None, 1304),
        ("date", Some("Sat, 21 Nov 2026 01:00:00 GMT"), 1305),
        ("x-authing-signature-nonce", Some("another"), 1300),
        ("x-authing-lang", None, 1300),
        ("authorization", Some("authing nobody:AAAA"), 1300),
        ("authorization", Some("authing"), 2020),
        ("authorization", None, 2020),
    ] {
        changed(name, value).await.refusal(401, Some(code));
    }
    let other = Client { secret: "f".repeat(32), ..client.clone() };
    other.signed().send().await.refusal(401, Some(1300));
}

#[tokio::test]
async fn a_signed_request_counts_once_on_all_gateways_of_a_database() {
    let database = Database::new().await;
    let one = TestApp::start_on(database.clone(), Clock::system(), Limits::default()).await;
    let two = TestApp::start_on(database, Clock::system(), Limits::default()).await;
    let tenant = one.tenant("pool").await;
    tenant.put_users(&[user("1")]).await;
    let on_one = Client::of(&one, &tenant).await;
    let on_two = Client { app: two, ..on_one.clone() };
    let call = on_one.signed();
    assert_eq!(call.send().await.ids(), ["1"]);
    call.send().await.refusal(401, Some(1306));
    let mut elsewhere = call.clone();
    elsewhere.client = &on_two;
    elsewhere.send().await.refusal(401, Some(1306));
    assert_eq!(on_two.signed().send().await.ids(), ["1"]);

    let racing = on_one.signed();
    let mut elsewhere = racing.clone();
    elsewhere.client = &on_two;
    let (a, b, c, d) = tokio::join!(racing.send(), elsewhere.send(), racing.send(), elsewhere.send());
    let codes = [a, b, c, d].map(|answer| answer.body["statusCode"].as_u64().unwrap());
    assert_eq!(codes.iter().filter(|code| **code == 200).count(), 1, "{codes:?}");
}

#[tokio::test]
async fn a_wrong_signature_does_not_use_the_nonce_up() {
    let client = Client::with_users(&[user("1")]).await;
    let call = client.signed();
    let mut forged = call.clone();
    let stranger = Client { secret: "f".repeat(32), ..client.clone() };
    forged.client = &stranger;
    forged.send().await.refusal(401, Some(1300));
    assert_eq!(call.send().await.ids(), ["1"]);
}

#[tokio::test]
async fn without_a_nonce_the_signature_itself_counts_once() {
    let client = Client::with_users(&[user("1")]).await;
    let mut call = client.signed();
    call.nonce = None;
    assert_eq!(call.send().await.ids(), ["1"]);
    call.send().await.refusal(401, Some(1306));
}

#[tokio::test]
async fn a_signature_that_is_written_otherwise_is_the_same_one() {
    let client = Client::with_users(&[user("1")]).await;
    for nonce in [None, Some(String::new())] {
        let mut call = client.signed();
        call.nonce = nonce;
        // Distinct from the call before, which is of the same second.
        call.query = format!("userIds[]=1&x={}", call.nonce.is_some());
        call.parameters = format!(r#"userIds=["1"]&x={}"#, call.nonce.is_some());
        assert_eq!(call.send().await.ids(), ["1"]);
        let mut again = call.request().build().unwrap();
        let written = again.headers()["authorization"].to_str().unwrap().replace(':', ":  ");
        again.headers_mut().insert("authorization", written.parse().unwrap());
        let answer: serde_json::Value = client.app.http.execute(again).await.unwrap().json().await.unwrap();
        assert_eq!(answer["apiCode"], 1306, "{answer}");
    }
}

#[tokio::test]
async fn a_request_that_was_put_off_can_be_sent_again_as_it_is() {
    let limits = Limits { requests_per_second: 1, ..Limits::default() };
    let app = TestApp::start_with(Clock::system(), limits).await;
    let tenant = app.tenant("pool").await;
    tenant.put_users(&[user("1")]).await;
    let client = Client::of(&app, &tenant).await;
    let mut call = client.signed();
    for _ in 0..50 {
        if call.send().await.status == 429 {
            break;
        }
        call = client.signed();
    }
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(call.send().await.ids(), ["1"]);
}

#[tokio::test]
async fn two_access_keys_may_use_the_same_nonce() {
    let client = Client::with_users(&[user("1")]).await;
    let other = client.app.tenant("other").await;
    other.put_users(&[user("1")]).await;
    let other = Client::of(&client.app, &other).await;
    let call = client.signed();
    let mut same = other.signed();
    same.nonce.clone_from(&call.nonce);
    assert_eq!(call.send().await.ids(), ["1"]);
    assert_eq!(same.send().await.ids(), ["1"]);
}

#[tokio::test]
async fn an_empty_list_is_refused_as_such_although_the_sdk_signs_what_it_does_not_send() {
    let client = Client::with_users(&[]).await;
    let mut call = client.signed();
    call.query = "userIdType=user_id".to_owned();
    call.parameters = "userIdType=user_id&userIds=[]".to_owned();
    let answer = call.send().await;
    assert_eq!(
        answer.refusal(400, None),
        "The format of parameter userIds is incorrect: send at least one id"
    );
}

#[tokio::test]
async fn a_plus_that_was_signed_as_a_plus_is_one() {
    let client = at_fixed_time().await;
    let mut call = client.signed();
    call.query = "userIds=a+b".to_owned();
    call.parameters = "userIds=a+b".to_owned();
    assert_eq!(call.send().await.ids(), ["a+b"]);
    let mut call = client.signed();
    call.query = "userIds=a+b".to_owned();
    call.parameters = "userIds=a b".to_owned();
    assert_eq!(call.send().await.users().len(), 0);
}
