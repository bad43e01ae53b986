//! The operators' API: what the commands do, over HTTP, on the operators' listener alone. Both call
//! [`crate::admin`].
//!
//! Every call needs `Authorization: Bearer` with the token of the settings. A caller may name themself by
//! `X-Operator`: the record of acts keeps the name as a claim, for the token alone is checked. Errors are RFC 9457
//! problems. An import is one request whose body is read as it arrives; an export is one answer that is written as
//! it is read.

mod auth;
mod description;
mod dto;
mod error;
mod extract;
mod routes;
mod transfer;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::fault::Fault;
use super::json::Json;
use super::{Document, observe};
use crate::admin::CredentialAdministration;
use crate::auth::digest;

/// Largest body of a call other than an import, in bytes.
const MAX_BODY_BYTES: usize = 256 << 10;

/// What every handler shares.
#[derive(Clone)]
pub struct Operators(Arc<Shared>);

/// What imports and exports may take of the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferLimits {
    /// How many may be under way at a time: each has a connection to the database of its own.
    pub at_once: usize,
    /// Longest time in which nothing of a request's body arrives.
    pub body_pause: Duration,
}

impl Default for TransferLimits {
    fn default() -> Self {
        Self { at_once: 4, body_pause: Duration::from_mins(1) }
    }
}

struct Shared {
    administration: CredentialAdministration,
    /// Room for imports and exports.
    transfers: Arc<Semaphore>,
    body_pause: Duration,
    /// SHA-256 of the token: comparing digests tells nothing of how much of a token was right.
    token: [u8; 32],
}

impl std::fmt::Debug for Operators {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operators").finish_non_exhaustive()
    }
}

impl Operators {
    /// The API on `administration`, for whoever holds `token`.
    #[must_use]
    pub fn new(administration: CredentialAdministration, token: &SecretString) -> Self {
        Self::with_limits(administration, token, &TransferLimits::default())
    }

    /// The same, with limits other than the usual ones.
    #[must_use]
    pub fn with_limits(
        administration: CredentialAdministration,
        token: &SecretString,
        limits: &TransferLimits,
    ) -> Self {
        let token = digest(token.expose_secret());
        let transfers = Arc::new(Semaphore::new(limits.at_once));
        Self(Arc::new(Shared { administration, transfers, body_pause: limits.body_pause, token }))
    }

    fn holds(&self, token: &str) -> bool {
        digest(token) == self.0.token
    }

    /// A handle that a task of its own can keep: a client that goes away must not cancel a transaction midway.
    fn administration(&self) -> CredentialAdministration {
        self.0.administration.clone()
    }

    /// A place for one import or export, unless all are taken. It must be kept until the connection to the database
    /// is closed.
    fn transfer(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.transfers).try_acquire_owned().ok()
    }
}

fn described() -> OpenApiRouter<Operators> {
    OpenApiRouter::with_openapi(description::openapi())
        .routes(routes!(routes::create_tenant, routes::list_tenants))
        .routes(routes!(routes::get_tenant, routes::change_tenant, routes::delete_tenant))
        .routes(routes!(routes::issue_credential, routes::list_credentials))
        .routes(routes!(routes::rotate_credential))
        .routes(routes!(routes::revoke_credential))
        .routes(routes!(routes::reseal_credentials))
        .routes(routes!(routes::list_audit))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .routes(routes!(transfer::import_users))
        .routes(routes!(transfer::export_users))
}

/// The API's document.
#[must_use]
pub fn document() -> Document {
    let openapi = description::complete(described().into_openapi());
    Document { title: "Administration", path: "/openapi/admin.json", openapi }
}

/// The API's routes if it was set up, with their document at `/openapi/admin.json`, and an answer to every other
/// call.
pub fn routes(operators: impl Into<Option<Operators>>) -> Router {
    let routes = operators.into().map_or_else(Router::new, documented);
    routes
        .fallback(async || Fault::NotFound)
        .method_not_allowed_fallback(async || Fault::MethodNotAllowed)
        .layer(middleware::from_fn(observe::observe_operators))
}

fn documented(operators: Operators) -> Router {
    let (router, openapi) = described().split_for_parts();
    let document = Json(description::complete(openapi));
    router
        .route("/openapi/admin.json", axum::routing::get(move || std::future::ready(document.clone())))
        .layer(RequestBodyTimeoutLayer::new(operators.0.body_pause))
        .with_state(operators)
}
