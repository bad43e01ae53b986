//! Laws: whatever transactions do and whenever a consumer reads, it is told exactly what was committed.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sqlx::PgConnection;
use userbatch::admin::{Administration, FeedPage, SINCE_NOW};
use userbatch::core::clock::Clock;
use userbatch::core::id::Slug;
use userbatch::store::{Actor, Change, Via};

use super::{delete, user};
use crate::app::{TestApp, TestTenant};

/// A statement of a transaction, about one of a few users.
#[derive(Debug, Clone, Copy)]
enum Statement {
    Put(u8),
    Delete(u8),
}

/// A transaction, and how much a consumer reads after it: at most so many changes, from a cursor of its own each time.
#[derive(Debug, Clone)]
struct Step {
    statements: Vec<Statement>,
    is_rolled_back: bool,
    limits: Vec<u32>,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let statement =
        prop_oneof![3 => (0_u8..6).prop_map(Statement::Put), 2 => (0_u8..6).prop_map(Statement::Delete)];
    let statements = prop::collection::vec(statement, 1..8);
    let limits = prop::collection::vec(1_u32..4, 0..3);
    let step = (statements, prop::bool::weighted(0.1), limits);
    let step =
        step.prop_map(|(statements, is_rolled_back, limits)| Step { statements, is_rolled_back, limits });
    prop::collection::vec(step, 1..12)
}

/// The users with their ordinals, and what was done, as the feed should tell it.
#[derive(Debug, Clone, Default)]
struct Model {
    users: BTreeMap<u8, i64>,
    next_ordinal: i64,
    log: Vec<(String, Change)>,
}

impl Model {
    fn commit(&mut self, statements: &[Statement]) {
        let before = self.users.clone();
        let mut put = BTreeSet::new();
        for statement in statements {
            match *statement {
                Statement::Put(id) => {
                    put.insert(id);
                    if let std::collections::btree_map::Entry::Vacant(new) = self.users.entry(id) {
                        new.insert(self.next_ordinal);
                        self.next_ordinal += 1;
                    }
                }
                Statement::Delete(id) => {
                    self.users.remove(&id);
                }
            }
        }
        let stays = |id: u8| before.contains_key(&id) && before.get(&id) == self.users.get(&id);
        let removed =
            before.iter().filter(|(id, _)| !stays(**id)).map(|(id, at)| (Change::Removed, *at, *id));
        let present = self.users.iter().filter(|(id, _)| put.contains(id));
        let present =
            present.map(|(id, at)| (if stays(*id) { Change::Changed } else { Change::Added }, *at, *id));
        let mut changes: Vec<_> = removed.chain(present).collect();
        changes.sort_unstable();
        self.log.extend(changes.into_iter().map(|(change, _, id)| (name(id), change)));
    }
}

fn name(id: u8) -> String {
    format!("u{id}")
}

struct Scene {
    admin: Administration,
    slug: Slug,
    owner: PgConnection,
}

impl Scene {
    async fn new(app: &TestApp, slug: &str) -> Self {
        let tenant = app.tenant(slug).await;
        let mut owner = app.database.owner_connection().await;
        let bind = format!("SELECT set_config('userbatch.tenant', '{}', false)", tenant.id);
        run(&mut owner, bind).await;
        Self { admin: administration(app), slug: Slug::new(slug), owner }
    }

