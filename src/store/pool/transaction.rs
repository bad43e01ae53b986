//! Transactions on a pool's connections.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnection;
use tokio::runtime::Handle;

use super::{Held, Shared, TEST_LIMIT};
use crate::store::error::StoreError;

/// How long the statements of a transaction may take on the server.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct TransactionLimits {
    /// To wait for a lock.
    pub(in crate::store) lock: Duration,
    /// Each of them; `None` for as long as the role may.
    pub(in crate::store) statement: Option<Duration>,
}

/// A connection within a transaction. Dropped before it is committed, it is rolled back in the background: one that only
/// read, or found that there is nothing to write, must not cost a new connection each time.
#[derive(Debug)]
pub(in crate::store) struct Transaction {
    /// Present until it is dropped or committed.
    pub(super) held: Option<Held>,
    pub(super) pool: Arc<Shared>,
}

impl Transaction {
    /// The connection that it is on.
    ///
    /// # Errors
    /// [`sqlx::Error::PoolClosed`] if there is none, which is never.
    pub(in crate::store) fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        let held = self.held.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        Ok(&mut held.pooled.connection)
    }

    /// Commits, and returns the connection to the pool.
    pub(in crate::store) async fn commit(mut self) -> Result<(), StoreError> {
        sqlx::raw_sql("COMMIT").execute(self.connection()?).await?;
        if let Some(held) = self.held.take() {
            self.pool.put_back(held);
        }
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let (Some(mut held), Ok(runtime)) = (self.held.take(), Handle::try_current()) else { return };
        let pool = Arc::clone(&self.pool);
        runtime.spawn(async move {
            // After whatever a cancelled statement has left behind. On a broken connection it fails at once.
            let roll_back = sqlx::raw_sql("ROLLBACK").execute(&mut held.pooled.connection);
            if matches!(tokio::time::timeout(TEST_LIMIT, roll_back).await, Ok(Ok(_))) {
                pool.put_back(held);
            }
        });
    }
}
