//! What must hold of the database before a gateway serves from it. A gateway starts without its database, and without a
//! schema: it says what is missing, answers 503, and serves once that is mended.

use std::time::Duration;

use super::CliError;
use crate::store::{SchemaState, ServingStore, StoreError};

/// How long to wait before the database is asked again.
const PAUSE: Duration = Duration::from_secs(2);

/// What an operator must know before other people's data is served.
const UNSECURED: &str = "DATABASE_URL logs in as a role that owns the tables or bypasses row level security: use \
    userbatch_serving, or set USERBATCH_ALLOW_UNSECURED_ROLE to have tenants kept apart by one lock instead of two";

/// What is still to be checked.
pub(super) struct DatabaseCheck {
    store: ServingStore,
    /// Whether the role is still to be found bound by row level security.
    role: bool,
    /// Whether the schema is still to be found usable.
    schema: bool,
    /// What was logged last: a problem that stays is logged once.
    reported: Option<String>,
}

impl DatabaseCheck {
    /// Checks the schema, and the role too unless it `may_be_unsecured`.
    pub(super) const fn new(store: ServingStore, may_be_unsecured: bool) -> Self {
        Self { store, role: !may_be_unsecured, schema: true, reported: None }
    }

    /// Checks what the database can say by now.
    ///
    /// # Errors
    /// If row level security does not bind the role.
    pub(super) async fn run(&mut self) -> Result<(), CliError> {
        if self.role {
            match self.store.is_row_secured().await {
                Ok(true) => self.role = false,
                Ok(false) => return Err(CliError::Message(UNSECURED.to_owned())),
                // Without its tables there is nothing to secure.
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

    /// Checks until nothing is left to be checked.
    ///
    /// # Errors
    /// If row level security does not bind the role.
    pub(super) async fn run_until_done(mut self) -> Result<(), CliError> {
        while self.role || self.schema {
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
