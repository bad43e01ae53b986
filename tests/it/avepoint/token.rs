//! POST /connect/token: OAuth 2.0 client credentials as RFC 6749 and RFC 7523 have them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::{RequestBuilder, Response, StatusCode};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use userbatch::api::Limits;
use userbatch::auth::{Credentials, Face, certificate_from_pem};
use userbatch::core::clock::Clock;
use userbatch::store::NewCredential;

use super::{Elements, READ_CUSTOMERS, READ_USERS, WRITE_USERS, connect};
use crate::app::{TestApp, new_credential};

const KEY: &[u8] = include_bytes!("../../fixtures/test-only-client.key.pem");
const OTHER_KEY: &[u8] = include_bytes!("../../fixtures/test-only-other.key.pem");
const CERTIFICATE: &[u8] = include_bytes!("../../fixtures/test-only-client.cert.pem");
const PUBLIC_KEY: &[u8] = include_bytes!("../../fixtures/test-only-client.pub.pem");
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

type Form<'a> = Vec<(&'a str, &'a str)>;

fn post(app: &TestApp, form: &Form<'_>) -> RequestBuilder {
    let form: Form<'_> = [&[("grant_type", "client_credentials")], form.as_slice()].concat();
    app.http.post(app.url("/connect/token")).form(&form)
}

/// The answer to a request that must be granted, which must have what clients read.
async fn granted(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["pragma"], "no-cache");
    let status = response.status();
    let answer: Value = response.json().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(
        (&answer["token_type"], &answer["expires_in"]),
        (&json!("Bearer"), &json!(3_600))
    );
    assert_eq!(answer.as_object().unwrap().len(), 4);
    answer
}

async fn refused(response: Response, status: u16, error: &str) {
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(
        response.headers().contains_key("www-authenticate"),
        status == 401
    );
    assert_eq!(response.status(), status);
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer["error"], error, "{answer}");
    assert!(answer["error_description"].is_string());
}

#[tokio::test]
async fn a_secret_in_the_form_or_in_basic_gets_a_token_that_works() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (id, secret) = app
        .avepoint_client("default", &[READ_USERS, READ_CUSTOMERS])
        .await;
    let encoded = secret.replace('_', "%5f");
    let escaped = format!("Basic {}", STANDARD.encode(format!("{id}:{encoded}")));
    for request in [
        post(
            &app,
            &vec![
                ("client_id", &id),
                ("client_secret", &secret),
                ("scope", ""),
            ],
        ),
        post(&app, &vec![("unknown", "x")]).basic_auth(&id, Some(&secret)),
        post(&app, &vec![("client_id", &id)]).header("authorization", escaped),
    ] {
        let answer = granted(request).await;
        assert_eq!(answer["scope"], format!("{READ_USERS} {READ_CUSTOMERS}"));
        let token = answer["access_token"].as_str().unwrap().to_owned();
        let client = Elements { app: &app, token };
        client.ask(&tenant.avepoint_path(), &json!({})).await;
    }
}

#[tokio::test]
async fn a_wrong_client_is_400_in_the_form_and_401_in_basic() {
    let app = TestApp::start().await;
    let (id, secret) = app.avepoint_client("default", &[READ_USERS]).await;
    let (other, _) = app.avepoint_client("default", &[READ_USERS]).await;
    let wrong = format!("{secret}x");
    for (id, secret) in [
        (&id, &wrong),
        (&other, &secret),
        (&"nobody".to_owned(), &secret),
        (&"\u{0}".to_owned(), &wrong),
    ] {
        let form = post(&app, &vec![("client_id", id), ("client_secret", secret)]);
        refused(form.send().await.unwrap(), 400, "invalid_client").await;
        let basic = post(&app, &vec![]).basic_auth(id, Some(secret));
        refused(basic.send().await.unwrap(), 401, "invalid_client").await;
    }
    let none = post(&app, &vec![("client_id", &id)]).send().await.unwrap();
    refused(none, 400, "invalid_client").await;
    let mut owner = connect(&app.database.owner_url).await;
    sqlx::query("UPDATE credential SET revoked_at = now()")
        .execute(&mut owner)
        .await
        .unwrap();
    let revoked = post(&app, &vec![("client_id", &id), ("client_secret", &secret)]);
    refused(revoked.send().await.unwrap(), 400, "invalid_client").await;
}

