//! Settings of `serve`.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

use super::secret::{GivenSecret, SettingError, SettingErrors, postgres_url};
use super::{AdminDatabase, KeySettings};

/// Limits of requests.
#[derive(Debug, Clone, Args)]
pub struct LimitSettings {
    /// Maximum size of a request body, in bytes
    #[arg(long, env = "USERBATCH_MAX_BODY_BYTES", default_value = "8388608")]
    pub max_body_bytes: NonZeroUsize,
    /// Maximum time for a request, in seconds
    #[arg(long, env = "USERBATCH_REQUEST_SECONDS", default_value = "10")]
    pub request_seconds: NonZeroU64,
    /// Requests a second of a credential that has no limit of its own
    #[arg(long, env = "USERBATCH_RATE_LIMIT", default_value = "1000")]
    pub rate_limit: NonZeroU32,
    /// BitBadges: maximum number of accounts in a batch
    #[arg(long, env = "USERBATCH_BITBADGES_MAX_ACCOUNTS", default_value = "250")]
    pub bitbadges_max_accounts: NonZeroUsize,
    /// BitBadges: maximum number of accounts in a batch whose entries all say noExternalCalls
    #[arg(long, env = "USERBATCH_BITBADGES_MAX_LOCAL_ACCOUNTS", default_value = "10000")]
    pub bitbadges_max_local_accounts: NonZeroUsize,
    /// AvePoint: maximum pageSize
    #[arg(long, env = "USERBATCH_AVEPOINT_MAX_PAGE_SIZE", default_value = "1000")]
    pub avepoint_max_page_size: NonZeroU32,
    /// AvePoint: maximum number of userIds in a request
    #[arg(long, env = "USERBATCH_AVEPOINT_MAX_IDS", default_value = "10000")]
    pub avepoint_max_ids: NonZeroUsize,
    /// GenAuth: maximum number of userIds in a request
    #[arg(long, env = "USERBATCH_GENAUTH_MAX_IDS", default_value = "50")]
    pub genauth_max_ids: NonZeroUsize,
}

/// Settings of `serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeSettings {
    /// Where callers reach the gateway
    #[arg(long, env = "USERBATCH_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where operators reach health, metrics and the operators' API
    #[arg(long, env = "USERBATCH_ADMIN_LISTEN", default_value = "127.0.0.1:9090")]
    pub admin_listen: SocketAddr,
    /// The gateway's address as its callers see it, such as <https://users.example.com>; defaults to each request's
    /// Host
    #[arg(long, env = "USERBATCH_PUBLIC_URL")]
    public_url: Option<String>,
    /// Bearer token of the operators' API, at least 32 characters
    #[arg(long, env = "USERBATCH_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<SecretString>,
    /// File that holds this token
    #[arg(long, env = "USERBATCH_ADMIN_TOKEN_FILE")]
    admin_token_file: Option<PathBuf>,
    /// Serve even as a database role that row level security does not bind; tenants are then kept apart by one lock
    /// instead of two
    #[arg(long, env = "USERBATCH_ALLOW_UNSECURED_ROLE")]
    pub allow_unsecured_role: bool,
    /// Maximum number of connections to the database
    #[arg(long, env = "USERBATCH_DATABASE_CONNECTIONS", default_value = "16")]
    pub database_connections: NonZeroU32,
    /// How long a request waits for a connection, in milliseconds
    #[arg(long, env = "USERBATCH_DATABASE_WAIT_MS", default_value = "2000")]
    pub database_wait_ms: NonZeroU64,
    /// Maximum size of the cache of rendered users, in bytes; 0 turns it off
    #[arg(long, env = "USERBATCH_CACHE_BYTES", default_value = "134217728")]
    pub cache_bytes: u64,
    /// How long requests may finish after a signal to stop, in seconds
    #[arg(long, env = "USERBATCH_SHUTDOWN_SECONDS", default_value = "20")]
    pub shutdown_seconds: u64,
    #[command(flatten)]
    database: AdminDatabase,
    #[command(flatten)]
    keys: KeySettings,
    /// Limits of requests.
    #[command(flatten)]
    pub limits: LimitSettings,
}

/// The checked secrets and addresses of `serve`.
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
    /// The gateway's address as its callers see it.
    pub public_url: Option<String>,
}

const MIN_ADMIN_TOKEN_CHARS: usize = 32;

impl ServeSettings {
    /// Checks what clap cannot check.
    ///
    /// # Errors
    /// [`SettingErrors`] with every unusable setting.
    pub fn check(&self) -> Result<ServeConfig, SettingErrors> {
        let mut errors = Vec::new();
        let mut keep = |outcome: Result<Option<SecretString>, SettingError>| match outcome {
            Ok(secret) => secret,
            Err(error) => {
                errors.push(error);
                None
            }
        };
        let database_url =
            self.database.serving().require().and_then(|url| postgres_url("DATABASE_URL", url));
        let database_url = keep(database_url.map(Some));
        let admin_database_url = self
            .database
            .admin()
            .read()
            .and_then(|url| url.map(|url| postgres_url("USERBATCH_ADMIN_DATABASE_URL", url)).transpose());
        let admin_database_url = keep(admin_database_url);
        let secret_key = keep(self.keys.given().require().map(Some));
        let admin_token = keep(self.given_admin_token().read());
        if admin_database_url.is_some() && !admin_token.as_ref().is_some_and(is_long_enough) {
            errors.push(SettingError::AdminToken);
        }
        if !self.public_url.as_deref().is_none_or(is_origin) {
            errors.push(SettingError::PublicUrl);
        }
        match (database_url, secret_key) {
            (Some(database_url), Some(secret_key)) if errors.is_empty() => {
                let public_url = self.public_url.clone();
                Ok(ServeConfig { database_url, admin_database_url, admin_token, secret_key, public_url })
            }
            _ => Err(SettingErrors(errors)),
        }
    }

    fn given_admin_token(&self) -> GivenSecret<'_> {
        let (value, file) = (self.admin_token.as_ref(), self.admin_token_file.as_deref());
        GivenSecret { name: "USERBATCH_ADMIN_TOKEN", value, file }
    }
}

fn is_long_enough(token: &SecretString) -> bool {
    token.expose_secret().len() >= MIN_ADMIN_TOKEN_CHARS
}

fn is_origin(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.contains('/'))
}
