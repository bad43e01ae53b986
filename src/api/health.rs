//! Liveness and readiness.

use axum::Router;
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::get;

use super::App;
use super::fault::RETRY_AFTER_OUTAGE;

/// `/livez` responds 200 while the process runs; `/readyz` only if the database is also reachable and its schema is
/// usable by this release.
pub fn routes() -> Router<App> {
    Router::new().route("/livez", get(|| async { "ok\n" })).route("/readyz", get(ready))
}

async fn ready(State(app): State<App>) -> (StatusCode, HeaderMap, String) {
    match app.store.schema().await {
        Ok(schema) if schema.is_usable() => (StatusCode::OK, HeaderMap::new(), "ok\n".to_owned()),
        Ok(schema) => {
            tracing::warn!("not ready: {schema}");
            unready(&schema.to_string())
        }
        Err(error) => {
            tracing::warn!(cause = error.diagnosis(), "not ready: {error}");
            unready("the database is unavailable")
        }
    }
}

fn unready(reason: &str) -> (StatusCode, HeaderMap, String) {
    let retry = HeaderValue::from(RETRY_AFTER_OUTAGE.as_secs());
    (StatusCode::SERVICE_UNAVAILABLE, HeaderMap::from_iter([(RETRY_AFTER, retry)]), format!("{reason}\n"))
}
