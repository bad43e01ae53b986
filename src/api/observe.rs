//! Around every request: its id, its one log line, its metrics, its time limit, and a net under panics.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;
use uuid::Uuid;

use super::fault::{Cause, Fault};
use super::genauth::language::{self, Language};
use super::{App, request_id, shaped};

/// The middleware.
pub(super) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = Uuid::now_v7();
    let language = Language::of(request.headers());
    let answer = language::scope(language, async move {
        let started = Instant::now();
        let line = Line::of(&request);
        let mut response = guarded(request, next, app.limits.request_time).await;
        line.record(&response, started.elapsed());
        let value = HeaderValue::try_from(id.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""));
        response.headers_mut().insert("request-id", value.clone());
        response.headers_mut().insert("x-request-id", value);
        response
    });
    request_id::scope(id, answer).await
}

/// The answer, or a fault in its place if it does not come in time or its handler panics.
async fn guarded(request: Request, next: Next, limit: Duration) -> Response {
    let uri: Uri = request.uri().clone();
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Cause("the handler panicked".to_owned()).attach(shaped(&uri, Fault::Internal)),
        Err(_) => Cause("the time limit ran out".to_owned()).attach(shaped(&uri, Fault::TimedOut)),
    }
}

/// What is told of a request. The query and the headers are not: ids, e-mail addresses and secrets are there.
struct Line {
    method: Method,
    route: String,
}

impl Line {
    fn of(request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
        Self { method: request.method().clone(), route: route.to_owned() }
    }

    fn record(self, response: &Response, took: Duration) {
        let status = response.status();
        let (method, route) = (self.method.as_str(), self.route.as_str());
        let ms = took.as_secs_f64() * 1_000.0;
        let id = request_id::current();
        if status.is_server_error() {
            let cause = response.extensions().get::<Cause>();
            let cause = cause.map(|cause| cause.0.as_str());
            tracing::error!(%id, method, route, status = status.as_u16(), ms, cause, "request failed");
        } else {
            // Without the cause: what is wrong with a request may quote it.
            tracing::info!(%id, method, route, status = status.as_u16(), ms, "request");
        }
        self.measure(status, took);
    }

    fn measure(self, status: StatusCode, took: Duration) {
        // A method is the client's own text; only the registered ones may become a label.
        let method = match self.method {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::OPTIONS => "OPTIONS",
            Method::HEAD => "HEAD",
            _ => "other",
        };
        let status = status.as_str().to_owned();
        metrics::histogram!("userbatch_request_seconds", "method" => method, "route" => self.route, "status" => status)
            .record(took);
    }
}
