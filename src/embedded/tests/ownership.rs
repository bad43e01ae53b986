//! A cluster has one owner and does not outlive it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs, process};

use rustix::process::{Pid, Signal, getpgid, kill_process};
use sqlx::{Connection, PgConnection};

use super::super::supervisor::{POLL_INTERVAL, wait_until};
use super::super::{Cluster, EmbeddedError, Options, postmaster};
use super::{Scratch, ask, execute};

/// Set for a child process of these tests: the directory to run a cluster in.
const OWNED_DIRECTORY: &str = "USERBATCH_TEST_OWNED_DIRECTORY";

fn kill_9(pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

#[tokio::test]
async fn second_owner_is_refused_until_the_first_stops() {
    let scratch = Scratch::new("lock");
    let first = scratch.start().await.unwrap();
    assert!(matches!(scratch.start().await, Err(EmbeddedError::InUse(_))));
    assert_eq!(ask::<i32>(&first.url("postgres"), "SELECT 1").await.unwrap(), 1);
    first.stop().await.unwrap();
    scratch.start().await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn stale_pid_file_of_an_unrelated_process_is_ignored() {
    let scratch = Scratch::new("stale");
    scratch.start().await.unwrap().stop().await.unwrap();
    let mut unrelated = Command::new("sleep").arg("60").spawn().unwrap();
    for pid in [unrelated.id(), process::id()] {
        let stale = format!("{pid}\n{}\n1\n5432\n\n127.0.0.1\n0 0\nready   \n", scratch.pgdata().display());
        fs::write(scratch.pgdata().join("postmaster.pid"), stale).unwrap();
        let cluster = scratch.start().await.unwrap();
        assert_eq!(ask::<i32>(&cluster.url("postgres"), "SELECT 1").await.unwrap(), 1);
        cluster.stop().await.unwrap();
        assert_eq!(unrelated.try_wait().unwrap(), None, "the unrelated process keeps running");
    }
    unrelated.kill().unwrap();
    unrelated.wait().unwrap();
}

#[tokio::test]
async fn killed_server_recovers_on_next_start() {
    let scratch = Scratch::new("crash");
    let cluster = scratch.start().await.unwrap();
    execute(&cluster.url("postgres"), "CREATE TABLE kept AS SELECT 7 AS n").await;
    execute(&cluster.url("postgres"), "CHECKPOINT").await;
    let _idle = PgConnection::connect(&cluster.url("postgres")).await.unwrap();
    kill_9(postmaster::running(&scratch.pgdata()).unwrap());
    drop(cluster);
    let again = scratch.start().await.unwrap();
    assert_eq!(ask::<i32>(&again.url("postgres"), "SELECT n FROM kept").await.unwrap(), 7);
    again.stop().await.unwrap();
}

/// The supervisor's children except the server, which is the subshell that reads the pipe.
#[cfg(target_os = "linux")]
fn pipe_readers(supervisor: u32, server: i32) -> Vec<i32> {
    let children = fs::read_to_string(format!("/proc/{supervisor}/task/{supervisor}/children")).unwrap();
    children.split_whitespace().map(|pid| pid.parse().unwrap()).filter(|pid| *pid != server).collect()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn orphaned_server_is_stopped_by_next_start() {
    let scratch = Scratch::new("orphan");
    let cluster = scratch.start().await.unwrap();
    let orphan = postmaster::running(&scratch.pgdata()).unwrap();
    let readers = pipe_readers(cluster.supervisor_id(), orphan);
    assert_eq!(readers.len(), 1);
    readers.into_iter().for_each(kill_9);
    kill_9(cluster.supervisor_id().cast_signed());
    drop(cluster);
    assert!(
        !scratch.server_ends_within(Duration::from_millis(500)).await,
        "no supervisor is left to stop it"
    );

    let again = scratch.start().await.unwrap();
    assert_ne!(postmaster::running(&scratch.pgdata()), Some(orphan));
    assert_eq!(ask::<i32>(&again.url("postgres"), "SELECT 1").await.unwrap(), 1);
    again.stop().await.unwrap();
    assert_eq!(postmaster::running(&scratch.pgdata()), None);
}

#[tokio::test]
async fn dropped_cluster_stops_despite_open_connection() {
    let scratch = Scratch::new("drop");
    let cluster = scratch.start().await.unwrap();
    let _client = PgConnection::connect(&cluster.url("postgres")).await.unwrap();
    assert!(postmaster::running(&scratch.pgdata()).is_some());
    drop(cluster);
    assert!(scratch.server_ends_within(Duration::from_secs(2)).await);
}

#[tokio::test]
async fn temporary_directory_is_deleted_on_stop_and_drop() {
    let scratch = Scratch::new("temporary");
    let options = Options { remove_on_exit: true, ..scratch.options() };
    Cluster::start(options.clone()).await.unwrap().stop().await.unwrap();
    assert!(!scratch.0.exists());

    drop(Cluster::start(options).await.unwrap());
    assert!(wait_until(Duration::from_secs(2), POLL_INTERVAL, || !scratch.0.exists()).await);
}

/// Not a test itself: the process killed by [`killed_owner_leaves_nothing_behind`].
#[tokio::test]
async fn owner_to_be_killed() {
    let Some(directory) = env::var_os(OWNED_DIRECTORY) else {
        return;
    };
    let options = Options { durable: false, remove_on_exit: true, ..Options::new(directory) };
    let cluster = Cluster::start(options).await.unwrap();
    println!("\nowner is ready");
    std::future::pending::<()>().await;
    drop(cluster);
}

fn spawn_owner(scratch: &Scratch) -> process::Child {
    let mut owner = Command::new(env::current_exe().unwrap());
    owner.args(["--exact", "embedded::tests::ownership::owner_to_be_killed", "--nocapture"]);
    owner.env(OWNED_DIRECTORY, &scratch.0).stdout(Stdio::piped()).spawn().unwrap()
}

#[tokio::test]
async fn killed_owner_leaves_nothing_behind() {
    let scratch = Scratch::new("killed");
    let mut owner = spawn_owner(&scratch);
    let mut output = BufReader::new(owner.stdout.take().unwrap()).lines();
    assert!(output.any(|line| line.unwrap() == "owner is ready"));
    assert!(postmaster::running(&scratch.pgdata()).is_some());
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert!(scratch.server_ends_within(Duration::from_secs(2)).await);
    assert!(wait_until(Duration::from_secs(1), POLL_INTERVAL, || !scratch.0.exists()).await);
}

#[tokio::test]
async fn owner_killed_during_initdb_does_not_block_the_next() {
    let scratch = Scratch::new("killed-early");
    let mut owner = spawn_owner(&scratch);
    let unfinished = scratch.0.join(format!("initdb-{}", owner.id())).join("PG_VERSION");
    assert!(wait_until(Duration::from_secs(10), Duration::from_millis(1), || { unfinished.exists() }).await);
    owner.kill().unwrap();
    owner.wait().unwrap();

    let cluster = scratch.start().await.unwrap();
    assert_eq!(ask::<i32>(&cluster.url("postgres"), "SELECT 1").await.unwrap(), 1);
    assert!(!unfinished.exists());
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn ctrl_c_in_the_terminal_does_not_reach_the_server() {
    let scratch = Scratch::new("group");
    let cluster = scratch.start().await.unwrap();
    let group = |pid: i32| getpgid(Pid::from_raw(pid)).unwrap();
    let server = group(postmaster::running(&scratch.pgdata()).unwrap());
    let supervisor = group(cluster.supervisor_id().cast_signed());
    let ours = getpgid(None).unwrap();
    assert!(server != ours && supervisor != ours);
    cluster.stop().await.unwrap();
}
