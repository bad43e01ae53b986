//! `userbatch serve`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::CommandFactory as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::database_check::DatabaseCheck;
use super::{Cli, CliError};
use crate::admin::{Administration, Provisioning};
use crate::api::admin::AdminApi;
use crate::api::source::TrustedProxies;
use crate::api::{App, Ingress, Limits};
use crate::auth::{KeyRing, SecretMaker};
use crate::cache::Cache;
use crate::config::{LimitSettings, ServeConfig, ServeSettings, unknown_settings};
use crate::core::clock::Clock;
use crate::server::{ConnectionTimes, ListenOptions, Workers};
use crate::store::{Actor, OwnerOptions, OwnerStore, PoolOptions, ServingStore, Via};
use crate::{server, telemetry};

/// Maximum database connections of the admin API, without one more for each import or export.
const ADMIN_CONNECTIONS: u32 = 8;
/// Maximum database connections of SCIM.
const SCIM_CONNECTIONS: u32 = 8;
/// How long a change by the admin API or SCIM waits for another of the same tenant before it is refused.
const ADMIN_LOCK_WAIT: Duration = Duration::from_secs(3);
/// Open files other than connections of clients and to the database.
const OTHER_FILES: usize = 64;

pub(super) async fn run(settings: ServeSettings) -> Result<(), CliError> {
    let config = settings.check()?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "starting");
    for name in unknown_settings(&Cli::command()) {
        tracing::warn!("{name} is not a setting: it has no effect");
    }
    let keys = Arc::new(KeyRing::new(config.secret_key.expose_secret())?);
    let options = PoolOptions {
        max_connections: settings.database_connections,
        acquire_timeout: Duration::from_millis(settings.database_wait_ms.into()),
    };
    let store = ServingStore::new(config.database_url.expose_secret(), &options)?;
    let mut check = DatabaseCheck::new(store.clone(), settings.allow_unsecured_role);
    check.run().await?;
    if config.public_url.is_none() {
        tracing::warn!("USERBATCH_PUBLIC_URL is not set: client assertions are refused");
    }
    let metrics = telemetry::start_metrics()?;
    let administration = administration(&config, &keys)?;
    let cache = Cache::new(store, Clock::system(), settings.cache_bytes);
    let proxies = settings.trusted_proxies.iter().map(|network| network.0).collect();
    let proxies = TrustedProxies::new(proxies);
    let ingress = Ingress { public_url: config.public_url, proxies, ..Ingress::default() };
    let app = App::new(cache, Arc::clone(&keys), Clock::system(), limits(&settings.limits), ingress);
    if let (Some(url), Some(_)) = (&config.admin_database_url, &administration) {
        app.provision_with(provisioning(url.expose_secret(), &keys)?);
    }
    let listeners = (bind(settings.listen).await?, bind(settings.admin_listen).await?);
    let address = |listener: &TcpListener| listener.local_addr().unwrap_or(settings.listen);
    tracing::info!(callers = %address(&listeners.0), operators = %address(&listeners.1), "serving");
    let drain = Duration::from_secs(settings.drain_seconds.into());
    let grace = Duration::from_secs(settings.shutdown_seconds.into());
    let stopping = server::stop_on_signals(drain, grace).map_err(CliError::io("signals"))?;
    if let Some(api) = &administration {
        api.stop_with(&stopping.begun);
    }
    let operators = server::admin_router(app.clone(), metrics.clone(), administration);
    tokio::spawn(stop_if_refused(check, stopping.begun.clone()));
    let served =
        server::serve(app, operators, metrics, listeners, listen_options(&settings)?, stopping).await;
    served.map_err(CliError::io("threads"))
}

/// Stops the gateway if `check` finds that it must not serve from its database.
async fn stop_if_refused(check: DatabaseCheck, stopping: CancellationToken) {
    if let Err(refusal) = check.run_until_done().await {
        tracing::error!("{refusal}");
        stopping.cancel();
    }
}

