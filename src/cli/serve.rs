//! `userbatch serve`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;

use super::CliError;
use crate::admin::Administration;
use crate::api::admin::Operators;
use crate::api::{App, Limits};
use crate::auth::{Credentials, KeyRing};
use crate::config::{LimitSettings, ServeConfig, ServeSettings};
use crate::core::clock::Clock;
use crate::store::{Actor, Store, StoreOptions, Via};
use crate::{server, telemetry};

/// Most connections of the operators' API; imports and exports take one more each.
const ADMIN_CONNECTIONS: u32 = 2;

pub(super) async fn run(settings: ServeSettings) -> Result<(), CliError> {
    let config = settings.check()?;
    let keys = Arc::new(KeyRing::new(config.secret_key.expose_secret())?);
    let options = StoreOptions {
        max_connections: settings.database_connections.get(),
        acquire_timeout: Duration::from_millis(settings.database_wait_ms.get()),
    };
    let store = Store::new(config.database_url.expose_secret(), &options)?;
    warn_of_unsafe_role(&store).await;
    let metrics = telemetry::start_metrics()?;
    let administration = administration(&config, &keys)?;
    let app = App::new(store, keys, Clock::system(), limits(&settings.limits), config.public_url);
    let listeners = (bind(settings.listen).await?, bind(settings.admin_listen).await?);
    tracing::info!(callers = %settings.listen, operators = %settings.admin_listen, "serving");
    let operators = server::operators_router(app.clone(), metrics.clone(), administration);
    let stop = server::stop_signal().map_err(CliError::io("signals"))?;
    let grace = Duration::from_secs(settings.shutdown_seconds);
    server::serve(app, operators, metrics, listeners, stop, grace).await;
    Ok(())
}

/// The operators' API, if it was set up: it needs the database as its owner, and a token.
fn administration(config: &ServeConfig, keys: &Arc<KeyRing>) -> Result<Option<Operators>, CliError> {
    let (Some(url), Some(token)) = (&config.admin_database_url, &config.admin_token) else {
        return Ok(None);
    };
    let options = StoreOptions { max_connections: ADMIN_CONNECTIONS, ..StoreOptions::default() };
    let store = Store::new(url.expose_secret(), &options)?;
    let actor = Actor { via: Via::Api, name: "admin token".to_owned() };
    let credentials = Credentials::new(store.clone(), Arc::clone(keys), Clock::system());
    let admin = Administration::new(store, actor, Clock::system()).with_credentials(credentials);
    Ok(Some(Operators::new(admin, token)))
}

/// Tells an operator that row security is not in force, which the gateway cannot see from its answers.
async fn warn_of_unsafe_role(store: &Store) {
    match store.is_row_secured().await {
        Ok(true) => {}
        Ok(false) => tracing::error!(
            "DATABASE_URL logs in as a role that owns the tables or bypasses row level security; \
             use userbatch_serving, or tenants are kept apart by one lock instead of two"
        ),
        Err(error) => tracing::warn!(cause = error.diagnosis(), "the database is not ready yet: {error}"),
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
