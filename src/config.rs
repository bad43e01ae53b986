//! Every setting: a flag, or an environment variable of the same name in capitals. Nothing else reads the
//! environment. Secrets can also be read from files (`…_FILE`), and are never printed.

use std::fmt;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret as _, SecretString};

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Settings of every command.
#[derive(Debug, Clone, Args)]
pub struct LogSettings {
    /// How log lines are written
    #[arg(
        long = "log",
        env = "USERBATCH_LOG",
        value_enum,
        default_value = "text",
        global = true
    )]
    pub format: LogFormat,
    /// Which log lines are written, such as `info` or `userbatch=debug,sqlx=warn`
    #[arg(
        long = "log-filter",
        env = "RUST_LOG",
        default_value = "info,sqlx=warn",
        global = true
    )]
    pub filter: String,
}

/// A secret that is given as it is, or as the path of a file that holds it.
#[derive(Debug, Clone)]
struct Given<'a> {
    name: &'static str,
    value: Option<&'a SecretString>,
    file: Option<&'a Path>,
}

impl Given<'_> {
    fn read(&self) -> Result<Option<SecretString>, Fault> {
        match (self.value, self.file) {
            (Some(_), Some(_)) => Err(Fault::Twice(self.name)),
            (Some(value), None) => Ok(Some(value.clone())),
            (None, Some(file)) => match std::fs::read_to_string(file) {
                Ok(text) => Ok(Some(text.trim_end().into())),
                Err(source) => Err(Fault::File {
                    name: self.name,
                    file: file.to_owned(),
                    source,
                }),
            },
            (None, None) => Ok(None),
        }
    }

    fn require(&self) -> Result<SecretString, Fault> {
        self.read()?
            .filter(|secret| !secret.expose_secret().is_empty())
            .ok_or(Fault::Missing(self.name))
    }
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It is needed and not there.
    #[error("{0} is not set (nor {0}_FILE)")]
    Missing(&'static str),
    /// It is there twice.
    #[error("{0} and {0}_FILE are both set; set one")]
    Twice(&'static str),
    /// Its file cannot be read.
    #[error("{name}_FILE: {} cannot be read: {source}", file.display())]
    File {
        /// The setting.
        name: &'static str,
        /// Its file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It must be a Postgres URL.
    #[error("{0} must start with postgres:// or postgresql://")]
    NoDatabaseUrl(&'static str),
    /// It must be the address of a site.
    #[error("USERBATCH_PUBLIC_URL must start with http:// or https:// and have no path")]
    NoPublicUrl,
    /// A public listener without a token would hand the operators' API to anyone.
    #[error(
        "USERBATCH_ADMIN_DATABASE_URL is set, so USERBATCH_ADMIN_TOKEN must be, with at least 32 characters"
    )]
    AdminToken,
}

/// All faults of the settings, a line each.
#[derive(Debug, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self
            .0
            .iter()
            .map(|fault| format!("settings: {fault}"))
            .collect();
        f.write_str(&lines.join("\n"))
    }
}

/// Where the database is, as the owner of its schema. For everything but serving.
#[derive(Debug, Clone, Args)]
pub struct AdminDatabase {
    /// Postgres URL of the role that owns the schema; DATABASE_URL if it is not set
    #[arg(long, env = "USERBATCH_ADMIN_DATABASE_URL", hide_env_values = true)]
    admin_database_url: Option<SecretString>,
    /// File that holds it
    #[arg(long, env = "USERBATCH_ADMIN_DATABASE_URL_FILE")]
    admin_database_url_file: Option<PathBuf>,
    /// Postgres URL
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<SecretString>,
    /// File that holds it
    #[arg(long, env = "DATABASE_URL_FILE")]
    database_url_file: Option<PathBuf>,
}

impl AdminDatabase {
    fn admin(&self) -> Given<'_> {
        let (value, file) = (
            self.admin_database_url.as_ref(),
            self.admin_database_url_file.as_deref(),
        );
        Given {
            name: "USERBATCH_ADMIN_DATABASE_URL",
            value,
            file,
        }
    }

    fn serving(&self) -> Given<'_> {
        let (value, file) = (
            self.database_url.as_ref(),
            self.database_url_file.as_deref(),
        );
        Given {
            name: "DATABASE_URL",
            value,
            file,
        }
    }

    /// The URL to administrate with.
    ///
    /// # Errors
    /// [`Faults`] if there is none.
    pub fn url(&self) -> Result<SecretString, Faults> {
        let url = match self.admin().read() {
            Ok(Some(url)) => Ok(url),
            Ok(None) => self.serving().require(),
            Err(fault) => Err(fault),
        };
        url.and_then(|url| postgres_url("USERBATCH_ADMIN_DATABASE_URL", url))
            .map_err(|fault| Faults(vec![fault]))
    }
}

