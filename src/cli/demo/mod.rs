//! `userbatch demo`: everything at once, from nothing but the installed programs of Postgres.

mod chain;
mod credentials;
mod people;
mod seed;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;

use self::credentials::DemoCredentials;
use super::CliError;
use super::serve::{bind, operators_api};
use crate::admin::{AdminError, Administration, NewTenantOptions};
use crate::api::{App, Limits};
use crate::auth::{Credentials, KeyRing, Secret};
use crate::cache::{Cache, DEFAULT_CACHE_BYTES};
use crate::config::DemoSettings;
use crate::core::clock::Clock;
use crate::core::face::Face;
use crate::embedded::{Cluster, Options};
use crate::store::{self, Actor, Store, StoreOptions, TenantId, TenantInfo, Via};
use crate::{server, telemetry};

const DATABASE: &str = "userbatch";
const OWNER: &str = "userbatch_owner";
const SERVING: &str = "userbatch_serving";
/// The demo's one tenant.
const SLUG: &str = "demo";
/// How long requests may finish after Ctrl-C.
const GRACE: Duration = Duration::from_secs(3);

pub(super) async fn run(settings: DemoSettings) -> Result<(), CliError> {
    // First of all, so that a signal during the start ends the demo in order too.
    let stop = server::stop_signal().map_err(CliError::io("signals"))?;
    let data_dir = settings.data_dir.clone().unwrap_or_else(default_data_dir);
    let cluster =
        Cluster::start(Options { bin_dir: settings.pg_bin.clone(), ..Options::new(&data_dir) }).await?;
    let outcome = serve(&settings, &data_dir, &cluster, stop).await;
    cluster.stop().await?;
    outcome
}

async fn serve(
    settings: &DemoSettings,
    data_dir: &Path,
    cluster: &Cluster,
    stop: impl Future<Output = ()>,
) -> Result<(), CliError> {
    let databases = Databases::prepare(cluster).await?;
    let clock = Clock::system();
    let keys = Arc::new(KeyRing::new(&secret_key(data_dir)?)?);
    let owner = Store::new(&databases.owner_url, &StoreOptions::default())?;
    let actor = Actor { via: Via::Cli, name: "demo".to_owned() };
    let admin = Administration::new(owner.clone(), actor, clock.clone());
    let tenant = ensure_tenant(&admin).await?;
    load(&owner, tenant.id, &clock).await?;
    let admin = admin.with_credentials(Credentials::new(owner.clone(), Arc::clone(&keys), clock.clone()));
    let issued = credentials::ensure(&admin, &tenant, data_dir).await?;
    owner.close().await;

    let store = Store::new(&databases.serving_url, &StoreOptions::default())?;
    let metrics = telemetry::start_metrics()?;
    let admin_token = password()?;
    let administration = operators_api(&databases.owner_url, &admin_token.as_str().into(), &keys)?;
    let app =
        App::new(Cache::new(store, clock.clone(), DEFAULT_CACHE_BYTES), keys, clock, Limits::default(), None);
    let listeners = (bind(settings.listen).await?, bind(settings.admin_listen).await?);
    let ready = Ready::new(&listeners, &databases, admin_token, issued)?;
    let token = ready.genauth_token(&app).await?;
    if let Some(file) = &settings.env_file {
        credentials::write_private(file, &ready.env_file())?;
    }
    println!("{}", ready.welcome(&token));
    let operators = server::operators_router(app.clone(), metrics.clone(), Some(administration));
    server::serve(app, operators, metrics, listeners, stop, GRACE).await;
    Ok(())
}

/// Survives a restart, belongs to the user, and lies where an unprivileged Postgres can reach it.
fn default_data_dir() -> PathBuf {
    let user = rustix::process::geteuid();
    PathBuf::from("/var/tmp").join(format!("userbatch-demo-{}", user.as_raw()))
}

/// The demo's database, as its owner and as the serving role.
struct Databases {
    owner_url: String,
    serving_url: String,
}

impl Databases {
    /// New passwords at each start: nothing outside of this process needs them for longer.
    async fn prepare(cluster: &Cluster) -> Result<Self, CliError> {
        let (owner, serving) = (password()?, password()?);
        cluster.ensure_owner(OWNER, &owner).await?;
        cluster.ensure_database(DATABASE, OWNER, None).await?;
        let owner_url = cluster.url_as(OWNER, &owner, DATABASE);
        store::migrate(&owner_url, Some(&serving)).await?;
        Ok(Self { owner_url, serving_url: cluster.url_as(SERVING, &serving, DATABASE) })
    }
}

/// A password that is safe in a URL. Without the prefix of a secret: it opens none of the faces.
fn password() -> Result<String, CliError> {
    let secret = Secret::generate(Face::BitBadges).map_err(crate::auth::AuthError::from)?;
    let text = secret.expose();
    Ok(text.split_once('_').map_or(text, |(_, random)| random).to_owned())
}

/// The demo's secret key, made at the first start, so that bookmarks and tokens outlive a restart.
fn secret_key(data_dir: &Path) -> Result<String, CliError> {
    let file = data_dir.join("secret-key");
    if let Ok(key) = std::fs::read_to_string(&file) {
        return Ok(key);
    }
    let key = password()?;
    credentials::write_private(&file, &key)?;
    Ok(key)
}

