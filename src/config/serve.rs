//! Settings of `serve`.

use std::net::{AddrParseError, IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use ipnet::IpNet;
use secrecy::{ExposeSecret as _, SecretString};

use super::secret::{GivenSecret, SettingError, SettingErrors};
use super::{AdminDatabase, KeySettings};
use crate::core::batch::MAX_BATCH;
use crate::core::origin::is_origin;

/// Request limits.
#[derive(Debug, Clone, Args)]
pub struct LimitSettings {
    /// Maximum size of a request body, in bytes
    #[arg(long, env = "USERBATCH_MAX_BODY_BYTES", default_value = "6291456", value_parser = within(BYTES))]
    pub max_body_bytes: u32,
    /// Maximum size of a response, in bytes, before compression
    #[arg(long, env = "USERBATCH_MAX_RESPONSE_BYTES", default_value = "25165824", value_parser = within(BYTES))]
    pub max_response_bytes: u32,
    /// Request timeout, in seconds
    #[arg(long, env = "USERBATCH_REQUEST_SECONDS", default_value = "10", value_parser = within(1..=DAY))]
    pub request_seconds: u32,
    /// Default rate limit of a credential, in requests per second
    #[arg(long, env = "USERBATCH_RATE_LIMIT", default_value = "1000")]
    pub rate_limit: NonZeroU32,
    /// BitBadges: maximum accounts per batch
    #[arg(long, env = "USERBATCH_BITBADGES_MAX_ACCOUNTS", default_value = "250", value_parser = batch_limit())]
    pub bitbadges_max_accounts: u32,
    /// BitBadges: maximum accounts per batch if every entry sets noExternalCalls
    #[arg(long, env = "USERBATCH_BITBADGES_MAX_LOCAL_ACCOUNTS", default_value = "10000", value_parser = batch_limit())]
    pub bitbadges_max_local_accounts: u32,
    /// AvePoint: maximum pageSize
    #[arg(long, env = "USERBATCH_AVEPOINT_MAX_PAGE_SIZE", default_value = "1000", value_parser = batch_limit())]
    pub avepoint_max_page_size: u32,
    /// AvePoint: maximum userIds per request
    #[arg(long, env = "USERBATCH_AVEPOINT_MAX_IDS", default_value = "10000", value_parser = batch_limit())]
    pub avepoint_max_ids: u32,
    /// GenAuth: maximum userIds per request
    #[arg(long, env = "USERBATCH_GENAUTH_MAX_IDS", default_value = "50", value_parser = batch_limit())]
    pub genauth_max_ids: u32,
}

/// Sizes, up to 1 GiB: what a client announces is set aside before it is sent.
const BYTES: RangeInclusive<u64> = 1..=1 << 30;
/// The longest time limit, in seconds. A clock overflows at those that nobody means.
const DAY: u64 = 24 * 60 * 60;

/// A number in `range`.
fn within(range: RangeInclusive<u64>) -> RangedU64ValueParser<u32> {
    RangedU64ValueParser::new().range(range)
}

/// The range of limits of a batch: 1 to the most that the gateway reads of a request.
fn batch_limit() -> RangedU64ValueParser<u32> {
    within(1..=u64::try_from(MAX_BATCH).unwrap_or(u64::MAX))
}

/// Settings of `serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeSettings {
    /// Address of the public listener
    #[arg(long, env = "USERBATCH_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Address of the admin listener: health, metrics and the admin API
    #[arg(long, env = "USERBATCH_ADMIN_LISTEN", default_value = "127.0.0.1:9090")]
    pub admin_listen: SocketAddr,
    /// Public URL of the gateway, such as <https://users.example.com>; defaults to each request's Host
    #[arg(long, env = "USERBATCH_PUBLIC_URL")]
    public_url: Option<String>,
    /// Bearer token of the admin API, at least 32 characters
    #[arg(long, env = "USERBATCH_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<SecretString>,
    /// File containing this token
    #[arg(long, env = "USERBATCH_ADMIN_TOKEN_FILE")]
    admin_token_file: Option<PathBuf>,
    /// Serve even if row level security does not apply to the database role; tenants are then isolated by the queries
    /// alone
    #[arg(long, env = "USERBATCH_ALLOW_UNSECURED_ROLE")]
    pub allow_unsecured_role: bool,
    /// Maximum database connections
    #[arg(long, env = "USERBATCH_DATABASE_CONNECTIONS", default_value = "16", value_parser = within(1..=1_000))]
    pub database_connections: u32,
    /// How long a request waits for a database connection, in milliseconds
    #[arg(long, env = "USERBATCH_DATABASE_WAIT_MS", default_value = "2000", value_parser = within(1..=DAY * 1_000))]
    pub database_wait_ms: u32,
    /// Maximum size of the cache of rendered users, in bytes; with 0 no user is cached
    #[arg(long, env = "USERBATCH_CACHE_BYTES", default_value = "134217728")]
    pub cache_bytes: u64,
    /// Networks of proxies whose X-Forwarded-For is believed, such as `10.0.0.0/8,fd00::/8`
    #[arg(long, env = "USERBATCH_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<ProxyNetwork>,
    /// How long a connection is kept open between two requests, in seconds
    #[arg(long, env = "USERBATCH_KEEP_ALIVE_SECONDS", default_value = "75", value_parser = within(1..=DAY))]
    pub keep_alive_seconds: u32,
    /// How long the gateway goes on serving after SIGTERM, with /readyz at 503, so that load balancers notice, in seconds
    #[arg(long, env = "USERBATCH_DRAIN_SECONDS", default_value = "5", value_parser = within(0..=DAY))]
    pub drain_seconds: u32,
    /// Time for requests in progress to finish after a stop signal, in seconds
    #[arg(long, env = "USERBATCH_SHUTDOWN_SECONDS", default_value = "20", value_parser = within(0..=DAY))]
    pub shutdown_seconds: u32,
    #[command(flatten)]
    database: AdminDatabase,
    #[command(flatten)]
    keys: KeySettings,
    /// Request limits.
    #[command(flatten)]
    pub limits: LimitSettings,
}

