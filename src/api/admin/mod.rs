//! The operators' API: what the commands do, over HTTP, on the operators' listener alone. Both call
//! [`crate::admin`].
//!
//! Every call needs `Authorization: Bearer` with the token of the settings. Errors are RFC 9457 problems. An import
//! is one request whose body is read as it arrives; an export is one answer that is written as it is read.

mod auth;
mod dto;
mod error;
mod routes;
mod transfer;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use secrecy::{ExposeSecret as _, SecretString};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Document;
use crate::admin::CredentialAdministration;
use crate::auth::digest;

/// Largest body of a call other than an import, in bytes.
const MAX_BODY_BYTES: usize = 256 << 10;

/// What every handler shares.
#[derive(Clone)]
pub struct Operators(Arc<Shared>);

struct Shared {
    administration: CredentialAdministration,
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
        Self(Arc::new(Shared { administration, token: digest(token.expose_secret()) }))
    }

    fn holds(&self, token: &str) -> bool {
        digest(token) == self.0.token
    }

    /// A handle that a task of its own can keep: a client that goes away must not cancel a transaction midway.
    fn administration(&self) -> CredentialAdministration {
        self.0.administration.clone()
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "userbatch: administration",
        description = "Tenants, credentials, users in and out. On the operators' listener alone."
    ),
    servers((url = "/")),
    modifiers(&Bearer),
    security(("bearer" = []))
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some("The token that the gateway was started with.".to_owned());
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

fn described() -> OpenApiRouter<Operators> {
    OpenApiRouter::with_openapi(Description::openapi())
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
    Document { face: "Administration", path: "/openapi/admin.json", openapi: described().into_openapi() }
}

/// The API's routes, with their document at `/openapi/admin.json`.
pub fn routes(operators: Operators) -> Router {
    let (router, openapi) = described().split_for_parts();
    let document = axum::Json(openapi);
    router
        .route("/openapi/admin.json", axum::routing::get(move || std::future::ready(document.clone())))
        .with_state(operators)
}
