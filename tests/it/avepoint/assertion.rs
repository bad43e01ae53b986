//! Clients with signed assertions (RFC 7523) get tokens, and nobody else can get tokens on their behalf.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{RequestBuilder, StatusCode};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio_util::sync::CancellationToken;
use userbatch::api::{Ingress, Limits};
use userbatch::auth::certificate_from_pem;
use userbatch::core::clock::Clock;
use userbatch::core::face::Face;
use userbatch::server::ListenOptions;
use userbatch::store::NewCredential;

use super::READ_USERS;
use super::token::{granted, post, refused};
use crate::app::{TestApp, new_credential, serve};

const KEY: &[u8] = include_bytes!("../../fixtures/test-only-client.key.pem");
const OTHER_KEY: &[u8] = include_bytes!("../../fixtures/test-only-other.key.pem");
const CERTIFICATE: &[u8] = include_bytes!("../../fixtures/test-only-client.cert.pem");
const PUBLIC_KEY: &[u8] = include_bytes!("../../fixtures/test-only-client.pub.pem");
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Signs assertions of one client.
struct Signer {
    client: String,
    key: RsaKeyPair,
}

impl Signer {
    fn new(client: &str, key: &[u8]) -> Self {
        let der = PrivatePkcs8KeyDer::from_pem_slice(key).unwrap();
        Self { client: client.to_owned(), key: RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap() }
    }

    fn claims(&self, audience: &str, now: OffsetDateTime) -> Value {
        let now = now.unix_timestamp();
        json!({"iss": self.client, "sub": self.client, "aud": audience, "jti": Clock::system().new_id(),
               "nbf": now, "iat": now, "exp": now + 300})
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_as("RS256", &RSA_PKCS1_SHA256, claims)
    }