/// The validated secrets and addresses of `serve`.
#[derive(Debug)]
pub struct ServeConfig {
    /// Postgres URL of the serving role.
    pub database_url: SecretString,
    /// Postgres URL of the schema owner, for the admin API.
    pub admin_database_url: Option<SecretString>,
    /// Token of the admin API.
    pub admin_token: Option<SecretString>,
    /// Secret from which all keys are derived.
    pub secret_key: SecretString,
    /// Public URL of the gateway.
    pub public_url: Option<String>,
}

const MIN_ADMIN_TOKEN_CHARS: usize = 32;

impl ServeSettings {
    /// Checks what clap cannot check.
    ///
    /// # Errors
    /// [`SettingErrors`] with all invalid settings.
    pub fn check(&self) -> Result<ServeConfig, SettingErrors> {
        let mut errors = Vec::new();
        let mut keep = |outcome: Result<Option<SecretString>, SettingError>| match outcome {
            Ok(secret) => secret,
            Err(error) => {
                errors.push(error);
                None
            }
        };
        let database_url = keep(self.database.serving().require_url().map(Some));
        let admin_database_url = keep(self.database.admin().read_url());
        let secret_key = keep(self.keys.given().require().map(Some));
        let admin_token = keep(self.given_admin_token().read());
        if admin_database_url.is_some() && !admin_token.as_ref().is_some_and(is_long_enough) {
            errors.push(SettingError::AdminToken);
        }
        if !self.public_url.as_deref().is_none_or(is_public_url) {
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

/// A network, or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProxyNetwork(pub IpNet);

impl FromStr for ProxyNetwork {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, AddrParseError> {
        let text = text.trim();
        text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map(Self)
    }
}

fn is_long_enough(token: &SecretString) -> bool {
    token.expose_secret().len() >= MIN_ADMIN_TOKEN_CHARS
}

/// Whether `url` is an origin, perhaps with the slash that a browser's address bar shows after it.
fn is_public_url(url: &str) -> bool {
    is_origin(url.strip_suffix('/').unwrap_or(url))
}
