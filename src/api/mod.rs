//! The HTTP layer: the three faces, SCIM, and what they share.
//!
//! A request passes `observe` (id, log, metrics, timeout, panics), then its face's caller extractor, which
//! authenticates it and yields a tenant-bound directory; then it is parsed, resolved by the core and rendered. Errors
//! raised outside a handler (no such route, body too large, panic) are rendered by the face that owns the path prefix.

pub mod admin;
mod answer;
pub mod avepoint;
pub mod bitbadges;
mod body;
mod capacity;
mod completion;
pub mod context;
mod cors;
pub mod docs;
mod enumerated;
pub mod extract;
pub mod fault;
pub mod front_page;
pub mod genauth;
mod gzip;
pub mod health;
pub mod ignored;
mod json;
pub mod language;
pub mod lookup;
mod misplaced;
mod observe;
pub mod paths;
mod public_url;
pub mod rate;
pub mod render;
mod responses;
mod rules;
pub mod scim;
pub mod source;
pub mod trace_context;

use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::http::Uri;
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use self::capacity::Capacity;
use self::docs::{DemoLogins, DocsPage};
use self::front_page::{FrontPage, Link};
use self::health::Readiness;
use self::json::Json;
use self::observe::RequestTimes;
use self::source::TrustedProxies;
use crate::admin::Provisioning;
use crate::auth::{CredentialUses, Credentials, FailedAttempts, KeyRing};
use crate::cache::Cache;
use crate::core::clock::Clock;
use crate::core::face::{Api, Face};
use crate::pager::bookmark::Bookmarks;
use crate::store::{ServingStore, TenantSettings};
use fault::Fault;
use paths::{KnownPath, known_paths};
use rate::RateLimits;

/// The paths of all faces.
static KNOWN_PATHS: LazyLock<Vec<KnownPath>> =
    LazyLock::new(|| known_paths(documents(None).iter().map(|document| &document.openapi)));

/// State shared by all handlers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App(Arc<Shared>);

/// The contents of [`App`].
#[derive(Debug)]
pub struct Shared {
    /// The database, as the serving role.
    pub store: ServingStore,
    /// Cached callers and users.
    pub cache: Cache,
    /// Authenticates callers.
    pub credentials: Credentials,
    /// Writes and reads bookmarks.
    pub bookmarks: Bookmarks,
    /// The clock.
    pub clock: Clock,
    /// Limits of a single request.
    pub limits: Limits,
    /// Rate limits.
    pub rates: RateLimits,
    /// Request counts of the credentials.
    pub uses: CredentialUses,
    /// How long requests took.
    pub times: RequestTimes,
    /// Failed attempts to authenticate.
    pub attempts: Arc<FailedAttempts>,
    /// Memory for requests and responses.
    pub capacity: Capacity,
    /// How requests reach the gateway.
    pub ingress: Ingress,
    /// Whether the gateway was last found ready. Locked while that is checked, so that one check serves all who ask.
    readiness: Mutex<Option<Readiness>>,
    stopping: OnceLock<CancellationToken>,
    provisioning: OnceLock<Provisioning>,
    demo: OnceLock<DemoLogins>,
}

/// How requests reach the gateway.
#[derive(Debug, Clone, Default)]
pub struct Ingress {
    /// Public URL of the gateway, such as `https://users.example.com`; defaults to each request's `Host`.
    pub public_url: Option<String>,
    /// Whether, without a public URL, client assertions may name a loopback address as their audience, in requests that
    /// show no proxy. Only for gateways that nobody but this machine reaches, such as the demo.
    pub believes_loopback_host: bool,
    /// The proxies in front of it.
    pub proxies: TrustedProxies,
}

/// Limits of a single request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Maximum request body, in bytes.
    pub body_bytes: usize,
    /// Maximum response, in bytes.
    pub response_bytes: usize,
    /// Request timeout.
    pub request_time: Duration,
    /// BitBadges: maximum accounts per batch.
    pub bitbadges_accounts: usize,
    /// BitBadges: maximum accounts per batch if every entry sets `noExternalCalls`.
    pub bitbadges_local_accounts: usize,
    /// AvePoint: maximum `pageSize`.
    pub avepoint_page_size: u32,
    /// AvePoint: maximum ids per batch.
    pub avepoint_ids: usize,
    /// GenAuth: maximum ids per batch.
    pub genauth_ids: usize,
    /// Default rate limit of a credential, in requests per second.
    pub requests_per_second: u32,
}