#[tokio::test]
async fn scopes_are_granted_as_asked_or_refused_as_a_whole() {
    let app = TestApp::start().await;
    let (id, secret) = app
        .avepoint_client("default", &[WRITE_USERS, READ_CUSTOMERS])
        .await;
    let asked = |scope: String| {
        post(
            &app,
            &vec![
                ("client_id", &id),
                ("client_secret", &secret),
                ("scope", &scope),
            ],
        )
    };
    let bundle = format!("{READ_USERS} {WRITE_USERS}");
    assert_eq!(granted(asked(bundle.clone())).await["scope"], bundle);
    let repeated = format!("{READ_CUSTOMERS}  {READ_CUSTOMERS}");
    assert_eq!(granted(asked(repeated)).await["scope"], READ_CUSTOMERS);
    for scope in [
        "elements.moon.read.all".to_owned(),
        format!("{READ_USERS} openid"),
        " ".to_owned(),
        "\u{0}".to_owned(),
    ] {
        refused(asked(scope).send().await.unwrap(), 400, "invalid_scope").await;
    }
    let long = |length: usize| {
        format!(
            "{READ_CUSTOMERS}{}",
            " ".repeat(length - READ_CUSTOMERS.len())
        )
    };
    granted(asked(long(300))).await;
    refused(asked(long(301)).send().await.unwrap(), 400, "invalid_scope").await;
    let (id, secret) = app.avepoint_client("default", &[READ_USERS]).await;
    let ungranted = post(
        &app,
        &vec![
            ("client_id", &id),
            ("client_secret", &secret),
            ("scope", WRITE_USERS),
        ],
    );
    refused(ungranted.send().await.unwrap(), 400, "invalid_scope").await;
}

#[tokio::test]
async fn a_read_that_readwrite_implies_opens_what_read_opens() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let (id, secret) = app.avepoint_client("default", &[WRITE_USERS]).await;
    for scope in [READ_USERS, WRITE_USERS] {
        let form = vec![
            ("client_id", id.as_str()),
            ("client_secret", &secret),
            ("scope", scope),
        ];
        let answer = granted(post(&app, &form)).await;
        let token = answer["access_token"].as_str().unwrap().to_owned();
        let client = Elements { app: &app, token };
        client.ask(&tenant.avepoint_path(), &json!({})).await;
    }
}