/// The key ring.
#[derive(Debug, Clone, Args)]
pub struct KeySettings {
    /// Secret from which every key is derived, of at least 32 characters; several, newest first and separated by
    /// commas, while it is being rotated
    #[arg(long, env = "USERBATCH_SECRET_KEY", hide_env_values = true)]
    secret_key: Option<SecretString>,
    /// File that holds it
    #[arg(long, env = "USERBATCH_SECRET_KEY_FILE")]
    secret_key_file: Option<PathBuf>,
}

impl KeySettings {
    fn given(&self) -> Given<'_> {
        let (value, file) = (self.secret_key.as_ref(), self.secret_key_file.as_deref());
        Given {
            name: "USERBATCH_SECRET_KEY",
            value,
            file,
        }
    }

    /// The secret.
    ///
    /// # Errors
    /// [`Faults`] if there is none.
    pub fn secret(&self) -> Result<SecretString, Faults> {
        self.given().require().map_err(|fault| Faults(vec![fault]))
    }
}

/// Password of the serving role.
#[derive(Debug, Clone, Args)]
pub struct ServingPassword {
    /// Gives the serving role a login with this password
    #[arg(long, env = "USERBATCH_SERVING_PASSWORD", hide_env_values = true)]
    serving_password: Option<SecretString>,
    /// File that holds it
    #[arg(long, env = "USERBATCH_SERVING_PASSWORD_FILE")]
    serving_password_file: Option<PathBuf>,
}

impl ServingPassword {
    /// The password, if there is one.
    ///
    /// # Errors
    /// [`Faults`] if it is given twice, or its file cannot be read.
    pub fn secret(&self) -> Result<Option<SecretString>, Faults> {
        let (value, file) = (
            self.serving_password.as_ref(),
            self.serving_password_file.as_deref(),
        );
        let given = Given {
            name: "USERBATCH_SERVING_PASSWORD",
            value,
            file,
        };
        given.read().map_err(|fault| Faults(vec![fault]))
    }
}

/// How much and how often callers may ask.
#[derive(Debug, Clone, Args)]
pub struct LimitSettings {
    /// Largest request body, in bytes
    #[arg(long, env = "USERBATCH_MAX_BODY_BYTES", default_value = "8388608")]
    pub max_body_bytes: NonZeroUsize,
    /// Longest a request may take, in seconds
    #[arg(long, env = "USERBATCH_REQUEST_SECONDS", default_value = "10")]
    pub request_seconds: NonZeroU64,
    /// Requests a second that one credential may make, unless it has a limit of its own
    #[arg(long, env = "USERBATCH_RATE_LIMIT", default_value = "1000")]
    pub rate_limit: NonZeroU32,
    /// BitBadges: accounts in one batch
    #[arg(long, env = "USERBATCH_BITBADGES_MAX_ACCOUNTS", default_value = "250")]
    pub bitbadges_max_accounts: NonZeroUsize,
    /// BitBadges: accounts in one batch when every entry says noExternalCalls
    #[arg(
        long,
        env = "USERBATCH_BITBADGES_MAX_LOCAL_ACCOUNTS",
        default_value = "10000"
    )]
    pub bitbadges_max_local_accounts: NonZeroUsize,
    /// AvePoint: largest pageSize
    #[arg(long, env = "USERBATCH_AVEPOINT_MAX_PAGE_SIZE", default_value = "1000")]
    pub avepoint_max_page_size: NonZeroU32,
    /// AvePoint: ids in one batch
    #[arg(long, env = "USERBATCH_AVEPOINT_MAX_IDS", default_value = "10000")]
    pub avepoint_max_ids: NonZeroUsize,
    /// GenAuth: ids in one batch
    #[arg(long, env = "USERBATCH_GENAUTH_MAX_IDS", default_value = "50")]
    pub genauth_max_ids: NonZeroUsize,
}

