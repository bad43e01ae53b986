//! The cache: what is read again, and that nothing stale is ever returned.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};
use userbatch::api::Limits;
use userbatch::auth::KeyRing;
use userbatch::core::address::Address;
use userbatch::core::clock::Clock;
use userbatch::core::id::UserId;
use userbatch::core::user::{ChainAccount, User};

use crate::app::{Database, SECRET_KEY, TestApp, TestTenant};

const ADDRESS: &str = "0xb246a3764d642BABbd6b075bca3e77E1cD563d78";

/// A user that every face can find by many names.
pub fn person(number: usize, name: &str) -> User {
    let mut user = User::new(UserId::new(format!("user-{number}")));
    user.profile.username = Some(format!("name-{number}"));
    user.profile.display_name = Some(name.to_owned());
    user.contact.email = Some(format!("user{number}@example.com"));
    user.contact.phone = Some("123".to_owned());
    user.employment.external_id = Some(format!("ext-{number}"));
    user.issued_ids.insert("genauth".to_owned(), format!("ga-{number}"));
    if number == 1 {
        user.chain_accounts.push(ChainAccount { address: ADDRESS.to_owned(), ..ChainAccount::default() });
    }
    user
}

/// One caller of each face.
pub struct Callers {
    pub app: TestApp,
    pub tenant: TestTenant,
    bitbadges: String,
    genauth: String,
    avepoint: String,
}

impl Callers {
    pub async fn of(app: &TestApp, tenant: &TestTenant) -> Self {
        let genauth = tenant.genauth_token().await;
        let (id, secret) = app.avepoint_client("default", &["elements.um.user.read.all"]).await;
        let avepoint = app.avepoint_token(&id, &secret).await;
        let bitbadges = tenant.bitbadges_key().await;
        Self { app: app.clone(), tenant: tenant.clone(), bitbadges, genauth, avepoint }
    }

    /// The same callers at another gateway of the same database.
    pub fn at(&self, app: &TestApp) -> Self {
        Self {
            app: app.clone(),
            tenant: self.tenant.clone(),
            bitbadges: self.bitbadges.clone(),
            genauth: self.genauth.clone(),
            avepoint: self.avepoint.clone(),
        }
    }

    pub async fn genauth(&self, id_type: &str, ids: &str) -> Value {
        let url = self.app.url("/api/v3/get-user-batch");
        let call = self.app.http.get(url).query(&[("userIdType", id_type), ("userIds", ids)]);
        call.bearer_auth(&self.genauth).send().await.unwrap().json().await.unwrap()
    }

    pub async fn bitbadges(&self, entries: Value) -> Value {
        let call =
            self.app.http.post(self.app.url("/api/v0/user/batch")).header("x-api-key", &self.bitbadges);
        call.json(&json!({ "accountsToFetch": entries })).send().await.unwrap().json().await.unwrap()
    }

    pub async fn avepoint(&self, body: Value) -> Value {
        let call = self.app.http.post(self.app.url(&self.tenant.avepoint_path())).bearer_auth(&self.avepoint);
        call.json(&body).send().await.unwrap().json().await.unwrap()
    }
}

async fn statements<T>(callers: &Callers, call: impl Future<Output = T>) -> (u64, T) {
    let before = callers.app.serving.statements();
    let answer = call.await;
    (callers.app.serving.statements() - before, answer)
}

#[tokio::test]
async fn a_warm_request_costs_one_statement_and_a_cold_one_two() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let people: Vec<User> = (1..=50).map(|number| person(number, "Ann")).collect();
    tenant.put_users(&people).await;
    let callers = Callers::of(&app, &tenant).await;
    let ids = (1..=50).map(|number| format!("ga-{number}")).collect::<Vec<_>>().join(",");
    for expected in [2, 1, 1] {
        let (cost, answer) = statements(&callers, callers.genauth("user_id", &ids)).await;
        assert_eq!((cost, answer["data"].as_array().unwrap().len()), (expected, 50));
    }
    let (cost, answer) = statements(&callers, callers.genauth("phone", "123")).await;
    assert_eq!((cost, answer["data"].as_array().unwrap().len()), (2, 50));
    assert_eq!(statements(&callers, callers.genauth("phone", "123")).await.0, 1);
    // What one kind of id has brought is not read again by another of which the name is known; names are learnt one by one.
    assert_eq!(statements(&callers, callers.genauth("email", "user7@example.com")).await.0, 2);
    assert_eq!(
        statements(&callers, callers.genauth("email", "user7@example.com,user7@EXAMPLE.com")).await.0,
        1
    );
    for expected in [2, 1] {
        let (cost, answer) = statements(&callers, callers.avepoint(json!({}))).await;
        assert_eq!((cost, answer["metadata"]["totalCount"].as_i64()), (expected, Some(50)));
    }
    let few = json!({ "userIds": ["user-3", "user-1"] });
    let (cost, answer) = statements(&callers, callers.avepoint(few)).await;
    assert_eq!((cost, answer["metadata"]["totalCount"].as_i64()), (1, Some(2)));
    for expected in [2, 1] {
        let (cost, answer) = statements(&callers, callers.bitbadges(json!([{ "address": ADDRESS }]))).await;
        assert_eq!((cost, answer["accounts"][0]["username"].as_str()), (expected, Some("name-1")));
    }
}