#[tokio::test]
async fn what_is_no_such_request_is_told_so() {
    let app = TestApp::start().await;
    let (id, secret) = app.avepoint_client("default", &[READ_USERS]).await;
    let client = vec![
        ("client_id", id.as_str()),
        ("client_secret", secret.as_str()),
    ];
    let url = app.url("/connect/token");
    let send = |form: Form<'_>| app.http.post(&url).form(&form).send();
    let password = [client.clone(), vec![("grant_type", "password")]].concat();
    refused(send(password).await.unwrap(), 400, "unsupported_grant_type").await;
    refused(send(client.clone()).await.unwrap(), 400, "invalid_request").await;
    let twice = [
        client.clone(),
        vec![("grant_type", "client_credentials"); 2],
    ]
    .concat();
    refused(send(twice).await.unwrap(), 400, "invalid_request").await;
    let two_proofs = post(&app, &client)
        .basic_auth(&id, Some(&secret))
        .send()
        .await
        .unwrap();
    refused(two_proofs, 400, "invalid_request").await;
    let json = app
        .http
        .post(&url)
        .json(&json!({"grant_type": "client_credentials"}))
        .send()
        .await
        .unwrap();
    refused(json, 400, "invalid_request").await;
    let large = app
        .http
        .post(&url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("x".repeat(9 << 20));
    refused(large.send().await.unwrap(), 413, "invalid_request").await;
}

/// Signs assertions of one client.
struct Signer {
    client: String,
    key: RsaKeyPair,
}

impl Signer {
    fn new(client: &str, key: &[u8]) -> Self {
        let der = PrivatePkcs8KeyDer::from_pem_slice(key).unwrap();
        Self {
            client: client.to_owned(),
            key: RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap(),
        }
    }

    fn claims(&self, audience: &str, now: OffsetDateTime) -> Value {
        let now = now.unix_timestamp();
        json!({"iss": self.client, "sub": self.client, "aud": audience, "jti": uuid::Uuid::now_v7(),
               "nbf": now, "iat": now, "exp": now + 300})
    }

    fn sign(&self, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({"alg": "RS256", "typ": "JWT", "x5t": "thumbprint"});
        let signed = format!("{}.{}", part(&header), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn asserting(app: &TestApp, assertion: &str) -> RequestBuilder {
    post(
        app,
        &vec![
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion),
        ],
    )
}

/// A client without a secret that registered what `pem` holds.
async fn registered(app: &TestApp, pem: &[u8]) -> String {
    let credential = NewCredential {
        partner: Some("default".to_owned()),
        scopes: vec![READ_USERS.to_owned()],
        certificate: Some(certificate_from_pem(pem, app.clock.now()).unwrap()),
        ..new_credential(Face::AvePoint)
    };
    let credentials = Credentials::new(app.admin.clone(), app.keys.clone(), app.clock.clone());
    credentials.register(&credential).await.unwrap();
    credential.public_id
}

#[tokio::test]
async fn a_signed_assertion_gets_a_token_once() {
    let app = TestApp::start().await;
    for pem in [CERTIFICATE, PUBLIC_KEY] {
        let signer = Signer::new(&registered(&app, pem).await, KEY);
        for audience in [
            app.url("/connect/token"),
            app.base_url.clone(),
            app.url("/connect/token").replace("http:", "https:"),
        ] {
            let assertion = signer.sign(&signer.claims(&audience, app.clock.now()));
            assert_eq!(
                granted(asserting(&app, &assertion)).await["scope"],
                READ_USERS
            );
            let replayed = asserting(&app, &assertion).send().await.unwrap();
            refused(replayed, 400, "invalid_client").await;
        }
        let assertion = signer.sign(&signer.claims(&app.base_url, app.clock.now()));
        let form = vec![
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", &assertion),
            ("client_id", &signer.client),
        ];
        granted(post(&app, &form)).await;
    }
}

#[tokio::test]
async fn of_many_that_replay_one_assertion_one_is_granted() {
    let app = TestApp::start().await;
    let second = TestApp::start_on(app.database.clone(), Clock::system(), Limits::default()).await;
    let signer = Signer::new(&registered(&app, CERTIFICATE).await, KEY);
    let mut claims = signer.claims(&app.url("/connect/token"), app.clock.now());
    claims["aud"] = json!([app.url("/connect/token"), second.url("/connect/token")]);
    let assertion = signer.sign(&claims);
    let tries =
        (0..16).map(|n| asserting(if n % 2 == 0 { &app } else { &second }, &assertion).send());
    let answers = futures_util::future::join_all(tries).await;
    let granted = answers
        .iter()
        .filter(|answer| answer.as_ref().unwrap().status() == StatusCode::OK);
    assert_eq!(granted.count(), 1);
}

#[tokio::test]
async fn no_assertion_but_the_clients_own_is_accepted() {
    let app = TestApp::start().await;
    let id = registered(&app, CERTIFICATE).await;
    let (plain, _) = app.avepoint_client("default", &[READ_USERS]).await;
    let url = app.url("/connect/token");
    let own = Signer::new(&id, KEY);
    let claims = own.claims(&url, app.clock.now());
    let good = own.sign(&claims);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    let mut longer = claims.clone();
    longer["exp"] = json!(claims["exp"].as_i64().unwrap() + 1);
    let payload = URL_SAFE_NO_PAD.encode(longer.to_string());
    let header = signed.split_once('.').unwrap().0;
    let nobody = Signer::new("nobody", KEY);
    let without_certificate = Signer::new(&plain, KEY);
    for forged in [
        Signer::new(&id, OTHER_KEY).sign(&claims),
        format!("{none}.{}.", signed.split_once('.').unwrap().1),
        format!("{header}.{payload}.{signature}"),
        format!("{signed}."),
        own.sign(&own.claims(
            "https://elsewhere.example.com/connect/token",
            app.clock.now(),
        )),
        own.sign(&own.claims(&url, app.clock.now() - time::Duration::hours(1))),
        own.sign(&own.claims(&url, app.clock.now() + time::Duration::minutes(5))),
        nobody.sign(&nobody.claims(&url, app.clock.now())),
        Signer::new("\u{0}", KEY).sign(&Signer::new("\u{0}", KEY).claims(&url, app.clock.now())),
        without_certificate.sign(&without_certificate.claims(&url, app.clock.now())),
        "x.y.z".to_owned(),
    ] {
        refused(
            asserting(&app, &forged).send().await.unwrap(),
            400,
            "invalid_client",
        )
        .await;
    }
    // None of these has used the good one's jti up.
    granted(asserting(&app, &good)).await;
}

#[tokio::test]
async fn an_expired_certificate_no_longer_counts() {
    let app = TestApp::start_at(datetime!(2126-01-01 00:00 UTC)).await;
    let signer = Signer::new(&registered(&app, CERTIFICATE).await, KEY);
    let url = app.url("/connect/token");
    granted(asserting(
        &app,
        &signer.sign(&signer.claims(&url, app.clock.now())),
    ))
    .await;
    app.clock
        .advance(std::time::Duration::from_secs(366 * 86_400));
    let late = signer.sign(&signer.claims(&url, app.clock.now()));
    refused(
        asserting(&app, &late).send().await.unwrap(),
        400,
        "invalid_client",
    )
    .await;
}

#[tokio::test]
async fn discovery_leads_to_the_token_endpoint() {
    let app = TestApp::start().await;
    let response = app
        .http
        .get(app.url("/.well-known/openid-configuration"))
        .send()
        .await
        .unwrap();
    let answer: Value = response.json().await.unwrap();
    insta::assert_json_snapshot!("avepoint_discovery", answer, {
        ".issuer" => "[origin]", ".token_endpoint" => "[origin]/connect/token",
    });
    assert_eq!(answer["issuer"], app.base_url);
    assert_eq!(answer["token_endpoint"], app.url("/connect/token"));
}
