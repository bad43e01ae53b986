//! Cross-origin requests from browsers, for all faces.
//!
//! Preflights carry no credential, so they allow every origin to *send* a request; that costs no query and tells
//! nothing about any tenant. Whether a page may *read* the response is decided by the response: pages of the origins
//! that the caller's tenant lists in `corsOrigins` may, also in credentialed mode. Errors may be read by any page that
//! has no tenant's permission or refusal yet, since they hold no data.

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ALLOW, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::context::RequestContext;
use crate::core::face::Face;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, OPTIONS, POST");
const DEFAULT_HEADERS: HeaderValue = HeaderValue::from_static("authorization, content-type, x-api-key");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ratelimit, ratelimit-policy, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, request-id, \
     x-request-id, x-userbatch-ignored, allow, www-authenticate",
);
/// How long browsers may cache the response to a preflight, in seconds.
const MAX_AGE_SECONDS: u64 = 600;

/// The response to a preflight, or to any other request with OPTIONS.
pub(super) fn preflight(request: &Request) -> Option<Response> {
    if request.method() != Method::OPTIONS {
        return None;
    }
    let asked = request.headers();
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ALLOW, ALLOWED);
    headers.insert(VARY, HeaderValue::from_static("origin, access-control-request-headers"));
    if let Some(origin) = asked.get(ORIGIN) {
        let wanted = asked.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.unwrap_or(DEFAULT_HEADERS));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(MAX_AGE_SECONDS));
        allow_with_credentials(origin.clone(), headers);
    }
    Some(response)
}

/// Says in `response` whether the page that sent the request may read it.
pub(super) fn allow(face: Face, request: &RequestContext, is_error: bool, response: &mut Response) {
    let headers = response.headers_mut();
    if headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
        return; // The response to a preflight, or one for everybody.
    }
    headers.append(VARY, HeaderValue::from_static("origin"));
    let Some(origin) = request.origin() else { return };
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    if request.is_origin_listed().unwrap_or(is_error) {
        allow_with_credentials(origin.clone(), headers);
    } else if face == Face::BitBadges {
        // The vendor allows every page; here, only without credentials.
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
}

fn allow_with_credentials(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
}
