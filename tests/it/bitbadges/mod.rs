//! The BitBadges face: helpers for its tests.

mod access;
mod accounts;
mod bookmarks;
mod cors;
mod cost;
mod imported;
mod paging;
mod plans;
mod publishable;
mod refusals;
mod seed;
mod views;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use userbatch::core::address::{AccountKey, Address};
use userbatch::core::id::UserId;
use userbatch::core::user::{ChainAccount, JsonObject, User};
use userbatch::core::view::{Announcement, AutoApprovals, Balance, Holding, Review, Transfer, UintRange};

use crate::app::{TestApp, TestTenant};

pub const SEED_ADDRESS: &str = "0xb246a3764d642BABbd6b075bca3e77E1cD563d78";
pub const SEED_COSMOS: &str = "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x";
pub const PATHS: [&str; 2] = ["/api/v0/user/batch", "/api/v0/users"];

/// An answer of the face.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.json().await.unwrap_or(Value::Null);
        Self { status, headers, body }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn accounts(&self) -> &Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body["accounts"].as_array().unwrap()
    }

    /// The message of a refusal, which both eras must find.
    pub fn refusal(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.body["message"], self.body["errorMessage"]);
        self.body["message"].as_str().unwrap()
    }
}

/// The holder of one API key.
#[derive(Debug, Clone)]
pub struct Client {
    app: TestApp,
    pub key: String,
}

impl Client {
    pub async fn of(app: &TestApp, tenant: &TestTenant) -> Self {
        Self { app: app.clone(), key: tenant.bitbadges_key().await }
    }

    pub async fn post(&self, body: impl Into<reqwest::Body>) -> Answer {
        self.post_to(PATHS[0], body).await
    }

    pub async fn post_to(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.app.http.post(self.app.url(path)).header("x-api-key", &self.key);
        Answer::of(request.header("content-type", "application/json").body(body).send().await.unwrap()).await
    }

    /// One account, by a raw query.
    pub async fn one(&self, query: &str) -> Answer {
        let request = self.app.http.get(self.app.url(&format!("/api/v0/user?{query}")));
        Answer::of(request.header("x-api-key", &self.key).send().await.unwrap()).await
    }

    pub async fn fetch(&self, accounts_to_fetch: Value) -> Answer {
        self.post(json!({ "accountsToFetch": accounts_to_fetch }).to_string()).await
    }

    /// One account.
    pub async fn account(&self, entry: Value) -> Value {
        let answer = self.fetch(json!([entry])).await;
        assert_eq!(answer.accounts().len(), 1);
        answer.body["accounts"][0].clone()
    }

    /// One page of one view of one account, `view` without its bookmark.
    pub async fn page(&self, address: &str, view: &Value, bookmark: &str) -> Answer {
        let mut view = view.clone();
        view["bookmark"] = bookmark.into();
        self.fetch(json!([{ "address": address, "viewsToFetch": [view] }])).await
    }
}

/// The one view of the one account of an answer.
pub fn only_view(answer: &Answer) -> &Value {
    let views = answer.accounts()[0]["views"].as_object().unwrap();
    assert_eq!(views.len(), 1);
    views.values().next().unwrap()
}

pub fn ids(view: &Value) -> Vec<String> {
    view["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

pub fn account_key(address: &str) -> AccountKey {
    Address::parse(address).unwrap().key()
}

/// A valid address: the n-th Ethereum account.
pub fn nth_address(n: usize) -> String {
    format!("0x{n:040x}")
}

pub fn user_at(id: &str, address: &str) -> User {
    let mut user = User::new(UserId::new(id));
    user.profile.username = Some(id.to_owned());
    user.chain_accounts = vec![ChainAccount { address: address.to_owned(), ..ChainAccount::default() }];
    user
}

pub fn balances() -> Vec<Balance> {
    let range = |start: &str, end: &str| vec![UintRange { start: start.to_owned(), end: end.to_owned() }];
    vec![Balance {
        amount: "1".to_owned(),
        badge_ids: range("1", "100"),
        ownership_times: range("1691802000000", "1723338000000"),
    }]
}

pub fn transfer(id: &str, at: i64, collection_id: i64, from: &str, to: &str) -> Transfer {
    Transfer {
        id: id.to_owned(),
        at,
        collection_id,
        from: from.to_owned(),
        to: vec![to.to_owned()],
        balances: balances(),
        block: "1".to_owned(),
        memo: String::new(),
        precalculation: None,
        initiated_by: None,
    }
}

pub fn announcement(id: &str, at: i64, collection_id: i64) -> Announcement {
    Announcement {
        id: id.to_owned(),
        at,
        collection_id,
        from: SEED_COSMOS.to_owned(),
        text: "HELLO!".to_owned(),
        block: "1".to_owned(),
    }
}

pub fn review(id: &str, at: i64, about: &str) -> Review {
    Review {
        id: id.to_owned(),
        at,
        from: SEED_COSMOS.to_owned(),
        about: account_key(about),
        stars: "5".to_owned(),
        text: "good".to_owned(),
        block: "1".to_owned(),
    }
}

pub fn holding(account: &str, collection_id: i64) -> Holding {
    Holding {
        account: account_key(account),
        collection_id,
        balances: balances(),
        on_chain: true,
        uri: None,
        permissions: JsonObject::new(),
        auto_approvals: AutoApprovals::default(),
    }
}
