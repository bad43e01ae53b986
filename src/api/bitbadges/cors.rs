//! Calls from web pages (Fetch standard, section 3.2: the CORS protocol).
//!
//! Nothing here is reached by a browser's ambient credentials: a page must hold an API key. So pages of any origin
//! may read an answer, as at the vendor's, but those of origins that the caller's tenant lists in `corsOrigins`
//! alone may do so in the browser's credentialed mode, which the vendor's SDK uses. A preflight carries no key, so
//! it goes by the origins that any tenant lists; the answer itself by those of the caller's tenant.

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

/// Longest origin that is looked for, in bytes: a host name has at most 253.
const MAX_ORIGIN_BYTES: usize = 300;
const METHODS: HeaderValue = HeaderValue::from_static("POST");
const DEFAULT_HEADERS: HeaderValue = HeaderValue::from_static("content-type, x-api-key");
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, request-id, x-request-id",
);
/// How long a browser may keep a preflight's answer, in seconds: as long as a setting may take to be felt.
const MAX_AGE_SECONDS: u64 = 600;

/// The origin of the page that calls, if one does.
#[derive(Debug, Clone)]
pub struct Origin(HeaderValue);

impl Origin {
    /// The `Origin` header, if there is one.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        headers.get(ORIGIN).cloned().map(Self)
    }

    /// Whether `listed` has it.
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

    /// Lets the page read the answer; in credentialed mode only if `credentials`.
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

/// Answers a browser that asks whether a page may call.
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
