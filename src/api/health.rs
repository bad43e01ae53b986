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

/// What responds, in the text of `/readyz`: while gateways are replaced, two versions do.
const PROGRAM: &str = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));

/// `/livez` responds 200 while the process runs; `/readyz` only if the database is also reachable and its schema is
/// usable by this release.
pub fn routes() -> Router<App> {
    Router::new().route("/livez", get(|| async { "ok\n" })).route("/readyz", get(ready))
}

type Answer = (StatusCode, HeaderMap, String);

/// What the gateway last found.
#[derive(Debug)]
pub(super) struct Readiness {
    at: Instant,
    answer: Answer,
}

impl Readiness {
    /// Whether it also answers who asked at `asked`: was ready a moment ago, or was not when they were already waiting.
    fn holds_for(&self, asked: Instant) -> bool {
        self.at >= asked || (self.answer.0 == StatusCode::OK && self.at.elapsed() < READY_FOR)
    }
}

async fn ready(State(app): State<App>) -> Answer {
    if app.is_stopping() {
        return unready("the gateway is stopping");
    }
    let asked = Instant::now();
    let mut known = app.readiness.lock().await;
    if let Some(known) = known.as_ref().filter(|known| known.holds_for(asked)) {
        return known.answer.clone();
    }
    let answer = check(&app).await;
    *known = Some(Readiness { at: Instant::now(), answer: answer.clone() });
    answer
}

async fn check(app: &App) -> Answer {
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

fn ready_now() -> Answer {
    (StatusCode::OK, HeaderMap::new(), format!("ok ({PROGRAM})\n"))
}

fn unready(reason: &str) -> Answer {
    let retry = HeaderValue::from(RETRY_AFTER_OUTAGE.as_secs());
    (
        StatusCode::SERVICE_UNAVAILABLE,
        HeaderMap::from_iter([(RETRY_AFTER, retry)]),
        format!("{reason} ({PROGRAM})\n"),
    )
}