impl Limits {
    /// These limits, capped by the tenant's `batch_limit` (maximum users per request or page).
    #[must_use]
    pub fn of_tenant(&self, tenant: &TenantSettings) -> Self {
        let most = tenant.batch_limit.filter(|&limit| limit > 0).unwrap_or(u32::MAX);
        let most_ids = usize::try_from(most).unwrap_or(usize::MAX);
        // Taken apart, so that a limit of a new face is not forgotten here.
        let Self {
            body_bytes,
            response_bytes,
            request_time,
            bitbadges_accounts,
            bitbadges_local_accounts,
            avepoint_page_size,
            avepoint_ids,
            genauth_ids,
            requests_per_second,
        } = *self;
        Self {
            bitbadges_accounts: bitbadges_accounts.min(most_ids),
            bitbadges_local_accounts: bitbadges_local_accounts.min(most_ids),
            avepoint_page_size: avepoint_page_size.min(most),
            avepoint_ids: avepoint_ids.min(most_ids),
            genauth_ids: genauth_ids.min(most_ids),
            body_bytes,
            response_bytes,
            request_time,
            requests_per_second,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Ten thousand ids, or entries, with a name of 512 bytes each.
            body_bytes: 6 << 20,
            response_bytes: 24 << 20,
            request_time: Duration::from_secs(10),
            bitbadges_accounts: 250,
            bitbadges_local_accounts: 10_000,
            avepoint_page_size: 1_000,
            avepoint_ids: 10_000,
            genauth_ids: 50,
            requests_per_second: 1_000,
        }
    }
}

impl App {
    /// An app on the database that `cache` reads.
    #[must_use]
    pub fn new(cache: Cache, keys: Arc<KeyRing>, clock: Clock, limits: Limits, ingress: Ingress) -> Self {
        let store = cache.store().clone();
        let bookmarks = keys.bookmarks();
        let uses = CredentialUses::new(store.clone(), clock.clone());
        let credentials = Credentials::new(store.clone(), keys, clock.clone()).with_cache(cache.clone());
        let rates = RateLimits::new(limits.requests_per_second);
        Self(Arc::new(Shared {
            store,
            cache,
            credentials,
            bookmarks,
            clock,
            limits,
            rates,
            uses,
            times: RequestTimes::default(),
            attempts: Arc::default(),
            capacity: Capacity::default(),
            ingress,
            readiness: Mutex::default(),
            stopping: OnceLock::new(),
            provisioning: OnceLock::new(),
            demo: OnceLock::new(),
        }))
    }

    /// From `announced` on, `/readyz` responds 503 and clients are asked to close their connections.
    pub fn stop_with(&self, announced: &CancellationToken) {
        let _ = self.0.stopping.set(announced.clone());
    }

    /// Identity providers can read and write users by SCIM, through `provisioning`.
    pub fn provision_with(&self, provisioning: Provisioning) {
        let _ = self.0.provisioning.set(provisioning);
    }

    /// Reads and writes users for identity providers; `None` if the gateway cannot.
    #[must_use]
    pub fn provisioning(&self) -> Option<&Provisioning> {
        self.0.provisioning.get()
    }

    /// The documentation pages fill in `logins`.
    pub fn fill_in(&self, logins: DemoLogins) {
        let _ = self.0.demo.set(logins);
    }

    /// The credentials that the documentation pages fill in; `None` unless this is the demo.
    #[must_use]
    pub fn demo(&self) -> Option<&DemoLogins> {
        self.0.demo.get()
    }

    /// Whether the gateway has said that it will stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.0.stopping.get().is_some_and(CancellationToken::is_cancelled)
    }
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// A face's routes and its OpenAPI document.
type FaceRoutes = OpenApiRouter<App>;

fn routes(face: Face) -> FaceRoutes {
    match face {
        Face::BitBadges => bitbadges::routes(),
        Face::AvePoint => avepoint::routes(),
        Face::GenAuth => genauth::routes(),
    }
}

/// The examples of a face's document.
const fn examples(face: Face) -> &'static str {
    match face {
        Face::BitBadges => include_str!("bitbadges/examples.json"),
        Face::AvePoint => include_str!("avepoint/examples.json"),
        Face::GenAuth => include_str!("genauth/examples.json"),
    }
}

/// The OpenAPI document of one API.
#[expect(missing_debug_implementations, reason = "utoipa's OpenApi has none")]
pub struct Document {
    /// Name of the API.
    pub title: &'static str,
    /// Path at which it is served and stored in the repository.
    pub path: &'static str,
    /// The document.
    pub openapi: OpenApi,
}

