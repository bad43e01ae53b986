//! Roles and databases in a private cluster.

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

use super::{Cluster, EmbeddedError};

impl Cluster {
    /// Creates a role that can log in and create roles, or changes the password of an existing one.
    ///
    /// # Errors
    /// [`EmbeddedError::Provision`] if a statement fails.
    pub async fn ensure_owner(&self, role: &str, password: &str) -> Result<(), EmbeddedError> {
        let mut connection = self.superuser().await?;
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
            .bind(role)
            .fetch_one(&mut connection)
            .await?;
        let verb = if exists { "ALTER" } else { "CREATE" };
        let statement =
            "SELECT format('%s ROLE %I LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS PASSWORD %L', $1, $2, $3)";
        let statement: String = sqlx::query_scalar(statement)
            .bind(verb)
            .bind(role)
            .bind(password)
            .fetch_one(&mut connection)
            .await?;
        run(connection, statement).await
    }

    /// Creates a database owned by `owner` unless it exists, as a copy of `template` if given.
    ///
    /// # Errors
    /// [`EmbeddedError::Provision`] if a statement fails.
    pub async fn ensure_database(
        &self,
        name: &str,
        owner: &str,
        template: Option<&str>,
    ) -> Result<(), EmbeddedError> {
        let mut connection = self.superuser().await?;
        let statement: Option<String> = sqlx::query_scalar(
            "SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE %I', $1, $2, $3)
              WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = $1)",
        )
        .bind(name)
        .bind(owner)
        .bind(template.unwrap_or("template1"))
        .fetch_optional(&mut connection)
        .await?;
        match statement {
            Some(statement) => run(connection, statement).await,
            None => Ok(connection.close().await?),
        }
    }

    async fn superuser(&self) -> Result<PgConnection, EmbeddedError> {
        let options: PgConnectOptions = self.url("postgres").parse()?;
        Ok(options.disable_statement_logging().connect().await?)
    }
}

/// Runs a statement whose identifiers and literals were quoted by Postgres.
async fn run(mut connection: PgConnection, statement: String) -> Result<(), EmbeddedError> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    Ok(connection.close().await?)
}
