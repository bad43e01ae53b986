//! Gateways and migrations that reach their database through PgBouncer, which works or is refused with the reason. Not
//! part of `make test`, since they need two releases: one from 1.21 on, and an earlier one, without prepared statements
//! in transaction mode. `.ci/pgbouncer` gets both and runs these.

use std::fs::write;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use userbatch::api::Limits;
use userbatch::core::clock::Clock;
use userbatch::store::{SchemaState, migrate};

use crate::app::{Database, OWNER, PASSWORD, TestApp};
use crate::exactness::{Race, sum};
use crate::neighbour::Neighbour;
use crate::program::Program;

/// Fewer than the connections of one gateway, so that they share sessions.
const SESSIONS: usize = 3;

/// The releases under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Release {
    /// From 1.21 on.
    New,
    /// New, but without prepared statements.
    Without,
    /// Before 1.21.
    Old,
}

struct PgBouncer(Neighbour);

impl PgBouncer {
    /// A PgBouncer in `mode` before the server of `database`, with this many sessions for each role.
    async fn start(release: Release, mode: &str, sessions: usize, database: &Database) -> Self {
        let (variable, prepared) = match release {
            Release::New => ("USERBATCH_PGBOUNCER", "max_prepared_statements = 200"),
            Release::Without => ("USERBATCH_PGBOUNCER", "max_prepared_statements = 0"),
            Release::Old => ("USERBATCH_OLD_PGBOUNCER", ""),
        };
        let program = Neighbour::start((variable, ".ci/pgbouncer"), |port, directory, command| {
            let (users, config) = (directory.join("users.txt"), directory.join("pgbouncer.ini"));
            let roles = ["userbatch_serving", OWNER].map(|role| format!("\"{role}\" \"{PASSWORD}\"\n"));
            write(&users, roles.concat()).unwrap();
            let settings = format!(
                "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
                 listen_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\n\
                 pool_mode = {mode}\ndefault_pool_size = {sessions}\nmax_client_conn = 200\n\
                 logfile = /dev/null\n{prepared}\n",
                port_of(&database.serving_url),
                users.display()
            );
            write(&config, settings).unwrap();
            command.arg("--quiet").arg(&config);
        });
        Self(program.await)
    }

    /// `database`, with its serving role behind PgBouncer.
    fn before(&self, database: &Database) -> Database {
        Database { serving_url: self.pooled(&database.serving_url), ..database.clone() }
    }

    /// `url` by way of PgBouncer.
    fn pooled(&self, url: &str) -> String {
        url.replace(&format!(":{}/", port_of(url)), &format!(":{}/", self.0.port))
    }
}

fn port_of(url: &str) -> u16 {
    let address = url.rsplit('@').next().unwrap().split('/').next().unwrap();
    address.rsplit(':').next().unwrap().parse().unwrap()
}

async fn race_through(mode: &str, sessions: usize) {
    let database = Database::new().await;
    let pooler = PgBouncer::start(Release::New, mode, sessions, &database).await;
    let gateway = TestApp::start_on(pooler.before(&database), Clock::system(), Limits::default()).await;
    let race = Race::start(gateway, 11).await;
    let answered = sum(race.read(1_800)).await;
    assert!(answered > 1_700, "{answered} of 1,800 requests were answered");
    race.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PgBouncer 1.21 or later: .ci/pgbouncer"]
async fn answers_are_exact_through_transaction_pooling() {
    race_through("transaction", SESSIONS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PgBouncer 1.21 or later: .ci/pgbouncer"]
async fn answers_are_exact_through_session_pooling() {
    race_through("session", 20).await;
}

/// What `serve` writes until it serves or ends, and whether it serves.
async fn serve(database: Database) -> (bool, String) {
    let program = Program::new(database);
    let mut serve = program.command("serve --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0");
    serve.env("DATABASE_URL", &program.database.serving_url).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut serving = tokio::process::Command::from(serve).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(serving.stderr.take().unwrap()).lines();
    let mut text = String::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        text.push_str(&line);
        if line.contains("serving callers") {
            return (true, text);
        }
    }
    (false, text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PgBouncer: .ci/pgbouncer"]
async fn serve_starts_where_prepared_statements_last_and_says_what_to_set_where_they_do_not() {
    let database = Database::new().await;
    for (release, mode, sessions, works) in [
        (Release::New, "transaction", SESSIONS, true),
        (Release::New, "transaction", 1, true),
        (Release::New, "session", SESSIONS, true),
        (Release::Without, "session", SESSIONS, true),
        (Release::Old, "session", SESSIONS, true),
        (Release::Without, "transaction", SESSIONS, false),
        (Release::Without, "transaction", 1, false),
        (Release::Old, "transaction", SESSIONS, false),
        (Release::Old, "transaction", 20, false),
    ] {
        let pooler = PgBouncer::start(release, mode, sessions, &database).await;
        let (serves, text) = serve(pooler.before(&database)).await;
        assert_eq!(serves, works, "{release:?} {mode} {sessions}: {text}");
        assert!(!text.contains("not ready"), "{release:?} {mode} {sessions}: {text}");
        if !works {
            assert!(
                text.contains("max_prepared_statements to 200") && text.contains("pool_mode to session"),
                "{text}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PgBouncer: .ci/pgbouncer"]
async fn migrate_works_through_every_pooler_and_leaves_no_lock_behind() {
    for (release, mode) in [
        (Release::New, "transaction"),
        (Release::New, "session"),
        (Release::Without, "transaction"),
        (Release::Old, "transaction"),
        (Release::Old, "session"),
    ] {
        let database = Database::empty().await;
        let pooler = PgBouncer::start(release, mode, SESSIONS, &database).await;
        let url = pooler.pooled(&database.owner_url);
        let runs = (0..4).map(|_| migrate(&url, Some(PASSWORD)));
        for outcome in futures_util::future::join_all(runs).await {
            outcome.unwrap_or_else(|error| panic!("{release:?} {mode}: {error:?}"));
        }
        let mut owner = database.owner_connection().await;
        let locks = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                      WHERE l.locktype = 'advisory' AND d.datname = current_database()";
        let locks: i64 = sqlx::query_scalar(locks).fetch_one(&mut owner).await.unwrap();
        assert_eq!(locks, 0, "{release:?} {mode}");
        assert_eq!(database.serving().schema().await.unwrap(), SchemaState::Current);
    }
}
