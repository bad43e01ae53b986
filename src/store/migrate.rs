//! Brings a database's schema up to date: first the numbered migrations, then all of `sql`.

use postgres_protocol::password::scram_sha_256;
use sqlx::migrate::{MigrateError as SqlxMigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use super::error::StoreError;
use super::sql::{self, SqlFile};

static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// Why a database could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database could not be reached, or a statement failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A later release has migrated the database.
    #[error("a later release has migrated this database: run its `userbatch migrate`, not this one's")]
    Newer,
    /// The database has a migration that differs from this release's.
    #[error(
        "migration {0} of this database is not this release's: export its tenants with the release that created it, \
         and import them into a new database"
    )]
    OtherHistory(i64),
    /// A numbered migration failed.
    #[error("a migration failed")]
    Migration(#[source] SqlxMigrateError),
    /// A file applied after the numbered migrations failed.
    #[error("src/store/sql/{file}.sql could not be applied")]
    Sql {
        /// Name of the file.
        file: &'static str,
        /// The database's error.
        source: sqlx::Error,
    },
}

impl From<SqlxMigrateError> for MigrateError {
    fn from(error: SqlxMigrateError) -> Self {
        match error {
            SqlxMigrateError::VersionMissing(version) if version > version_of_this_release() => Self::Newer,
            SqlxMigrateError::VersionMissing(version) | SqlxMigrateError::VersionMismatch(version) => {
                Self::OtherHistory(version)
            }
            other => Self::Migration(other),
        }
    }
}

/// The number of this release's last migration.
pub(super) fn version_of_this_release() -> i64 {
    MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Applies what is missing, and gives the serving role a login with `serving_password`, if any. Can run concurrently:
/// runs wait for each other.
///
/// # Errors
/// [`MigrateError`]; the schema is then as it was before the migration that failed.
pub async fn migrate(url: &str, serving_password: Option<&str>) -> Result<(), MigrateError> {
    let options: PgConnectOptions = url.parse().map_err(StoreError::from)?;
    let mut connection = options.disable_statement_logging().connect().await.map_err(StoreError::from)?;
    MIGRATOR.run(&mut connection).await?;
    let mut transaction = connection.begin().await.map_err(StoreError::from)?;
    take_turn(&mut transaction).await?;
    for file in &sql::FILES {
        apply(&mut transaction, file).await?;
    }
    if let Some(password) = serving_password {
        // Hashed here, so that the password itself appears in neither the statement nor the server's log.
        let verifier = scram_sha_256(password.as_bytes());
        sqlx::query("SELECT set_config('userbatch.serving_verifier', $1, true)")
            .bind(verifier)
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::from)?;
        apply(&mut transaction, &sql::LOGIN).await?;
    }
    note(&mut transaction).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    connection.close().await.map_err(StoreError::from)?;
    Ok(())
}

/// Waits for other migrations of this database, which may be a later release's.
async fn take_turn(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let found: Option<i64> = async {
        sqlx::query("SELECT pg_advisory_xact_lock(hashtext('userbatch migrate'))")
            .execute(&mut *connection)
            .await?;
        sqlx::query_scalar("SELECT version FROM schema_state").fetch_optional(&mut *connection).await
    }
    .await
    .map_err(StoreError::from)?;
    match found {
        Some(found) if found > version_of_this_release() => Err(MigrateError::Newer),
        _ => Ok(()),
    }
}

async fn apply(connection: &mut PgConnection, file: &'static SqlFile) -> Result<(), MigrateError> {
    let applied = sqlx::raw_sql(file.text).execute(connection).await;
    applied.map(drop).map_err(|source| MigrateError::Sql { file: file.name, source })
}

/// Records the resulting version and functions, which gateways compare with their own.
async fn note(connection: &mut PgConnection) -> Result<(), MigrateError> {
    sqlx::query(
        "INSERT INTO schema_state (version, functions) VALUES ($1, $2)
         ON CONFLICT (is_only) DO UPDATE
         SET version = excluded.version, functions = excluded.functions, applied_at = now()",
    )
    .bind(version_of_this_release())
    .bind(sql::digest())
    .execute(connection)
    .await
    .map_err(StoreError::from)?;
    Ok(())
}
