//! The pool of connections, and how a statement is run on it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tracing::Instrument as _;

use super::error::StoreError;

/// How the store reaches its database.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Most connections; two to four a core of the database is enough.
    pub max_connections: u32,
    /// How long a request waits for a free connection, or for a database that is away.
    pub acquire_timeout: Duration,
    /// How long the server sends rows of an export that nobody takes, before it ends the export's connection.
    pub export_untaken: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(2),
            export_untaken: Duration::from_mins(5),
        }
    }
}

/// The database, as one role sees it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
    statements: Arc<AtomicU64>,
    export_untaken: Duration,
}

impl Store {
    /// A store on `url`, which connects when first used: a gateway starts, and recovers, without its database.
    ///
    /// # Errors
    /// If `url` is no Postgres URL.
    pub fn new(url: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        let connect: PgConnectOptions = url.parse()?;
        let connect = connect.application_name("userbatch");
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            // A dead connection is found by the statement that fails on it, and that one is tried once more.
            .test_before_acquire(false)
            .connect_lazy_with(connect);
        Ok(Self { pool, statements: Arc::default(), export_untaken: options.export_untaken })
    }

    /// Whether the database answers and its schema is there.
    ///
    /// # Errors
    /// As any statement.
    pub async fn ready(&self) -> Result<(), StoreError> {
        let probe = |pool: PgPool| async move {
            sqlx::query("SELECT FROM caller_by_id('bitbadges', NULL, NULL, NULL)").execute(&pool).await
        };
        self.read("ready", probe).await.map(drop)
    }

    /// Whether row level security holds for the role that this store logs in as.
    ///
    /// # Errors
    /// As any statement.
    pub async fn is_row_secured(&self) -> Result<bool, StoreError> {
        self.read("is_row_secured", |pool| async move {
            sqlx::query_scalar(
                "SELECT NOT (r.rolsuper OR r.rolbypassrls) AND NOT pg_has_role(c.relowner, 'USAGE')
                   FROM pg_roles r, pg_class c
                  WHERE r.rolname = current_user AND c.oid = '\"user\"'::regclass",
            )
            .fetch_one(&pool)
            .await
        })
        .await
    }

    /// How many statements were sent so far, over all clones of this store.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Closes every connection, after the statements that run on them.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(super) const fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(super) const fn export_untaken(&self) -> Duration {
        self.export_untaken
    }

    /// Runs a statement that only reads, measured under `name`; once more if its connection was dead.
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

    /// Runs a statement once, measured under `name`.
    pub(super) async fn once<T, F, Fut>(&self, name: &'static str, statement: &F) -> Result<T, StoreError>
    where
        F: Fn(PgPool) -> Fut,
        Fut: Future<Output = Result<T, sqlx::Error>>,
    {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let started = Instant::now();
        let span = tracing::debug_span!("statement", name);
        let outcome = statement(self.pool.clone()).instrument(span).await;
        metrics::histogram!("userbatch_statement_seconds", "statement" => name).record(started.elapsed());
        outcome.map_err(StoreError::from)
    }
}

/// Broken, as opposed to not to be had: waiting once more for a connection would double the wait, and a server that
/// answers with an error will answer with the same one, but for its farewell (SQLSTATE class 57P).
fn is_broken_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => false,
        sqlx::Error::Database(said) => said.code().is_some_and(|code| code.starts_with("57P")),
        _ => true,
    }
}
