//! An interrupted import leaves no partial data, in whatever phase the program or its database session is killed.
//! There is no race: a lock stops the import at the start of each phase.

use std::fmt::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use crate::app::Database;
use crate::program::{Program, json_of};

/// The users that the tenant has, and those of the file that is imported.
const STORED: std::ops::Range<u32> = 0..2_000;
const IMPORTED: std::ops::Range<u32> = 1_000..6_000;
/// The longest wait for anything; the server checks every two seconds whether its client is still connected.
const PATIENCE: Duration = Duration::from_mins(1);

struct Phase {
    name: &'static str,
    /// The lock that holds the import.
    hold: &'static str,
    /// The lock that the import then waits for.
    relation: &'static str,
    mode: &'static str,
}

const MATCHING: Phase = Phase {
    name: "finding the users that records are about",
    hold: "LOCK TABLE user_key IN ACCESS EXCLUSIVE MODE",
    relation: "user_key",
    mode: "AccessShareLock",
};
const CLAIMS: Phase = Phase {
    name: "settling contested keys",
    hold: "LOCK TABLE user_key IN SHARE MODE",
    relation: "user_key",
    mode: "RowExclusiveLock",
};
const USERS: Phase = Phase {
    name: "writing users",
    hold: "LOCK TABLE \"user\" IN SHARE MODE",
    relation: "\"user\"",
    mode: "RowExclusiveLock",
};
const SHARED_KEYS: Phase = Phase {
    name: "writing keys that users share",
    hold: "LOCK TABLE user_shared_key IN SHARE MODE",
    relation: "user_shared_key",
    mode: "RowExclusiveLock",
};
/// The audit log is written last.
const COMMIT: Phase = Phase {
    name: "right before the commit",
    hold: "LOCK TABLE audit IN SHARE MODE",
    relation: "audit",
    mode: "RowExclusiveLock",
};

/// Observes imports into this database through PostgreSQL's catalogue.
struct Observer(PgConnection);

impl Observer {
    async fn until(&mut self, what: &str, query: &'static str, phase: Option<&Phase>) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut query = sqlx::query_scalar(query);
            if let Some(phase) = phase {
                query = query.bind(phase.relation).bind(phase.mode);
            }
            if query.fetch_one(&mut self.0).await.unwrap() {
                return;
            }
            assert!(Instant::now() < deadline, "never seen: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn until_waiting(&mut self, phase: &Phase) {
        let waits = "SELECT EXISTS (
            SELECT FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
             WHERE a.application_name = 'userbatch import' AND a.datname = current_database()
               AND NOT l.granted AND l.relation = $1::regclass AND l.mode = $2)";
        self.until(phase.name, waits, Some(phase)).await;
    }

    async fn until_a_part_is_staged(&mut self) {
        let is_staged = "SELECT coalesce(sum(pg_relation_size(oid)), 0) > 1000000
                           FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'";
        self.until("a part of the file in the database", is_staged, None).await;
    }

    async fn until_nothing_is_left(&mut self) {
        let is_gone = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity
                                           WHERE application_name = 'userbatch import' AND datname = current_database())
                          AND NOT EXISTS (SELECT FROM pg_class WHERE relpersistence = 't')";
        self.until("the end of the session and its tables", is_gone, None).await;
    }

    /// How many keys of each kind the tenant has, how many users, and how many users the page counts say it has.
    async fn tally(&mut self, slug: &str) -> Vec<(i16, i64, i64)> {
        let mut transaction = self.0.begin().await.unwrap();
        let bind =
            "SELECT set_config('userbatch.tenant', (SELECT id::text FROM tenant WHERE slug = $1), true)";
        sqlx::query(bind).bind(slug).execute(&mut *transaction).await.unwrap();
        let tally = "
            SELECT kind, count(*), count(DISTINCT user_id) FROM user_key GROUP BY kind
             UNION ALL SELECT kind, count(*), count(DISTINCT user_id) FROM user_shared_key GROUP BY kind
             UNION ALL SELECT 0::int2, count(*), count(DISTINCT ordinal) FROM \"user\"
             UNION ALL SELECT (-width)::int2, sum(users), 0 FROM user_count GROUP BY width
             ORDER BY 1";
        sqlx::query_as(tally).fetch_all(&mut *transaction).await.unwrap()
    }
}

