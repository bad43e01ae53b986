//! CORS (Fetch standard, section 3.2).
//!
//! Requests are authenticated by an API key, never by ambient credentials, so any origin may read responses, as with
//! the vendor. Credentialed mode, which the vendor's SDK uses, is allowed only for the origins in the tenant's
//! `corsOrigins`. Preflights carry no key, so they are checked against the origins of all tenants, the request itself
//! against those of the caller's tenant.

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ALLOW, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::error::Error;
use crate::api::App;
use crate::store::StoreError;

/// Longest origin to look up, in bytes: a host name has at most 253.
const MAX_ORIGIN_BYTES: usize = 300;
const METHODS: HeaderValue = HeaderValue::from_static("POST");
const DEFAULT_HEADERS: HeaderValue = HeaderValue::from_static("content-type, x-api-key");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, request-id, x-request-id",
);
/// How long browsers may cache a preflight response, in seconds; delays changes of the setting by as much.
const MAX_AGE_SECONDS: u64 = 600;

/// The origin of the calling page.
#[derive(Debug, Clone)]
pub struct Origin(HeaderValue);

impl Origin {
    /// The `Origin` header, if present.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        headers.get(ORIGIN).cloned().map(Self)
    }

    /// Whether `listed` contains it.
    pub fn is_in(&self, listed: &[String]) -> bool {
        listed.iter().any(|origin| origin.as_bytes() == self.0.as_bytes())
    }

    /// Whether any tenant lists it.
    pub async fn is_listed(&self, app: &App) -> Result<bool, StoreError> {
        match self.0.to_str() {
            Ok(origin) if origin.len() <= MAX_ORIGIN_BYTES => app.store.cors_origin_listed(origin).await,
            _ => Ok(false),
        }
    }

    /// Allows the page to read the response, in credentialed mode only if `credentials`.
    pub fn allow(self, credentials: bool, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        if credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, self.0);
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        } else {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
    }
}

/// Responds to a preflight request.
pub async fn preflight(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let asked = request.headers();
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static("OPTIONS, POST"));
    headers.insert(VARY, HeaderValue::from_static("origin, access-control-request-headers"));
    if let Some(origin) = Origin::of(asked) {
        let wanted = asked.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.unwrap_or(DEFAULT_HEADERS));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(MAX_AGE_SECONDS));
        let listed = origin.is_listed(&app).await?;
        origin.allow(listed, headers);
    }
    Ok(response)
}
