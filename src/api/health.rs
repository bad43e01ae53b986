//! Whether the gateway lives, and whether it can serve.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::get;

use super::App;
use super::fault::RETRY_AFTER_OUTAGE;

/// `/livez` answers while the process runs; `/readyz` only while its database does too.
pub fn routes() -> Router<App> {
    Router::new().route("/livez", get(|| async { "ok\n" })).route("/readyz", get(ready))
}

async fn ready(State(app): State<App>) -> (StatusCode, HeaderMap, &'static str) {
    match app.store.ready().await {
        Ok(()) => (StatusCode::OK, HeaderMap::new(), "ok\n"),
        Err(error) => {
            tracing::warn!(cause = error.diagnosis(), "not ready: {error}");
            let retry = HeaderValue::from(RETRY_AFTER_OUTAGE.as_secs());
            let headers = HeaderMap::from_iter([(axum::http::header::RETRY_AFTER, retry)]);
            (StatusCode::SERVICE_UNAVAILABLE, headers, "the database is not available\n")
        }
    }
}
