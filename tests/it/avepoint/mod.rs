//! The AvePoint face, called over HTTP like its clients do.

mod assertion;
mod concurrency;
mod customers;
mod deep_pages;
mod origins;
mod refusals;
mod token;
mod users;

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::app::TestApp;

const READ_USERS: &str = "elements.um.user.read.all";
const WRITE_USERS: &str = "elements.um.user.readwrite.all";
const READ_CUSTOMERS: &str = "elements.customers.read.all";
const CUSTOMERS: &str = "/partner/external/v3/general/customers/batch";

/// A client with a token.
struct Elements<'a> {
    app: &'a TestApp,
    token: String,
}

impl<'a> Elements<'a> {
    /// A client of a new app registration of `partner` that has, and asks for, these permissions.
    async fn of(app: &'a TestApp, partner: &str, scopes: &[&str]) -> Self {
        let (id, secret) = app.avepoint_client(partner, scopes).await;
        Self { app, token: app.avepoint_token(&id, &secret).await }
    }

    async fn new(app: &'a TestApp) -> Self {
        Self::of(app, "default", &[READ_USERS, READ_CUSTOMERS]).await
    }

    fn request(&self, path: &str) -> RequestBuilder {
        self.app.http.post(self.app.url(path)).bearer_auth(&self.token)
    }

    /// The answer to `body`, which must be 200.
    async fn ask(&self, path: &str, body: &Value) -> Value {
        let response = self.request(path).json(body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }
}

/// The body of an error, which must have the face's shape and name the request that its header names.
async fn refusal(response: Response, status: u16) -> Value {
    assert_eq!(response.status(), status);
    let id = response.headers()["request-id"].to_str().unwrap().to_owned();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["statusCode"], status);
    assert_eq!(body["requestId"], id);
    assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()));
    assert_eq!(body.as_object().unwrap().len(), 3);
    body
}

fn ids(answer: &Value) -> Vec<&str> {
    let items = answer["data"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_str().unwrap()).collect()
}
