//! `userbatch serve`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;

use super::CliError;
use super::database_check::DatabaseCheck;
use crate::admin::Administration;
use crate::api::admin::AdminApi;
use crate::api::{App, Limits};
use crate::auth::{KeyRing, SecretMaker};
use crate::cache::Cache;
use crate::config::{LimitSettings, ServeConfig, ServeSettings};
use crate::core::clock::Clock;
use crate::store::{Actor, OwnerOptions, OwnerStore, PoolOptions, ServingStore, Via};
use crate::{server, telemetry};

/// Maximum database connections of the admin API, without one more for each import or export.
const ADMIN_CONNECTIONS: u32 = 2;

pub(super) async fn run(settings: ServeSettings) -> Result<(), CliError> {
    let config = settings.check()?;
    let keys = Arc::new(KeyRing::new(config.secret_key.expose_secret())?);
    let options = PoolOptions {
        max_connections: settings.database_connections.get(),
        acquire_timeout: Duration::from_millis(settings.database_wait_ms.get()),
    };
    let store = ServingStore::new(config.database_url.expose_secret(), &options)?;
    let mut check = DatabaseCheck::new(store.clone(), settings.allow_unsecured_role);
    check.run().await?;
    if config.public_url.is_none() {
        tracing::warn!(
            "USERBATCH_PUBLIC_URL is not set: client assertions are accepted on loopback addresses only"
        );
    }
    let metrics = telemetry::start_metrics()?;
    let administration = administration(&config, &keys)?;
    let cache = Cache::new(store, Clock::system(), settings.cache_bytes);
    let app = App::new(cache, keys, Clock::system(), limits(&settings.limits), config.public_url);
    let listeners = (bind(settings.listen).await?, bind(settings.admin_listen).await?);
    tracing::info!(callers = %settings.listen, operators = %settings.admin_listen, "serving");
    let operators = server::admin_router(app.clone(), metrics.clone(), administration);
    let signal = server::stop_signal().map_err(CliError::io("signals"))?;
    let stop = async move {
        tokio::select! {
            () = signal => {}
            () = refused(check) => {}
        }
    };
    let grace = Duration::from_secs(settings.shutdown_seconds);
    server::serve(app, operators, metrics, listeners, stop, grace).await;
    Ok(())
}

/// Completes if `check` finds that this gateway must not serve from its database.
async fn refused(check: DatabaseCheck) {
    match check.run_until_done().await {
        Ok(()) => std::future::pending().await,
        Err(refusal) => tracing::error!("{refusal}"),
    }
}

/// The admin API, if configured: it needs the schema owner's database URL and a token.
fn administration(config: &ServeConfig, keys: &Arc<KeyRing>) -> Result<Option<AdminApi>, CliError> {
    match (&config.admin_database_url, &config.admin_token) {
        (Some(url), Some(token)) => admin_api(url.expose_secret(), token, keys).map(Some),
        _ => Ok(None),
    }
}

/// The admin API on the database at `url`, which must log in as the schema owner. Callers authenticate with `token`.
pub(super) fn admin_api(url: &str, token: &SecretString, keys: &Arc<KeyRing>) -> Result<AdminApi, CliError> {
    let pool = PoolOptions { max_connections: ADMIN_CONNECTIONS, ..PoolOptions::default() };
    let store = OwnerStore::new(url, &OwnerOptions { pool, ..OwnerOptions::default() })?;
    let actor = Actor { via: Via::Api, name: "admin token".to_owned() };
    let secrets = SecretMaker::new(Arc::clone(keys));
    let admin = Administration::new(store, actor, Clock::system()).with_secrets(secrets);
    Ok(AdminApi::new(admin, token))
}

pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(CliError::io(format!("listening on {address}")))
}

const fn limits(settings: &LimitSettings) -> Limits {
    Limits {
        body_bytes: settings.max_body_bytes.get(),
        request_time: Duration::from_secs(settings.request_seconds.get()),
        bitbadges_accounts: settings.bitbadges_max_accounts.get(),
        bitbadges_local_accounts: settings.bitbadges_max_local_accounts.get(),
        avepoint_page_size: settings.avepoint_max_page_size.get(),
        avepoint_ids: settings.avepoint_max_ids.get(),
        genauth_ids: settings.genauth_max_ids.get(),
        requests_per_second: settings.rate_limit.get(),
    }
}
