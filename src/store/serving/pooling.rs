//! Whether what is between a gateway and its database keeps prepared statements.

use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};

use super::ServingStore;
use crate::store::error::StoreError;

/// How often sessions are compared. An idle pooler passes on the session that was used last, so the first comparison
/// shows that it is shared; a busy one changes it soon.
const COMPARISONS: usize = 5;
/// Longest that the sessions may take. A pooler that has no second one to give does not share them.
const LIMIT: Duration = Duration::from_secs(2);

/// Prepared under a name, which PgBouncer from 1.21 on replaces by its own.
const KEPT: &str = r"SELECT EXISTS (SELECT FROM pg_prepared_statements WHERE name LIKE 'PGBOUNCER\_%')";

impl ServingStore {
    /// Whether a prepared statement can be used again: not behind a pooler that passes sessions on between transactions
    /// and knows nothing of the statements on them, such as PgBouncer in transaction mode before 1.21 or without
    /// `max_prepared_statements`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached.
    pub async fn keeps_prepared_statements(&self) -> Result<bool, StoreError> {
        let connector = self.pool.connector();
        let mut first = connector.connect().await?;
        let kept: bool = match sqlx::query_scalar(KEPT).fetch_one(&mut first).await {
            Ok(kept) => kept,
            // Another client has prepared one of this name on this session, or it is not on this session.
            Err(error) if is_mixed_up(&error) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let is_shared = async {
            let mut second = connector.connect().await?;
            let is_shared = is_shared(&mut first, &mut second).await?;
            second.close().await?;
            Ok::<_, sqlx::Error>(is_shared)
        };
        let shared = !kept && tokio::time::timeout(LIMIT, is_shared).await.unwrap_or(Ok(false))?;
        Ok(!shared)
    }
}

fn is_mixed_up(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("26000" | "42P05"))
}

/// Whether two connections use the same session, or one connection several.
async fn is_shared(first: &mut PgConnection, second: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let session = session(first).await?;
    for _ in 0..COMPARISONS {
        if self::session(second).await? == session || self::session(first).await? != session {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The session's process on the server; by a simple query, which needs no prepared statement.
async fn session(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(connection).await?.try_get(0)
}