#[tokio::test]
async fn a_change_is_seen_at_once_on_every_gateway() {
    let first = TestApp::start().await;
    let tenant = first.tenant("acme").await;
    tenant.put_users(&[person(1, "Ann"), person(2, "Bob")]).await;
    let second = TestApp::start_under(
        first.database.clone(),
        first.clock.clone(),
        Limits::default(),
        first.keys.clone(),
    )
    .await;
    let callers = [Callers::of(&first, &tenant).await];
    let callers = [callers[0].at(&first), callers[0].at(&second)];
    for round in 0..5 {
        for caller in &callers {
            let name = |answer: &Value| answer["data"][0]["name"].as_str().map(str::to_owned);
            let expected = Some(if round == 0 { "Ann".to_owned() } else { format!("Ann {round}") });
            assert_eq!(name(&caller.genauth("email", "user1@example.com").await), expected);
            assert_eq!(name(&caller.genauth("username", "name-1").await), expected);
            let page = caller.avepoint(json!({ "userIds": null })).await;
            assert_eq!(page["data"][0]["displayName"].as_str().map(str::to_owned), expected);
        }
        tenant.put_users(&[person(1, &format!("Ann {}", round + 1))]).await;
    }
}

#[tokio::test]
async fn a_name_that_moves_is_never_answered_with_its_former_owner() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let callers = Callers::of(&app, &tenant).await;
    let owner_of = |number: usize, mail: &str| {
        let mut user = User::new(UserId::new(format!("user-{number}")));
        user.contact.email = Some(mail.to_owned());
        user
    };
    for round in 0..6 {
        let (first, second) = if round % 2 == 0 { (1, 2) } else { (2, 1) };
        // In two steps, as no two users may have one name at a time.
        tenant.put_users(&[owner_of(first, "free@example.com")]).await;
        tenant.put_users(&[owner_of(second, "other@example.com")]).await;
        tenant.put_users(&[owner_of(first, "it@example.com")]).await;
        for _ in 0..2 {
            let answer = callers.genauth("email", "it@example.com,other@example.com").await;
            let ids: Vec<_> =
                answer["data"].as_array().unwrap().iter().map(|user| user["userId"].clone()).collect();
            assert_eq!(
                ids,
                [json!(format!("user-{first}")), json!(format!("user-{second}"))],
                "round {round}"
            );
        }
    }
}

#[test]
fn the_address_is_one() {
    assert!(Address::parse(ADDRESS).is_ok());
}

#[tokio::test]
async fn without_bytes_callers_are_cached_and_users_are_not() {
    let keys = Arc::new(KeyRing::new(SECRET_KEY).unwrap());
    let app = TestApp::start_cached(Database::new().await, Clock::system(), Limits::default(), keys, 0).await;
    let tenant = app.tenant("acme").await;
    tenant.put_users(&[person(1, "Ann")]).await;
    let callers = Callers::of(&app, &tenant).await;
    for name in ["Ann", "Eve"] {
        tenant.put_users(&[person(1, name)]).await;
        // The caller, by itself or with those of other requests, and the user.
        let (cost, answer) = statements(&callers, callers.genauth("user_id", "ga-1")).await;
        assert_eq!((cost, answer["data"][0]["name"].as_str()), (2, Some(name)));
    }
    let mut owner = app.database.owner_connection().await;
    sqlx::query("UPDATE tenant SET suspended_at = now()").execute(&mut owner).await.unwrap();
    assert_ne!(callers.genauth("user_id", "ga-1").await["statusCode"], 200);
}

/// Without a cache they all need the database.
#[tokio::test]
async fn requests_at_the_same_time_share_statements_and_each_gets_its_own_users() {
    let keys = Arc::new(KeyRing::new(SECRET_KEY).unwrap());
    let app = TestApp::start_cached(Database::new().await, Clock::system(), Limits::default(), keys, 0).await;
    let tenant = app.tenant("acme").await;
    let people: Vec<User> = (0..40).map(|number| person(number, "Ann")).collect();
    tenant.put_users(&people).await;
    let callers = Callers::of(&app, &tenant).await;
    callers.genauth("user_id", "ga-0").await;
    // Two known users and a stranger.
    let ids = |number: usize| format!("ga-{number},stranger-{number},ga-{}", (number + 1) % 40);
    let calls = (0..40).map(async |number| callers.genauth("user_id", &ids(number)).await);
    let (cost, answers) = statements(&callers, join_all(calls)).await;
    for (number, answer) in answers.iter().enumerate() {
        let found: Vec<_> = answer["data"].as_array().unwrap().iter().map(|user| &user["userId"]).collect();
        assert_eq!(found, [&format!("ga-{number}"), &format!("ga-{}", (number + 1) % 40)]);
    }
    assert!(cost < 40, "{cost} statements for 40 requests");
}
