//! Users found by parts of their names and addresses: a search agrees with reading everybody, whatever was written before.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgConnection;
use userbatch::admin::{AdminError, Administration, FoundPage};
use userbatch::core::clock::Clock;
use userbatch::core::id::{Slug, UserId};
use userbatch::core::user::{SearchText, User};
use userbatch::store::{Actor, Via};

use crate::admin_api::Api;
use crate::app::{Database, TestApp, TestTenant};
use crate::program::Program;

/// What a search must finish within beside anything that holds locks for longer.
const PROMPTLY: Duration = Duration::from_secs(5);

fn named(id: &str, name: &str) -> User {
    let mut user = User::new(UserId::new(id));
    user.profile.display_name = Some(name.to_owned());
    user
}

struct Scene {
    admin: Administration,
    tenant: TestTenant,
    owner: PgConnection,
}

impl Scene {
    async fn new(app: &TestApp, slug: &str) -> Self {
        let tenant = app.tenant(slug).await;
        let actor = Actor { via: Via::Cli, name: "tester".to_owned() };
        let admin = Administration::new(app.admin.clone(), actor, Clock::system());
        let mut owner = app.database.owner_connection().await;
        let bind = format!("SELECT set_config('userbatch.tenant', '{}', false)", tenant.id);
        run(&mut owner, &bind).await;
        Self { admin, tenant, owner }
    }

    async fn page(&self, text: &str, most: u32, cursor: Option<&str>) -> Result<FoundPage, AdminError> {
        self.admin.find_users(&self.tenant.new.slug, text, most, cursor).await
    }

    /// The ids of all pages.
    async fn ids(&self, text: &str, most: u32) -> Vec<String> {
        let (mut ids, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.page(text, most, cursor.as_deref()).await.unwrap();
            assert!(page.users.len() <= most as usize);
            ids.extend(page.users.into_iter().map(|user| user.id.as_str().to_owned()));
            cursor = page.next;
            if cursor.is_none() {
                return ids;
            }
        }
    }

    async fn delete(&mut self, ids: &[UserId]) {
        run(&mut self.owner, "BEGIN").await;
        self.tenant.delete_users(&mut self.owner, ids).await;
        run(&mut self.owner, "COMMIT").await;
        // What the deletion bound to its transaction alone is bound for good again.
        let bind = format!("SELECT set_config('userbatch.tenant', '{}', false)", self.tenant.id);
        run(&mut self.owner, &bind).await;
    }

    async fn count(&mut self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&mut self.owner).await.unwrap()
    }
}

async fn run(owner: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned())).execute(owner).await.unwrap();
}

const WORDS: &str = "SELECT count(*) FROM user_word";

#[derive(Debug, Clone)]
enum Step {
    Put(u8, [String; 2]),
    Delete(u8),
    /// The log of changes no longer reaches back.
    Trim,
    Find(String, u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let text = || "[aAbé三. @-]{0,6}";
    let step = prop_oneof![
        5 => (0_u8..8, [text(), text()]).prop_map(|(id, texts)| Step::Put(id, texts)),
        2 => (0_u8..8).prop_map(Step::Delete),
        1 => Just(Step::Trim),
        5 => ("[abé三.-]{1,3}( [ab三])?", 1_u32..4).prop_map(|(text, most)| Step::Find(text, most)),
    ];
    prop::collection::vec(step, 1..16)
}

async fn obey(scene: &mut Scene, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut users = BTreeMap::new();
    for step in steps {
        match step {
            Step::Put(id, [name, nickname]) => {
                let mut user = named(&id.to_string(), &name);
                user.profile.nickname = Some(nickname);
                scene.tenant.put_users(&[user.clone()]).await;
                users.insert(id.to_string(), user);
            }
            Step::Delete(id) => {
                scene.delete(&[UserId::new(id.to_string())]).await;
                users.remove(&id.to_string());
            }
            Step::Trim => {
                let trim = "DELETE FROM user_change; INSERT INTO user_change_trim
                    SELECT tenant_id, generation FROM directory
                    ON CONFLICT (tenant_id) DO UPDATE SET generation = excluded.generation";
                run(&mut scene.owner, trim).await;
            }
            Step::Find(text, most) => {
                let Ok(asked) = SearchText::new(&text) else { continue };
                let found = scene.ids(&text, most).await;
                let distinct: BTreeSet<String> = found.iter().cloned().collect();
                prop_assert_eq!(distinct.len(), found.len(), "{} twice", text);
                let matching = users.iter().filter(|(_, user)| asked.matches(user));
                prop_assert_eq!(distinct, matching.map(|(id, _)| id.clone()).collect(), "{}", text);
                prop_assert_eq!(scene.ids(&text, 200).await, found, "the order of {}", text);
            }
        }
    }
    Ok(())
}

#[test]
fn a_search_finds_whom_reading_everybody_finds_after_any_changes() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(TestApp::start());
    let case = Cell::new(0);
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        case.set(case.get() + 1);
        runtime.block_on(async {
            let mut scene = Scene::new(&app, &format!("law-{}", case.get())).await;
            obey(&mut scene, steps).await
        })
    });
    outcome.unwrap();
}

