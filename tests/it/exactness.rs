//! A response never omits anything that was committed before its request was sent: two gateways on one database,
//! writers that change, delete and create, readers on every face.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use userbatch::api::Limits;
use userbatch::core::clock::Clock;
use userbatch::core::id::UserId;
use userbatch::core::user::{ChainAccount, User};

use crate::app::{TestApp, TestTenant};
use crate::cache::Callers;
use crate::outage::Server;
use crate::scim::Provider;

/// Users that are written, each by one writer. The first one is deleted and created in turn.
const USERS: usize = 6;
const READERS: usize = 6;
/// Requests of all readers together, for each seed. More by the variable, for a long run.
const REQUESTS: usize = 3_600;
const SEEDS: u64 = 3;

fn requests() -> usize {
    let asked = std::env::var_os("USERBATCH_EXACTNESS_REQUESTS");
    asked.and_then(|text| text.to_str()?.parse().ok()).unwrap_or(REQUESTS)
}

fn id(number: usize) -> String {
    format!("user-{number}")
}

fn address(number: usize) -> String {
    format!("0x{:040x}", number + 1)
}

/// Whether user `number` is there after its writer wrote it the `version`-th time.
const fn is_there(number: usize, version: u64) -> bool {
    number != 0 || version.is_multiple_of(2)
}

/// User `number` as its writer wrote it the `version`-th time.
fn written(number: usize, version: u64) -> User {
    let mut user = User::new(UserId::new(id(number)));
    user.profile.username = Some(format!("name-{number}"));
    user.profile.display_name = Some(version.to_string());
    user.contact.email = Some(format!("user{number}@example.com"));
    user.community.discord = Some(version.to_string());
    user.chain_accounts.push(ChainAccount { address: address(number), ..ChainAccount::default() });
    user
}

/// Pauses of a reader or a writer: the same ones for the same seed.
struct Pauses(u64);

impl Pauses {
    /// Every fourth time or so waits briefly, so that the others overtake.
    async fn next(&mut self) {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let drawn = self.0 >> 48;
        if drawn.is_multiple_of(4) {
            tokio::time::sleep(Duration::from_micros(drawn >> 4)).await;
        }
    }
}

/// How often writing each user was begun, and how often it was committed.
#[derive(Default)]
struct Versions {
    begun: [AtomicU64; USERS],
    committed: [AtomicU64; USERS],
}

fn now(versions: &[AtomicU64; USERS]) -> [u64; USERS] {
    std::array::from_fn(|number| versions[number].load(Ordering::SeqCst))
}

/// Two gateways with writers behind them.
pub struct Race {
    gateways: [TestApp; 2],
    callers: Callers,
    versions: Arc<Versions>,
    done: Arc<AtomicBool>,
    seed: u64,
    writers: Vec<JoinHandle<()>>,
}

impl Race {
    pub async fn start(first: TestApp, seed: u64) -> Self {
        let tenant = first.tenant("acme").await;
        tenant.put_users(&(0..USERS).map(|number| written(number, 0)).collect::<Vec<_>>()).await;
        let callers = Callers::of(&first, &tenant).await;
        let gateways = [first.clone(), first.twin().await];
        let (versions, done) = (Arc::<Versions>::default(), Arc::<AtomicBool>::default());
        let writer = |number| write(tenant.clone(), number, seed, Arc::clone(&versions), Arc::clone(&done));
        let writers = (0..USERS).map(|number| tokio::spawn(writer(number))).collect();
        Self { gateways, callers, versions, done, seed, writers }
    }

    /// Readers at both gateways that send `requests` together; how many of them were answered.
    pub fn read(&self, requests: usize) -> Vec<JoinHandle<usize>> {
        let reader = |reader: usize| {
            let callers = self.callers.at(&self.gateways[reader % 2]);
            let pauses = Pauses(self.seed.wrapping_add(reader as u64));
            read(callers, reader, requests / READERS, pauses, Arc::clone(&self.versions))
        };
        (0..READERS).map(|number| tokio::spawn(reader(number))).collect()
    }

