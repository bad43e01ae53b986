//! `userbatch demo`: the gateway with a private Postgres and sample data. Needs only the Postgres binaries.

mod colleagues;
mod credentials;
mod database;
mod directory;
mod own_data;
mod ready;
mod samples;
mod secrets;
mod timelines;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use self::credentials::DemoCredentials;
use self::database::DemoDatabase;
pub(super) use self::own_data::DemoArgs;
use self::own_data::OwnData;
use self::ready::{Ready, Secrets};
use super::serve::{admin_api, bind, provisioning};
use super::{CliError, terminal};
use crate::admin::Administration;
use crate::api::{App, Ingress, Limits};
use crate::auth::{KeyRing, SecretMaker};
use crate::cache::{Cache, DEFAULT_CACHE_BYTES};
use crate::config::DemoSettings;
use crate::core::clock::Clock;
use crate::embedded::{Cluster, Options};
use crate::server::{ListenOptions, Stopping};
use crate::store::{Actor, OwnerOptions, OwnerStore, PoolOptions, ServingStore, Via};
use crate::{server, telemetry};

/// Time for requests in progress to finish after Ctrl-C.
const GRACE: Duration = Duration::from_secs(3);

pub(super) async fn run(args: DemoArgs) -> Result<(), CliError> {
    let DemoArgs { settings, own } = args;
    // First, so that a signal during startup also stops Postgres.
    let stopping = server::stop_on_signals(Duration::ZERO, GRACE).map_err(CliError::io("signals"))?;
    let data_dir = settings.data_dir.clone().unwrap_or_else(default_data_dir);
    let cluster =
        Cluster::start(Options { bin_dir: settings.pg_bin.clone(), ..Options::new(&data_dir) }).await?;
    let outcome = serve((&settings, &own), &data_dir, &cluster, stopping).await;
    cluster.stop().await?;
    outcome
}

/// Below `/var/tmp`: persists across reboots and is accessible to an unprivileged Postgres.
fn default_data_dir() -> PathBuf {
    let user = rustix::process::geteuid();
    PathBuf::from("/var/tmp").join(format!("userbatch-demo-{}", user.as_raw()))
}

async fn serve(
    (settings, own): (&DemoSettings, &OwnData),
    data_dir: &Path,
    cluster: &Cluster,
    stopping: Stopping,
) -> Result<(), CliError> {
    let database = DemoDatabase::prepare(cluster).await?;
    let clock = Clock::system();
    let secret_key = secrets::secret_key(data_dir)?;
    let keys = Arc::new(KeyRing::new(&secret_key)?);
    let issued = fill(&database, own, &keys, &clock, data_dir).await?;

    let store = ServingStore::new(&database.serving_url, &PoolOptions::default())?;
    let metrics = telemetry::start_metrics()?;
    let admin_token = secrets::random_password()?;
    let administration = admin_api(&database.owner_url, &admin_token.as_str().into(), &keys)?;
    let cache = Cache::new(store, clock.clone(), DEFAULT_CACHE_BYTES);
    // Others reach the demo only if told to listen for them.
    let believes_loopback_host = settings.listen.ip().is_loopback();
    let ingress = Ingress { believes_loopback_host, ..Ingress::default() };
    let app = App::new(cache, Arc::clone(&keys), clock, Limits::default(), ingress);
    app.provision_with(provisioning(&database.owner_url, &keys)?);
    let listeners = (bind(settings.listen).await?, bind(settings.admin_listen).await?);
    let ready = Ready::new(&listeners, &database, Secrets { admin_token, secret_key }, issued)?;
    app.fill_in(ready.logins());
    if let Some(file) = &settings.env_file {
        secrets::write_private(file, &ready.env_file())?;
    }
    terminal::print(&ready.welcome())?;
    administration.stop_with(&stopping.begun);
    let operators = server::admin_router(app.clone(), metrics.clone(), Some(administration));
    let served = server::serve(app, operators, metrics, listeners, ListenOptions::default(), stopping).await;
    served.map_err(CliError::io("threads"))
}

/// Updates the tenant and its directory; issues the credentials on the first start.
async fn fill(
    database: &DemoDatabase,
    own: &OwnData,
    keys: &Arc<KeyRing>,
    clock: &Clock,
    data_dir: &Path,
) -> Result<DemoCredentials, CliError> {
    let owner = OwnerStore::new(&database.owner_url, &OwnerOptions::default())?
        .with_erasure_keys(Arc::clone(keys) as _);
    let actor = Actor { via: Via::Cli, name: "demo".to_owned() };
    let admin = Administration::new(owner.clone(), actor.clone(), clock.clone());
    let tenant = directory::ensure_tenant(&admin).await?;
    directory::merge(&owner, &actor, &tenant, clock).await?;
    own.import(&admin, &tenant.slug).await?;
    let admin = admin.with_secrets(SecretMaker::new(Arc::clone(keys)));
    let issued = credentials::ensure(&admin, &tenant, data_dir).await?;
    owner.close().await;
    Ok(issued)
}
