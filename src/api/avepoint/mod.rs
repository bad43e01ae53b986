//! The face.

pub mod error;

use utoipa_axum::router::OpenApiRouter;

use super::FaceRoutes;

/// The face's routes.
pub(super) fn routes() -> FaceRoutes {
    OpenApiRouter::new()
}

/// Whether a path without a route belongs to this face.
pub(super) fn owns(path: &str) -> bool {
    path.starts_with("/partner/") || path.starts_with("/connect/")
}
