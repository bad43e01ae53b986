//! Who guesses credentials is throttled by address, costs no query, and does not disturb others.

use reqwest::{RequestBuilder, StatusCode};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use userbatch::api::source::TrustedProxies;
use userbatch::api::{self, Ingress};
use userbatch::server::ListenOptions;

use crate::admin_api::Api;
use crate::app::{TestApp, serve};
use crate::genauth::{Answer, Client};

const STRANGER: &str = "198.51.100.66";
const HONEST: &str = "198.51.100.7";

/// A gateway that believes its local proxy, the test.
async fn behind_proxy() -> TestApp {
    let app = TestApp::start().await;
    let proxies = TrustedProxies::new(vec!["127.0.0.0/8".parse().unwrap()]);
    let gateway = app.gateway(Ingress { proxies, ..Ingress::default() });
    let base_url = serve(api::router(gateway), ListenOptions::default(), CancellationToken::new()).await;
    TestApp { base_url, ..app }
}

/// Sends a request of a stranger 200 times; returns how many were throttled.
async fn guess(request: impl Fn(usize) -> RequestBuilder) -> usize {
    let mut throttled = 0;
    for number in 0..200 {
        let answer = request(number).header("x-forwarded-for", STRANGER).send().await.unwrap();
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
            throttled += 1;
        }
    }
    throttled
}

#[tokio::test]
async fn guesses_are_throttled_on_every_face_and_cost_no_query() {
    let app = behind_proxy().await;
    let tenant = app.tenant("a").await;
    let key = tenant.bitbadges_key().await;
    // Well formed, but unknown: only the database can tell.
    let wrong = |number: usize| format!("{}{number:04}", &key[..key.len() - 4]);
    let id = "0123456789abcdef0123456789abcdef";
    let faces: [Box<dyn Fn(usize) -> RequestBuilder>; 4] = [
        Box::new(|n| app.http.post(app.url("/api/v0/users")).header("x-api-key", wrong(n)).body("{}")),
        Box::new(|n| {
            let secret = wrong(n);
            let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", &secret)];
            app.http.post(app.url("/connect/token")).form(&form)
        }),
        Box::new(|n| {
            let pair = json!({ "accessKeyId": id, "accessKeySecret": wrong(n) });
            app.http.post(app.url("/api/v3/get-management-token")).json(&pair)
        }),
        Box::new(|n| app.http.get(app.url("/api/v3/get-user-batch?userIds=a")).bearer_auth(wrong(n))),
    ];
    let before = app.serving.statements();
    for face in &faces {
        assert!(guess(face).await > 140);
    }
    let queries = app.serving.statements() - before;
    assert!(queries < 75, "{queries} queries for 800 guesses");
}

#[tokio::test]
async fn an_honest_caller_elsewhere_notices_nothing_and_a_known_one_is_served_from_anywhere() {
    let app = behind_proxy().await;
    let tenant = app.tenant("a").await;
    let key = tenant.bitbadges_key().await;
    let honest = |address: &str| {
        let request = app.http.post(app.url("/api/v0/users")).header("x-api-key", &key);
        request.header("x-forwarded-for", address).json(&json!({ "accountsToFetch": [] })).send()
    };
    let wrong = format!("{}0000", &key[..key.len() - 4]);
    guess(|_| app.http.post(app.url("/api/v0/users")).header("x-api-key", &wrong).body("{}")).await;
    let unknown = honest(STRANGER).await.unwrap();
    assert_eq!(unknown.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(honest(HONEST).await.unwrap().status(), StatusCode::OK);
    assert_eq!(honest(STRANGER).await.unwrap().status(), StatusCode::OK, "known by now");
    // An address of one's own choice in front of the one that the proxy saw does not help.
    let claimed = honest(&format!("{HONEST}, {STRANGER}")).await.unwrap();
    assert_eq!(claimed.status(), StatusCode::OK, "known");
    let other = app.tenant("b").await.bitbadges_key().await;
    let request = app.http.post(app.url("/api/v0/users")).header("x-api-key", other);
    let request = request.header("x-forwarded-for", format!("{HONEST}, {STRANGER}"));
    assert_eq!(request.body("{}").send().await.unwrap().status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_right_signature_is_accepted_from_a_throttled_address_after_a_change_of_credentials() {
    let app = behind_proxy().await;
    let tenant = app.tenant("a").await;
    let client = Client::of(&app, &tenant).await;
    let signed = async |client: &Client| {
        let call = client.signed().request().header("x-forwarded-for", STRANGER);
        Answer::of(call).await.body["statusCode"].clone()
    };
    assert_eq!(signed(&client).await, 200);
    let key = tenant.bitbadges_key().await;
    let wrong = format!("{}0000", &key[..key.len() - 4]);
    guess(|_| app.http.post(app.url("/api/v0/users")).header("x-api-key", &wrong).body("{}")).await;
    for _ in 0..3 {
        tenant.bitbadges_key().await;
        assert_eq!(signed(&client).await, 200);
    }
    // A wrong signature costs no query.
    let stranger = Client { secret: "wrong".to_owned(), ..client };
    let before = app.serving.statements();
    assert_eq!(signed(&stranger).await, 429);
    assert_eq!(app.serving.statements(), before);
}

#[tokio::test]
async fn guesses_at_the_operators_token_are_throttled() {
    let api = Api::start().await;
    let mut statuses = Vec::new();
    for _ in 0..120 {
        let wrong = api.app.http.get(format!("{}/tenants", api.base_url)).bearer_auth("wrong");
        statuses.push(wrong.send().await.unwrap().status());
    }
    assert_eq!(statuses[0], StatusCode::UNAUTHORIZED);
    assert_eq!(statuses[119], StatusCode::TOO_MANY_REQUESTS);
    let right = api.request(reqwest::Method::GET, "/tenants").send().await.unwrap();
    assert_eq!(right.status(), StatusCode::OK);
}

#[tokio::test]
async fn readiness_is_checked_once_for_all_who_ask() {
    let app = TestApp::start().await;
    let before = app.serving.statements();
    let asked = (0..200).map(|_| app.http.get(app.url("/readyz")).send());
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(answer.unwrap().status(), StatusCode::OK);
    }
    let queries = app.serving.statements() - before;
    assert!(queries <= 5, "{queries} queries for 200 checks");
}
