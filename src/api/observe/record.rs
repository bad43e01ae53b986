//! What is recorded of a request that was answered. Its query and its headers are not: they may hold ids, e-mail
//! addresses and secrets.

use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use axum::response::Response;

use crate::api::context::RequestContext;
use crate::api::fault::{Cause, VendorStatus};

/// Where a request went, in words of the gateway's own alone.
pub(super) struct Target {
    method: &'static str,
    route: String,
    face: Option<&'static str>,
}

impl Target {
    pub(super) fn of(request: &Request, face: Option<&'static str>) -> Self {
        let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
        Self { method: method(request.method()), route: route.to_owned(), face }
    }
}

/// A method may be any text that a client makes up; only the registered ones are recorded.
const fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}

/// The status that counts: the vendor's own where its API answers errors with 200.
fn vendor_status(response: &Response) -> StatusCode {
    response.extensions().get::<VendorStatus>().map_or(response.status(), |status| status.0)
}

/// Writes the request's line, at the level of its status's class.
pub(super) fn log(target: &Target, request: &RequestContext, response: &Response, took: Duration) {
    let (status, vendor_status) = (response.status(), vendor_status(response));
    // The span has closed, so that its fields do not stand on the line twice.
    macro_rules! line {
        ($level:ident, $message:literal $(, $cause:ident)?) => {
            tracing::$level!(
                parent: None,
                id = %request.id(),
                trace = request.trace().map(display),
                method = target.method,
                route = target.route,
                face = target.face,
                tenant = request.tenant(),
                credential = request.credential(),
                status = status.as_u16(),
                vendor_status = vendor_status.as_u16(),
                ms = took.as_secs_f64() * 1_000.0,
                $($cause,)?
                $message
            )
        };
    }
    if vendor_status.is_server_error() {
        let cause = response.extensions().get::<Cause>().map(|cause| cause.0.as_str());
        line!(error, "request failed", cause);
    } else if vendor_status.is_client_error() {
        // Without the cause: what is wrong with a request may quote it.
        line!(warn, "request refused");
    } else {
        line!(info, "request");
    }
}

/// Counts the request, and how long it took. Every label is one of a few words.
pub(super) fn measure(target: Target, response: &Response, took: Duration) {
    let labels = [
        ("method", target.method.to_owned()),
        ("route", target.route),
        ("status", response.status().as_str().to_owned()),
        ("vendor_status", vendor_status(response).as_str().to_owned()),
    ];
    metrics::histogram!("userbatch_request_seconds", &labels).record(took);
}
