//! A private PostgreSQL run from the installed binaries, for `userbatch demo` and the tests.
//!
//! All its files are in one data directory:
//!
//! | name | content |
//! |---|---|
//! | `owner.lock` | locked by the running [`Cluster`]; a second owner is refused |
//! | `password` | the superuser's random password, mode 0600 |
//! | `pgdata/` | the cluster; present only once `initdb` has finished |
//! | `postgres.log` | the server's log since it was last started |
//!
//! The server listens on a free port of 127.0.0.1 and requires the password (SCRAM). It does not outlive this process:
//! a shell supervisor reads a pipe from this process and stops the server when the pipe closes, even after a panic or
//! `kill -9`.
//!
//! PostgreSQL refuses to run as root. If this process is root, the server runs as `postgres` (or `nobody`), which
//! becomes the owner of the data directory and must be able to reach it: a directory below `/root`, for example, is
//! refused with [`EmbeddedError::Unreachable`].
//!
//! Crates that embed PostgreSQL download it at build or run time; this module uses the system's package.

mod account;
mod binaries;
mod cluster;
mod data_dir;
mod error;
mod initdb;
mod postmaster;
mod provision;
mod settings;
mod supervisor;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use cluster::Cluster;
pub use error::EmbeddedError;

/// How to run the private PostgreSQL.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data directory; created if missing. An existing one must be empty or from an earlier start.
    pub data_dir: PathBuf,
    /// The only directory to search for `initdb` and `postgres` (`USERBATCH_PG_BIN`); the standard locations and
    /// `PATH` if `None`.
    pub bin_dir: Option<PathBuf>,
    /// `false` trades durability for speed: disables `fsync`, `synchronous_commit` and `full_page_writes`.
    pub durable: bool,
    /// Maximum connections, including the superuser's; at least 1.
    pub max_connections: u16,
    /// Delete the data directory once the server has stopped, even if this process was killed.
    pub remove_on_exit: bool,
}

impl Options {
    /// A durable, persistent cluster for up to 100 connections.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            bin_dir: None,
            durable: true,
            max_connections: 100,
            remove_on_exit: false,
        }
    }
}