#[tokio::test]
async fn pages_of_frequent_words_go_on_until_everybody_was_listed_once() {
    let app = TestApp::start().await;
    let scene = Scene::new(&app, "a").await;
    // More than are read for a page: with both words, every thousandth.
    let users: Vec<User> = (0..9_000)
        .map(|n| named(&n.to_string(), &format!("ann{n} {}", if n % 1_000 == 7 { "bob" } else { "bea" })))
        .collect();
    scene.tenant.put_users(&users).await;
    assert_eq!(scene.ids("b", 200).await.len(), 9_000);
    let both: BTreeSet<String> = scene.ids("an bo", 2).await.into_iter().collect();
    assert_eq!(both, (0..9).map(|n| (n * 1_000 + 7).to_string()).collect());
    let none = scene.page("ann bob x", 10, None).await.unwrap();
    assert_eq!((none.users.len(), none.next), (0, None));
}

#[tokio::test]
async fn a_tenant_finds_its_own_users_and_takes_its_own_cursors() {
    let app = TestApp::start().await;
    let (a, b) = (Scene::new(&app, "a").await, Scene::new(&app, "b").await);
    for (scene, id) in [(&a, "of-a"), (&b, "of-b")] {
        let users = ["1", "2"].map(|n| named(&format!("{id}-{n}"), "Ann Lee"));
        scene.tenant.put_users(&users).await;
    }
    assert_eq!(a.ids("ann", 9).await, ["of-a-1", "of-a-2"]);
    assert_eq!(b.ids("ann", 9).await, ["of-b-1", "of-b-2"]);
    let cursor = a.page("ann", 1, None).await.unwrap().next.unwrap();
    let rest = a.page(" ANN ", 1, Some(&cursor)).await.unwrap();
    assert_eq!((rest.users[0].id.as_str(), rest.next), ("of-a-2", None));
    for (scene, text) in [(&b, "ann"), (&a, "an"), (&a, "ann lee")] {
        let refused = scene.page(text, 1, Some(&cursor)).await.unwrap_err();
        assert!(matches!(refused, AdminError::SearchCursor), "{refused}");
    }
}

#[tokio::test]
async fn who_is_deleted_leaves_no_words() {
    let app = TestApp::start().await;
    let mut scene = Scene::new(&app, "a").await;
    scene.tenant.put_users(&[named("1", "Ann Lee"), named("2", "Ann Roe")]).await;
    assert_eq!(scene.ids("ann", 9).await, ["1", "2"]);
    assert_eq!(scene.count(WORDS).await, 4);
    scene.delete(&[UserId::new("1")]).await;
    assert_eq!(scene.count(WORDS).await, 2);
    assert_eq!(scene.ids("ann", 9).await, ["2"]);
    scene.admin.delete_tenant(&Slug::new("a"), "a").await.unwrap();
    assert_eq!(scene.count(WORDS).await, 0);
    assert_eq!(scene.count("SELECT count(*) FROM user_word_state").await, 0);
}

