//! The connections of a store, and how a statement runs on one.
//!
//! Not sqlx's pool, which tests every connection with a round trip when it comes back, as expensive as most statements
//! here, and waits without end for one that has gone silent. Here only those are tested whose statement failed or was
//! cancelled and those that were unused for a while, and every wait is bounded.

mod transaction;

use std::fmt::Write as _;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::{Stream, TryStreamExt as _};
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::QueryAs;
use sqlx::{AssertSqlSafe, Connection as _, FromRow, Postgres, Row as _};
use tokio::runtime::{Handle, Id};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument as _;

pub(super) use self::transaction::{Transaction, TransactionLimits};
use super::connect::Connector;
use super::error::{DriverError, StoreError};

/// Longest that a statement may take, with the wait for its connection and a second attempt. The serving role's own limit
/// is a little shorter; this one holds when the server is silent.
const TIME_LIMIT: Duration = Duration::from_millis(5_500);
/// A connection that was unused for so long is tested before it is used again.
const TESTED_AFTER: Duration = Duration::from_secs(1);
/// Longest that such a test may take.
const TEST_LIMIT: Duration = Duration::from_secs(1);
/// Longest that a connection is kept unused. Firewalls and poolers forget idle connections without a word.
const IDLE_LIMIT: Duration = Duration::from_mins(5);
/// Longest that a connection is kept at all, so that a server's memory for it is freed now and then.
const LIFETIME: Duration = Duration::from_mins(30);
/// Longest wait for the statements under way when a pool is closed.
const CLOSING_LIMIT: Duration = Duration::from_secs(6);

/// Maximum size of a statement's result, in bytes; a little more than the largest response that the gateway sends.
pub const MAX_RESULT_BYTES: usize = 32 << 20;
/// So many bytes of a result are read before other requests get a turn on the thread.
pub(super) const READ_AT_ONCE: usize = 128 << 10;

/// How a store reaches its database.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// Maximum number of connections; two to four per core of the database server is enough.
    pub max_connections: u32,
    /// How long a request waits for a free connection, or for an unreachable database.
    pub acquire_timeout: Duration,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self { max_connections: 16, acquire_timeout: Duration::from_secs(2) }
    }
}

/// The connections of one role to its database. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connector: Connector,
    options: PoolOptions,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Pooled>>,
    statements: AtomicU64,
}

#[derive(Debug)]
struct Pooled {
    connection: PgConnection,
    opened: Instant,
    returned: Instant,
    /// The runtime that it was opened on, whose thread hears first of what arrives on it.
    home: Id,
}

/// A connection in use, and its place in the pool.
#[derive(Debug)]
struct Held {
    pooled: Pooled,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    /// A pool of what `connector` opens, connected on first use.
    pub(super) fn new(connector: Connector, options: &PoolOptions) -> Self {
        let permits = Arc::new(Semaphore::new(options.max_connections as usize));
        let (options, idle, statements) = (options.clone(), Mutex::default(), AtomicU64::new(0));
        Self(Arc::new(Shared { connector, options, permits, idle, statements }))
    }

    /// How to connect.
    pub(super) fn connector(&self) -> &Connector {
        &self.0.connector
    }

    /// Begins a transaction with these limits; tried once more if its connection was broken, as in [`Self::read`]. Its
    /// statements have no time limit of the gateway's; see [`in_time`].
    pub(super) async fn begin(&self, limits: TransactionLimits) -> Result<Transaction, StoreError> {
        let TransactionLimits { lock, statement } = limits;
        let mut begin = format!("BEGIN; SET LOCAL lock_timeout = {}", lock.as_millis());
        if let Some(limit) = statement {
            // Writing to a String cannot fail.
            let _ = write!(begin, "; SET LOCAL statement_timeout = {}", limit.as_millis());
        }
        match self.try_begin(&begin).await {
            Err(error) if is_broken_connection(&error) => {
                self.renew();
                Ok(self.try_begin(&begin).await?)
            }
            outcome => Ok(outcome?),
        }
    }

