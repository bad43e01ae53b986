//! All settings, each an option or an environment variable. No other module reads the environment. Secrets can also be
//! read from files (`…_FILE`) and are never printed.

mod database_url;
mod secret;
mod serve;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{OsStr, Resettable};
use clap::{Arg, Args, Command, ValueEnum};
use secrecy::SecretString;

pub use database_url::UrlFault;
pub use secret::{SettingError, SettingErrors};
pub use serve::{LimitSettings, ServeConfig, ServeSettings};

use secret::GivenSecret;

/// `--help` headings of settings shared by several commands.
const LOGGING: &str = "Logging";
const DATABASE: &str = "Database";

/// How the names of most settings begin.
const PREFIX: &str = "USERBATCH_";

/// `command`, to which an environment variable that is empty is one that is not set, as where a compose file passes
/// variables on.
#[must_use]
pub fn ignore_empty(command: Command) -> Command {
    let command = command.mut_args(|argument| {
        let value = argument.get_env().and_then(std::env::var_os);
        if value.is_some_and(|value| value.is_empty()) {
            argument.env(Resettable::<OsStr>::Reset)
        } else {
            argument
        }
    });
    command.mut_subcommands(ignore_empty)
}

/// The environment variables that are named like settings, but are none of `command`: nothing else says of a misspelt one
/// that it has no effect.
#[must_use]
pub fn unknown_settings(command: &Command) -> Vec<String> {
    let known = settings(command);
    let names = std::env::vars_os().filter_map(|(name, value)| (!value.is_empty()).then_some(name));
    let names = names.filter_map(|name| name.into_string().ok());
    let names = names.filter(|name| name.starts_with(PREFIX) && !is_from_kubernetes(name));
    let mut unknown: Vec<String> = names.filter(|name| !known.contains(name)).collect();
    unknown.sort_unstable();
    unknown
}

/// Whether Kubernetes sets the variable, as it does in every pod beside a Service that is called `userbatch`.
fn is_from_kubernetes(name: &str) -> bool {
    name.contains("_SERVICE_") || name.contains("_PORT")
}

fn settings(command: &Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(Arg::get_env).filter_map(|name| name.to_str());
    let own = own.map(str::to_owned);
    own.chain(command.get_subcommands().flat_map(settings)).collect()
}

/// Log format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Human-readable text.
    Text,
    /// One JSON object per line.
    Json,
}

/// Logging settings, available to every command.
#[derive(Debug, Clone, Args)]
pub struct LogSettings {
    /// Log format
    #[arg(long = "log", env = "USERBATCH_LOG", value_enum, default_value = "text", global = true, help_heading = LOGGING)]
    pub format: LogFormat,
    /// Log filter, such as `info` or `userbatch=debug,sqlx=warn`
    #[arg(long = "log-filter", env = "RUST_LOG", default_value = "info,sqlx=warn", global = true, help_heading = LOGGING)]
    pub filter: String,
}

/// Database URLs. All commands except `serve` log in as the role that owns the schema.
#[derive(Debug, Clone, Args)]
pub struct AdminDatabase {
    /// Postgres URL of the role that owns the schema; defaults to `DATABASE_URL`
    #[arg(long = "admin-database-url", env = "USERBATCH_ADMIN_DATABASE_URL", hide_env_values = true, help_heading = DATABASE)]
    owner_url: Option<SecretString>,
    /// File containing this URL
    #[arg(long = "admin-database-url-file", env = "USERBATCH_ADMIN_DATABASE_URL_FILE", help_heading = DATABASE)]
    owner_url_file: Option<PathBuf>,
    /// Postgres URL
    #[arg(long = "database-url", env = "DATABASE_URL", hide_env_values = true, help_heading = DATABASE)]
    serving_url: Option<SecretString>,
    /// File containing this URL
    #[arg(long = "database-url-file", env = "DATABASE_URL_FILE", help_heading = DATABASE)]
    serving_url_file: Option<PathBuf>,
}

