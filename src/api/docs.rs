//! Serves the faces' OpenAPI documents and Swagger UI, without external resources.

use axum::Router;
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use super::{App, documents};

/// `/docs/` and `/openapi/*.json`, for a gateway at `public_url`, if that is known.
pub fn routes(public_url: Option<&str>) -> Router<App> {
    let page =
        documents(public_url).into_iter().fold(SwaggerUi::new("/docs").config(config()), |page, document| {
            page.url(Url::new(document.title, document.path), document.openapi)
        });
    Router::from(page)
}

fn config() -> Config<'static> {
    Config::default().try_it_out_enabled(true).display_request_duration(true)
}