    async fn try_begin(&self, begin: &str) -> Result<Transaction, sqlx::Error> {
        let held = self.hold().await?;
        let mut transaction = Transaction { held: Some(held), pool: Arc::clone(&self.0) };
        sqlx::raw_sql(AssertSqlSafe(begin)).execute(transaction.connection()?).await?;
        Ok(transaction)
    }

    /// A connection that was not in use, or a new one.
    async fn hold(&self) -> Result<Held, sqlx::Error> {
        let in_time = async {
            let permit = Arc::clone(&self.0.permits).acquire_owned().await;
            let permit = permit.map_err(|_| sqlx::Error::PoolClosed)?;
            Ok(Held { pooled: self.0.connection().await?, _permit: permit })
        };
        let held = tokio::time::timeout(self.0.options.acquire_timeout, in_time).await;
        held.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    /// The rows of a statement that only reads, measured under `name`; retried once if its connection was broken, and
    /// then on a new one, since whatever broke one may have broken all. `query` makes the statement for each attempt.
    pub(super) async fn read<'q, R: Row>(
        &self,
        name: &'static str,
        query: impl Fn() -> QueryAs<'q, Postgres, Measured<R>, PgArguments>,
    ) -> Result<Vec<R>, StoreError> {
        let started = Instant::now();
        match self.attempt(name, query(), TIME_LIMIT).await {
            Err(StoreError::Unavailable(DriverError(error))) if is_broken_connection(&error) => {
                self.renew();
                self.attempt(name, query(), TIME_LIMIT.saturating_sub(started.elapsed())).await
            }
            outcome => outcome,
        }
    }

    /// The rows of a statement, measured under `name`; never retried.
    pub(super) async fn once<R: Row>(
        &self,
        name: &'static str,
        query: QueryAs<'_, Postgres, Measured<R>, PgArguments>,
    ) -> Result<Vec<R>, StoreError> {
        self.attempt(name, query, TIME_LIMIT).await
    }

    /// The rows of a statement that may take as long as `limit`, measured under `name`.
    async fn attempt<R: Row>(
        &self,
        name: &'static str,
        query: QueryAs<'_, Postgres, Measured<R>, PgArguments>,
        limit: Duration,
    ) -> Result<Vec<R>, StoreError> {
        self.0.statements.fetch_add(1, Ordering::Relaxed);
        let started = Instant::now();
        let fetch = async {
            let mut lease = Lease { held: Some(self.hold().await?), pool: Arc::clone(&self.0) };
            let rows = collect(query.fetch(lease.connection()?)).await?;
            lease.give_back();
            Ok(rows)
        };
        let span = tracing::debug_span!("statement", name);
        let outcome = within(limit, fetch.instrument(span)).await;
        metrics::histogram!("userbatch_statement_seconds", "statement" => name).record(started.elapsed());
        outcome
    }

    /// Has the connections that are not in use replaced by new ones, which are looked at as they are opened.
    pub(super) fn renew(&self) {
        self.0.idle().clear();
    }

    /// Maximum number of connections.
    pub(super) fn max_connections(&self) -> usize {
        self.0.options.max_connections as usize
    }

    /// How many statements were sent so far, over all clones.
    pub(super) fn statements(&self) -> u64 {
        self.0.statements.load(Ordering::Relaxed)
    }

    /// Closes every connection once its current statement is finished.
    pub(super) async fn close(&self) {
        let all = self.0.permits.acquire_many(self.0.options.max_connections);
        let _finished = tokio::time::timeout(CLOSING_LIMIT, all).await;
        self.0.permits.close();
        let idle = std::mem::take(&mut *self.0.idle());
        for pooled in idle {
            // A server that is gone has closed it already, and one that is silent need not hear of it.
            let _ = tokio::time::timeout(TEST_LIMIT, pooled.connection.close()).await;
        }
    }
}

/// Does `work` with the database for as long as a statement may take, with all that it waits for.
///
/// # Errors
/// [`StoreError::TimedOut`]; those of `work`.
pub async fn in_time<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    within(TIME_LIMIT, work).await
}

async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let outcome = tokio::time::timeout(limit, work).await;
    outcome.unwrap_or(Err(StoreError::TimedOut(DriverError(sqlx::Error::PoolTimedOut))))
}

