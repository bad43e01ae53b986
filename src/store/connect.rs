//! How the store connects to its database.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};

use super::error::StoreError;
use super::tls;

/// How to connect. Cheap to clone. `Debug` shows nothing of it: there is a password in it.
#[derive(Clone)]
pub(super) struct Connector {
    options: PgConnectOptions,
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
        let options = options.application_name("userbatch").extra_float_digits(None);
        Ok(Self { options, warned: Arc::default() })
    }

    /// The same, under another name, and without a line for each statement at the level `debug`.
    pub(super) fn of_task(&self, application: &str) -> Self {
        let options = self.options.clone().application_name(application).disable_statement_logging();
        Self { options, warned: Arc::clone(&self.warned) }
    }

    /// Connects. Without TLS if the URL only prefers it and it fails, as libpq does.
    pub(super) async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
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
