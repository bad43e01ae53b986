//! SCIM 2.0, as identity providers use it.

mod access;
mod bulk;
mod dialects;
mod discovery;
mod fairness;
mod groups;
mod large_groups;
mod lists;
mod orders;
mod root;
mod times;
mod users;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::app::{TestApp, TestTenant};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const OWN: &str = "urn:ietf:params:scim:schemas:extension:userbatch:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// An identity provider of a tenant.
pub struct Provider {
    pub app: TestApp,
    pub tenant: TestTenant,
    /// Public id of its credential.
    pub credential: String,
    pub token: String,
}

impl Provider {
    /// A provider of the tenant `a`, which has nobody yet.
    pub async fn start() -> Self {
        let app = TestApp::start().await;
        Self::of(&app.tenant("a").await).await
    }

    pub async fn of(tenant: &TestTenant) -> Self {
        let (credential, token) = tenant.scim_token().await;
        Self { app: tenant.app.clone(), tenant: tenant.clone(), credential, token }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = self.app.url(&format!("/scim/v2{path}"));
        self.app.http.request(method, url).bearer_auth(&self.token)
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let request = self.request(method, path);
        let request = match body {
            Some(body) => request.header("content-type", "application/scim+json").body(body.to_string()),
            None => request,
        };
        answer(request).await
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call(Method::GET, path, None).await
    }

    /// Adds a user, and returns it.
    pub async fn create(&self, user: Value) -> Value {
        let (status, created) = self.call(Method::POST, "/Users", Some(user)).await;
        assert_eq!(status, StatusCode::CREATED, "{created}");
        created
    }

    pub async fn patch(&self, id: &str, operations: Value) -> (StatusCode, Value) {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations,
        });
        self.call(Method::PATCH, &format!("/Users/{id}"), Some(body)).await
    }

    /// The names of the users that a filter finds, and the total.
    pub async fn found(&self, filter: &str) -> (Vec<String>, u64) {
        let request = self.request(Method::GET, "/Users").query(&[("filter", filter)]);
        let (status, list) = answer(request).await;
        assert_eq!(status, StatusCode::OK, "{filter}: {list}");
        (names(&list), list["totalResults"].as_u64().unwrap())
    }
}

pub fn names(list: &Value) -> Vec<String> {
    let users = list["Resources"].as_array().unwrap().iter();
    users.map(|user| user["userName"].as_str().unwrap().to_owned()).collect()
}

pub async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let body = response.text().await.unwrap();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_str(&body).expect(&body) };
    (status, body)
}

/// The body of an error.
pub fn error(status: &str, scim_type: Option<&str>, detail: &str) -> Value {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status, "detail": detail,
    });
    if let Some(scim_type) = scim_type {
        body["scimType"] = scim_type.into();
    }
    body
}

pub fn id(user: &Value) -> &str {
    user["id"].as_str().unwrap()
}
