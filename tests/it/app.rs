//! The gateway under test, with its own database and port, and helpers to fill it.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use userbatch::admin::Provisioning;
use userbatch::api::{self, App, Ingress, Limits};
use userbatch::auth::{CredentialUses, KeyRing, SecretMaker};
use userbatch::cache::{Cache, DEFAULT_CACHE_BYTES};
use userbatch::core::clock::Clock;
use userbatch::core::face::{Api as ApiName, Face};
use userbatch::core::id::{CredentialPublicId, CustomerPublicId, Slug, TenantPublicId, UserPoolId};
use userbatch::embedded::{Cluster, Options};
use userbatch::server::{self, ListenOptions, Workers};
use userbatch::store::{
    NewCredential, NewSecret, NewTenant, OwnerOptions, OwnerStore, PoolOptions, ServingStore, migrate,
};

pub use crate::tenant::TestTenant;

pub const OWNER: &str = "userbatch_owner";
pub const SERVING: &str = "userbatch_serving";
/// Of both roles.
pub const PASSWORD: &str = "test-password";
const TEMPLATE: &str = "userbatch_template";
pub const SECRET_KEY: &str = "secret-key-for-tests-of-32-characters-or-more";

/// The run's one cluster. Statics are not dropped: the supervisor stops the cluster when the process ends.
static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A server `name` of this process, of the version that the run is for, that leaves nothing behind.
pub fn cluster_options(name: &str) -> Options {
    let directory = std::env::temp_dir().join(format!("userbatch-{name}-{}", std::process::id()));
    Options {
        durable: false,
        remove_on_exit: true,
        bin_dir: std::env::var_os("USERBATCH_PG_BIN").map(Into::into),
        ..Options::new(directory)
    }
}

async fn cluster() -> &'static Cluster {
    CLUSTER
        .get_or_init(|| async {
            let options = Options { max_connections: 300, ..cluster_options("test") };
            let cluster =
                Cluster::start(options).await.expect("the tests need PostgreSQL; `make test` installs it");
            cluster.ensure_owner(OWNER, PASSWORD).await.unwrap();
            cluster.ensure_database(TEMPLATE, OWNER, None).await.unwrap();
            migrate(&cluster.url_as(OWNER, PASSWORD, TEMPLATE), Some(PASSWORD)).await.unwrap();
            cluster
        })
        .await
}

/// The directory of the server's own programs, `pg_dump` among them.
pub async fn postgres_programs() -> PathBuf {
    let mut superuser = PgConnection::connect(&cluster().await.url("postgres")).await.unwrap();
    let directory = "SELECT setting FROM pg_config WHERE name = 'BINDIR'";
    let directory: String = sqlx::query_scalar(directory).fetch_one(&mut superuser).await.unwrap();
    directory.into()
}

/// A database of the test's own, migrated and empty.
#[derive(Debug, Clone)]
pub struct Database {
    /// As the owner of the schema.
    pub owner_url: String,
    /// As the serving role.
    pub serving_url: String,
}

impl Database {
    pub async fn new() -> Self {
        Self::made_of(Some(TEMPLATE)).await
    }

    async fn made_of(template: Option<&str>) -> Self {
        let cluster = cluster().await;
        let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        cluster.ensure_database(&name, OWNER, template).await.unwrap();
        Self {
            owner_url: cluster.url_as(OWNER, PASSWORD, &name),
            serving_url: cluster.url_as(SERVING, PASSWORD, &name),
        }
    }

    /// A database with nothing in it, not even a schema.
    pub async fn empty() -> Self {
        Self::made_of(None).await
    }

    pub fn owner(&self) -> OwnerStore {
        // Patient: what a test prepares must not fail because the machine is busy.
        let acquire_timeout = Duration::from_secs(20);
        let pool = PoolOptions { max_connections: 4, acquire_timeout };
        OwnerStore::new(
            &self.owner_url,
            &OwnerOptions { pool, lock_wait: Duration::from_secs(3), ..OwnerOptions::default() },
        )
        .unwrap()
    }

