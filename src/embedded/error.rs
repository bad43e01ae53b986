//! Why the private PostgreSQL could not be started or stopped.

use std::io;
use std::path::{Path, PathBuf};

use super::binaries::OLDEST_MAJOR;

/// Why the private PostgreSQL could not be started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No usable `initdb` and `postgres` were found.
    #[error(
        "no PostgreSQL {OLDEST_MAJOR} or later in {place}: install it with `{install}`, or run `make demo`, which does it for you"
    )]
    NotInstalled {
        /// Where it was looked for, in words.
        place: String,
        /// The command that installs PostgreSQL on this system.
        install: &'static str,
    },
    /// The data directory needs a major version that is not installed.
    #[error(
        "{} was created by PostgreSQL {created_by}, which is not in {place}: install that version or delete the directory",
        data_dir.display()
    )]
    VersionMismatch {
        /// The data directory.
        data_dir: PathBuf,
        /// The major version that created it.
        created_by: u32,
        /// Where it was looked for, in words.
        place: String,
    },
    /// Another process runs a cluster on the same data directory.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The directory has files in it, but is not a data directory of an earlier start.
    #[error("{} is neither empty nor a data directory of userbatch: name another one", .0.display())]
    ForeignDirectory(PathBuf),
    /// This process is root, and the account that PostgreSQL must run as cannot reach the data directory.
    #[error(
        "PostgreSQL does not run as root, and the account {account} that it would run as cannot enter {}: name a data directory elsewhere",
        directory.display()
    )]
    Unreachable {
        /// The directory that it cannot enter.
        directory: PathBuf,
        /// The account's name.
        account: String,
    },
    /// This process is root, and `/etc/passwd` has neither `postgres` nor `nobody`.
    #[error("PostgreSQL does not run as root, and there is no account postgres or nobody to run it as")]
    NoAccount,
    /// The operating system returned no random bytes for a password.
    #[error("the operating system returned no random bytes for a password")]
    NoRandomness,
    /// A role or a database could not be created in the running cluster.
    #[error("a role or database could not be created in the private PostgreSQL")]
    Provision(#[from] sqlx::Error),
    /// `initdb` failed or took too long.
    #[error("initdb failed: {output}")]
    Initdb {
        /// The end of its output.
        output: String,
    },
    /// The server ended before it was ready.
    #[error("PostgreSQL ended while starting; the end of its log:\n{log}")]
    EndedEarly {
        /// The end of its log.
        log: String,
    },
    /// The server was not ready in time and was stopped.
    #[error("PostgreSQL was not ready after {seconds} s; the end of its log:\n{log}")]
    NotReady {
        /// The time limit, in seconds.
        seconds: u64,
        /// The end of its log.
        log: String,
    },
    /// A server on this data directory does not stop, not even by an immediate shutdown.
    #[error("the PostgreSQL with process id {pid} does not stop")]
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

impl EmbeddedError {
    /// For `map_err`: names the operation and its object.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}
