//! How the store connects to its database.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};

use super::error::StoreError;
use super::tls;

/// Fails if the server only reads.
const REFUSE_READ_ONLY: &str = "DO $$ BEGIN
    IF current_setting('transaction_read_only')::boolean THEN RAISE SQLSTATE '25006'; END IF;
END $$";

/// How to connect. Cheap to clone. `Debug` shows nothing of it: there is a password in it.
#[derive(Clone)]
pub(super) struct Connector {
    options: PgConnectOptions,
    /// What is run in each session once it is open, if anything.
    opening: Option<&'static str>,
    /// Whether it was logged that a connection has no TLS although the server offers it.
    warned: Arc<AtomicBool>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl Connector {
    pub(super) fn new(url: &str) -> Result<Self, StoreError> {
        let options: PgConnectOptions = url.parse()?;
        // PgBouncer refuses a session that sets extra_float_digits; no statement here reads a float.
        let mut options = options.application_name("userbatch").extra_float_digits(None);
        // The last one counts. Added only where there is one, since PgBouncer refuses a session with options.
        if options.get_options().is_some_and(|given| given.contains("search_path")) {
            options = options.options([("search_path", "public")]);
        }
        Ok(Self { options, opening: None, warned: Arc::default() })
    }

    /// The same, under another name, and without a line for each statement at the level `debug`.
    pub(super) fn of_task(&self, application: &str) -> Self {
        let options = self.options.clone().application_name(application).disable_statement_logging();
        Self { options, ..self.clone() }
    }

    /// The same, for sessions of the owner, who finds the tables whatever the search path of the role or the database
    /// is. (That of the serving role is set by `userbatch migrate`.)
    pub(super) fn for_owner(self) -> Self {
        Self { opening: Some("SET search_path = public"), ..self }
    }

    /// The same, for a gateway, which a server that only reads is refused: another may write, and answers would be old.
    pub(super) fn for_gateway(self) -> Self {
        Self { opening: Some(REFUSE_READ_ONLY), ..self }
    }

    /// Connects.
    pub(super) async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let mut connection = self.open().await?;
        if let Some(statement) = self.opening {
            sqlx::raw_sql(statement).execute(&mut connection).await?;
        }
        Ok(connection)
    }

    /// Opens a session; without TLS if the URL only prefers it and it fails, as libpq does.
    async fn open(&self) -> Result<PgConnection, sqlx::Error> {
        // Boxed, since every statement's future has it in it.
        let failure = match Box::pin(self.options.connect()).await {
            Err(error) if self.prefers_tls() && tls::is_refused(&error) => error,
            outcome => return outcome,
        };
        let connection = Box::pin(self.options.clone().ssl_mode(PgSslMode::Disable).connect()).await?;
        if !self.warned.swap(true, Ordering::Relaxed) {
            let cause = tls::diagnosis(&failure).unwrap_or("refused by the server".into());
            tracing::warn!(%cause, "connected to the database without TLS, which the URL does not require");
        }
        Ok(connection)
    }

    fn prefers_tls(&self) -> bool {
        matches!(self.options.get_ssl_mode(), PgSslMode::Prefer)
    }
}
