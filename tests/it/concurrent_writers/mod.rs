//! Operators, imports and an identity provider write one directory at once: nothing acknowledged is lost, of those who
//! name a version one wins, every user has exactly its keys, generations are dense and in the order of the commits, the
//! feed tells each change once, and callers see it at once.

mod truth;
mod writers;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde_json::{Value, json};
use userbatch::admin::SINCE_NOW;
use userbatch::store::Change;

use crate::admin_api::Api;
use crate::cache::Callers;
use crate::importing::{Admin, CANONICAL};
use crate::scim::Provider;

const SEEDS: u64 = 3;
/// Times that each writer writes.
const ROUNDS: usize = 8;
/// Users whom everybody writes to and nobody deletes.
const SHARED: usize = 3;

/// A directory and those who write it.
struct Scene {
    api: Api,
    provider: Provider,
    admin: Admin,
    callers: Callers,
}

/// A single edit of a shared user that was acknowledged.
#[derive(Debug)]
struct Edit {
    user: usize,
    /// Where the document has what it set; each writer has its own fields, but for the e-mail address.
    field: &'static str,
    value: Value,
    /// The version that it named.
    base: Option<i64>,
    /// The version that it made.
    version: i64,
    began: Instant,
    ended: Instant,
}

/// What those who wrote whole users know at the end: the name of each one that must be there.
type Names = BTreeMap<String, String>;

/// What was told of each user, in this order.
type Told = BTreeMap<String, Vec<Change>>;

fn id(user: usize) -> String {
    format!("shared-{user}")
}

/// Draws the same numbers for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

impl Scene {
    /// With the shared users, and the cursor from before they were added.
    async fn start() -> (Arc<Self>, String) {
        let api = Api::start().await;
        let tenant = api.app.tenant("a").await;
        let (provider, callers) = (Provider::of(&tenant).await, Callers::of(&api.app, &tenant).await);
        let admin = Admin::of(&api.app);
        let since = admin.changes("a", Some(SINCE_NOW)).await.next;
        let line = |user| json!({ "id": id(user), "profile": { "username": id(user) } }).to_string() + "\n";
        admin.import("a", (0..SHARED).map(line).collect::<String>(), CANONICAL).await;
        (Arc::new(Self { api, provider, admin, callers }), since)
    }

    /// Follows the feed until the writers are done, and then to its end.
    async fn follow(&self, mut since: String, is_done: &AtomicBool) -> Told {
        let mut told = Told::new();
        loop {
            let was_done = is_done.load(Ordering::SeqCst);
            let page = self.admin.changes("a", Some(&since)).await;
            for change in page.changes {
                told.entry(change.id.as_str().to_owned()).or_default().push(change.change);
            }
            since = page.next;
            if was_done && !page.has_more {
                return told;
            }
        }
    }
}

async fn race(seed: u64) {
    let (scene, since) = Scene::start().await;
    let is_done = Arc::<AtomicBool>::default();
    let follower = tokio::spawn({
        let (scene, is_done) = (Arc::clone(&scene), Arc::clone(&is_done));
        async move { scene.follow(since, &is_done).await }
    });
    let editors =
        writers::Editor::ALL.map(|editor| tokio::spawn(writers::edit(Arc::clone(&scene), editor, seed)));
    let merges = tokio::spawn(writers::merge(Arc::clone(&scene), seed));
    let files = tokio::spawn(writers::replace_files(Arc::clone(&scene), seed));
    let own = tokio::spawn(writers::come_and_go(Arc::clone(&scene), seed));

    let mut edits = Vec::new();
    for editor in editors {
        edits.extend(editor.await.unwrap());
    }
    let (titles, listed, own) = (merges.await.unwrap(), files.await.unwrap(), own.await.unwrap());
    is_done.store(true, Ordering::SeqCst);
    let told = follower.await.unwrap();

    let truth = truth::Truth::read(&scene).await;
    truth.has_the_last_of_each(&edits);
    truth.has_what_was_imported(&titles, &listed);
    truth.has_exactly(&listed, &own);
    truth.every_user_has_its_keys();
    truth.generations_are_dense();
    truth.commits_are_in_order(&edits);
    assert_eq!(told, truth.changes(), "seed {seed}");
    truth::one_wins(&edits);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writers_of_every_kind_lose_nothing() {
    for seed in 1..=SEEDS {
        race(seed).await;
    }
}