/// Settings of `serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeSettings {
    /// Where callers reach the gateway
    #[arg(long, env = "USERBATCH_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where operators reach it: health, metrics, administration
    #[arg(long, env = "USERBATCH_ADMIN_LISTEN", default_value = "127.0.0.1:9090")]
    pub admin_listen: SocketAddr,
    /// The gateway's own address as its callers see it, such as https://users.example.com; taken from each
    /// request's Host if it is not set
    #[arg(long, env = "USERBATCH_PUBLIC_URL")]
    public_url: Option<String>,
    /// Bearer token of the operators' API, of at least 32 characters
    #[arg(long, env = "USERBATCH_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<SecretString>,
    /// File that holds it
    #[arg(long, env = "USERBATCH_ADMIN_TOKEN_FILE")]
    admin_token_file: Option<PathBuf>,
    /// Most connections to the database
    #[arg(long, env = "USERBATCH_DATABASE_CONNECTIONS", default_value = "16")]
    pub database_connections: NonZeroU32,
    /// How long a request waits for a connection, in milliseconds
    #[arg(long, env = "USERBATCH_DATABASE_WAIT_MS", default_value = "2000")]
    pub database_wait_ms: NonZeroU64,
    /// How long requests may finish after a signal to stop, in seconds
    #[arg(long, env = "USERBATCH_SHUTDOWN_SECONDS", default_value = "20")]
    pub shutdown_seconds: u64,
    #[command(flatten)]
    database: AdminDatabase,
    #[command(flatten)]
    keys: KeySettings,
    /// How much and how often callers may ask.
    #[command(flatten)]
    pub limits: LimitSettings,
}

/// The secrets and addresses of `serve`, checked.
#[derive(Debug)]
pub struct ServeConfig {
    /// Postgres URL of the serving role.
    pub database_url: SecretString,
    /// Postgres URL of the owner, for the operators' API.
    pub admin_database_url: Option<SecretString>,
    /// Token of the operators' API.
    pub admin_token: Option<SecretString>,
    /// Secret from which every key is derived.
    pub secret_key: SecretString,
    /// The gateway's own address.
    pub public_url: Option<String>,
}

const MIN_ADMIN_TOKEN_CHARS: usize = 32;

impl ServeSettings {
    /// Checks what clap cannot.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn check(&self) -> Result<ServeConfig, Faults> {
        let mut faults = Vec::new();
        let mut keep = |outcome: Result<Option<SecretString>, Fault>| match outcome {
            Ok(secret) => secret,
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        let database_url = self
            .database
            .serving()
            .require()
            .and_then(|url| postgres_url("DATABASE_URL", url));
        let database_url = keep(database_url.map(Some));
        let admin_database_url = keep(self.database.admin().read());
        let secret_key = keep(self.keys.given().require().map(Some));
        let admin_token = keep(self.given_admin_token().read());
        if admin_database_url.is_some() && !admin_token.as_ref().is_some_and(is_long_enough) {
            faults.push(Fault::AdminToken);
        }
        if !self.public_url.as_deref().is_none_or(is_site) {
            faults.push(Fault::NoPublicUrl);
        }
        match (database_url, secret_key) {
            (Some(database_url), Some(secret_key)) if faults.is_empty() => {
                let public_url = self.public_url.clone();
                Ok(ServeConfig {
                    database_url,
                    admin_database_url,
                    admin_token,
                    secret_key,
                    public_url,
                })
            }
            _ => Err(Faults(faults)),
        }
    }

    fn given_admin_token(&self) -> Given<'_> {
        let (value, file) = (self.admin_token.as_ref(), self.admin_token_file.as_deref());
        Given {
            name: "USERBATCH_ADMIN_TOKEN",
            value,
            file,
        }
    }
}

fn is_long_enough(token: &SecretString) -> bool {
    token.expose_secret().len() >= MIN_ADMIN_TOKEN_CHARS
}

fn is_site(url: &str) -> bool {
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains('/'))
}

fn postgres_url(name: &'static str, url: SecretString) -> Result<SecretString, Fault> {
    let text = url.expose_secret();
    let is_postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
    if is_postgres {
        Ok(url)
    } else {
        Err(Fault::NoDatabaseUrl(name))
    }
}

/// Settings of `demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoSettings {
    /// Where the demo listens; port 0 takes a free one
    #[arg(long, env = "USERBATCH_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where operators reach it; port 0 takes a free one
    #[arg(long, env = "USERBATCH_ADMIN_LISTEN", default_value = "127.0.0.1:0")]
    pub admin_listen: SocketAddr,
    /// Where the demo's Postgres keeps its data; below the system's directory for temporary files that survive a
    /// restart if it is not set
    #[arg(long, env = "USERBATCH_DEMO_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Writes a file with the demo's addresses and credentials once it is ready
    #[arg(long)]
    pub env_file: Option<PathBuf>,
    /// Directory with the programs of PostgreSQL 15 or later; looked for in the usual places if it is not set
    #[arg(long, env = "USERBATCH_PG_BIN")]
    pub pg_bin: Option<PathBuf>,
}
