//! Middleware around every request: context, span, log line, metrics, timeout, and panic handling.

mod record;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONNECTION, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

pub use self::record::RequestTimes;
use self::record::Target;
use super::context::RequestContext;
use super::fault::{Cause, Fault};
use super::ignored::IGNORED;
use super::render::rendered;
use super::source::TrustedProxies;
use super::{App, api_of, cors, rules, shaped};
use crate::auth::{FailedAttempts, Source};
use crate::core::clock::Clock;
use crate::core::face::{Api, Face};

/// The request's id in a response, under both names that clients look for.
const REQUEST_ID: [HeaderName; 2] =
    [HeaderName::from_static("request-id"), HeaderName::from_static("x-request-id")];

/// Name of the admin API in logs.
const OPERATORS: &str = "admin";

/// The middleware of the public listener.
pub(super) async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let api = api_of(request.uri().path());
    let face = vendors(api);
    let address = app.ingress.proxies.caller(request.extensions(), request.headers());
    let source = Source::new(Arc::clone(&app.attempts), address);
    let name = api.map(Api::as_str);
    rules::narrow_accept_encoding(request.headers_mut());
    let context = RequestContext::new(app.clock.new_id(), source, name, request.headers());
    let time_limit = app.limits.request_time;
    let respond = |request| async move {
        if let Err(fault) = rules::check(&request) {
            return shaped(api, fault);
        }
        if let Some(response) = face.and_then(|_| cors::preflight(&request)) {
            return response;
        }
        let response = guarded(next.run(request), |fault| shaped(api, fault));
        match tokio::time::timeout(time_limit, response).await {
            Ok(response) => response,
            Err(_) => Cause("request timed out".to_owned()).attach(shaped(api, Fault::TimedOut)),
        }
    };
    let mut response = observed(&context, name, &app.times, request, respond).await;
    if let Some(face) = face {
        cors::allow(face, &context, record::is_error(&response), &mut response);
        if face == Face::BitBadges {
            context.rates().write_early_draft(response.headers_mut());
        }
    }
    if api.is_some() {
        context.rates().write(response.headers_mut());
        protect(response.headers_mut());
    }
    if app.is_stopping() {
        // The next request had better go to another gateway.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The face, if it is one: browsers have no business with SCIM.
fn vendors(api: Option<Api>) -> Option<Face> {
    match api {
        Some(Api::Face(face)) => Some(face),
        Some(Api::Scim) | None => None,
    }
}

/// The middleware of the admin API. It has no timeout, since imports may take long.
pub(super) async fn observe_admin(State(admin): State<Observed>, request: Request, next: Next) -> Response {
    let address = TrustedProxies::default().caller(request.extensions(), request.headers());
    let source = Source::new(Arc::clone(&admin.attempts), address);
    let context = RequestContext::new(Clock::system().new_id(), source, Some(OPERATORS), request.headers());
    let respond = |request| async move {
        match rules::check(&request) {
            Ok(()) => guarded(next.run(request), Fault::into_response).await,
            Err(fault) => fault.into_response(),
        }
    };
    let mut response = observed(&context, Some(OPERATORS), &admin.times, request, respond).await;
    protect(response.headers_mut());
    response
}

/// What the middleware of the admin API keeps.
#[derive(Debug, Clone, Default)]
pub(super) struct Observed {
    times: Arc<RequestTimes>,
    attempts: Arc<FailedAttempts>,
}

/// Keeps responses that may hold personal data or a secret out of caches, and from being taken for another type.
fn protect(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// Runs `respond` in the request's span, logs and measures the request, and adds to the response the request's id and what was
/// ignored in it.
async fn observed<F: Future<Output = Response>>(
    context: &RequestContext,
    face: Option<&'static str>,
    times: &RequestTimes,
    mut request: Request,
    respond: impl FnOnce(Request) -> F,
) -> Response {
    let started = Instant::now();
    let target = Target::of(&request, face);
    request.extensions_mut().insert(context.clone());
    let response = respond(request).instrument(context.span().clone()).await;
    let mut response = rendered(response, context);
    record::log(&target, context, &response, started.elapsed());
    times.record(&target, &response, started.elapsed());
    let id = HeaderValue::try_from(context.id().to_string()).unwrap_or_else(|_| HeaderValue::from_static(""));
    for name in REQUEST_ID {
        response.headers_mut().insert(name, id.clone());
    }
    if let Some(ignored) = context.ignored() {
        response.headers_mut().insert(IGNORED, ignored);
    }
    response
}

/// The response, or an internal error if the handler panics.
async fn guarded(response: impl Future<Output = Response>, shape: impl Fn(Fault) -> Response) -> Response {
    let response = AssertUnwindSafe(response).catch_unwind().await;
    response.unwrap_or_else(|_| Cause("handler panicked".to_owned()).attach(shape(Fault::Internal)))
}