impl Pooled {
    /// Whether the server answers on it. It takes in first what a cancelled statement has left behind.
    async fn is_alive(&mut self) -> bool {
        matches!(tokio::time::timeout(TEST_LIMIT, self.connection.ping()).await, Ok(Ok(())))
    }
}

impl Shared {
    async fn connection(&self) -> Result<Pooled, sqlx::Error> {
        let home = Handle::current().id();
        if let Some(mut pooled) = self.take_idle(home) {
            if pooled.returned.elapsed() < TESTED_AFTER || pooled.is_alive().await {
                return Ok(pooled);
            }
            // Whatever broke one may have broken all.
            self.idle().clear();
        }
        let connection = self.connector.connect().await?;
        let now = Instant::now();
        Ok(Pooled { connection, opened: now, returned: now, home })
    }

    fn put_back(&self, Held { pooled, .. }: Held) {
        self.idle().push(Pooled { returned: Instant::now(), ..pooled });
    }

    /// The connection of the runtime `home` that was used last, so that those that are not needed grow old and are closed;
    /// one of another runtime if there may be no more.
    fn take_idle(&self, home: Id) -> Option<Pooled> {
        let mut idle = self.idle();
        idle.retain(|pooled| pooled.returned.elapsed() < IDLE_LIMIT && pooled.opened.elapsed() < LIFETIME);
        if let Some(at) = idle.iter().rposition(|pooled| pooled.home == home) {
            return Some(idle.remove(at));
        }
        // The caller has a permit already.
        let is_full = self.permits.available_permits() < idle.len();
        is_full.then(|| idle.pop())?
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Pooled>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A row of any statement.
pub(super) trait Row: for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<R: for<'r> FromRow<'r, PgRow> + Send + Unpin> Row for R {}

/// A row, and its size in bytes as it came from the server.
pub(super) struct Measured<R> {
    row: R,
    bytes: usize,
}

impl<'r, R: Row> FromRow<'r, PgRow> for Measured<R> {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        let values = (0..row.len()).filter_map(|column| row.try_get_raw(column).ok()?.as_bytes().ok());
        let bytes = values.map(<[u8]>::len).sum();
        Ok(Self { row: R::from_row(row)?, bytes })
    }
}

/// The rows of a result, up to [`MAX_RESULT_BYTES`].
async fn collect<R>(
    mut rows: impl Stream<Item = Result<Measured<R>, sqlx::Error>> + Unpin,
) -> Result<Vec<R>, StoreError> {
    let (mut read, mut bytes, mut at_once) = (Vec::new(), 0, 0);
    while let Some(Measured { row, bytes: of_row }) = rows.try_next().await? {
        (bytes, at_once) = (bytes + of_row, at_once + of_row);
        if bytes > MAX_RESULT_BYTES {
            return Err(StoreError::TooLarge);
        }
        if at_once > READ_AT_ONCE {
            at_once = 0;
            tokio::task::yield_now().await;
        }
        read.push(row);
    }
    Ok(read)
}

/// A connection that one statement runs on. Dropped before it is [given back](Self::give_back), it is tested in the
/// background: a client that hangs up must not cost a new connection each time.
struct Lease {
    /// Present until it is dropped or given back.
    held: Option<Held>,
    pool: Arc<Shared>,
}

impl Lease {
    fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        let held = self.held.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        Ok(&mut held.pooled.connection)
    }

    fn give_back(mut self) {
        if let Some(held) = self.held.take() {
            self.pool.put_back(held);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let (Some(mut held), Ok(runtime)) = (self.held.take(), Handle::try_current()) else { return };
        let pool = Arc::clone(&self.pool);
        runtime.spawn(async move {
            if held.pooled.is_alive().await {
                pool.put_back(held);
            }
        });
    }
}

/// Broken, as opposed to unavailable: waiting again for a connection would double the wait, and a server that responds
/// with an error will respond with the same one, except when it shuts down (SQLSTATE class 57P).
fn is_broken_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => false,
        sqlx::Error::Database(said) => said.code().is_some_and(|code| code.starts_with("57P")),
        _ => true,
    }
}
