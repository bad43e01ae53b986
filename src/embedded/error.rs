//! What can keep the private PostgreSQL from starting or stopping.

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
        /// Where we looked, in words.
        place: String,
        /// The command that installs PostgreSQL on this system.
        install: &'static str,
    },
    /// The data directory needs a major version that is not installed.
    #[error(
        "{} was made by PostgreSQL {made_by}, which is not in {place}: install that version or delete the directory",
        data_dir.display()
    )]
    VersionMismatch {
        /// The data directory.
        data_dir: PathBuf,
        /// The major version that made it.
        made_by: u32,
        /// Where we looked, in words.
        place: String,
    },
    /// Another living process runs a cluster on the same data directory.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The data directory holds files that no earlier start has put there.
    #[error("{} is neither empty nor a data directory of ours: name another one", .0.display())]
    ForeignDirectory(PathBuf),
    /// We are root, and the account that must run PostgreSQL cannot get at the data directory.
    #[error(
        "PostgreSQL must run as the account {account} because we are root, and that account may not enter {}: name a data directory elsewhere",
        directory.display()
    )]
    Unreachable {
        /// The closed directory.
        directory: PathBuf,
        /// The account's name.
        account: String,
    },
    /// We are root and `/etc/passwd` knows neither `postgres` nor `nobody`.
    #[error(
        "PostgreSQL does not run as root, and there is neither an account postgres nor nobody to run it as"
    )]
    NoAccount,
    /// The operating system gave no randomness for the password.
    #[error("the operating system gave no random bytes for a password")]
    NoRandomness,
    /// A role or a database could not be made in the running cluster.
    #[error("a role or database could not be made in the private PostgreSQL")]
    Provision(#[from] sqlx::Error),
    /// `initdb` failed or took too long.
    #[error("initdb failed: {output}")]
    Initdb {
        /// The end of what it wrote.
        output: String,
    },
    /// The server ended before it was ready.
    #[error("PostgreSQL ended while starting; the end of its log:\n{log}")]
    EndedEarly {
        /// The end of its log.
        log: String,
    },
    /// The server was not ready in time and has been stopped.
    #[error("PostgreSQL was not ready after {seconds} s; the end of its log:\n{log}")]
    NotReady {
        /// The bound that passed, in seconds.
        seconds: u64,
        /// The end of its log.
        log: String,
    },
    /// A server on this data directory does not stop, not even on an immediate shutdown.
    #[error("the PostgreSQL with process id {pid} does not stop")]
    DoesNotStop {
        /// The postmaster's process id.
        pid: i32,
    },
    /// A file, directory or process could not be made, read or changed.
    #[error("could not {action} {}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl EmbeddedError {
    /// For `map_err`: names what was tried, and on what.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}