/// The OpenAPI documents of the faces and of SCIM, of a gateway at `public_url`, if that is known.
#[must_use]
pub fn documents(public_url: Option<&str>) -> Vec<Document> {
    let faces = Face::ALL.map(|face| {
        let mut openapi = routes(face).into_openapi();
        completion::complete(&mut openapi, examples(face));
        if let (Face::AvePoint, Some(url)) = (face, public_url) {
            avepoint::describe_tokens(&mut openapi, url);
        }
        Document { title: face.title(), path: document_path(face), openapi }
    });
    faces.into_iter().chain([scim::document()]).collect()
}

const fn document_path(face: Face) -> &'static str {
    match face {
        Face::BitBadges => "/openapi/bitbadges.json",
        Face::AvePoint => "/openapi/avepoint.json",
        Face::GenAuth => "/openapi/genauth.json",
    }
}

fn front_page() -> FrontPage {
    let documents =
        Face::ALL.map(|face| Link::new(document_path(face), format!("OpenAPI: {}", face.title())));
    let mut links = vec![Link::new("/docs/", "Documentation, with every call to try")];
    links.extend(documents);
    links.push(Link::new(scim::DOCUMENT_PATH, "OpenAPI: SCIM 2.0"));
    links.extend([Link::new("/livez", "Whether it runs"), Link::new("/readyz", "Whether it can serve")]);
    FrontPage::new(
        "Fetches many users in one call, as BitBadges, AvePoint Elements and GenAuth do, from one directory per tenant.",
        links,
    )
}

/// The documents, and the page that shows them.
fn documentation(app: &App) -> Router<App> {
    let logins = app.demo().map(|logins| logins.callers.clone());
    let mut page = DocsPage::new(logins);
    let mut router = Router::new();
    for (api, document) in Api::ALL.into_iter().zip(documents(app.ingress.public_url.as_deref())) {
        page = page.with_api(api.as_str(), document.title, document.path);
        let openapi = Json(document.openapi);
        router = router.route(document.path, get(move || std::future::ready(openapi.clone())));
    }
    router.merge(page.routes())
}

/// All routes of the public listener.
pub fn router(app: App) -> Router {
    let faces = Face::ALL.map(|face| Router::from(routes(face)));
    let faces = faces.into_iter().fold(Router::new(), Router::merge);
    faces
        .merge(scim::routes())
        .merge(front_page().route())
        .merge(health::routes())
        .merge(documentation(&app))
        .fallback(|uri: Uri| async move {
            let (path, api) = (uri.path(), api_of(uri.path()));
            // Nobody is sent from one API to another.
            let known = KNOWN_PATHS.iter().filter(|known| api.is_none() || api_of(known.template()) == api);
            shaped(api, Fault::not_found(known, path))
        })
        .method_not_allowed_fallback(|uri: Uri| async move {
            let path = uri.path();
            shaped(api_of(path), Fault::method_not_allowed(&KNOWN_PATHS, path))
        })
        // One layer of two: a route is cloned for each request, and with it every layer around it.
        .layer((middleware::from_fn_with_state(app.clone(), observe::observe), compression()))
        .with_state(app)
}

/// gzip if the client accepts it, as all vendors' SDKs do; shrinks a page of users to about a tenth.
fn compression() -> CompressionLayer<SizeAbove> {
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(gzip::COMPRESSED_FROM as u64))
}

/// The API that owns the prefix of `path`.
fn api_of(path: &str) -> Option<Api> {
    Api::ALL.into_iter().find(|api| match api {
        Api::Face(Face::BitBadges) => bitbadges::owns(path),
        Api::Face(Face::AvePoint) => avepoint::owns(path),
        Api::Face(Face::GenAuth) => genauth::owns(path),
        Api::Scim => scim::owns(path),
    })
}

/// `fault` as rendered by `api`, or as an RFC 9457 problem if the path belongs to none.
fn shaped(api: Option<Api>, fault: Fault) -> Response {
    match api {
        Some(Api::Face(Face::BitBadges)) => bitbadges::error::Error::from(fault).into_response(),
        Some(Api::Face(Face::AvePoint)) => avepoint::error::Error::from(fault).into_response(),
        Some(Api::Face(Face::GenAuth)) => genauth::error::Error::from(fault).into_response(),
        Some(Api::Scim) => scim::Error::from(fault).into_response(),
        None => fault.into_response(),
    }
}
