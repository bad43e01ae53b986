//! Middleware around every request: context, span, log line, metrics, timeout, and panic handling.

mod record;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tracing::Instrument as _;
use uuid::Uuid;

pub use self::record::RequestTimes;
use self::record::Target;
use super::context::RequestContext;
use super::fault::{Cause, Fault};
use super::render::rendered;
use super::{App, face_of, shaped};
use crate::core::clock::Clock;
use crate::core::face::Face;

/// The request's id in a response, under both names that clients look for.
const REQUEST_ID: [HeaderName; 2] =
    [HeaderName::from_static("request-id"), HeaderName::from_static("x-request-id")];

/// Name of the admin API in logs.
const OPERATORS: &str = "admin";

/// The middleware of the faces.
pub(super) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let face = face_of(request.uri().path());
    let (id, time_limit) = (app.clock.new_id(), app.limits.request_time);
    let respond = |request| async move {
        let response = guarded(next.run(request), |fault| shaped(face, fault));
        match tokio::time::timeout(time_limit, response).await {
            Ok(response) => response,
            Err(_) => Cause("request timed out".to_owned()).attach(shaped(face, Fault::TimedOut)),
        }
    };
    observed(id, face.map(Face::as_str), &app.times, request, respond).await
}

/// The middleware of the admin API. It has no timeout, since imports may take long.
pub(super) async fn observe_admin(
    State(times): State<Arc<RequestTimes>>,
    request: Request,
    next: Next,
) -> Response {
    let respond = |request| guarded(next.run(request), Fault::into_response);
    observed(Clock::system().new_id(), Some(OPERATORS), &times, request, respond).await
}

/// Runs `respond` in the request's span, logs and measures the request, and adds the request id to the response.
async fn observed<F: Future<Output = Response>>(
    id: Uuid,
    face: Option<&'static str>,
    times: &RequestTimes,
    mut request: Request,
    respond: impl FnOnce(Request) -> F,
) -> Response {
    let started = Instant::now();
    let target = Target::of(&request, face);
    let context = RequestContext::new(id, face, request.headers());
    request.extensions_mut().insert(context.clone());
    let response = respond(request).instrument(context.span().clone()).await;
    let mut response = rendered(response, &context);
    record::log(&target, &context, &response, started.elapsed());
    times.record(&target, &response, started.elapsed());
    let id = HeaderValue::try_from(id.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""));
    for name in REQUEST_ID {
        response.headers_mut().insert(name, id.clone());
    }
    response
}

/// The response, or an internal error if the handler panics.
async fn guarded(response: impl Future<Output = Response>, shape: impl Fn(Fault) -> Response) -> Response {
    let response = AssertUnwindSafe(response).catch_unwind().await;
    response.unwrap_or_else(|_| Cause("handler panicked".to_owned()).attach(shape(Fault::Internal)))
}
