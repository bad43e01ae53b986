//! A private PostgreSQL started from the machine's own binaries, for `userbatch demo` and the tests.
//!
//! Everything it owns lies below one data directory:
//!
//! | name | what it is |
//! |---|---|
//! | `owner.lock` | held by the living [`Cluster`]; a second owner is refused |
//! | `password` | the superuser's random password, mode 0600 |
//! | `pgdata/` | the cluster; it exists only once `initdb` has finished |
//! | `postgres.log` | the server's log since its last start |
//!
//! The server listens on 127.0.0.1 alone, on a free port, and wants the password (SCRAM). It hangs on
//! a leash: a small shell supervisor reads a pipe whose other end this process holds, and stops the
//! server when the pipe closes, so that neither a panic nor `kill -9` leaves an orphan behind.
//!
//! PostgreSQL refuses to run as root. When we are root, the data directory is given to the account
//! `postgres` (or `nobody`) and the server runs as that account; it must then be able to reach the
//! directory, so a place below a closed home such as `/root` is refused with
//! [`EmbeddedError::Unreachable`].

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
    /// Where the cluster lives. Created when missing; an existing directory must be empty or have
    /// been made by an earlier start.
    pub data_dir: PathBuf,
    /// The only directory to take `initdb` and `postgres` from (`USERBATCH_PG_BIN`); the usual
    /// places and `PATH` when `None`.
    pub bin_dir: Option<PathBuf>,
    /// `false` trades the safety of the data in a power cut for speed (`fsync`,
    /// `synchronous_commit` and `full_page_writes` off).
    pub durable: bool,
    /// How many connections the server accepts, superuser's included; at least 1.
    pub max_connections: u16,
    /// Delete the data directory once the server has stopped, also when this process was killed.
    pub remove_on_exit: bool,
}

impl Options {
    /// A durable cluster for up to 100 connections that stays on disk, from the binaries found.
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
