//! Why the private PostgreSQL could not be started or stopped.

use std::io;
use std::path::{Path, PathBuf};

use super::binaries::OLDEST_MAJOR;

/// Why the private PostgreSQL could not be started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No usable `initdb` and `postgres` were found.
    #[error(
        "no PostgreSQL {OLDEST_MAJOR} or later in {place}: install it with `{install}`, or run `make demo`, which installs it"
    )]
    NotInstalled {
        /// Where it was searched for.
        place: String,
        /// The command that installs PostgreSQL on this system.
        install: &'static str,
    },
    /// The data directory was created by a major version that is not installed.
    #[error(
        "{} was created by PostgreSQL {created_by}, which was not found in {place}: install that version or delete the directory",
        data_dir.display()
    )]
    VersionMismatch {
        /// The data directory.
        data_dir: PathBuf,
        /// The major version that created it.
        created_by: u32,
        /// Where it was searched for.
        place: String,
    },
    /// Another process runs a cluster on the same data directory.
    #[error("{} is in use by another process: stop it, or choose another data directory", .0.display())]
    InUse(PathBuf),
    /// The directory is neither empty nor a data directory.
    #[error("{} is neither empty nor a userbatch data directory: choose another directory", .0.display())]
    ForeignDirectory(PathBuf),
    /// Others can enter the directory, or own it.
    #[error(
        "{} is not a directory of this account alone: run `chmod 700` on it if it is yours, or choose another directory",
        .0.display()
    )]
    NotPrivate(PathBuf),
    /// This process is root, and the account that PostgreSQL must run as cannot reach the data directory.
    #[error(
        "PostgreSQL refuses to run as root, and the account {account} cannot enter {}: choose another data directory",
        directory.display()
    )]
    Unreachable {
        /// The inaccessible directory.
        directory: PathBuf,
        /// The account's name.
        account: String,
    },
    /// This process is root, and `/etc/passwd` has neither `postgres` nor `nobody`.
    #[error(
        "PostgreSQL refuses to run as root, and /etc/passwd has no account postgres or nobody: create one, or run as an ordinary user"
    )]
    NoAccount,
    /// The operating system returned no random bytes for a password.
    #[error("the operating system returned no random bytes for a password")]
    NoRandomness,
    /// A role or a database could not be created in the running cluster.
    #[error(
        "a role or database could not be created in the private PostgreSQL ({0}); its log in the data directory says more"
    )]
    Provision(String),
    /// `initdb` failed or took too long.
    #[error("initdb failed: {output}")]
    Initdb {
        /// The tail of its output.
        output: String,
    },
    /// The server exited before it was ready.
    #[error("PostgreSQL exited during startup; the last lines of its log:\n{log}")]
    EndedEarly {
        /// The tail of its log.
        log: String,
    },
    /// The server was not ready in time and was stopped.
    #[error("PostgreSQL was not ready after {seconds} s; the last lines of its log:\n{log}")]
    NotReady {
        /// The time limit, in seconds.
        seconds: u64,
        /// The tail of its log.
        log: String,
    },
    /// A server on this data directory did not stop, even after an immediate shutdown.
    #[error("PostgreSQL (process {pid}) did not stop; end it and try again")]
    DoesNotStop {
        /// The postmaster's process id.
        pid: i32,
    },
    /// An operation on a file, a directory or a process failed.
    #[error("could not {action} {}", path.display())]
    Io {
        /// The operation, as a verb.
        action: &'static str,
        /// The file, directory or program.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

/// Without PostgreSQL's text, which is for its own log.
impl From<sqlx::Error> for EmbeddedError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        Self::Provision(code.map_or("no answer".to_owned(), |code| format!("SQLSTATE {code}")))
    }
}

impl EmbeddedError {
    /// For `map_err`: names the operation and its object.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}
