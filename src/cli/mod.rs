//! The commands. Results go to standard output, errors to standard error, one line each.

mod admin;
mod completions;
mod database_check;
mod demo;
mod healthcheck;
mod man;
mod migrate;
mod openapi;
mod private_file;
mod serve;
mod terminal;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::config::{self, LogSettings, ServeSettings, SettingErrors};
use crate::core::text::visible;
use crate::server;

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
    Demo(demo::DemoArgs),
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
    /// Show, change and delete single users
    #[command(subcommand)]
    User(admin::UserCommand),
    /// Tell why callers of an API are or are not shown a user
    Explain(admin::ExplainArgs),
    /// Show the audit log: who did what, and when
    Audit(admin::AuditArgs),
    /// Write the OpenAPI documents, or check that they are current
    Openapi(openapi::OpenapiArgs),
    /// Check that a running gateway is ready, for container health checks
    Healthcheck(healthcheck::HealthcheckArgs),
    /// Print the completions of the commands for a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write those of all commands
    Man(man::ManArgs),
}

/// How far a command got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completion {
    /// It did everything.
    Full,
    /// It was carried out, except for records that were rejected.
    Partial,
}

impl From<Completion> for ExitCode {
    fn from(completion: Completion) -> Self {
        match completion {
            Completion::Full => Self::SUCCESS,
            Completion::Partial => Self::from(2),
        }
    }
}

impl Cli {
    /// Reads the command line. `None` if it asked for help or the version, which is printed.
    ///
    /// # Errors
    /// [`CliError::Usage`], which is printed; [`CliError::Io`] if the help cannot be printed.
    pub fn read() -> Result<Option<Self>, CliError> {
        let matches = config::ignore_empty(Self::command()).try_get_matches();
        let error = match matches.and_then(|matches| Self::from_arg_matches(&matches)) {
            Ok(cli) => return Ok(Some(cli)),
            Err(error) => error,
        };
        let printed = error.print();
        if error.use_stderr() {
            return Err(CliError::Usage);
        }
        terminal::unless_closed(printed).map_err(CliError::io("standard output"))?;
        Ok(None)
    }

    /// Runs the command.
    ///
    /// # Errors
    /// Any [`CliError`].
    pub async fn run(self) -> Result<Completion, CliError> {
        match self.command {
            Command::Demo(args) => demo::run(args).await,
            Command::Serve(settings) => serve::run(*settings).await,
            Command::Migrate(args) => migrate::run(&args).await,
            Command::Tenant(command) => command.run().await,
            Command::Credential(command) => command.run().await,
            Command::Import(args) => return admin::import(&args).await,
            Command::Export(args) => admin::export(&args).await,
            Command::User(command) => command.run().await,
            Command::Explain(args) => admin::explain(&args).await,
            Command::Audit(args) => admin::audit(&args).await,
            Command::Openapi(args) => openapi::run(&args),
            Command::Healthcheck(args) => healthcheck::run(&args).await,
            Command::Completions(args) => completions::run(&args),
            Command::Man(args) => man::run(&args),
        }
        .map(|()| Completion::Full)
    }
}

/// The result of `work`, unless a stop signal ends it first; what it holds is then dropped, temporary files among it.
///
/// # Errors
/// [`CliError::Interrupted`]; [`CliError::Io`] if signals cannot be received.
async fn unless_interrupted<T>(work: impl Future<Output = T>) -> Result<T, CliError> {
    let signal = server::stop_signal().map_err(CliError::io("signals"))?;
    tokio::select! {
        done = work => Ok(done),
        () = signal => Err(CliError::Interrupted),
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A setting is invalid.
    #[error(transparent)]
    Settings(#[from] SettingErrors),
    /// A patch is not a JSON object.
    #[error("the patch is not a JSON object (line {0}, column {1})")]
    Patch(usize, usize),
    /// The API has no such kind of name.
    #[error(transparent)]
    UserName(#[from] crate::api::lookup::UnknownKindError),
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
    /// The command line is invalid; already printed.
    #[error("the command line is invalid; see --help")]
    Usage,
    /// A stop signal came first.
    #[error("interrupted; it can be run again")]
    Interrupted,
    /// Any other error.
    #[error("{0}")]
    Message(String),
}

impl CliError {
    /// Prints the error and its sources on one line of standard error, invalid settings one per line.
    pub fn print(&self) {
        match self {
            Self::Usage => {}
            Self::Settings(_) => terminal::note(&self.line()),
            _ => terminal::note(&visible(&self.line())),
        }
    }

    fn line(&self) -> String {
        let mut line = format!("error: {self}");
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            let text = error.to_string();
            if !line.contains(&text) {
                line = format!("{line}: {text}");
            }
            source = error.source();
        }
        line
    }

    fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        |source| Self::Io { what, source }
    }
}
