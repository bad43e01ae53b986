//! Around every request: its id, its one log line, its metrics, its time limit, and a net under panics.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use uuid::Uuid;

use super::fault::{Cause, Fault};
use super::genauth::language::{self, Language};
use super::{App, request_id, shaped};
use crate::core::clock::Clock;

/// The middleware of the faces.
pub(super) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let language = Language::of(request.headers());
    let id = app.clock.new_id();
    let (line, uri) = (Line::of(&request), request.uri().clone());
    let answer = async move {
        let shape = |fault| shaped(&uri, fault);
        let answer = guarded(next.run(request), shape);
        match tokio::time::timeout(app.limits.request_time, answer).await {
            Ok(response) => response,
            Err(_) => Cause("the time limit ran out".to_owned()).attach(shape(Fault::TimedOut)),
        }
    };
    language::scope(language, recorded(id, line, answer)).await
}

/// The middleware of the operators' API. It knows no time limit: an import takes as long as it takes.
pub(super) async fn observe_operators(request: Request, next: Next) -> Response {
    let line = Line::of(&request);
    recorded(Clock::system().new_id(), line, guarded(next.run(request), Fault::into_response)).await
}

/// `answer` under `id`, with its line in the log.
async fn recorded(id: Uuid, line: Line, answer: impl Future<Output = Response>) -> Response {
    let answer = async move {
        let started = Instant::now();
        let mut response = answer.await;
        line.record(&response, started.elapsed());
        let value = HeaderValue::try_from(id.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""));
        response.headers_mut().insert("request-id", value.clone());
        response.headers_mut().insert("x-request-id", value);
        response
    };
    request_id::scope(id, answer).await
}

/// The answer, or a fault in its place if its handler panics.
async fn guarded(answer: impl Future<Output = Response>, shape: impl Fn(Fault) -> Response) -> Response {
    let answer = AssertUnwindSafe(answer).catch_unwind().await;
    answer.unwrap_or_else(|_| Cause("the handler panicked".to_owned()).attach(shape(Fault::Internal)))
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
            Method::PATCH => "PATCH",
            Method::DELETE => "DELETE",
            Method::OPTIONS => "OPTIONS",
            Method::HEAD => "HEAD",
            _ => "other",
        };
        let status = status.as_str().to_owned();
        metrics::histogram!("userbatch_request_seconds", "method" => method, "route" => self.route, "status" => status)
            .record(took);
    }
}
