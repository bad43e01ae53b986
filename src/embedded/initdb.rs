//! Creates the cluster on the first start.

use std::fs::{self, DirBuilder, DirEntry};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};

use super::account::command;
use super::binaries::Installation;
use super::data_dir::{DataDir, pgdata_below};
use super::supervisor::{POLL_INTERVAL, wait_until};
use super::{EmbeddedError, cluster};

/// `initdb` takes about a second, much longer on a slow disk.
const TIME_LIMIT: Duration = Duration::from_mins(2);
/// How long to wait for an orphaned `initdb` to exit.
const ORPHAN_EXIT_LIMIT: Duration = Duration::from_secs(5);
/// Name prefix of the directory while `initdb` writes to it.
const UNFINISHED: &str = "initdb-";
const PASSWORD_BYTES: usize = 32;

/// The major version that created the cluster in `data_dir`, if any.
pub(super) fn created_by(data_dir: &Path) -> Option<u32> {
    fs::read_to_string(pgdata_below(data_dir).join("PG_VERSION")).ok()?.trim().parse().ok()
}

/// Creates the cluster if it does not exist and returns the superuser's password.
///
/// `initdb` writes to a temporary directory that is renamed at the end, so an existing cluster is always complete.
pub(super) async fn ensure(
    data_dir: &DataDir,
    installation: &Installation,
    durable: bool,
) -> Result<SecretString, EmbeddedError> {
    if data_dir.pgdata().exists() {
        return read_password(&data_dir.password_file());
    }
    remove_unfinished(data_dir.path()).await?;
    let password = write_new_password(data_dir)?;
    let unfinished = data_dir.path().join(format!("{UNFINISHED}{}", std::process::id()));
    DirBuilder::new().mode(0o700).create(&unfinished).map_err(EmbeddedError::io("create", &unfinished))?;
    data_dir.give(&unfinished)?;
    run(data_dir, installation, &unfinished, durable).await?;
    fs::rename(&unfinished, data_dir.pgdata()).map_err(EmbeddedError::io("rename", &unfinished))?;
    Ok(password)
}

fn read_password(path: &Path) -> Result<SecretString, EmbeddedError> {
    fs::read_to_string(path)
        .map(|text| text.trim().to_owned().into())
        .map_err(EmbeddedError::io("read", path))
}

/// Writes a random, URL-safe password of 256 bits.
fn write_new_password(data_dir: &DataDir) -> Result<SecretString, EmbeddedError> {
    let mut bytes = [0; PASSWORD_BYTES];
    SystemRandom::new().fill(&mut bytes).map_err(|_| EmbeddedError::NoRandomness)?;
    let password = SecretString::from(URL_SAFE_NO_PAD.encode(bytes));
    let path = data_dir.password_file();
    let mut file = DataDir::new_file(&path)?;
    file.write_all(password.expose_secret().as_bytes()).map_err(EmbeddedError::io("write", &path))?;
    data_dir.give(&path)?;
    Ok(password)
}

/// Deletes the directory of an interrupted `initdb`, which may still be running: without its parent it exits soon, on
/// its broken output pipe.
async fn remove_unfinished(data_dir: &Path) -> Result<(), EmbeddedError> {
    for path in unfinished(data_dir).map_err(EmbeddedError::io("read", data_dir))? {
        let mut removed = Ok(());
        wait_until(ORPHAN_EXIT_LIMIT, POLL_INTERVAL, || {
            removed = fs::remove_dir_all(&path);
            removed.is_ok()
        })
        .await;
        removed.map_err(EmbeddedError::io("delete", &path))?;
    }
    Ok(())
}

fn unfinished(data_dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(data_dir)?.collect::<io::Result<Vec<_>>>()?;
    let is_unfinished = |entry: &DirEntry| entry.file_name().to_string_lossy().starts_with(UNFINISHED);
    Ok(entries.into_iter().filter(is_unfinished).map(|entry| entry.path()).collect())
}

async fn run(
    data_dir: &DataDir,
    installation: &Installation,
    pgdata: &Path,
    durable: bool,
) -> Result<(), EmbeddedError> {
    let program = installation.program("initdb");
    let mut initdb = command(&program, data_dir.account(), data_dir.path());
    initdb.args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"]);
    initdb.arg("--username").arg(cluster::SUPERUSER).arg("--pgdata").arg(pgdata);
    initdb.arg("--pwfile").arg(data_dir.password_file());
    if !durable {
        initdb.arg("--no-sync");
    }
    let mut initdb = tokio::process::Command::from(initdb);
    let output = tokio::time::timeout(TIME_LIMIT, initdb.kill_on_drop(true).output()).await;
    let output =
        output.map_err(|_| EmbeddedError::Initdb { output: format!("not done after {TIME_LIMIT:?}") })?;
    check(&output.map_err(EmbeddedError::io("run", &program))?)
}

fn check(output: &Output) -> Result<(), EmbeddedError> {
    if output.status.success() {
        return Ok(());
    }
    Err(EmbeddedError::Initdb { output: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
}