    async fn transact(&mut self, step: &Step, next_ordinal: i64) {
        run(&mut self.owner, "BEGIN; SELECT FROM directory FOR UPDATE".to_owned()).await;
        let mut ordinal = next_ordinal;
        for statement in &step.statements {
            match statement {
                Statement::Put(id) => {
                    let id = name(*id);
                    let update = format!(r#"UPDATE "user" SET version = version + 1 WHERE id = '{id}'"#);
                    let update = sqlx::query(sqlx::AssertSqlSafe(update));
                    if update.execute(&mut self.owner).await.unwrap().rows_affected() == 0 {
                        let insert = format!(
                            r#"INSERT INTO "user" (tenant_id, id, ordinal, document)
                               VALUES (bound_tenant(), '{id}', {ordinal}, '{{"id":"{id}"}}')"#
                        );
                        run(&mut self.owner, insert).await;
                        ordinal += 1;
                    }
                }
                Statement::Delete(id) => {
                    run(&mut self.owner, format!(r#"DELETE FROM "user" WHERE id = '{}'"#, name(*id))).await;
                }
            }
        }
        run(&mut self.owner, if step.is_rolled_back { "ROLLBACK" } else { "COMMIT" }.to_owned()).await;
    }

    async fn page(&self, since: Option<&str>, limit: u32) -> FeedPage {
        let mut feed = self.admin.feed(&self.slug, since).await.unwrap();
        feed.next_page(limit).await.unwrap()
    }
}

fn administration(app: &TestApp) -> Administration {
    let actor = Actor { via: Via::Cli, name: "tester".to_owned() };
    Administration::new(app.admin.clone(), actor, Clock::system())
}

async fn run(owner: &mut PgConnection, statements: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(owner).await.unwrap();
}

/// What a consumer was told, and whom it holds to be there.
#[derive(Debug, Default)]
struct Consumer {
    cursor: Option<String>,
    log: Vec<(String, Change)>,
    there: BTreeSet<String>,
}

impl Consumer {
    fn take(&mut self, page: FeedPage) -> Result<(), TestCaseError> {
        self.cursor = Some(page.next);
        for change in page.changes {
            let id = change.id.as_str().to_owned();
            let fits = match change.change {
                Change::Added => self.there.insert(id.clone()),
                Change::Changed => self.there.contains(&id),
                Change::Removed => self.there.remove(&id),
            };
            prop_assert!(fits, "{} {:?}, to {:?}", id, change.change, self.there);
            self.log.push((id, change.change));
        }
        Ok(())
    }

    async fn read(&mut self, scene: &Scene, limit: u32) -> Result<bool, TestCaseError> {
        let page = scene.page(self.cursor.as_deref(), limit).await;
        let has_more = page.has_more;
        self.take(page)?;
        Ok(has_more)
    }
}

async fn obey(scene: &mut Scene, steps: &[Step], begins_at: usize) -> Result<(), TestCaseError> {
    let mut model = Model::default();
    let mut from_start =
        Consumer { cursor: Some(scene.page(Some(SINCE_NOW), 1).await.next), ..Consumer::default() };
    // Begins without a cursor, some time later.
    let mut latecomer = Consumer::default();
    for (at, step) in steps.iter().enumerate() {
        scene.transact(step, model.next_ordinal).await;
        if !step.is_rolled_back {
            model.commit(&step.statements);
        }
        for limit in &step.limits {
            from_start.read(scene, *limit).await?;
            if at >= begins_at {
                latecomer.read(scene, *limit).await?;
            }
        }
    }
    for consumer in [&mut from_start, &mut latecomer] {
        while consumer.read(scene, 2).await? {}
        prop_assert_eq!(&consumer.there, &model.users.keys().copied().map(name).collect());
    }
    prop_assert_eq!(from_start.log, model.log);
    Ok(())
}

#[test]
fn a_consumer_is_told_what_every_transaction_did_whenever_it_reads() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::start());
    let case = Cell::new(0);
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&(steps(), 0_usize..8), |(steps, begins_at)| {
        case.set(case.get() + 1);
        runtime.block_on(async {
            let mut scene = Scene::new(&app, &format!("laws-{}", case.get())).await;
            obey(&mut scene, &steps, begins_at).await
        })
    });
    outcome.unwrap();
}

/// Imports into users of its own and one that all writers share, and removals.
async fn write(tenant: TestTenant, writer: usize) {
    for round in 0..12 {
        let own = format!("own-{writer}-{}", round % 5);
        let name = round.to_string();
        tenant.put_users(&[user(&own, &name), user("shared", &format!("{writer}-{name}"))]).await;
        if round % 4 == 3 {
            delete(&tenant, &[&own]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_beside_concurrent_imports_misses_nothing_and_is_told_nothing_twice() {
    let app = TestApp::start().await;
    let tenant = app.tenant("acme").await;
    let scene = Scene {
        admin: administration(&app),
        slug: Slug::new("acme"),
        owner: app.database.owner_connection().await,
    };
    let mut consumer =
        Consumer { cursor: Some(scene.page(Some(SINCE_NOW), 1).await.next), ..Consumer::default() };
    let is_done = Arc::new(AtomicBool::new(false));
    let writers = (0..3).map(|writer| tokio::spawn(write(tenant.clone(), writer))).collect::<Vec<_>>();
    let watched = Arc::clone(&is_done);
    tokio::spawn(async move {
        for writer in writers {
            writer.await.unwrap();
        }
        watched.store(true, Ordering::SeqCst);
    });
    let mut limits = [1, 3, 7].into_iter().cycle();
    loop {
        let was_done = is_done.load(Ordering::SeqCst);
        let has_more = consumer.read(&scene, limits.next().unwrap()).await.unwrap();
        if was_done && !has_more {
            break;
        }
    }
    // Each round changes the shared user, who is added once.
    let of_shared: Vec<_> =
        consumer.log.iter().filter(|(id, _)| id == "shared").map(|(_, what)| *what).collect();
    assert_eq!((of_shared.len(), of_shared[0]), (3 * 12, Change::Added));
    assert!(of_shared[1..].iter().all(|what| *what == Change::Changed));
    // Per writer: 12 puts of own users and 3 removals.
    assert_eq!(consumer.log.len(), 3 * (12 + 12 + 3));
    let mut exported = Vec::new();
    scene.admin.export(&scene.slug, &mut exported).await.unwrap();
    let exported = serde_json::Deserializer::from_slice(&exported).into_iter::<serde_json::Value>();
    let exported = exported.map(|user| user.unwrap()["id"].as_str().unwrap().to_owned());
    assert_eq!(consumer.there, exported.collect());
}
