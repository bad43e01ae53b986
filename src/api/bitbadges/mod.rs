//! The BitBadges face.

mod accounts;
mod auth;
mod catalogue;
mod cors;
mod dto;
pub mod error;
mod plan;
mod routes;

use axum::routing::options;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::FaceRoutes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "BitBadges: users",
        description = "Accounts with their views, as the BitBadges API answers them in all its versions."
    ),
    servers((url = "/")),
    modifiers(&ApiKeyHeader),
    tags((name = "accounts", description = "Accounts in batches."))
)]
struct Description;

struct ApiKeyHeader;

impl Modify for ApiKeyHeader {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new(auth::API_KEY)));
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("apiKey", scheme);
    }
}

/// The face's routes.
pub(super) fn routes() -> FaceRoutes {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(routes::fetch_user_batch))
        .routes(routes!(routes::fetch_users))
        .route("/api/v0/user/batch", options(cors::preflight))
        .route("/api/v0/users", options(cors::preflight))
}

/// Whether a path without a route belongs to this face.
pub(super) fn owns(path: &str) -> bool {
    path.starts_with("/api/v0/")
}
