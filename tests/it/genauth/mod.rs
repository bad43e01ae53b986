//! The GenAuth face: helpers for its tests.
//!
//! The face's `mod.rs` has a table of what each client sends, and the test that covers it.

mod cost;
mod ids;
mod options;
mod refusals;
mod rotation;
mod seed;
mod signatures;
mod tokens;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode};
use ring::hmac;
use serde_json::{Value, json};
use userbatch::core::id::UserId;
use userbatch::core::user::{Identity, IdentityInfo, JsonObject, User};

use crate::app::{TestApp, TestTenant};

pub const BATCH: &str = "/api/v3/get-user-batch";
pub const TOKEN: &str = "/api/v3/get-management-token";

/// An answer of the face.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        Self::read(request.send().await.unwrap()).await
    }

    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.json().await.unwrap();
        Self { status, headers, body }
    }

    pub fn users(&self) -> &Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.body);
        assert_eq!(self.body["statusCode"], 200, "{}", self.body);
        self.body["data"].as_array().unwrap()
    }

    pub fn ids(&self) -> Vec<&str> {
        let users = self.users().iter();
        users.map(|user| user["userId"].as_str().unwrap()).collect()
    }

    /// The message of a refusal, which is HTTP 200 with these codes.
    pub fn refusal(&self, status_code: u16, api_code: Option<u16>) -> &str {
        assert_eq!(self.status, 200, "{}", self.body);
        self.fault(status_code, api_code)
    }

    /// The message of an error with these codes, whatever its HTTP status.
    pub fn fault(&self, status_code: u16, api_code: Option<u16>) -> &str {
        let codes = (&self.body["statusCode"], &self.body["apiCode"]);
        assert_eq!(codes, (&json!(status_code), &json!(api_code)), "{}", self.body);
        assert_eq!(self.body["requestId"], self.headers["request-id"].to_str().unwrap());
        self.body["message"].as_str().unwrap()
    }
}

/// The holder of one access key.
#[derive(Debug, Clone)]
pub struct Client {
    pub app: TestApp,
    pub id: String,
    pub secret: String,
}

impl Client {
    pub async fn of(app: &TestApp, tenant: &TestTenant) -> Self {
        let (id, secret) = tenant.genauth_key().await;
        Self { app: app.clone(), id, secret }
    }

    /// A gateway with one user pool that holds `users`, and a client of it.
    pub async fn with_users(users: &[User]) -> Self {
        let app = TestApp::start().await;
        let tenant = app.tenant("pool").await;
        tenant.put_users(users).await;
        Self::of(&app, &tenant).await
    }

    pub async fn token(&self) -> String {
        let pair = json!({ "accessKeyId": self.id, "accessKeySecret": self.secret });
        let answer = Answer::of(self.app.http.post(self.app.url(TOKEN)).json(&pair)).await;
        answer.body["data"]["access_token"].as_str().unwrap().to_owned()
    }

    /// A call with a token, as the Python SDKs make it.
    pub async fn get(&self, query: &str) -> Answer {
        let url = self.app.url(&format!("{BATCH}?{query}"));
        let request = self.app.http.get(url).bearer_auth(self.token().await);
        Answer::of(request.header("x-genauth-lang", "en-US")).await
    }

    /// Users by ids of one type, sent as a list, with `options` after it.
    pub async fn find(&self, kind: &str, ids: &[&str], options: &str) -> Answer {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(ids.iter().map(|id| ("userIds[]", id)));
        query.append_pair("userIdType", kind);
        self.get(&format!("{}&{options}", query.finish())).await
    }

    /// A signed call that has yet to be sent.
    pub fn signed(&self) -> SignedCall<'_> {
        SignedCall {
            client: self,
            brand: ("authing", "x-authing-"),
            date_header: "date",
            date: httpdate_of(self.app.clock.now()),
            nonce: Some(self.app.clock.new_id().simple().to_string()),
            query: "userIds[]=1".to_owned(),
            parameters: r#"userIds=["1"]"#.to_owned(),
        }
    }
}

fn httpdate_of(at: time::OffsetDateTime) -> String {
    let text = at.format(&time::format_description::well_known::Rfc2822);
    text.unwrap().replace("+0000", "GMT")
}

/// A call signed as the contract says, written here a second time and independently of the gateway's own code.
#[derive(Debug, Clone)]
pub struct SignedCall<'a> {
    pub client: &'a Client,
    /// Scheme and prefix of the headers.
    pub brand: (&'static str, &'static str),
    pub date_header: &'static str,
    pub date: String,
    pub nonce: Option<String>,
    /// What is sent.
    pub query: String,
    /// What is signed.
    pub parameters: String,
}

impl SignedCall<'_> {
    pub fn request(&self) -> RequestBuilder {
        let (scheme, prefix) = self.brand;
        let mut headers = vec![
            (self.date_header.to_owned(), self.date.clone()),
            (format!("{prefix}lang"), "en-US".to_owned()),
            (format!("{prefix}signature-method"), "HMAC-SHA1".to_owned()),
        ];
        let nonce = self.nonce.clone();
        headers.extend(nonce.map(|nonce| (format!("{prefix}signature-nonce"), nonce)));
        headers.push((format!("{prefix}signature-version"), "1.0".to_owned()));
        let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let text = format!("GET\n{}{BATCH}?{}", lines.concat(), self.parameters);
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.client.secret.as_bytes());
        let signature = STANDARD.encode(hmac::sign(&key, text.as_bytes()));
        let app = &self.client.app;
        let request = app.http.get(app.url(&format!("{BATCH}?{}", self.query)));
        let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        request.header("authorization", format!("{scheme} {}:{signature}", self.client.id))
    }

    pub async fn send(&self) -> Answer {
        Answer::of(self.request()).await
    }
}

pub fn user(id: &str) -> User {
    User::new(UserId::new(id))
}

pub fn identity(provider: &str, connection: &str, id_there: &str) -> Identity {
    Identity {
        id: format!("identity-of-{id_there}"),
        connection_id: connection.to_owned(),
        provider: provider.to_owned(),
        kind: "openid".to_owned(),
        id_there: id_there.to_owned(),
        info: IdentityInfo::default(),
        origin_connection_ids: vec![connection.to_owned()],
    }
}

pub fn object(value: Value) -> JsonObject {
    serde_json::from_value(value).unwrap()
}