impl AdminDatabase {
    fn admin(&self) -> GivenSecret<'_> {
        let (value, file) = (self.owner_url.as_ref(), self.owner_url_file.as_deref());
        GivenSecret { name: "USERBATCH_ADMIN_DATABASE_URL", value, file }
    }

    fn serving(&self) -> GivenSecret<'_> {
        let (value, file) = (self.serving_url.as_ref(), self.serving_url_file.as_deref());
        GivenSecret { name: "DATABASE_URL", value, file }
    }

    /// URL of the schema owner.
    ///
    /// # Errors
    /// [`SettingErrors`] if neither URL is set, one is set twice, or the URL cannot be used.
    pub fn url(&self) -> Result<SecretString, SettingErrors> {
        let url = match self.admin().read_url() {
            Ok(Some(url)) => Ok(url),
            Ok(None) => self.serving().require_url(),
            Err(error) => Err(error),
        };
        url.map_err(|error| SettingErrors(vec![error]))
    }
}

/// The key ring.
#[derive(Debug, Clone, Args)]
pub struct KeySettings {
    /// Secret from which all keys are derived, at least 32 characters; to rotate it, several separated by commas, of
    /// which the first signs
    #[arg(long, env = "USERBATCH_SECRET_KEY", hide_env_values = true)]
    secret_key: Option<SecretString>,
    /// File containing this secret
    #[arg(long, env = "USERBATCH_SECRET_KEY_FILE")]
    secret_key_file: Option<PathBuf>,
}

impl KeySettings {
    fn given(&self) -> GivenSecret<'_> {
        let (value, file) = (self.secret_key.as_ref(), self.secret_key_file.as_deref());
        GivenSecret { name: "USERBATCH_SECRET_KEY", value, file }
    }

    /// The secret.
    ///
    /// # Errors
    /// [`SettingErrors`] if it is missing, set twice, or its file cannot be read.
    pub fn secret(&self) -> Result<SecretString, SettingErrors> {
        self.given().require().map_err(|error| SettingErrors(vec![error]))
    }

    /// The secret, if set.
    ///
    /// # Errors
    /// [`SettingErrors`] if it is set twice, or its file cannot be read.
    pub fn optional_secret(&self) -> Result<Option<SecretString>, SettingErrors> {
        self.given().read().map_err(|error| SettingErrors(vec![error]))
    }
}

/// Password of the serving role.
#[derive(Debug, Clone, Args)]
pub struct ServingPassword {
    /// Let the serving role log in with this password
    #[arg(long, env = "USERBATCH_SERVING_PASSWORD", hide_env_values = true)]
    serving_password: Option<SecretString>,
    /// File containing this password
    #[arg(long, env = "USERBATCH_SERVING_PASSWORD_FILE")]
    serving_password_file: Option<PathBuf>,
}

impl ServingPassword {
    /// The password, if set.
    ///
    /// # Errors
    /// [`SettingErrors`] if it is set twice, or its file cannot be read.
    pub fn secret(&self) -> Result<Option<SecretString>, SettingErrors> {
        let (value, file) = (self.serving_password.as_ref(), self.serving_password_file.as_deref());
        let given = GivenSecret { name: "USERBATCH_SERVING_PASSWORD", value, file };
        given.read().map_err(|error| SettingErrors(vec![error]))
    }
}

/// Settings of `demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoSettings {
    /// Address of the public listener; port 0 picks a free port
    #[arg(long, env = "USERBATCH_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Address of the admin listener; port 0 picks a free port
    #[arg(long, env = "USERBATCH_ADMIN_LISTEN", default_value = "127.0.0.1:0")]
    pub admin_listen: SocketAddr,
    /// Data directory of the demo's Postgres; defaults to a directory below `/var/tmp`
    #[arg(long, env = "USERBATCH_DEMO_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// File to write the demo's addresses and credentials to when it is ready
    #[arg(long)]
    pub env_file: Option<PathBuf>,
    /// Directory of the PostgreSQL binaries, version 15 or later; searched for by default
    #[arg(long, env = "USERBATCH_PG_BIN")]
    pub pg_bin: Option<PathBuf>,
}
