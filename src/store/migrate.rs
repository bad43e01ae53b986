//! Brings a database's schema up to date.

use postgres_protocol::password::scram_sha_256;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::error::StoreError;

static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// Why a database could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database could not be reached, or a statement failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A migration failed, or the database is newer than this binary.
    #[error("a migration failed")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

/// Applies what is missing, and gives the serving role a login with `serving_password` if there is one. Safe
/// when several run at once: each waits for the one before it.
///
/// # Errors
/// [`MigrateError`], with the schema as it was before the migration that failed.
pub async fn migrate(url: &str, serving_password: Option<&str>) -> Result<(), MigrateError> {
    let options: PgConnectOptions = url.parse().map_err(StoreError::from)?;
    let mut connection = options.disable_statement_logging().connect().await.map_err(StoreError::from)?;
    MIGRATOR.run(&mut connection).await?;
    if let Some(password) = serving_password {
        let mut transaction = connection.begin().await.map_err(StoreError::from)?;
        // Hashed here, so that the password itself reaches neither the server's statements nor its log.
        let verifier = scram_sha_256(password.as_bytes());
        let prepare = "SELECT pg_advisory_xact_lock(hashtext('userbatch serving role')),
                              set_config('userbatch.serving_verifier', $1, true)";
        sqlx::query(prepare).bind(verifier).execute(&mut *transaction).await.map_err(StoreError::from)?;
        sqlx::raw_sql(GIVE_LOGIN).execute(&mut *transaction).await.map_err(StoreError::from)?;
        transaction.commit().await.map_err(StoreError::from)?;
    }
    connection.close().await.map_err(StoreError::from)?;
    Ok(())
}

const GIVE_LOGIN: &str = "
    DO $$
    BEGIN
        EXECUTE format('ALTER ROLE userbatch_serving LOGIN PASSWORD %L', current_setting('userbatch.serving_verifier'));
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO userbatch_serving', current_database());
    END
    $$";
