//! Liveness and readiness.

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::get;

use super::App;
use super::fault::RETRY_AFTER_OUTAGE;

/// So long the gateway counts as ready after it was found ready: whoever asks more often does not cost a query each.
const READY_FOR: Duration = Duration::from_millis(500);

/// `/livez` responds 200 while the process runs; `/readyz` only if the database is also reachable and its schema is
/// usable by this release.
pub fn routes() -> Router<App> {
    Router::new().route("/livez", get(|| async { "ok\n" })).route("/readyz", get(ready))
}

async fn ready(State(app): State<App>) -> (StatusCode, HeaderMap, String) {
    if app.is_stopping() {
        return unready("the gateway is stopping");
    }
    let mut known = app.ready_at.lock().await;
    if known.is_some_and(|at| at.elapsed() < READY_FOR) {
        return ready_now();
    }
    let response = check(&app).await;
    *known = (response.0 == StatusCode::OK).then(Instant::now);
    response
}

async fn check(app: &App) -> (StatusCode, HeaderMap, String) {
    match app.store.schema().await {
        Ok(schema) if schema.is_usable() => ready_now(),
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

fn ready_now() -> (StatusCode, HeaderMap, String) {
    (StatusCode::OK, HeaderMap::new(), "ok\n".to_owned())
}

fn unready(reason: &str) -> (StatusCode, HeaderMap, String) {
    let retry = HeaderValue::from(RETRY_AFTER_OUTAGE.as_secs());
    (StatusCode::SERVICE_UNAVAILABLE, HeaderMap::from_iter([(RETRY_AFTER, retry)]), format!("{reason}\n"))
}
