//! The connection pool of each store, and how statements are run on it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use tracing::Instrument as _;

use super::error::StoreError;

/// How a store connects to its database.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// Maximum number of connections; two to four per core of the database are enough.
    pub max_connections: u32,
    /// How long a request waits for a free connection, or for an unavailable database.
    pub acquire_timeout: Duration,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self { max_connections: 16, acquire_timeout: Duration::from_secs(2) }
    }
}

/// The database, as accessed by one role. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Database {
    pool: PgPool,
    acquire_timeout: Duration,
    statements: Arc<AtomicU64>,
}

impl Database {
    /// The database at `url`, connected to on first use.
    pub(super) fn new(url: &str, options: &PoolOptions) -> Result<Self, StoreError> {
        let connect: PgConnectOptions = url.parse()?;
        // PgBouncer refuses a session that sets extra_float_digits; no statement here reads a float.
        let connect = connect.application_name("userbatch").extra_float_digits(None);
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            // A dead connection shows when a statement fails on it; that statement is then retried once.
            .test_before_acquire(false)
            .connect_lazy_with(connect);
        Ok(Self { pool, acquire_timeout: options.acquire_timeout, statements: Arc::default() })
    }

    /// Number of statements sent so far, over all clones.
    pub(super) fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Closes every connection once its current statement is finished.
    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    pub(super) const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Runs a read-only statement, with metrics under `name`; retries once if the connection was dead.
    pub(super) async fn read<T, F, Fut>(&self, name: &'static str, statement: F) -> Result<T, StoreError>
    where
        F: Fn(PgPool) -> Fut,
        Fut: Future<Output = Result<T, sqlx::Error>>,
    {
        match self.once(name, &statement).await {
            Err(StoreError::Unavailable(error)) if is_broken_connection(&error) => {
                self.once(name, &statement).await
            }
            outcome => outcome,
        }
    }

    /// Runs a statement once, with metrics under `name`.
    pub(super) async fn once<T, F, Fut>(&self, name: &'static str, statement: &F) -> Result<T, StoreError>
    where
        F: Fn(PgPool) -> Fut,
        Fut: Future<Output = Result<T, sqlx::Error>>,
    {
        self.measured(name, statement(self.pool.clone())).await
    }

    /// A connection that is not one of the pool's.
    pub(super) async fn connect(&self) -> Result<PgConnection, StoreError> {
        let options = self.pool.connect_options();
        let connected = tokio::time::timeout(self.acquire_timeout, options.connect()).await;
        Ok(connected.unwrap_or(Err(sqlx::Error::PoolTimedOut))?)
    }

    /// Runs `statement`, measured under `name`.
    pub(super) async fn measured<T>(
        &self,
        name: &'static str,
        statement: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let started = Instant::now();
        let span = tracing::debug_span!("statement", name);
        let outcome = statement.instrument(span).await;
        metrics::histogram!("userbatch_statement_seconds", "statement" => name).record(started.elapsed());
        outcome.map_err(StoreError::from)
    }
}

/// Whether the connection was dead. Not if none was free, since another wait would double the time; not for an error
/// response, which would be the same again, unless the server is shutting down (SQLSTATE class 57P).
pub(super) fn is_broken_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => false,
        sqlx::Error::Database(said) => said.code().is_some_and(|code| code.starts_with("57P")),
        _ => true,
    }
}