/// A user with keys of most kinds; records of different `edition`s about one user differ.
fn user(number: u32, edition: &str) -> Value {
    json!({
        "id": format!("user-{number}"),
        "profile": { "username": format!("u{number}"), "displayName": format!("{edition} {number}"),
            "nickname": "x".repeat(900) },
        "contact": { "email": format!("{number}.{edition}@example.com"), "phone": format!("555{:05}", number / 2) },
        "employment": { "externalId": format!("e{number}") },
        "customData": { "badge": number, edition: true },
    })
}

fn lines(numbers: std::ops::Range<u32>, edition: &str) -> String {
    let mut text = String::new();
    for number in numbers {
        writeln!(text, "{}", user(number, edition)).unwrap();
    }
    let account = "cosmos1kfr2xajdvs46h0ttqadu50nhu8x4v0tcfn4p0x";
    let announcement = json!({ "announcement": { "id": edition, "at": 6, "collectionId": 7, "from": account,
        "text": "hi", "block": "4" } });
    writeln!(text, "{announcement}").unwrap();
    text
}

/// A tenant with users, and a file to import into it.
struct Scene {
    program: Program,
    observer: Observer,
}

impl Scene {
    async fn new() -> Self {
        let database = Database::new().await;
        let observer = Observer(database.owner_connection().await);
        let program = Program::new(database);
        program.file("stored.ndjson", &lines(STORED, "old"));
        program.file("users.ndjson", &lines(IMPORTED, "new"));
        let scene = Self { program, observer };
        scene.tenant("acme");
        scene
    }

    /// A tenant with the stored users.
    fn tenant(&self, slug: &str) {
        self.program.json(&format!("tenant create --slug {slug}"));
        let report = self.program.json(&format!("import --tenant {slug} stored.ndjson"));
        assert_eq!((&report["added"], &report["rejected"]), (&json!(STORED.len()), &json!(0)));
    }