    /// A connection of the test's own, as the owner of the schema.
    pub async fn owner_connection(&self) -> PgConnection {
        PgConnection::connect(&self.owner_url).await.unwrap()
    }

    /// A connection of the test's own, as the serving role.
    pub async fn serving_connection(&self) -> PgConnection {
        PgConnection::connect(&self.serving_url).await.unwrap()
    }

    pub fn serving(&self) -> ServingStore {
        let options = PoolOptions { max_connections: 4, ..PoolOptions::default() };
        ServingStore::new(&self.serving_url, &options).unwrap()
    }
}

thread_local! {
    static IS_SERVED_HERE: Cell<bool> = const { Cell::new(false) };
}

/// Gateways of this test run on its own thread from now on, where it hears what they log and measure.
pub fn serve_here() {
    IS_SERVED_HERE.set(true);
}

/// Serves `router` on a port of its own until `stopped`, on several threads, as a gateway does. Returns its base URL.
pub async fn serve(router: Router, options: ListenOptions, stopped: CancellationToken) -> String {
    static WORKERS: LazyLock<Workers> = LazyLock::new(|| Workers::start().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let workers = if IS_SERVED_HERE.get() { Workers::current() } else { WORKERS.clone() };
    tokio::spawn(server::listen(listener, router, options, workers, stopped));
    base_url
}

/// A port on which nothing listens.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A running gateway.
#[derive(Debug, Clone)]
pub struct TestApp {
    /// `http://127.0.0.1:port`.
    pub base_url: String,
    pub http: reqwest::Client,
    pub database: Database,
    /// The store as administration has it.
    pub admin: OwnerStore,
    /// The store as the gateway has it; it counts the gateway's statements.
    pub serving: ServingStore,
    pub clock: Clock,
    pub keys: Arc<KeyRing>,
    /// What the gateway has counted; nothing is flushed but by the test.
    pub uses: CredentialUses,
}

impl TestApp {
    /// A gateway on a database of its own, on the machine's clock.
    pub async fn start() -> Self {
        Self::start_with(Clock::system(), Limits::default()).await
    }

    /// A gateway whose clock stands at `now`.
    pub async fn start_at(now: OffsetDateTime) -> Self {
        Self::start_with(Clock::fixed(now), Limits::default()).await
    }

    pub async fn start_with(clock: Clock, limits: Limits) -> Self {
        Self::start_on(Database::new().await, clock, limits).await
    }

    /// One more gateway on a database that another may serve too.
    pub async fn start_on(database: Database, clock: Clock, limits: Limits) -> Self {
        let keys = Arc::new(KeyRing::new(SECRET_KEY).unwrap());
        Self::start_under(database, clock, limits, keys).await
    }

    /// One more gateway on a database, under a key ring of its own.
    pub async fn start_under(database: Database, clock: Clock, limits: Limits, keys: Arc<KeyRing>) -> Self {
        Self::start_cached(database, clock, limits, keys, DEFAULT_CACHE_BYTES).await
    }

    /// One more gateway on the same database, with the same clock and the same keys.
    pub async fn twin(&self) -> Self {
        let (database, clock) = (self.database.clone(), self.clock.clone());
        Self::start_under(database, clock, Limits::default(), Arc::clone(&self.keys)).await
    }

    /// One more gateway, with a cache of at most `cache_bytes`.
    pub async fn start_cached(
        database: Database,
        clock: Clock,
        limits: Limits,
        keys: Arc<KeyRing>,
        cache_bytes: u64,
    ) -> Self {
        let serving = database.serving();
        let cache = Cache::new(serving.clone(), clock.clone(), cache_bytes);
        let ingress = Ingress { believes_loopback_host: true, ..Ingress::default() };
        let app = App::new(cache, Arc::clone(&keys), clock.clone(), limits, ingress);
        let owner = database.owner().with_erasure_keys(Arc::clone(&keys) as _);
        app.provision_with(Provisioning::new(owner, clock.clone()));
        let uses = app.uses.clone();
        let base_url = serve(api::router(app), ListenOptions::default(), CancellationToken::new()).await;
        let admin = database.owner().with_erasure_keys(Arc::clone(&keys) as _);
        Self { base_url, http: reqwest::Client::new(), database, admin, serving, clock, keys, uses }
    }

    /// One more gateway on the same database that is reached by `ingress`; not served yet.
    pub fn gateway(&self, ingress: Ingress) -> App {
        let cache = Cache::new(self.serving.clone(), self.clock.clone(), DEFAULT_CACHE_BYTES);
        App::new(cache, Arc::clone(&self.keys), self.clock.clone(), Limits::default(), ingress)
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    fn secrets(&self) -> SecretMaker {
        SecretMaker::new(Arc::clone(&self.keys))
    }

    /// A tenant of partner `default` whose public ids all derive from its slug.
    pub async fn tenant(&self, slug: &str) -> TestTenant {
        self.tenant_of("default", slug).await
    }

    pub async fn tenant_of(&self, partner: &str, slug: &str) -> TestTenant {
        let new = NewTenant {
            slug: Slug::new(slug),
            name: slug.to_owned(),
            partner: partner.to_owned(),
            customer_id: CustomerPublicId::new(format!("{slug}-customer")),
            customer_name: slug.to_owned(),
            tenant_id: TenantPublicId::new(format!("{slug}-tenant")),
            user_pool_id: UserPoolId::new(format!("{slug}-pool")),
        };
        let mut transaction = self.admin.administrate().await.unwrap();
        let id = transaction.create_tenant(&new).await.unwrap();
        transaction.commit().await.unwrap();
        TestTenant { app: self.clone(), id, new }
    }

    /// A token for all that an AvePoint app registration has.
    pub async fn avepoint_token(&self, id: &str, secret: &str) -> String {
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        let response = self.http.post(self.url("/connect/token")).form(&form).send().await.unwrap();
        assert_eq!(response.status(), reqwest::StatusCode::OK);
        let answer: Value = response.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// An AvePoint app registration of `partner`: its client id and secret.
    pub async fn avepoint_client(&self, partner: &str, scopes: &[&str]) -> (String, String) {
        let credential = NewCredential {
            partner: Some(partner.to_owned()),
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
            ..new_credential(Face::AvePoint)
        };
        self.issue(Face::AvePoint, credential).await
    }

    pub async fn issue(&self, api: impl Into<ApiName>, credential: NewCredential) -> (String, String) {
        let (secret, kept) = self.secrets().new_secret(api, &credential.public_id).unwrap();
        self.create_credential(&credential, Some(&kept)).await;
        (credential.public_id.into(), secret.expose().to_owned())
    }

    pub async fn create_credential(&self, credential: &NewCredential, secret: Option<&NewSecret>) {
        let mut transaction = self.admin.administrate().await.unwrap();
        let id = transaction.create_credential(credential).await.unwrap();
        if let Some(secret) = secret {
            transaction.add_secret(id, secret).await.unwrap();
        }
        transaction.commit().await.unwrap();
    }
}

/// The first answer to `request` that is 429, of calls in a row: one alone may come a slow second after another.
pub async fn until_limited(request: &reqwest::RequestBuilder) -> reqwest::Response {
    let mut limited = None;
    for _ in 0..50 {
        let answer = request.try_clone().unwrap().send().await.unwrap();
        if answer.status() == reqwest::StatusCode::TOO_MANY_REQUESTS {
            limited = Some(answer);
            break;
        }
    }
    limited.expect("fifty calls in a row go beyond the limit")
}

pub fn new_credential(api: impl Into<ApiName>) -> NewCredential {
    NewCredential {
        face: api.into().as_str(),
        public_id: CredentialPublicId::new(Clock::system().new_id().simple().to_string()),
        tenant_id: None,
        partner: None,
        name: "test".to_owned(),
        scopes: Vec::new(),
        rate_limit: None,
        certificate: None,
        expires_at: None,
    }
}
