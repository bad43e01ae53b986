//! Gateways that reach their database through PgBouncer. Not part of `make test`, since Debian 12 has an older PgBouncer,
//! without prepared statements in transaction mode; `.ci/pgbouncer` gets a newer one and runs these.

use std::fs::{Permissions, create_dir_all, set_permissions, write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getuid, kill_process};
use userbatch::api::Limits;
use userbatch::core::clock::Clock;

use crate::app::{Database, PASSWORD, TestApp};
use crate::exactness::{Race, sum};

/// PgBouncer does not run as root; this is Debian's `nobody`.
const NOBODY: u32 = 65_534;
/// Fewer than the connections of one gateway, so that they share sessions.
const SESSIONS: usize = 3;

struct PgBouncer {
    process: Child,
    port: u16,
    directory: PathBuf,
}

impl PgBouncer {
    /// A PgBouncer in `mode` before the server of `database`.
    async fn start(mode: &str, sessions: usize, database: &Database) -> Self {
        let program = std::env::var_os("USERBATCH_PGBOUNCER").expect("run .ci/pgbouncer");
        let directory =
            std::env::temp_dir().join(format!("userbatch-pgbouncer-{mode}-{}", std::process::id()));
        create_dir_all(&directory).unwrap();
        set_permissions(&directory, Permissions::from_mode(0o755)).unwrap();
        let port = free_port();
        let (users, config) = (directory.join("users.txt"), directory.join("pgbouncer.ini"));
        write(&users, format!("\"userbatch_serving\" \"{PASSWORD}\"\n")).unwrap();
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\npool_mode = {mode}\n\
             default_pool_size = {sessions}\nmax_client_conn = 200\nlogfile = /dev/null\n",
            port_of(&database.serving_url),
            users.display()
        );
        write(&config, settings).unwrap();
        let mut command = Command::new(program);
        command.arg("--quiet").arg(&config);
        if getuid().is_root() {
            command.uid(NOBODY);
        }
        let process = command.spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "PgBouncer does not listen");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { process, port, directory }
    }

    /// `database`, with its serving role behind PgBouncer.
    fn before(&self, database: &Database) -> Database {
        let direct = format!(":{}/", port_of(&database.serving_url));
        let serving_url = database.serving_url.replace(&direct, &format!(":{}/", self.port));
        Database { serving_url, ..database.clone() }
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // At once: any other signal waits for its clients.
        let pid = Pid::from_child(&self.process);
        let _ = kill_process(pid, Signal::QUIT);
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn port_of(url: &str) -> u16 {
    let address = url.rsplit('@').next().unwrap().split('/').next().unwrap();
    address.rsplit(':').next().unwrap().parse().unwrap()
}

async fn race_through(mode: &str, sessions: usize) {
    let database = Database::new().await;
    let pooler = PgBouncer::start(mode, sessions, &database).await;
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
