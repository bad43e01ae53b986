//! What the private PostgreSQL promises, tried on the real thing.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs, process};

use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection, PgConnection};

use super::supervisor::{POLL_INTERVAL, wait_until};
use super::{Cluster, EmbeddedError, Options, postmaster};

/// Tells a child process of these tests which directory to run a cluster in.
const OWNED_DIRECTORY: &str = "USERBATCH_TEST_OWNED_DIRECTORY";

/// A path for a data directory, deleted at the end of the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(env::temp_dir().join(format!("userbatch-embedded-{name}-{}", process::id())))
    }

    fn options(&self) -> Options {
        Options {
            durable: false,
            max_connections: 10,
            ..Options::new(&self.0)
        }
    }

    async fn start(&self) -> Result<Cluster, EmbeddedError> {
        Cluster::start(self.options()).await
    }

    /// As the servers know it: without symbolic links.
    fn pgdata(&self) -> PathBuf {
        fs::canonicalize(&self.0).unwrap().join("pgdata")
    }

    async fn server_ends_within(&self, limit: Duration) -> bool {
        let pgdata = self.0.join("pgdata");
        wait_until(limit, POLL_INTERVAL, || {
            postmaster::running(&pgdata).is_none()
        })
        .await
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn ask<T>(url: &str, question: &'static str) -> Result<T, sqlx::Error>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    let mut connection = PgConnection::connect(url).await?;
    let answer = sqlx::query_scalar(question)
        .fetch_one(&mut connection)
        .await;
    connection.close().await?;
    answer
}

async fn execute(url: &str, statement: &'static str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query(statement)
        .execute(&mut connection)
        .await
        .unwrap();
}

fn kill_9(pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

#[tokio::test]
async fn a_cluster_keeps_its_data_and_password_from_one_start_to_the_next() {
    let scratch = Scratch::new("twice");
    let first = scratch.start().await.unwrap();
    execute(&first.url("postgres"), "CREATE TABLE kept AS SELECT 7 AS n").await;
    let first_password = fs::read_to_string(scratch.0.join("password")).unwrap();
    first.stop().await.unwrap();
    assert_eq!(postmaster::running(&scratch.pgdata()), None);

    let second = scratch.start().await.unwrap();
    assert_eq!(
        ask::<i32>(&second.url("postgres"), "SELECT n FROM kept")
            .await
            .unwrap(),
        7
    );
    assert_eq!(
        fs::read_to_string(scratch.0.join("password")).unwrap(),
        first_password
    );
    second.stop().await.unwrap();
}

#[tokio::test]
async fn only_the_right_password_opens_and_only_the_owner_reads_it() {
    let scratch = Scratch::new("password");
    let cluster = scratch.start().await.unwrap();
    let refusal = ask::<i32>(&cluster.url_as("postgres", "guess", "postgres"), "SELECT 1")
        .await
        .unwrap_err();
    let code = refusal
        .as_database_error()
        .and_then(|error| error.code())
        .unwrap();
    assert_eq!(code, "28P01", "invalid_password");

    let password_file = scratch.0.join("password");
    let password = fs::read_to_string(&password_file).unwrap();
    assert_eq!(password.len(), 43, "256 bits in base64url");
    assert_eq!(
        fs::metadata(&password_file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(!format!("{cluster:?}").contains(&password));
    assert!(
        !fs::read_to_string(scratch.0.join("postgres.log"))
            .unwrap()
            .contains(&password)
    );
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn another_role_gets_in_with_any_characters_in_its_password() {
    let scratch = Scratch::new("role");
    let cluster = scratch.start().await.unwrap();
    execute(
        &cluster.url("postgres"),
        "CREATE ROLE \"a b\" LOGIN PASSWORD 'p@:/?#%+ é'",
    )
    .await;
    let url = cluster.url_as("a b", "p@:/?#%+ é", "postgres");
    assert_eq!(
        ask::<String>(&url, "SELECT current_user::text")
            .await
            .unwrap(),
        "a b"
    );
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn settings_follow_the_options() {
    let scratch = Scratch::new("settings");
    let fast = scratch.start().await.unwrap();
    let question = "SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings
        WHERE name IN ('fsync', 'max_connections', 'listen_addresses', 'unix_socket_directories')";
    assert_eq!(
        ask::<String>(&fast.url("postgres"), question)
            .await
            .unwrap(),
        "off 127.0.0.1 10 "
    );
    fast.stop().await.unwrap();

    let durable = Cluster::start(Options {
        durable: true,
        ..scratch.options()
    })
    .await
    .unwrap();
    assert_eq!(
        ask::<String>(&durable.url("postgres"), question)
            .await
            .unwrap(),
        "on 127.0.0.1 10 "
    );
    durable.stop().await.unwrap();
}

#[tokio::test]
async fn a_failed_statement_leaves_no_personal_data_in_the_log() {
    let scratch = Scratch::new("log");
    let cluster = scratch.start().await.unwrap();
    let url = cluster.url("postgres");
    execute(&url, "CREATE TABLE people (email text PRIMARY KEY)").await;
    execute(&url, "INSERT INTO people VALUES ('ann@example.org')").await;
    ask::<i32>(
        &url,
        "INSERT INTO people VALUES ('ann@example.org') RETURNING 1",
    )
    .await
    .unwrap_err();
    cluster.stop().await.unwrap();
    let log = fs::read_to_string(scratch.0.join("postgres.log")).unwrap();
    assert!(
        log.contains("duplicate key value") && !log.contains("ann@"),
        "{log}"
    );
}

#[tokio::test]
async fn a_second_owner_is_refused_until_the_first_has_gone() {
    let scratch = Scratch::new("lock");
    let first = scratch.start().await.unwrap();
    assert!(matches!(
        scratch.start().await,
        Err(EmbeddedError::InUse(_))
    ));
    assert_eq!(
        ask::<i32>(&first.url("postgres"), "SELECT 1")
            .await
            .unwrap(),
        1
    );
    first.stop().await.unwrap();
    scratch.start().await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn a_stale_pid_file_naming_a_living_stranger_is_not_believed() {
    let scratch = Scratch::new("stale");
    scratch.start().await.unwrap().stop().await.unwrap();
    let mut stranger = Command::new("sleep").arg("60").spawn().unwrap();
    for pid in [stranger.id(), process::id()] {
        let stale = format!(
            "{pid}\n{}\n1\n5432\n\n127.0.0.1\n0 0\nready   \n",
            scratch.pgdata().display()
        );
        fs::write(scratch.pgdata().join("postmaster.pid"), stale).unwrap();
        let cluster = scratch.start().await.unwrap();
        assert_eq!(
            ask::<i32>(&cluster.url("postgres"), "SELECT 1")
                .await
                .unwrap(),
            1
        );
        cluster.stop().await.unwrap();
        assert_eq!(stranger.try_wait().unwrap(), None, "the stranger lives on");
    }
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn a_killed_server_recovers_on_the_next_start() {
    let scratch = Scratch::new("crash");
    let cluster = scratch.start().await.unwrap();
    execute(
        &cluster.url("postgres"),
        "CREATE TABLE kept AS SELECT 7 AS n",
    )
    .await;
    execute(&cluster.url("postgres"), "CHECKPOINT").await;
    let _idle = PgConnection::connect(&cluster.url("postgres"))
        .await
        .unwrap();
    kill_9(postmaster::running(&scratch.pgdata()).unwrap());
    drop(cluster);
    let again = scratch.start().await.unwrap();
    assert_eq!(
        ask::<i32>(&again.url("postgres"), "SELECT n FROM kept")
            .await
            .unwrap(),
        7
    );
    again.stop().await.unwrap();
}

/// The supervisor's children but for the server: the shell that holds the other end of the leash.
#[cfg(target_os = "linux")]
fn leash_holders(supervisor: u32, server: i32) -> Vec<i32> {
    let children =
        fs::read_to_string(format!("/proc/{supervisor}/task/{supervisor}/children")).unwrap();
    children
        .split_whitespace()
        .map(|pid| pid.parse().unwrap())
        .filter(|pid| *pid != server)
        .collect()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_that_lost_its_supervisor_is_stopped_by_the_next_start() {
    let scratch = Scratch::new("orphan");
    let cluster = scratch.start().await.unwrap();
    let orphan = postmaster::running(&scratch.pgdata()).unwrap();
    let holders = leash_holders(cluster.supervisor_id(), orphan);
    assert_eq!(holders.len(), 1);
    holders.into_iter().for_each(kill_9);
    kill_9(cluster.supervisor_id().cast_signed());
    drop(cluster);
    assert!(
        !scratch.server_ends_within(Duration::from_millis(500)).await,
        "nobody is left to stop it"
    );

    let again = scratch.start().await.unwrap();
    assert_ne!(postmaster::running(&scratch.pgdata()), Some(orphan));
    assert_eq!(
        ask::<i32>(&again.url("postgres"), "SELECT 1")
            .await
            .unwrap(),
        1
    );
    again.stop().await.unwrap();
    assert_eq!(postmaster::running(&scratch.pgdata()), None);
}

#[tokio::test]
async fn a_dropped_cluster_stops_even_with_a_client_connected() {
    let scratch = Scratch::new("drop");
    let cluster = scratch.start().await.unwrap();
    let _client = PgConnection::connect(&cluster.url("postgres"))
        .await
        .unwrap();
    assert!(postmaster::running(&scratch.pgdata()).is_some());
    drop(cluster);
    assert!(scratch.server_ends_within(Duration::from_secs(2)).await);
}

#[tokio::test]
async fn a_throw_away_directory_is_deleted_on_stop_and_on_drop() {
    let scratch = Scratch::new("throw-away");
    let options = Options {
        remove_on_exit: true,
        ..scratch.options()
    };
    Cluster::start(options.clone())
        .await
        .unwrap()
        .stop()
        .await
        .unwrap();
    assert!(!scratch.0.exists());

    drop(Cluster::start(options).await.unwrap());
    assert!(
        wait_until(Duration::from_secs(2), POLL_INTERVAL, || !scratch
            .0
            .exists())
        .await
    );
}

/// Not a test of its own: the process that [`an_owner_killed_outright_leaves_nothing_behind`] kills.
#[tokio::test]
async fn owner_to_be_killed() {
    let Some(directory) = env::var_os(OWNED_DIRECTORY) else {
        return;
    };
    let options = Options {
        durable: false,
        remove_on_exit: true,
        ..Options::new(directory)
    };
    let cluster = Cluster::start(options).await.unwrap();
    println!("\nowner is ready");
    std::future::pending::<()>().await;
    drop(cluster);
}

fn spawn_owner(scratch: &Scratch) -> process::Child {
    let mut owner = Command::new(env::current_exe().unwrap());
    owner.args([
        "--exact",
        "embedded::tests::owner_to_be_killed",
        "--nocapture",
    ]);
    owner
        .env(OWNED_DIRECTORY, &scratch.0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn an_owner_killed_outright_leaves_nothing_behind() {
    let scratch = Scratch::new("killed");
    let mut owner = spawn_owner(&scratch);
    let mut output = BufReader::new(owner.stdout.take().unwrap()).lines();
    assert!(output.any(|line| line.unwrap() == "owner is ready"));
    assert!(postmaster::running(&scratch.pgdata()).is_some());
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert!(scratch.server_ends_within(Duration::from_secs(2)).await);
    assert!(
        wait_until(Duration::from_secs(1), POLL_INTERVAL, || !scratch
            .0
            .exists())
        .await
    );
}

#[tokio::test]
async fn an_owner_killed_during_initdb_does_not_hinder_the_next() {
    let scratch = Scratch::new("killed-early");
    let mut owner = spawn_owner(&scratch);
    let unfinished = scratch
        .0
        .join(format!("initdb-{}", owner.id()))
        .join("PG_VERSION");
    assert!(
        wait_until(Duration::from_secs(10), Duration::from_millis(1), || {
            unfinished.exists()
        })
        .await
    );
    owner.kill().unwrap();
    owner.wait().unwrap();

    let cluster = scratch.start().await.unwrap();
    assert_eq!(
        ask::<i32>(&cluster.url("postgres"), "SELECT 1")
            .await
            .unwrap(),
        1
    );
    assert!(!unfinished.exists());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn without_binaries_the_error_says_how_to_get_them() {
    let scratch = Scratch::new("not-installed");
    let empty = Scratch::new("empty");
    fs::create_dir(&empty.0).unwrap();
    let error = Cluster::start(Options {
        bin_dir: Some(empty.0.clone()),
        ..scratch.options()
    })
    .await
    .unwrap_err();
    assert!(matches!(error, EmbeddedError::NotInstalled { .. }));
    let message = error.to_string();
    assert!(
        message.contains("install ")
            && message.contains("make demo")
            && message.lines().count() == 1,
        "{message}"
    );
    assert!(!scratch.0.exists());
}

#[tokio::test]
async fn a_cluster_of_another_major_version_is_refused_in_one_line() {
    let scratch = Scratch::new("version");
    fs::create_dir_all(scratch.0.join("pgdata")).unwrap();
    fs::write(scratch.0.join("pgdata/PG_VERSION"), "9999\n").unwrap();
    let error = scratch.start().await.unwrap_err();
    assert!(matches!(
        error,
        EmbeddedError::VersionMismatch { made_by: 9999, .. }
    ));
    assert_eq!(error.to_string().lines().count(), 1);
}

#[tokio::test]
async fn a_directory_with_other_files_is_left_alone() {
    let scratch = Scratch::new("foreign");
    fs::create_dir(&scratch.0).unwrap();
    fs::write(scratch.0.join("letter"), "dear").unwrap();
    let error = Cluster::start(Options {
        remove_on_exit: true,
        ..scratch.options()
    })
    .await
    .unwrap_err();
    assert!(matches!(error, EmbeddedError::ForeignDirectory(_)));
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 1);
}

#[tokio::test]
async fn a_server_that_cannot_start_shows_the_end_of_its_log() {
    let scratch = Scratch::new("broken");
    scratch.start().await.unwrap().stop().await.unwrap();
    fs::write(scratch.pgdata().join("pg_hba.conf"), "nonsense\n").unwrap();
    let error = scratch.start().await.unwrap_err();
    assert!(
        matches!(&error, EmbeddedError::EndedEarly { log } if log.contains("pg_hba.conf")),
        "{error}"
    );
}

#[tokio::test]
async fn root_is_told_of_a_directory_the_server_cannot_reach() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let closed = Scratch::new("closed");
    fs::create_dir(&closed.0).unwrap();
    fs::set_permissions(&closed.0, fs::Permissions::from_mode(0o700)).unwrap();
    let error = Cluster::start(Options::new(closed.0.join("data")))
        .await
        .unwrap_err();
    let expected: &Path = &fs::canonicalize(&closed.0).unwrap();
    assert!(matches!(error, EmbeddedError::Unreachable { directory, .. } if directory == expected));
}