    fn importing(&self, file: &str) -> Command {
        let mut command = self.program.command("import --tenant acme --output json");
        command.arg(file).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts the import, lets `end` end it once it has reached `phase`, and then releases the lock, so that whatever
    /// still runs in the database goes on without its client.
    async fn end_at(&mut self, phase: &Phase, end: impl AsyncFnOnce(&mut Child)) -> Child {
        let mut holder = self.program.database.owner_connection().await;
        let mut hold = holder.begin().await.unwrap();
        sqlx::query(phase.hold).execute(&mut *hold).await.unwrap();
        let mut import = self.importing("users.ndjson").spawn().unwrap();
        self.observer.until_waiting(phase).await;
        end(&mut import).await;
        hold.rollback().await.unwrap();
        import
    }

    async fn assert_untouched(&mut self, before: &[u8], phase: &str) {
        self.observer.until_nothing_is_left().await;
        assert!(self.program.export("acme") == before, "the directory changed: killed {phase}");
    }
}

#[tokio::test]
async fn a_killed_import_leaves_no_partial_data_and_can_be_rerun() {
    let mut scene = Scene::new().await;
    let before = scene.program.export("acme");

    let text = lines(IMPORTED, "new");
    let mut reading = scene.importing("-").spawn().unwrap();
    let mut input = reading.stdin.take().unwrap();
    let most = text.as_bytes()[..text.len() * 3 / 4].to_vec();
    let feeding = tokio::task::spawn_blocking(move || {
        let _ = std::io::Write::write_all(&mut input, &most);
        input
    });
    scene.observer.until_a_part_is_staged().await;
    reading.kill().unwrap();
    assert!(!reading.wait().unwrap().success());
    // The input was open until now: the program did not see an early end of it.
    drop(feeding.await.unwrap());
    scene.assert_untouched(&before, "reading").await;

    for phase in [&MATCHING, &CLAIMS, &USERS, &SHARED_KEYS, &COMMIT] {
        let mut import = scene.end_at(phase, async |import| import.kill().unwrap()).await;
        assert!(!import.wait().unwrap().success());
        scene.assert_untouched(&before, phase.name).await;
    }

    // An undisturbed import into another tenant shows the expected result.
    scene.tenant("calm");
    let calm = scene.program.json("import --tenant calm users.ndjson");
    let again = scene.program.json("import --tenant acme users.ndjson");
    let (overlap, new) = (STORED.end - IMPORTED.start, IMPORTED.end - STORED.end);
    assert_eq!((&again["added"], &again["changed"]), (&json!(new), &json!(overlap)));
    assert_eq!(again, calm);
    assert!(scene.program.export("acme") == scene.program.export("calm"));
    assert_eq!(scene.observer.tally("acme").await, scene.observer.tally("calm").await);
    let third = scene.program.json("import --tenant acme users.ndjson");
    assert_eq!((&third["added"], &third["changed"]), (&json!(0), &json!(0)));
    assert_eq!((&third["unchanged"], &third["entries"]), (&json!(IMPORTED.len()), &json!(0)));
    let acts = scene.program.json("audit --tenant acme");
    let imports = acts.as_array().unwrap().iter().filter(|act| act["act"] == "users.import");
    assert_eq!(imports.count(), 3, "an import that was rolled back is not in the audit log");
}

#[tokio::test]
async fn an_import_whose_session_is_terminated_reports_it_and_leaves_no_partial_data() {
    let mut scene = Scene::new().await;
    let before = scene.program.export("acme");
    let mut other = scene.program.database.owner_connection().await;
    let import = scene
        .end_at(&USERS, async |_| {
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE application_name = 'userbatch import' AND datname = current_database()";
            sqlx::query(end).execute(&mut other).await.unwrap();
        })
        .await;
    let output = import.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.starts_with("error: the database is unavailable (SQLSTATE 57P01)"), "{errors}");
    scene.assert_untouched(&before, USERS.name).await;
}

#[tokio::test]
async fn concurrent_imports_give_the_result_of_one_after_the_other() {
    let mut scene = Scene::new().await;
    scene.program.file("left.ndjson", &lines(500..3_500, "left"));
    // The last record claims a name that the other file gives to another user.
    let rival = json!({ "id": "rival", "profile": { "username": "u2500" } });
    scene.program.file("right.ndjson", &format!("{}{rival}\n", lines(2_600..5_000, "right")));
    for (slug, files) in [("lr", ["left", "right"]), ("rl", ["right", "left"])] {
        scene.tenant(slug);
        for file in files {
            scene.program.json(&format!("import --tenant {slug} {file}.ndjson"));
        }
    }

    let mut holder = scene.program.database.owner_connection().await;
    let mut hold = holder.begin().await.unwrap();
    sqlx::query(COMMIT.hold).execute(&mut *hold).await.unwrap();
    let [left, right] = ["left.ndjson", "right.ndjson"].map(|file| scene.importing(file).spawn().unwrap());
    scene.observer.until_waiting(&COMMIT).await;
    // One has written everything and may not end yet; the other has read its file and waits for its turn.
    let both = "SELECT count(*) = 2 FROM pg_stat_activity
                 WHERE application_name = 'userbatch import' AND datname = current_database() AND wait_event_type = 'Lock'";
    scene.observer.until("both imports waiting", both, None).await;
    hold.rollback().await.unwrap();
    for (import, file) in [(left, "left"), (right, "right")] {
        json_of(&import.wait_with_output().unwrap(), file);
    }

    let came_out = scene.program.export("acme");
    let order = ["lr", "rl"].into_iter().find(|slug| scene.program.export(slug) == came_out);
    let order = order.expect("one after the other, in some order");
    assert_eq!(scene.observer.tally("acme").await, scene.observer.tally(order).await);
}