    fn sign_as(&self, name: &str, algorithm: &'static dyn RsaEncoding, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({"alg": name, "typ": "JWT", "x5t": "thumbprint"});
        let signed = format!("{}.{}", part(&header), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(algorithm, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn asserting(app: &TestApp, assertion: &str) -> RequestBuilder {
    post(app, &vec![("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)])
}

/// A client without a secret that registered what `pem` holds.
async fn registered(app: &TestApp, pem: &[u8]) -> String {
    let credential = NewCredential {
        partner: Some("default".to_owned()),
        scopes: vec![READ_USERS.to_owned()],
        certificate: Some(certificate_from_pem(pem, app.clock.now()).unwrap()),
        ..new_credential(Face::AvePoint)
    };
    app.create_credential(&credential, None).await;
    credential.public_id.into()
}

#[tokio::test]
async fn a_signed_assertion_gets_a_token_once() {
    let app = TestApp::start().await;
    for pem in [CERTIFICATE, PUBLIC_KEY] {
        let signer = Signer::new(&registered(&app, pem).await, KEY);
        for audience in ["/connect/token", "/connect/token/", "", "/"].map(|path| app.url(path)) {
            let assertion = signer.sign(&signer.claims(&audience, app.clock.now()));
            assert_eq!(granted(asserting(&app, &assertion)).await["scope"], READ_USERS);
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
async fn an_assertion_can_be_sent_again_with_other_scopes_if_it_got_no_token() {
    let app = TestApp::start().await;
    let signer = Signer::new(&registered(&app, CERTIFICATE).await, KEY);
    let assertion = signer.sign(&signer.claims(&app.url("/connect/token"), app.clock.now()));
    let asking = |scope| {
        let form = vec![
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", &*assertion),
            ("scope", scope),
        ];
        post(&app, &form)
    };
    refused(asking("nothing").send().await.unwrap(), 400, "invalid_scope").await;
    granted(asking(READ_USERS)).await;
    refused(asking("nothing").send().await.unwrap(), 400, "invalid_scope").await;
    refused(asking(READ_USERS).send().await.unwrap(), 400, "invalid_client").await;
}

#[tokio::test]
async fn newer_clients_sign_with_ps256_and_send_times_with_a_fraction() {
    let app = TestApp::start().await;
    let signer = Signer::new(&registered(&app, CERTIFICATE).await, KEY);
    let mut claims = signer.claims(&app.url("/connect/token"), app.clock.now());
    for member in ["nbf", "iat", "exp"] {
        let seconds = claims[member].as_i64().unwrap();
        claims[member] = serde_json::from_str(&format!("{seconds}.1234567")).unwrap();
    }
    let assertion = signer.sign_as("PS256", &RSA_PSS_SHA256, &claims);
    assert_eq!(granted(asserting(&app, &assertion)).await["scope"], READ_USERS);
    // The algorithm is the one that was signed with.
    let mut claims = signer.claims(&app.url("/connect/token"), app.clock.now());
    for (name, algorithm) in [("RS256", &RSA_PSS_SHA256 as &dyn RsaEncoding), ("PS256", &RSA_PKCS1_SHA256)] {
        claims["jti"] = json!(name);
        let mixed = signer.sign_as(name, algorithm, &claims);
        refused(asserting(&app, &mixed).send().await.unwrap(), 400, "invalid_client").await;
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
    let tries = (0..16).map(|n| asserting(if n % 2 == 0 { &app } else { &second }, &assertion).send());
    let answers = futures_util::future::join_all(tries).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.as_ref().unwrap().status()).collect();
    let count = |wanted| statuses.iter().filter(|&&status| status == wanted).count();
    // On a busy machine the database may answer the first too late: then the assertion is used up for nothing.
    let granted = usize::from(count(StatusCode::SERVICE_UNAVAILABLE) == 0);
    assert!((granted..=1).contains(&count(StatusCode::OK)), "{statuses:?}");
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
        own.sign(&own.claims("https://elsewhere.example.com/connect/token", app.clock.now())),
        own.sign(&own.claims(&url, app.clock.now() - time::Duration::hours(1))),
        own.sign(&own.claims(&url, app.clock.now() + time::Duration::minutes(5))),
        nobody.sign(&nobody.claims(&url, app.clock.now())),
        Signer::new("\u{0}", KEY).sign(&Signer::new("\u{0}", KEY).claims(&url, app.clock.now())),
        without_certificate.sign(&without_certificate.claims(&url, app.clock.now())),
        "x.y.z".to_owned(),
    ] {
        refused(asserting(&app, &forged).send().await.unwrap(), 400, "invalid_client").await;
    }
    // None of these has used the good one's jti up.
    granted(asserting(&app, &good)).await;
}

/// What discovery says about authentication, and the answer to an assertion for the URL that it names, of requests
/// with one more header.
async fn discovered(
    app: &TestApp,
    base_url: &str,
    (name, value): (&str, &str),
) -> (Value, reqwest::Response) {
    let discovery = app.http.get(format!("{base_url}/.well-known/openid-configuration"));
    let metadata: Value = discovery.header(name, value).send().await.unwrap().json().await.unwrap();
    let signer = Signer::new(&registered(app, CERTIFICATE).await, KEY);
    let url = metadata["token_endpoint"].as_str().unwrap();
    let assertion = signer.sign(&signer.claims(url, app.clock.now()));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", &assertion),
    ];
    let asked = app.http.post(format!("{base_url}/connect/token")).header(name, value).form(&form);
    (metadata["token_endpoint_auth_methods_supported"].clone(), asked.send().await.unwrap())
}

#[tokio::test]
async fn a_loopback_host_is_no_audience_if_a_proxy_may_have_written_it() {
    let app = TestApp::start().await;
    let router = userbatch::api::router(app.gateway(Ingress::default()));
    let unconfigured = serve(router, ListenOptions::default(), CancellationToken::new()).await;
    for (base_url, header) in [
        (&unconfigured, ("accept", "*/*")),
        (&app.base_url, ("x-forwarded-for", "192.0.2.1")),
        (&app.base_url, ("forwarded", "for=192.0.2.1")),
    ] {
        let (methods, answer) = discovered(&app, base_url, header).await;
        assert_eq!(methods, json!(["client_secret_post", "client_secret_basic"]), "{header:?}");
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"], "invalid_client");
        assert!(body["error_description"].as_str().unwrap().contains("USERBATCH_PUBLIC_URL"), "{body}");
    }
    let (methods, answer) = discovered(&app, &app.base_url, ("accept", "*/*")).await;
    assert_eq!(methods[2], "private_key_jwt");
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_expired_certificate_no_longer_counts() {
    let app = TestApp::start_at(datetime!(2126-01-01 00:00 UTC)).await;
    let signer = Signer::new(&registered(&app, CERTIFICATE).await, KEY);
    let url = app.url("/connect/token");
    granted(asserting(&app, &signer.sign(&signer.claims(&url, app.clock.now())))).await;
    app.clock.advance(std::time::Duration::from_hours(8784));
    let late = signer.sign(&signer.claims(&url, app.clock.now()));
    refused(asserting(&app, &late).send().await.unwrap(), 400, "invalid_client").await;
}
