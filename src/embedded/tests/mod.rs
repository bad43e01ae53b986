//! Tests of the private PostgreSQL on a real server.

mod ownership;
mod refusals;
mod service;

use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs, process};

use sqlx::{Connection, PgConnection};

use super::supervisor::{POLL_INTERVAL, wait_until};
use super::{Cluster, EmbeddedError, Options, postmaster};

/// A data directory, deleted at the end of the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(env::temp_dir().join(format!("userbatch-embedded-{name}-{}", process::id())))
    }

    fn options(&self) -> Options {
        Options { durable: false, max_connections: 10, ..Options::new(&self.0) }
    }

    async fn start(&self) -> Result<Cluster, EmbeddedError> {
        Cluster::start(self.options()).await
    }

    /// The path as the server sees it: without symbolic links.
    fn pgdata(&self) -> PathBuf {
        fs::canonicalize(&self.0).unwrap().join("pgdata")
    }

    async fn server_ends_within(&self, limit: Duration) -> bool {
        let pgdata = self.0.join("pgdata");
        wait_until(limit, POLL_INTERVAL, || postmaster::running(&pgdata).is_none()).await
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
    let answer = sqlx::query_scalar(question).fetch_one(&mut connection).await;
    connection.close().await?;
    answer
}

async fn execute(url: &str, statement: &'static str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query(statement).execute(&mut connection).await.unwrap();
}
