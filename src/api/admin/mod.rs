//! The admin API: the commands over HTTP, served on the admin listener only. Both call [`crate::admin`].
//!
//! Every request needs `Authorization: Bearer` with the configured token. Callers may give their name in `X-Operator`;
//! the audit log records it unverified. Errors are RFC 9457 problems. Imports and exports are streamed.

mod auth;
mod changes;
mod description;
mod dto;
mod error;
mod extract;
mod routes;
mod transfer;
mod users;

use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Uri;
use axum::middleware;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::docs::DocsPage;
use super::fault::Fault;
use super::json::Json;
use super::observe::{self, Observed};
use super::paths::{KnownPath, known_paths};
use super::{App, Document};
use crate::admin::{CredentialAdministration, FeedWatch};
use crate::auth::digest;

/// The paths of this API.
static KNOWN_PATHS: LazyLock<Vec<KnownPath>> = LazyLock::new(|| known_paths([&document().openapi]));

/// Path of the OpenAPI document.
const DOCUMENT_PATH: &str = "/openapi/admin.json";

/// Maximum body, in bytes; imports are exempt.
const MAX_BODY_BYTES: usize = 256 << 10;

/// Maximum requests that wait for changes at the same time, as long polls or event streams.
const MAX_WAITING: usize = 64;

/// State shared by all handlers.
#[derive(Clone)]
pub struct AdminApi(Arc<Shared>);

/// Limits of imports and exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferLimits {
    /// Maximum running at the same time; each uses its own database connection.
    pub at_once: usize,
    /// How long a body may stall before the request is aborted.
    pub body_pause: Duration,
}

impl Default for TransferLimits {
    fn default() -> Self {
        Self { at_once: 4, body_pause: Duration::from_mins(1) }
    }
}

struct Shared {
    administration: CredentialAdministration,
    /// One permit for each running import or export.
    transfers: Arc<Semaphore>,
    body_pause: Duration,
    watch: FeedWatch,
    /// One permit for each request that waits for changes.
    waiting: Arc<Semaphore>,
    /// Once the gateway is to stop.
    stopping: OnceLock<CancellationToken>,
    /// SHA-256 of the token; comparing digests does not leak how much of a token matched.
    token: [u8; 32],
}

impl std::fmt::Debug for AdminApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminApi").finish_non_exhaustive()
    }
}

impl AdminApi {
    /// The API on `administration`; callers authenticate with `token`.
    #[must_use]
    pub fn new(administration: CredentialAdministration, token: &SecretString) -> Self {
        Self::with_limits(administration, token, &TransferLimits::default())
    }

    /// Like [`Self::new`], with the given limits.
    #[must_use]
    pub fn with_limits(
        administration: CredentialAdministration,
        token: &SecretString,
        limits: &TransferLimits,
    ) -> Self {
        let token = digest(token.expose_secret());
        Self(Arc::new(Shared {
            watch: administration.feed_watch(),
            administration,
            transfers: Arc::new(Semaphore::new(limits.at_once)),
            body_pause: limits.body_pause,
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
            stopping: OnceLock::new(),
            token,
        }))
    }

    /// From `begun` on, no request waits for changes any more.
    pub fn stop_with(&self, begun: &CancellationToken) {
        let _ = self.0.stopping.set(begun.clone());
    }

    fn stopping(&self) -> CancellationToken {
        self.0.stopping.get().cloned().unwrap_or_default()
    }

    fn holds(&self, token: &str) -> bool {
        digest(token) == self.0.token
    }

    /// A handle for a spawned task, so that a disconnected client does not cancel a transaction.
    fn administration(&self) -> CredentialAdministration {
        self.0.administration.clone()
    }

    /// A permit for one import or export, if any is left. It must be held until the database connection is closed.
    fn transfer(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.transfers).try_acquire_owned().ok()
    }

    /// A permit for one request that waits for changes, if any is left.
    fn waiting(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.waiting).try_acquire_owned().ok()
    }
}

fn api_routes() -> OpenApiRouter<AdminApi> {
    OpenApiRouter::with_openapi(description::openapi())
        .routes(routes!(routes::create_tenant, routes::list_tenants))
        .routes(routes!(routes::get_tenant, routes::change_tenant, routes::delete_tenant))
        .routes(routes!(routes::explain_user))
        .routes(routes!(users::find_users))
        .routes(routes!(users::get_user, users::change_user, users::delete_user))
        .routes(routes!(users::allow_user))
        .routes(routes!(routes::issue_credential, routes::list_credentials))
        .routes(routes!(routes::rotate_credential))
        .routes(routes!(routes::revoke_credential))
        .routes(routes!(routes::reseal_credentials))
        .routes(routes!(routes::list_audit))
        .routes(routes!(changes::list_changes))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .routes(routes!(transfer::import_users))
        .routes(routes!(transfer::export_users))
}

/// The page that shows the document, on the same listener.
#[must_use]
pub fn docs_page(app: &App) -> DocsPage {
    let logins = app.demo().map(|logins| logins.operators.clone());
    DocsPage::new(logins).with_api("admin", "Administration", DOCUMENT_PATH)
}

/// The OpenAPI document.
#[must_use]
pub fn document() -> Document {
    let openapi = description::complete(api_routes().into_openapi());
    Document { title: "Administration", path: DOCUMENT_PATH, openapi }
}

/// The routes of the API, if configured, with its document at `/openapi/admin.json` and a fallback.
pub fn routes(api: impl Into<Option<AdminApi>>) -> Router {
    let api = api.into();
    let known: &'static [KnownPath] = if api.is_some() { &KNOWN_PATHS } else { &[] };
    let routes = api.map_or_else(Router::new, routes_with_document);
    routes
        .fallback(async move |uri: Uri| Fault::not_found(known, uri.path()))
        .method_not_allowed_fallback(async move |uri: Uri| Fault::method_not_allowed(known, uri.path()))
        .layer(middleware::from_fn_with_state(Observed::default(), observe::observe_admin))
}

fn routes_with_document(api: AdminApi) -> Router {
    let (router, openapi) = api_routes().split_for_parts();
    let document = Json(description::complete(openapi));
    router
        .route(DOCUMENT_PATH, axum::routing::get(move || std::future::ready(document.clone())))
        .layer(RequestBodyTimeoutLayer::new(api.0.body_pause))
        .with_state(api)
}