#[tokio::test]
async fn a_search_waits_for_no_writer_and_a_deletion_under_way_leaves_no_words() {
    let app = TestApp::start().await;
    let mut scene = Scene::new(&app, "a").await;
    let mut writer = app.database.owner_connection().await;
    for (end, left) in [("ROLLBACK", vec!["1", "2"]), ("COMMIT", vec!["2"])] {
        scene.tenant.put_users(&[named("1", &format!("Ann {end}")), named("2", "Ann Roe")]).await;
        run(&mut writer, "BEGIN").await;
        scene.tenant.delete_users(&mut writer, &[UserId::new("1")]).await;
        let found = tokio::time::timeout(PROMPTLY, scene.ids("ann", 9)).await.unwrap();
        assert!(found.contains(&"2".to_owned()), "{found:?}");
        run(&mut writer, end).await;
        assert_eq!(scene.ids("ann", 9).await, left, "{end}");
    }
    assert_eq!(scene.count("SELECT count(*) FROM user_word WHERE ordinal = 0").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_at_once_bring_the_words_up_to_date_together() {
    let app = TestApp::start().await;
    let mut scene = Scene::new(&app, "a").await;
    let users: Vec<User> = (0..5_000).map(|n| named(&n.to_string(), &format!("ann{n}"))).collect();
    scene.tenant.put_users(&users).await;
    let pages = futures_util::future::join_all((0..4).map(|_| scene.page("ann499", 200, None))).await;
    for page in pages {
        assert_eq!(page.unwrap().users.len(), 11);
    }
    assert_eq!(scene.count(WORDS).await, 5_000);
}

#[tokio::test]
async fn operators_find_users_over_http() {
    let api = Api::start().await;
    let tenant = api.app.tenant("a").await;
    let mut ann = named("1", "Ann Lee");
    ann.profile.username = Some("annl".to_owned());
    ann.contact.email = Some("Ann.Lee@Example.com".to_owned());
    tenant.put_users(&[ann, named("2", "Anna Roe")]).await;
    let find = async |query: &str| api.call(Method::GET, &format!("/tenants/a/users?{query}"), None).await;
    let (status, page) = find("q=ANN&limit=1").await;
    let next = page["next"].as_str().unwrap().to_owned();
    let first = json!({ "id": "1", "displayName": "Ann Lee", "username": "annl", "email": "Ann.Lee@Example.com",
        "addresses": [] });
    assert_eq!((status, &page["users"]), (StatusCode::OK, &json!([first])));
    let (_, page) = find(&format!("q=ann&limit=1&cursor={next}")).await;
    assert_eq!(page, json!({ "users": [{ "id": "2", "displayName": "Anna Roe", "addresses": [] }] }));
    assert_eq!(find("q=lee@exam").await.1["users"][0]["id"], "1");
    for (query, says) in [
        ("q=", "letter or digit"),
        ("q=--", "letter or digit"),
        ("", "query"),
        ("q=ann&limit=0", "limit"),
        ("q=ann&limit=201", "limit"),
        ("q=ann&cursor=x", "cursor"),
        (&format!("q=anna&cursor={next}"), "cursor"),
        (&format!("q={}", "a".repeat(257)), "256"),
    ] {
        let (status, problem) = find(query).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{query}: {problem}");
    }
    let (status, _) = api.call(Method::GET, "/tenants/none/users?q=ann", None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (_, audit) = api.call(Method::GET, "/audit?tenant=a", None).await;
    let searched: Vec<&Value> =
        audit.as_array().unwrap().iter().filter(|act| act["act"] == "user.find").collect();
    assert_eq!(searched.len(), 3);
    assert!(searched.iter().all(|act| act["subject"] == "" && act["detail"] == json!({})), "{audit}");
}

#[tokio::test]
async fn the_command_lists_whom_it_finds_and_says_how_to_go_on() {
    let program = Program::new(Database::new().await);
    program.json("tenant create --slug acme");
    let users = [
        json!({ "id": "1", "profile": { "displayName": "Ann\u{1b}[2J Lee" } }),
        json!({ "id": "2", "contact": { "email": "ann@example.com" } }),
    ];
    program.file("users.ndjson", &users.map(|user| format!("{user}\n")).concat());
    program.json("import --tenant acme users.ndjson");
    let output = program.command("user find --tenant acme --limit 1 ann").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let (table, next) = printed.split_once("\nmay go on: --cursor ").unwrap();
    assert_eq!(
        table,
        "ID  NAME              USERNAME  EMAIL  ADDRESS\n1   Ann\\u{1b}[2J Lee  -         -      -\n"
    );
    let rest = program.json(&format!("user find --tenant acme --limit 1 --cursor {} ann", next.trim()));
    assert_eq!(rest, json!({ "users": [{ "id": "2", "email": "ann@example.com" }] }));
}
