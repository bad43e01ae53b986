//! Migrations of one database take turns.

use std::fmt;
use std::time::{Duration, Instant};

use sqlx::FromRow;
use sqlx::postgres::PgConnection;

use super::{MigrateError, run};
use crate::store::error::StoreError;

/// How long another migration is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
/// Interval between attempts.
const PAUSE: Duration = Duration::from_millis(250);

/// Begins a transaction that depends on no setting of the role, the database or the URL, and that gives up rather than
/// wait long for a table: the gateways' reads would wait behind it.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL search_path = public;
    SET LOCAL lock_timeout = '10s';
    SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL client_min_messages = warning";

/// The session that holds the lock.
#[derive(FromRow)]
struct Holder {
    pid: i32,
    application: Option<String>,
    address: Option<String>,
    seconds: Option<i64>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} of the server", self.pid)?;
        if let Some(application) = &self.application {
            write!(f, " ({application})")?;
        }
        if let Some(address) = &self.address {
            write!(f, ", from {address}")?;
        }
        match self.seconds {
            Some(seconds) => write!(f, ", in a transaction since {seconds} s"),
            None => Ok(()),
        }
    }
}

/// Begins a transaction that no other migration of this database is beside, whatever release it is of.
///
/// # Errors
/// [`MigrateError::Busy`] if another one does not finish.
pub(super) async fn take(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let started = Instant::now();
    let mut told = false;
    loop {
        run(connection, BEGIN).await?;
        if try_lock(connection).await? {
            return Ok(());
        }
        let holder = holder(connection).await?;
        run(connection, "ROLLBACK").await?;
        if started.elapsed() > PATIENCE {
            return Err(MigrateError::Busy { seconds: PATIENCE.as_secs(), holder });
        }
        if !told {
            tracing::info!("waiting for another migration of this database; it is {holder}");
            told = true;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn try_lock(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let lock = "SELECT pg_try_advisory_xact_lock(hashtext('userbatch migrate'))";
    Ok(sqlx::query_scalar(lock).persistent(false).fetch_one(connection).await?)
}

async fn holder(connection: &mut PgConnection) -> Result<String, StoreError> {
    let holder: Option<Holder> = sqlx::query_as(
        "SELECT l.pid, nullif(a.application_name, '') AS application, host(a.client_addr) AS address,
                extract(epoch FROM now() - a.xact_start)::bigint AS seconds
           FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
          WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND (l.classid::bigint << 32) | l.objid::bigint = hashtext('userbatch migrate')
          LIMIT 1",
    )
    .persistent(false)
    .fetch_optional(connection)
    .await?;
    Ok(holder.map_or("no longer known".to_owned(), |holder| holder.to_string()))
}
