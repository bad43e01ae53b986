//! The commands. Results go to standard output, errors to standard error, one line each.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "commands print their results")]

mod admin;
mod database_check;
mod demo;
mod healthcheck;
mod migrate;
mod openapi;
mod serve;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::config::{self, DemoSettings, LogSettings, ServeSettings, SettingErrors};

/// One gateway for the batch-user APIs of BitBadges, AvePoint Elements and GenAuth
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 110)]
pub struct Cli {
    /// Logging settings.
    #[command(flatten)]
    pub log: LogSettings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a demo: a private Postgres, sample data, and a curl command for each API
    Demo(DemoSettings),
    /// Run the gateway
    Serve(Box<ServeSettings>),
    /// Create or update the database schema
    Migrate(migrate::MigrateArgs),
    /// Create, list, change, suspend and delete tenants
    #[command(subcommand)]
    Tenant(admin::TenantCommand),
    /// Issue, list, rotate and revoke credentials
    #[command(subcommand)]
    Credential(admin::CredentialCommand),
    /// Import users into a tenant from canonical NDJSON or saved vendor responses
    Import(Box<admin::ImportArgs>),
    /// Export all users of a tenant as canonical NDJSON
    Export(admin::ExportArgs),
    /// Show the audit log: who did what, and when
    Audit(admin::AuditArgs),
    /// Write the OpenAPI documents, or check that they are current
    Openapi(openapi::OpenapiArgs),
    /// Check that a running gateway is ready, for container health checks
    Healthcheck(healthcheck::HealthcheckArgs),
}

impl Cli {
    /// The command of this process's arguments and environment. Ends the process if they are invalid.
    #[must_use]
    pub fn from_process() -> Self {
        let matches = config::ignore_empty(Self::command()).get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// Runs the command.
    ///
    /// # Errors
    /// Any [`CliError`].
    pub async fn run(self) -> Result<(), CliError> {
        match self.command {
            Command::Demo(settings) => demo::run(settings).await,
            Command::Serve(settings) => serve::run(*settings).await,
            Command::Migrate(args) => migrate::run(&args).await,
            Command::Tenant(command) => command.run().await,
            Command::Credential(command) => command.run().await,
            Command::Import(args) => admin::import(&args).await,
            Command::Export(args) => admin::export(&args).await,
            Command::Audit(args) => admin::audit(&args).await,
            Command::Openapi(args) => openapi::run(&args),
            Command::Healthcheck(args) => healthcheck::run(&args).await,
        }
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A setting is invalid.
    #[error(transparent)]
    Settings(#[from] SettingErrors),
    /// The key ring cannot be used.
    #[error("USERBATCH_SECRET_KEY: {0}")]
    KeyRing(#[from] crate::auth::KeyRingError),
    /// Logging or metrics could not be set up.
    #[error(transparent)]
    Telemetry(#[from] crate::telemetry::TelemetryError),
    /// An administrative operation failed.
    #[error(transparent)]
    Admin(#[from] crate::admin::AdminError),
    /// The database failed.
    #[error("{} ({})", .0, .0.diagnosis())]
    Store(#[from] crate::store::StoreError),
    /// The schema could not be migrated.
    #[error(transparent)]
    Migrate(#[from] crate::store::MigrateError),
    /// A credential could not be created.
    #[error(transparent)]
    Auth(#[from] crate::auth::AuthError),
    /// A record could not be added to a merge.
    #[error(transparent)]
    Push(#[from] crate::store::PushError),
    /// The private Postgres failed.
    #[error(transparent)]
    Embedded(#[from] crate::embedded::EmbeddedError),
    /// A file or a listener failed.
    #[error("{what}: {source}")]
    Io {
        /// The file or listener.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// JSON could not be read or written.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// Any other error.
    #[error("{0}")]
    Message(String),
}

impl CliError {
    /// Prints the error and its sources on one line of standard error.
    pub fn print(&self) {
        let mut line = format!("error: {self}");
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            let text = error.to_string();
            if !line.contains(&text) {
                line = format!("{line}: {text}");
            }
            source = error.source();
        }
        eprintln!("{line}");
    }

    fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        |source| Self::Io { what, source }
    }
}
