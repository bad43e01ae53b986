//! `userbatch serve`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;

use super::CliError;
use crate::admin::Administration;
use crate::api::admin::Operators;
use crate::api::{App, Limits};
use crate::auth::{Credentials, KeyRing};
use crate::cache::Cache;
use crate::config::{LimitSettings, ServeConfig, ServeSettings};
use crate::core::clock::Clock;
use crate::store::{Actor, Store, StoreOptions, Via};
use crate::{server, telemetry};

/// Most connections of the operators' API; imports and exports take one more each.
const ADMIN_CONNECTIONS: u32 = 2;

/// How long to wait before a database that was away is asked again what its role is.
const ROLE_CHECK_PAUSE: Duration = Duration::from_secs(2);

pub(super) async fn run(settings: ServeSettings) -> Result<(), CliError> {
    let config = settings.check()?;
    let keys = Arc::new(KeyRing::new(config.secret_key.expose_secret())?);
    let options = StoreOptions {
        max_connections: settings.database_connections.get(),
        acquire_timeout: Duration::from_millis(settings.database_wait_ms.get()),
        ..StoreOptions::default()
    };
    let store = Store::new(config.database_url.expose_secret(), &options)?;
    if !settings.allow_unsecured_role {
        require_secured_role(&store).await?;
    }
    let role_check = store.clone();
    if config.public_url.is_none() {
        tracing::warn!("USERBATCH_PUBLIC_URL is not set: client assertions are taken on loopback alone");
    }
    let metrics = telemetry::start_metrics()?;
    let administration = administration(&config, &keys)?;
    let cache = Cache::new(store, Clock::system(), settings.cache_bytes);
    let app = App::new(cache, keys, Clock::system(), limits(&settings.limits), config.public_url);
    let listeners = (bind(settings.listen).await?, bind(settings.admin_listen).await?);
    tracing::info!(callers = %settings.listen, operators = %settings.admin_listen, "serving");
    let operators = server::operators_router(app.clone(), metrics.clone(), administration);
    let signal = server::stop_signal().map_err(CliError::io("signals"))?;
    let stop = async move {
        tokio::select! {
            () = signal => {}
            () = unsecured_role(role_check), if !settings.allow_unsecured_role => {}
        }
    };
    let grace = Duration::from_secs(settings.shutdown_seconds);
    server::serve(app, operators, metrics, listeners, stop, grace).await;
    Ok(())
}

/// The operators' API, if it was set up: it needs the database as its owner, and a token.
fn administration(config: &ServeConfig, keys: &Arc<KeyRing>) -> Result<Option<Operators>, CliError> {
    match (&config.admin_database_url, &config.admin_token) {
        (Some(url), Some(token)) => operators_api(url.expose_secret(), token, keys).map(Some),
        _ => Ok(None),
    }
}

/// The operators' API on the database at `url`, which must be its owner's, for whoever holds `token`.
pub(super) fn operators_api(
    url: &str,
    token: &SecretString,
    keys: &Arc<KeyRing>,
) -> Result<Operators, CliError> {
    let options = StoreOptions { max_connections: ADMIN_CONNECTIONS, ..StoreOptions::default() };
    let store = Store::new(url, &options)?;
    let actor = Actor { via: Via::Api, name: "admin token".to_owned() };
    let credentials = Credentials::new(store.clone(), Arc::clone(keys), Clock::system());
    let admin = Administration::new(store, actor, Clock::system()).with_credentials(credentials);
    Ok(Operators::new(admin, token))
}

/// What an operator must know before other people's data is served.
const UNSECURED: &str = "DATABASE_URL logs in as a role that owns the tables or bypasses row level security: use \
    userbatch_serving, or set USERBATCH_ALLOW_UNSECURED_ROLE to have tenants kept apart by one lock instead of two";

/// Refuses to serve as a role that row level security does not bind. A database that is away cannot tell yet.
async fn require_secured_role(store: &Store) -> Result<(), CliError> {
    match store.is_row_secured().await {
        Ok(true) => Ok(()),
        Ok(false) => Err(CliError::Message(UNSECURED.to_owned())),
        Err(error) => {
            tracing::warn!(cause = error.diagnosis(), "the database is not ready yet: {error}");
            Ok(())
        }
    }
}

/// Ends when the database, once it is there, tells that its role is not bound by row level security.
async fn unsecured_role(store: Store) {
    loop {
        match store.is_row_secured().await {
            Ok(true) => return std::future::pending().await,
            Ok(false) => return tracing::error!("{UNSECURED}"),
            Err(_) => tokio::time::sleep(ROLE_CHECK_PAUSE).await,
        }
    }
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
