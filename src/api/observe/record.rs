//! What is logged and measured of a request. The query and headers are left out: they may contain ids, e-mail addresses
//! and secrets.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use metrics::Histogram;

use crate::api::context::RequestContext;
use crate::api::fault::{Cause, VendorStatus};

/// The target of a request, without text from the client.
pub(super) struct Target {
    method: &'static str,
    route: Option<MatchedPath>,
    face: Option<&'static str>,
}

impl Target {
    pub(super) fn of(request: &Request, face: Option<&'static str>) -> Self {
        let route = request.extensions().get::<MatchedPath>().cloned();
        Self { method: method(request.method()), route, face }
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or("unmatched", MatchedPath::as_str)
    }
}

/// Clients may send any text as the method; only known ones are recorded.
const fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}

/// The vendor's status where its API responds to errors with HTTP 200, otherwise the HTTP status.
fn vendor_status(response: &Response) -> StatusCode {
    response.extensions().get::<VendorStatus>().map_or(response.status(), |status| status.0)
}

/// How a request ended, by the HTTP status or the one in the vendor's envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Served,
    /// The caller asked for what it may not have or what is not offered.
    Refused,
    /// Something here is to be looked at.
    Failed,
}

impl From<StatusCode> for Ending {
    fn from(status: StatusCode) -> Self {
        match status {
            // An optional part of a protocol that is not offered: nothing is broken, however often a client asks.
            StatusCode::NOT_IMPLEMENTED => Self::Refused,
            status if status.is_server_error() => Self::Failed,
            status if status.is_client_error() => Self::Refused,
            _ => Self::Served,
        }
    }
}

/// Whether the caller is told of an error.
pub(super) fn is_error(response: &Response) -> bool {
    Ending::from(vendor_status(response)) != Ending::Served
}

/// Logs the request at the level of how it ended: info if served, warn if refused, error if failed.
pub(super) fn log(target: &Target, request: &RequestContext, response: &Response, took: Duration) {
    let (status, vendor_status) = (response.status(), vendor_status(response));
    // Outside the span, so that its fields are not logged twice.
    macro_rules! line {
        ($level:ident, $message:literal $(, $cause:ident)?) => {
            tracing::$level!(
                parent: None,
                id = %request.id(),
                trace = request.trace().map(display),
                method = target.method,
                route = target.route(),
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
    match Ending::from(vendor_status) {
        Ending::Failed => {
            let cause = response.extensions().get::<Cause>().map(|cause| cause.0.as_str());
            line!(error, "request failed", cause);
        }
        // Without the cause, which may quote the request.
        Ending::Refused => line!(warn, "request refused"),
        Ending::Served => line!(info, "request"),
    }
}

/// How long requests took, as metrics. All labels have low cardinality. A histogram is looked up by its labels once and
/// then kept, since that look-up puts all of them together.
#[derive(Debug, Default)]
pub struct RequestTimes(RwLock<HashMap<String, Vec<(Outcome, Histogram)>>>);

/// What tells the histograms of one route apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Outcome {
    method: &'static str,
    status: StatusCode,
    vendor_status: StatusCode,
}

impl RequestTimes {
    /// Records a request that `took` so long.
    pub(super) fn record(&self, target: &Target, response: &Response, took: Duration) {
        let vendor_status = vendor_status(response);
        let outcome = Outcome { method: target.method, status: response.status(), vendor_status };
        let histogram = self.find(target.route(), outcome);
        histogram.unwrap_or_else(|| self.add(target.route(), outcome)).record(took);
    }

    fn find(&self, route: &str, outcome: Outcome) -> Option<Histogram> {
        let histograms = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut of_route = histograms.get(route)?.iter();
        of_route.find_map(|(of, histogram)| (*of == outcome).then(|| histogram.clone()))
    }

    fn add(&self, route: &str, outcome: Outcome) -> Histogram {
        let labels = [
            ("method", outcome.method.to_owned()),
            ("route", route.to_owned()),
            ("status", outcome.status.as_str().to_owned()),
            ("vendor_status", outcome.vendor_status.as_str().to_owned()),
        ];
        let histogram = metrics::histogram!("userbatch_request_seconds", &labels);
        let mut histograms = self.0.write().unwrap_or_else(PoisonError::into_inner);
        histograms.entry(route.to_owned()).or_default().push((outcome, histogram.clone()));
        histogram
    }
}
