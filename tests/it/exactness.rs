//! No answer ever shows less than what had been committed when its request was sent: two gateways on one database,
//! writers that change and move, readers on every face.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};
use userbatch::api::Limits;
use userbatch::core::id::UserId;
use userbatch::core::user::{ChainAccount, User};

use crate::app::{TestApp, TestTenant};
use crate::cache::Callers;

/// Users that are written, each by one writer.
const USERS: usize = 6;
const READERS: usize = 6;
/// Requests of all readers together. More by the variable, for a long run.
const REQUESTS: usize = 4_000;

fn requests() -> usize {
    let asked = std::env::var_os("USERBATCH_EXACTNESS_REQUESTS");
    asked.and_then(|text| text.to_str()?.parse().ok()).unwrap_or(REQUESTS)
}

fn address(number: usize) -> String {
    format!("0x{:040x}", number + 1)
}

/// User `number` as its writer wrote it the `version`-th time.
fn written(number: usize, version: u64) -> User {
    let mut user = User::new(UserId::new(format!("user-{number}")));
    user.profile.username = Some(format!("name-{number}"));
    user.profile.display_name = Some(version.to_string());
    user.contact.email = Some(format!("user{number}@example.com"));
    user.community.discord = Some(version.to_string());
    user.chain_accounts.push(ChainAccount { address: address(number), ..ChainAccount::default() });
    user
}

/// How often each user was committed.
#[derive(Default)]
struct Committed([AtomicU64; USERS]);

impl Committed {
    fn now(&self) -> Vec<u64> {
        self.0.iter().map(|version| version.load(Ordering::SeqCst)).collect()
    }
}

async fn write(tenant: TestTenant, number: usize, committed: Arc<Committed>, done: Arc<AtomicBool>) {
    for version in 1.. {
        if done.load(Ordering::Relaxed) {
            return;
        }
        tenant.put_users(&[written(number, version)]).await;
        committed.0[number].store(version, Ordering::SeqCst);
    }
}

/// The versions that a face shows, in the order of the users; each by another kind of key. `None` if the gateway was
/// too busy to answer, which is no wrong answer.
async fn shown(callers: &Callers, turn: usize) -> Option<Vec<u64>> {
    let (answer, list, member) = match turn % 4 {
        0 => {
            let ids: Vec<String> = (0..USERS).map(|number| format!("user-{number}")).collect();
            (callers.genauth("user_id", &ids.join(",")).await, "/data", "name")
        }
        1 => {
            let mails: Vec<String> = (0..USERS).map(|number| format!("user{number}@example.com")).collect();
            (callers.genauth("email", &mails.join(",")).await, "/data", "name")
        }
        2 => (callers.avepoint(json!({})).await, "/data", "displayName"),
        _ => {
            let entries: Vec<Value> =
                (0..USERS).map(|number| json!({ "address": address(number) })).collect();
            (callers.bitbadges(json!(entries)).await, "/accounts", "discord")
        }
    };
    let users = answer.pointer(list).and_then(Value::as_array)?;
    Some(users.iter().map(|user| user[member].as_str().unwrap().parse().unwrap()).collect())
}

async fn read(callers: Callers, first: usize, turns: usize, committed: Arc<Committed>) {
    let mut refused = 0;
    for turn in first..first + turns {
        let least = committed.now();
        let Some(shown) = shown(&callers, turn).await else {
            refused += 1;
            continue;
        };
        for (number, (shown, least)) in shown.iter().zip(&least).enumerate() {
            assert!(shown >= least, "user {number} as of {shown}, when {least} had been committed");
        }
        assert_eq!(shown.len(), USERS);
    }
    assert!(refused * 20 <= turns, "{refused} of {turns} requests were refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_shows_less_than_what_had_been_committed() {
    let first = TestApp::start().await;
    let tenant = first.tenant("acme").await;
    tenant.put_users(&(0..USERS).map(|number| written(number, 0)).collect::<Vec<_>>()).await;
    let second = TestApp::start_under(
        first.database.clone(),
        first.clock.clone(),
        Limits::default(),
        first.keys.clone(),
    )
    .await;
    let callers = Callers::of(&first, &tenant).await;
    let (committed, done) = (Arc::new(Committed::default()), Arc::new(AtomicBool::new(false)));
    let writers: Vec<_> = (0..USERS)
        .map(|number| tokio::spawn(write(tenant.clone(), number, Arc::clone(&committed), Arc::clone(&done))))
        .collect();
    let readers: Vec<_> = (0..READERS)
        .map(|reader| {
            let at = if reader % 2 == 0 { &first } else { &second };
            tokio::spawn(read(callers.at(at), reader, requests() / READERS, Arc::clone(&committed)))
        })
        .collect();
    for reader in readers {
        reader.await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(
        committed.now().iter().all(|&version| version > 3),
        "the writers wrote too: {:?}",
        committed.now()
    );
}

#[tokio::test]
async fn a_tenant_that_is_suspended_and_a_credential_that_is_revoked_end_at_once() {
    let first = TestApp::start().await;
    let tenant = first.tenant("acme").await;
    tenant.put_users(&[written(0, 0)]).await;
    let second = TestApp::start_under(
        first.database.clone(),
        first.clock.clone(),
        Limits::default(),
        first.keys.clone(),
    )
    .await;
    let callers = Callers::of(&first, &tenant).await;
    let callers = [callers.at(&first), callers.at(&second)];
    let mut owner = first.database.owner_connection().await;
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
    let first = TestApp::start().await;
    let tenant = first.tenant("acme").await;
    let second = TestApp::start_under(
        first.database.clone(),
        first.clock.clone(),
        Limits::default(),
        first.keys.clone(),
    )
    .await;
    let callers = Callers::of(&first, &tenant).await;
    let callers = [callers.at(&first), callers.at(&second)];
    let mut owner = first.database.owner_connection().await;
    let bind = format!("SELECT set_config('userbatch.tenant', '{}', false)", tenant.id);
    sqlx::raw_sql(sqlx::AssertSqlSafe(bind)).execute(&mut owner).await.unwrap();
    for version in 0..5 {
        tenant.put_users(&[written(0, version), written(1, version)]).await;
        for callers in &callers {
            assert_eq!(callers.avepoint(json!({})).await["metadata"]["totalCount"], 2);
            let answer = callers.genauth("email", "user0@example.com,user1@example.com").await;
            assert_eq!(answer["data"].as_array().unwrap().len(), 2);
        }
        let delete = r#"BEGIN; DELETE FROM user_key WHERE user_id = 'user-0'; DELETE FROM "user" WHERE id = 'user-0'; COMMIT"#;
        sqlx::raw_sql(delete).execute(&mut owner).await.unwrap();
        for callers in &callers {
            let answer = callers.genauth("email", "user0@example.com,user1@example.com").await;
            assert_eq!(answer["data"].as_array().unwrap().len(), 1, "{answer}");
            let page = callers.avepoint(json!({ "userIds": ["user-0", "user-1"] })).await;
            assert_eq!(page["metadata"]["totalCount"], 1);
            assert_eq!(callers.avepoint(json!({})).await["metadata"]["totalCount"], 1);
        }
    }
}