    /// Waits until each writer has written once more.
    async fn all_write(&self) {
        let before = now(&self.versions.committed);
        let patience = Instant::now() + Duration::from_secs(30);
        while now(&self.versions.committed).iter().zip(before).any(|(&version, before)| version <= before) {
            assert!(Instant::now() < patience, "not every writer gets to write");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Ends the writers, who must have written meanwhile.
    pub async fn end(self) {
        self.done.store(true, Ordering::Relaxed);
        for writer in self.writers {
            writer.await.unwrap();
        }
        let committed = now(&self.versions.committed);
        assert!(committed.iter().all(|&version| version > 1), "the writers wrote too: {committed:?}");
    }
}

async fn write(tenant: TestTenant, number: usize, seed: u64, versions: Arc<Versions>, done: Arc<AtomicBool>) {
    let mut pauses = Pauses(seed ^ number as u64);
    let mut version = 1;
    while !done.load(Ordering::Relaxed) {
        versions.begun[number].store(version, Ordering::SeqCst);
        let outcome = if is_there(number, version) {
            tenant.try_put_users(&[written(number, version)]).await.map_err(drop)
        } else {
            delete(&tenant, number).await.map_err(drop)
        };
        // What failed may have been committed all the same: it is written again until that is known.
        if outcome.is_ok() {
            versions.committed[number].store(version, Ordering::SeqCst);
            version += 1;
        }
        pauses.next().await;
    }
}

async fn delete(tenant: &TestTenant, number: usize) -> Result<(), sqlx::Error> {
    use sqlx::Connection as _;
    let mut owner = sqlx::PgConnection::connect(&tenant.app.database.owner_url).await?;
    let mut transaction = owner.begin().await?;
    tenant.try_delete_users(&mut transaction, &[UserId::new(id(number))]).await?;
    transaction.commit().await
}

/// What a face shows of each user: its version. Each turn asks another face, or by another kind of key. `None` if the
/// gateway could not answer, which is no wrong answer.
async fn shown(callers: &Callers, turn: usize) -> Option<[Option<u64>; USERS]> {
    let all = |of: fn(usize) -> String| (0..USERS).map(of).collect::<Vec<_>>();
    let (answer, list, member) = match turn % 5 {
        0 => (callers.genauth("user_id", &all(id).join(",")).await, "/data", "name"),
        1 => {
            let mails = all(|number| format!("user{number}@example.com"));
            (callers.genauth("email", &mails.join(",")).await, "/data", "name")
        }
        2 => (callers.avepoint(json!({})).await, "/data", "displayName"),
        3 => (callers.avepoint(json!({ "userIds": all(id) })).await, "/data", "displayName"),
        _ => {
            let entries = all(address).into_iter().map(|address| json!({ "address": address }));
            (callers.bitbadges(entries.collect()).await, "/accounts", "discord")
        }
    };
    let users = answer.pointer(list).and_then(Value::as_array)?;
    let version = |user: &Value| user[member].as_str().map(|version| version.parse().unwrap());
    let is = |user: &Value, number: usize| {
        let ids = [&user["userId"], &user["id"], &user["address"]];
        ids.into_iter().any(|shown| shown == &id(number) || is_address(shown, number))
    };
    Some(std::array::from_fn(|number| users.iter().find(|user| is(user, number)).and_then(version)))
}

fn is_address(shown: &Value, number: usize) -> bool {
    shown.as_str().is_some_and(|shown| shown.eq_ignore_ascii_case(&address(number)))
}

/// Whether an answer may show user `number` like this, whose writer was at one of `versions` meanwhile.
fn is_exact(number: usize, shown: Option<u64>, mut versions: RangeInclusive<u64>) -> bool {
    match shown {
        Some(version) => versions.contains(&version) && is_there(number, version),
        None => versions.any(|version| !is_there(number, version)),
    }
}

async fn read(
    callers: Callers,
    first: usize,
    turns: usize,
    mut pauses: Pauses,
    versions: Arc<Versions>,
) -> usize {
    let mut answered = 0;
    for turn in first..first + turns {
        pauses.next().await;
        let committed = now(&versions.committed);
        let Some(shown) = shown(&callers, turn).await else { continue };
        let begun = now(&versions.begun);
        for (number, shown) in shown.into_iter().enumerate() {
            let range = committed[number]..=begun[number];
            assert!(is_exact(number, shown, range.clone()), "user {number} as {shown:?} at {range:?}");
        }
        answered += 1;
    }
    answered
}

/// How many requests of `readers` were answered.
pub async fn sum(readers: Vec<JoinHandle<usize>>) -> usize {
    let mut answered = 0;
    for reader in readers {
        answered += reader.await.unwrap();
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_shows_less_than_what_had_been_committed() {
    for seed in 1..=SEEDS {
        let race = Race::start(TestApp::start().await, seed).await;
        let answered = sum(race.read(requests())).await;
        assert!(answered * 20 >= requests() * 19, "{answered} of {} requests were answered", requests());
        race.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_while_postgres_is_killed_and_restarted() {
    let mut server = Server::start("exactness").await;
    let first = TestApp::start_on(server.database().await, Clock::system(), Limits::default()).await;
    let race = Race::start(first.clone(), 7).await;
    for _ in 0..3 {
        race.all_write().await;
        let readers = race.read(requests() / 6);
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.kill().await;
        server.restart().await;
        sum(readers).await;
        let ready = async || first.http.get(first.url("/readyz")).send().await.unwrap().status();
        while ready().await != StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        race.all_write().await;
        let answered = sum(race.read(READERS * 10)).await;
        assert!(answered > 0, "{answered} requests were answered after the restart");
    }
    race.end().await;
    server.stop().await;
}

/// Callers at two gateways of one database.
async fn two_gateways() -> (TestTenant, [Callers; 2]) {
    let first = TestApp::start().await;
    let tenant = first.tenant("acme").await;
    let callers = Callers::of(&first, &tenant).await;
    let callers = [callers.at(&first), callers.at(&first.twin().await)];
    (tenant, callers)
}

#[tokio::test]
async fn a_tenant_that_is_suspended_and_a_credential_that_is_revoked_end_at_once() {
    let (tenant, callers) = two_gateways().await;
    tenant.put_users(&[written(0, 0)]).await;
    let mut owner = tenant.app.database.owner_connection().await;
    let found = async |callers: &Callers| {
        let genauth = callers.genauth("user_id", "user-0").await["data"].is_array();
        let avepoint = callers.avepoint(json!({})).await["data"].is_array();
        let bitbadges = callers.bitbadges(json!([{ "username": "name-0" }])).await["accounts"].is_array();
        [genauth, avepoint, bitbadges]
    };
    for round in 0..5 {
        for at in [Some("now()"), None] {
            let statement = format!("UPDATE tenant SET suspended_at = {}", at.unwrap_or("NULL"));
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut owner).await.unwrap();
            for callers in &callers {
                assert_eq!(found(callers).await, [at.is_none(); 3], "round {round}, suspended {at:?}");
            }
        }
    }
    sqlx::raw_sql("UPDATE credential SET revoked_at = now()").execute(&mut owner).await.unwrap();
    for callers in &callers {
        assert_eq!(found(callers).await, [false; 3]);
    }
}

#[tokio::test]
async fn what_is_deleted_is_gone_from_every_gateway() {
    let (tenant, callers) = two_gateways().await;
    for version in 0..5 {
        tenant.put_users(&[written(0, version), written(1, version)]).await;
        for callers in &callers {
            assert_eq!(callers.avepoint(json!({})).await["metadata"]["totalCount"], 2);
            let answer = callers.genauth("email", "user0@example.com,user1@example.com").await;
            assert_eq!(answer["data"].as_array().unwrap().len(), 2);
        }
        delete(&tenant, 0).await.unwrap();
        for callers in &callers {
            let answer = callers.genauth("email", "user0@example.com,user1@example.com").await;
            assert_eq!(answer["data"].as_array().unwrap().len(), 1, "{answer}");
            let page = callers.avepoint(json!({ "userIds": ["user-0", "user-1"] })).await;
            assert_eq!(page["metadata"]["totalCount"], 1);
            assert_eq!(callers.avepoint(json!({})).await["metadata"]["totalCount"], 1);
        }
    }
}

#[tokio::test]
async fn an_email_that_moves_to_another_user_names_that_one_at_once() {
    let (tenant, callers) = two_gateways().await;
    for round in 0..6 {
        let (holder, other) = (round % 2, (round + 1) % 2);
        delete(&tenant, other).await.unwrap();
        let mut user = written(holder, 0);
        user.contact.email = Some("moving@example.com".to_owned());
        tenant.put_users(&[user]).await;
        for callers in &callers {
            let answer = callers.genauth("email", "moving@example.com").await;
            assert_eq!(answer["data"][0]["userId"], id(holder), "round {round}: {answer}");
        }
    }
}

#[tokio::test]
async fn what_an_identity_provider_writes_is_seen_at_once_by_every_caller() {
    let (tenant, callers) = two_gateways().await;
    let provider = Provider::of(&tenant).await;
    let user = json!({ "userName": "ann", "displayName": "0", "externalId": "E1", "emails": [{ "value": "a@x.org" }] });
    let user = provider.create(user).await;
    let group = provider.call(Method::POST, "/Groups", Some(json!({ "displayName": "Ops" }))).await.1;
    let (user, group) = (user["id"].as_str().unwrap(), group["id"].as_str().unwrap());
    let path = format!("/Users/{user}");
    for round in 0..5 {
        let (name, email) = (format!("name {round}"), format!("a{round}@x.org"));
        let changes = json!([
            { "op": "replace", "path": "displayName", "value": name },
            { "op": "replace", "path": "emails", "value": [{ "value": email }] },
        ]);
        assert_eq!(provider.patch(user, changes).await.0, StatusCode::OK);
        let op = if round % 2 == 0 { "add" } else { "remove" };
        let joined = json!({ "Operations": [{ "op": op, "path": "members", "value": [{ "value": user }] }] });
        let (status, _) = provider.call(Method::PATCH, &format!("/Groups/{group}"), Some(joined)).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        for callers in &callers {
            let genauth = callers.genauth("email", &email).await;
            assert_eq!(genauth["data"][0]["name"], name, "round {round}: {genauth}");
            let avepoint = callers.avepoint(json!({ "userIds": [user] })).await;
            assert_eq!(avepoint["data"][0]["displayName"], name, "round {round}: {avepoint}");
            let bitbadges = callers.bitbadges(json!([{ "username": "ann" }])).await;
            assert_eq!(bitbadges["accounts"][0]["username"], "ann", "round {round}: {bitbadges}");
        }
        let (_, shown) = provider.get(&path).await;
        assert_eq!((&shown["displayName"], shown.get("groups").is_some()), (&json!(name), round % 2 == 0));
        let (_, found) = provider.get(&format!("/?filter=emails%20eq%20%22{email}%22")).await;
        assert_eq!(found["totalResults"], 1);
    }
    assert_eq!(provider.call(Method::DELETE, &path, None).await.0, StatusCode::NO_CONTENT);
    for callers in &callers {
        assert_eq!(callers.genauth("email", "a4@x.org").await["data"], json!([]));
        assert_eq!(callers.avepoint(json!({ "userIds": [user] })).await["data"], json!([]));
    }
    assert_eq!(provider.get(&path).await.0, StatusCode::NOT_FOUND);
}
