//! Brings a database's schema up to date: first the numbered migrations, then all of `sql`.
//!
//! Everything is in the schema `public`, which the functions name, whatever the search path of the session is. Each
//! step is a transaction with a lock of its own: behind PgBouncer, a session's lock would outlive the session. For the
//! same reason statements are prepared for one use each, within a transaction, which every pooler supports.

mod turn;

use std::time::Duration;

use postgres_protocol::password::scram_sha_256;
use sqlx::migrate::{Migration, Migrator};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, FromRow};

use super::connect::Connector;
use super::error::{DriverError, StoreError};
use super::sql::{self, SqlFile};

static MIGRATOR: Migrator = sqlx::migrate!("./migrations");

/// The table of the applied migrations, as sqlx's own command makes it.
const CREATE_APPLIED: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
    success BOOLEAN NOT NULL,
    checksum BYTEA NOT NULL,
    execution_time BIGINT NOT NULL
)";
/// How often a step is tried that another database's migration has interfered with: roles belong to all databases.
const ATTEMPTS: u32 = 10;
/// Wait before another attempt, times their number.
const PAUSE: Duration = Duration::from_millis(100);

/// Why a database could not be migrated. No text of PostgreSQL's is shown, by whatever path.
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
    /// The database's encoding cannot hold all users.
    #[error(
        "the database \"{database}\" has the encoding {encoding}, which cannot hold every text: create one with `createdb \
         --template=template0 --encoding=UTF8 --owner=\"{owner}\" NAME` and migrate that"
    )]
    Encoding {
        /// Name of the database.
        database: String,
        /// Its encoding.
        encoding: String,
        /// The migrating role.
        owner: String,
    },
    /// The schema for the tables is missing, or the role may not create anything in it.
    #[error(
        "the role \"{0}\" may not create tables in the schema public: as the owner of the database, run `CREATE SCHEMA IF \
         NOT EXISTS public; GRANT ALL ON SCHEMA public TO \"{0}\"`"
    )]
    NoSchema(String),
    /// Another migration did not finish.
    #[error(
        "another migration of this database has not finished for {seconds} s; it is {holder}: wait for it, or end that \
         process with pg_terminate_backend, and run this again"
    )]
    Busy {
        /// How long it was waited for, in seconds.
        seconds: u64,
        /// Who runs it.
        holder: String,
    },
    /// A table is locked.
    #[error(
        "a table is in use, for example by a dump or by a transaction that was left open: run this again once that has \
         ended (see pg_stat_activity)"
    )]
    Locked(#[source] DriverError),
    /// A numbered migration failed.
    #[error("migration {version} failed")]
    Migration {
        /// Its number.
        version: i64,
        /// The database's error.
        source: DriverError,
    },
    /// A file applied after the numbered migrations failed.
    #[error("src/store/sql/{file}.sql could not be applied")]
    Sql {
        /// Name of the file.
        file: &'static str,
        /// The database's error.
        source: DriverError,
    },
}

impl MigrateError {
    /// Whether the same step may succeed once another database's migration has finished.
    fn is_race(&self) -> bool {
        let driver = match self {
            Self::Migration { source, .. } | Self::Sql { source, .. } => source,
            Self::Store(
                StoreError::Unavailable(error) | StoreError::Locked(error) | StoreError::Statement(error),
            ) => error,
            _ => return false,
        };
        // Internal errors are "tuple concurrently updated"; the others are what waiting for the other may end in.
        driver
            .code()
            .is_some_and(|code| ["XX000", "40P01", "40001", "42710", "23505"].contains(&code.as_ref()))
    }

    /// Says so if it is a lock that was not to be had in time.
    fn or_locked(self) -> Self {
        match self {
            Self::Migration { source, .. }
            | Self::Sql { source, .. }
            | Self::Store(StoreError::Locked(source))
                if source.code().as_deref() == Some("55P03") =>
            {
                Self::Locked(source)
            }
            other => other,
        }
    }
}

/// The number of this release's last migration.
pub(super) fn version_of_this_release() -> i64 {
    MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Applies what is missing, and gives the serving role a login with `serving_password`, if any. Can run concurrently,
/// also through a pooler: runs wait for each other.
///
/// # Errors
/// [`MigrateError`]; the schema is then as it was before the step that failed.
pub async fn migrate(url: &str, serving_password: Option<&str>) -> Result<(), MigrateError> {
    let connector = Connector::new(url)?.of_task("userbatch migrate");
    apply_all(&connector, serving_password).await.map_err(MigrateError::or_locked)
}

async fn apply_all(connector: &Connector, serving_password: Option<&str>) -> Result<(), MigrateError> {
    let mut connection = connector.connect().await.map_err(StoreError::from)?;
    while apply_next(&mut connection).await? {}
    let mut attempt = 1;
    while let Err(error) = apply_files(&mut connection, serving_password).await {
        if attempt == ATTEMPTS || !error.is_race() {
            return Err(error);
        }
        run(&mut connection, "ROLLBACK").await?;
        tokio::time::sleep(PAUSE * attempt).await;
        attempt += 1;
    }
    connection.close().await.map_err(StoreError::from)?;
    Ok(())
}

/// Applies the first numbered migration that is missing. Returns whether there was one.
async fn apply_next(connection: &mut PgConnection) -> Result<bool, MigrateError> {
    turn::take(connection).await?;
    check_database(connection).await?;
    let next = next(&applied(connection).await?)?;
    match next {
        Some(migration) if migration.no_tx => {
            run(connection, "COMMIT").await?;
            apply(connection, migration).await?;
        }
        Some(migration) => {
            apply(connection, migration).await?;
            run(connection, "COMMIT").await?;
        }
        None => run(connection, "COMMIT").await?,
    }
    Ok(next.is_some())
}

/// A migration that the database has.
#[derive(FromRow)]
struct Applied {
    version: i64,
    checksum: Vec<u8>,
}

async fn applied(connection: &mut PgConnection) -> Result<Vec<Applied>, StoreError> {
    run(connection, CREATE_APPLIED).await?;
    let all = sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version");
    Ok(all.persistent(false).fetch_all(connection).await?)
}

/// The first migration that is not among `applied`, if all of those are this release's.
fn next(applied: &[Applied]) -> Result<Option<&'static Migration>, MigrateError> {
    for done in applied {
        match MIGRATOR.iter().find(|migration| migration.version == done.version) {
            None if done.version > version_of_this_release() => return Err(MigrateError::Newer),
            Some(ours) if *ours.checksum == *done.checksum => {}
            _ => return Err(MigrateError::OtherHistory(done.version)),
        }
    }
    Ok(MIGRATOR.iter().find(|migration| applied.iter().all(|done| done.version != migration.version)))
}