/// The demo's tenant, created at the first start.
async fn ensure_tenant(admin: &Administration) -> Result<TenantInfo, CliError> {
    match admin.tenant(SLUG).await {
        Err(AdminError::NoTenant) => {}
        found => return Ok(found?),
    }
    let tenant = NewTenantOptions {
        slug: SLUG.to_owned(),
        name: Some("Organization ABC".to_owned()),
        customer_id: Some(seed::CUSTOMER_ID.to_owned()),
        tenant_id: Some(seed::TENANT_ID.to_owned()),
        user_pool_id: Some(seed::USER_POOL_ID.to_owned()),
        ..NewTenantOptions::default()
    };
    Ok(admin.create_tenant(&tenant).await?)
}

async fn load(owner: &Store, tenant: TenantId, clock: &Clock) -> Result<(), CliError> {
    let now = clock.now();
    let mut writer = owner.write(tenant).await?;
    writer.put_users(&people::users(now)).await?;
    writer.put_activity(&chain::activity()).await?;
    Ok(writer.commit().await?)
}

/// What a newcomer and a script need to know of the running demo.
struct Ready {
    base_url: String,
    admin_url: String,
    /// Good for the operators' API until the demo stops.
    admin_token: String,
    owner_url: String,
    issued: DemoCredentials,
}

impl Ready {
    fn new(
        (public, admin): &(TcpListener, TcpListener),
        databases: &Databases,
        admin_token: String,
        issued: DemoCredentials,
    ) -> Result<Self, CliError> {
        let url = |listener: &TcpListener| listener.local_addr().map(|address| format!("http://{address}"));
        let urls = url(public).and_then(|public| Ok((public, url(admin)?)));
        let (base_url, admin_url) = urls.map_err(CliError::io("listener"))?;
        Ok(Self { base_url, admin_url, admin_token, owner_url: databases.owner_url.clone(), issued })
    }

    async fn genauth_token(&self, app: &App) -> Result<String, CliError> {
        let (face, key) = (Face::GenAuth, &self.issued.genauth);
        let principal = app.credentials.by_id_and_secret(face, &key.id, &key.secret).await?;
        let token = app.credentials.issue_token(face, &principal, &self.base_url, &[])?;
        Ok(token.expose_secret().to_owned())
    }

    fn env_file(&self) -> String {
        let DemoCredentials { bitbadges, avepoint, genauth } = &self.issued;
        let lines = [
            ("BASE_URL", self.base_url.as_str()),
            ("ADMIN_URL", &self.admin_url),
            ("ADMIN_TOKEN", &self.admin_token),
            ("DATABASE_URL", &self.owner_url),
            ("BITBADGES_API_KEY", &bitbadges.secret),
            ("AVEPOINT_CLIENT_ID", &avepoint.id),
            ("AVEPOINT_CLIENT_SECRET", &avepoint.secret),
            ("AVEPOINT_CUSTOMER_ID", seed::CUSTOMER_ID),
            ("AVEPOINT_TENANT_ID", seed::TENANT_ID),
            ("GENAUTH_ACCESS_KEY_ID", &genauth.id),
            ("GENAUTH_ACCESS_KEY_SECRET", &genauth.secret),
            ("GENAUTH_USER_POOL_ID", seed::USER_POOL_ID),
        ];
        lines.iter().fold(String::new(), |text, (name, value)| format!("{text}{name}={value}\n"))
    }

    fn welcome(&self, genauth_token: &str) -> String {
        let Self { base_url, admin_url, admin_token, issued, .. } = self;
        let batch = format!(
            "{base_url}/partner/external/v3/um/customers/{}/tenants/{}/users/batch",
            seed::CUSTOMER_ID,
            seed::TENANT_ID
        );
        format!(
            r#"
userbatch is ready: the same {users} users through three APIs. Ctrl-C stops it.

# BitBadges
curl -s {base_url}/api/v0/user/batch -H 'x-api-key: {key}' -H 'content-type: application/json' -d '{{"accountsToFetch":[{{"address":"{address}","fetchSequence":true,"fetchBalance":true,"viewsToFetch":[{{"viewKey":"latestActivity","bookmark":""}}]}}]}}'

# AvePoint Elements
curl -s '{batch}?pageIndex=1&pageSize=2' -X POST -H "authorization: Bearer $(curl -s {base_url}/connect/token -d grant_type=client_credentials -d client_id={client_id} -d client_secret={client_secret} -d scope=elements.um.user.read.all | sed 's/.*"access_token":"\([^"]*\)".*/\1/')"

# GenAuth
curl -s '{base_url}/api/v3/get-user-batch?userIds={bob}&withCustomData=true&withIdentities=true&withDepartmentIds=true' -H 'authorization: Bearer {genauth_token}'

# Operators: the tenants
curl -s {admin_url}/admin/v1/tenants -H 'authorization: Bearer {admin_token}' -H 'x-operator: demo'

API descriptions: {base_url}/docs/   Metrics and health: {admin_url}/metrics
"#,
            users = people::COUNT,
            key = issued.bitbadges.secret,
            address = seed::ADDRESS,
            client_id = issued.avepoint.id,
            client_secret = issued.avepoint.secret,
            bob = seed::GENAUTH_USER_ID,
        )
    }
}
