//! Checks of the database before and after the gateway starts serving. The gateway starts even if the database is
//! unreachable or has no schema: it logs what is wrong, responds 503, and serves once the problem is fixed.

use std::time::Duration;

use super::CliError;
use crate::store::{SchemaState, ServingStore, StoreError};

/// Interval between checks.
const PAUSE: Duration = Duration::from_secs(2);

/// Error if row level security does not apply to the role.
const UNSECURED: &str = "DATABASE_URL logs in as a role that owns the tables or bypasses row level security: use \
    userbatch_serving, or set USERBATCH_ALLOW_UNSECURED_ROLE to rely on the queries alone for tenant isolation";

/// Error if prepared statements do not last.
const POOLED: &str = "DATABASE_URL leads through a pooler that passes sessions on between transactions and keeps no \
    prepared statements, which the gateway needs: with PgBouncer 1.21 or later set max_prepared_statements to 200, with \
    an earlier one set pool_mode to session";

/// The checks that have not passed yet.
pub(super) struct DatabaseCheck {
    store: ServingStore,
    /// Whether to check that prepared statements last.
    pooler: bool,
    /// Whether to check that row level security applies to the role.
    role: bool,
    /// Whether to check the schema.
    schema: bool,
    /// The last problem logged, so that each is logged once.
    reported: Option<String>,
}

impl DatabaseCheck {
    /// Checks the way to the database, the schema, and the role unless it `may_be_unsecured`.
    pub(super) const fn new(store: ServingStore, may_be_unsecured: bool) -> Self {
        Self { store, pooler: true, role: !may_be_unsecured, schema: true, reported: None }
    }

    /// Runs the checks that have not passed yet.
    ///
    /// # Errors
    /// If the gateway cannot serve from this database in this way: row level security does not apply to the role, or
    /// prepared statements do not last.
    pub(super) async fn run(&mut self) -> Result<(), CliError> {
        if self.pooler {
            match self.store.keeps_prepared_statements().await {
                Ok(true) => self.pooler = false,
                Ok(false) => return Err(CliError::Message(POOLED.to_owned())),
                Err(error) => {
                    self.report_outage(&error);
                    return Ok(());
                }
            }
        }
        if self.role {
            match self.store.is_row_secured().await {
                Ok(true) => self.role = false,
                Ok(false) => return Err(CliError::Message(UNSECURED.to_owned())),
                // No tables yet, so nothing to secure.
                Err(StoreError::Unmigrated(_)) => {}
                Err(error) => self.report_outage(&error),
            }
        }
        if self.schema {
            match self.store.schema().await {
                Ok(state) => self.report_schema(&state),
                Err(error) => self.report_outage(&error),
            }
        }
        Ok(())
    }

    /// Repeats the checks until all have passed.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub(super) async fn run_until_done(mut self) -> Result<(), CliError> {
        while self.pooler || self.role || self.schema {
            tokio::time::sleep(PAUSE).await;
            self.run().await?;
        }
        Ok(())
    }

    fn report_schema(&mut self, state: &SchemaState) {
        self.schema = !state.is_usable();
        match state {
            SchemaState::Current => {
                if self.reported.take().is_some() {
                    tracing::info!("the database is ready");
                }
            }
            SchemaState::Newer { .. } | SchemaState::OtherFunctions => tracing::warn!("{state}"),
            SchemaState::Missing | SchemaState::Older { .. } | SchemaState::Lacking { .. } => {
                if self.is_news(state.to_string()) {
                    tracing::error!("not ready: {state}");
                }
            }
        }
    }

    fn report_outage(&mut self, error: &StoreError) {
        let cause = error.diagnosis();
        if self.is_news(cause.clone()) {
            tracing::warn!(cause, "not ready: {error}");
        }
    }

    fn is_news(&mut self, problem: String) -> bool {
        let is_news = self.reported.as_ref() != Some(&problem);
        self.reported = Some(problem);
        is_news
    }
}