async fn apply(connection: &mut PgConnection, migration: &Migration) -> Result<(), MigrateError> {
    let version = migration.version;
    let failed = |error| MigrateError::Migration { version, source: DriverError(error) };
    let applied = sqlx::raw_sql(migration.sql.clone()).execute(&mut *connection).await;
    applied.map_err(failed)?;
    let noted = sqlx::query(
        "INSERT INTO public._sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES ($1, $2, true, $3, -1)",
    )
    .bind(version)
    .bind(&*migration.description)
    .bind(&*migration.checksum)
    .persistent(false)
    .execute(connection)
    .await;
    noted.map(drop).map_err(failed)
}

/// What decides whether a database can be migrated.
#[derive(FromRow)]
struct Found {
    database: String,
    encoding: String,
    owner: String,
    may_create: bool,
}

async fn check_database(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let found = sqlx::query_as(
        "SELECT datname::text AS database, pg_encoding_to_char(encoding)::text AS encoding,
                current_user::text AS owner,
                coalesce(has_schema_privilege(to_regnamespace('public'), 'CREATE'), false) AS may_create
           FROM pg_database WHERE datname = current_database()",
    );
    let Found { database, encoding, owner, may_create } =
        found.persistent(false).fetch_one(connection).await.map_err(StoreError::from)?;
    if encoding != "UTF8" {
        return Err(MigrateError::Encoding { database, encoding, owner });
    }
    if may_create { Ok(()) } else { Err(MigrateError::NoSchema(owner)) }
}

/// Applies all files in one transaction.
async fn apply_files(
    connection: &mut PgConnection,
    serving_password: Option<&str>,
) -> Result<(), MigrateError> {
    turn::take(connection).await?;
    refuse_newer(connection).await?;
    for file in &sql::FILES {
        apply_file(connection, file).await?;
    }
    if let Some(password) = serving_password {
        // Hashed here, so that the password itself appears in neither the statement nor the server's log.
        set(connection, "userbatch.serving_verifier", &scram_sha_256(password.as_bytes())).await?;
        apply_file(connection, &sql::LOGIN).await?;
    }
    let denied: Option<String> =
        sqlx::query_scalar("SELECT nullif(current_setting('userbatch.role_denied', true), '')")
            .persistent(false)
            .fetch_one(&mut *connection)
            .await
            .map_err(StoreError::from)?;
    note(connection).await?;
    run(connection, "COMMIT").await?;
    if let Some(role) = denied {
        tracing::warn!(
            "{role} may not change the settings of userbatch_serving, which gateways need: as a superuser, run \
             `GRANT userbatch_serving TO \"{role}\" WITH ADMIN OPTION`, then `userbatch migrate` again"
        );
    }
    Ok(())
}

/// Refuses a database that a later release has migrated.
async fn refuse_newer(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let found: Option<i64> = sqlx::query_scalar("SELECT version FROM schema_state")
        .persistent(false)
        .fetch_optional(connection)
        .await
        .map_err(StoreError::from)?;
    match found {
        Some(found) if found > version_of_this_release() => Err(MigrateError::Newer),
        _ => Ok(()),
    }
}

async fn apply_file(connection: &mut PgConnection, file: &'static SqlFile) -> Result<(), MigrateError> {
    let applied = sqlx::raw_sql(file.text).execute(connection).await;
    applied.map(drop).map_err(|error| MigrateError::Sql { file: file.name, source: DriverError(error) })
}

/// Sets a value until the end of the transaction.
async fn set(connection: &mut PgConnection, name: &str, value: &str) -> Result<(), StoreError> {
    let set = sqlx::query("SELECT set_config($1, $2, true)").bind(name).bind(value);
    set.persistent(false).execute(connection).await?;
    Ok(())
}

async fn run(connection: &mut PgConnection, statement: &'static str) -> Result<(), StoreError> {
    sqlx::raw_sql(statement).execute(connection).await?;
    Ok(())
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
    .persistent(false)
    .execute(connection)
    .await
    .map_err(StoreError::from)?;
    Ok(())
}
