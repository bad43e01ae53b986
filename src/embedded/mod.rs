//! A private PostgreSQL run from the machine's own binaries, for `userbatch demo` and the tests.
//!
//! Everything of it is in one data directory:
//!
//! | name | content |
//! |---|---|
//! | `owner.lock` | locked by the running [`Cluster`]; a second owner is refused |
//! | `password` | the superuser's random password, mode 0600 |
//! | `pgdata/` | the cluster; present only once `initdb` has finished |
//! | `postgres.log` | the server's log since it was last started |
//!
//! The server listens on 127.0.0.1 only, on a free port, and requires the password (SCRAM). It does not
//! outlive this process: a small shell supervisor reads a pipe whose other end this process holds, and
//! stops the server when the pipe closes, even after a panic or `kill -9`.
//!
//! PostgreSQL refuses to run as root. If this process is root, the data directory is given to the
//! account `postgres` (or `nobody`), as which the server runs. That account must be able to reach the
//! directory: one below a closed directory such as `/root` is refused with
//! [`EmbeddedError::Unreachable`].
//!
//! Crates that bring a PostgreSQL along download it when they are built or run; this one is the machine's own
//! package.

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
    /// The data directory. Created if missing; an existing one must be empty or have been created by
    /// an earlier start.
    pub data_dir: PathBuf,
    /// The only directory to look for `initdb` and `postgres` in (`USERBATCH_PG_BIN`); the usual
    /// places and `PATH` if `None`.
    pub bin_dir: Option<PathBuf>,
    /// `false` trades durability for speed: `fsync`, `synchronous_commit` and `full_page_writes` are
    /// off.
    pub durable: bool,
    /// How many connections the server accepts, those of the superuser included; at least 1.
    pub max_connections: u16,
    /// Delete the data directory once the server has stopped, even if this process was killed.
    pub remove_on_exit: bool,
}

impl Options {
    /// A durable cluster for up to 100 connections that stays on disk.
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
