//! The GenAuth face.

mod auth;
mod dto;
pub mod error;
pub(super) mod language;
mod query;
mod routes;
mod signature;

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::FaceRoutes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "GenAuth: users",
        description = "Users in batches, as the management API of GenAuth (Authing V3) answers them. \
                       Whether a call went well is told by `statusCode` in the body."
    ),
    servers((url = "/")),
    modifiers(&SecuritySchemes),
    tags(
        (name = "users", description = "Users in batches."),
        (name = "token", description = "Tokens for clients that do not sign."),
    )
)]
struct Description;

struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT");
        let signature = ApiKeyValue::with_description(
            "authorization",
            "`authing <access key id>:<signature>` with `x-authing-signature-*` headers, or `GenAuth …` with \
             `x-genauth-signature-*`; the SDKs make it.",
        );
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token.build()));
        components.add_security_scheme(
            "signature",
            SecurityScheme::ApiKey(ApiKey::Header(signature)),
        );
    }
}

/// The face's routes.
pub(super) fn routes() -> FaceRoutes {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(routes::get_user_batch))
        .routes(routes!(routes::get_management_token))
}

/// Whether a path without a route belongs to this face.
pub(super) fn owns(path: &str) -> bool {
    path.starts_with("/api/v3/")
}