/// As many connections as the limit of open files allows, which is raised first.
fn listen_options(settings: &ServeSettings) -> Result<ListenOptions, CliError> {
    let files = raise_file_limit().map_err(CliError::io("the limit of open files"))?;
    let others = settings.database_connections as usize + Workers::files() + OTHER_FILES;
    let available = files.saturating_sub(others) / 2;
    let options = ListenOptions::default();
    if available < options.max_connections {
        tracing::warn!(
            files,
            "the limit of open files allows {available} connections per listener; raise it (ulimit -n) for more"
        );
    }
    let keep_alive = Duration::from_secs(settings.keep_alive_seconds.into());
    let times = ConnectionTimes { keep_alive, ..options.times };
    Ok(ListenOptions { times, max_connections: options.max_connections.min(available).max(1) })
}

/// Raises the soft limit of open files to the hard one. Services often start with 1,024, which idle connections alone use
/// up. Returns the limit.
fn raise_file_limit() -> std::io::Result<usize> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    }
    Ok(limit.maximum.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX))
}

/// The admin API, if configured: it needs the schema owner's database URL and a token.
fn administration(config: &ServeConfig, keys: &Arc<KeyRing>) -> Result<Option<AdminApi>, CliError> {
    match (&config.admin_database_url, &config.admin_token) {
        (Some(url), Some(token)) => admin_api(url.expose_secret(), token, keys).map(Some),
        (None, Some(_)) => {
            tracing::warn!(
                "USERBATCH_ADMIN_TOKEN has no effect without USERBATCH_ADMIN_DATABASE_URL: there is no admin API"
            );
            Ok(None)
        }
        (_, None) => Ok(None),
    }
}

/// The admin API on the database at `url`, which must log in as the schema owner. Callers authenticate with `token`.
pub(super) fn admin_api(url: &str, token: &SecretString, keys: &Arc<KeyRing>) -> Result<AdminApi, CliError> {
    let pool = PoolOptions { max_connections: ADMIN_CONNECTIONS, ..PoolOptions::default() };
    let store =
        OwnerStore::new(url, &OwnerOptions { pool, lock_wait: ADMIN_LOCK_WAIT, ..OwnerOptions::default() })?;
    let store = store.with_erasure_keys(Arc::clone(keys) as _);
    let actor = Actor { via: Via::Api, name: "admin token".to_owned() };
    let secrets = SecretMaker::new(Arc::clone(keys));
    let admin = Administration::new(store, actor, Clock::system()).with_secrets(secrets);
    Ok(AdminApi::new(admin, token))
}

/// What identity providers do by SCIM, on the database at `url`, which must log in as the schema owner.
pub(super) fn provisioning(url: &str, keys: &Arc<KeyRing>) -> Result<Provisioning, CliError> {
    let pool = PoolOptions { max_connections: SCIM_CONNECTIONS, ..PoolOptions::default() };
    let options = OwnerOptions { pool, lock_wait: ADMIN_LOCK_WAIT, ..OwnerOptions::default() };
    let store = OwnerStore::new(url, &options)?.with_erasure_keys(Arc::clone(keys) as _);
    Ok(Provisioning::new(store, Clock::system()))
}

pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(CliError::io(format!("listening on {address}")))
}

fn limits(settings: &LimitSettings) -> Limits {
    Limits {
        body_bytes: settings.max_body_bytes as usize,
        response_bytes: settings.max_response_bytes as usize,
        request_time: Duration::from_secs(settings.request_seconds.into()),
        bitbadges_accounts: settings.bitbadges_max_accounts as usize,
        bitbadges_local_accounts: settings.bitbadges_max_local_accounts as usize,
        avepoint_page_size: settings.avepoint_max_page_size,
        avepoint_ids: settings.avepoint_max_ids as usize,
        genauth_ids: settings.genauth_max_ids as usize,
        requests_per_second: settings.rate_limit.get(),
    }
}
