//! The two paths of the batch operation.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, FromRequestParts as _, Request, State};
use axum::http::header::VARY;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use utoipa::openapi::{Content, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema as _};

use super::accounts;
use super::auth::Caller;
use super::cors::Origin;
use super::error::{Error, ErrorBody};
use super::request::AccountsRequest;
use crate::api::fault::Fault;
use crate::api::json;
use crate::api::rate::RateState;
use crate::api::{App, extract};
use crate::wire::bitbadges::AccountsResponse;

/// Fetch accounts by address or username, each with pages of its views.
///
/// The documented path, used by early clients.
#[utoipa::path(
    post,
    path = "/api/v0/user/batch",
    operation_id = "fetchUserBatch",
    tag = "accounts",
    security(("apiKey" = [])),
    request_body = AccountsRequest,
    responses(
        (status = 200, description = "One account for each entry with a username or address, in request order.", body = AccountsResponse),
        Errors,
    )
)]
pub async fn fetch_user_batch(State(app): State<App>, request: Request) -> Response {
    answer(app, request).await
}

/// Fetch accounts by address or username, each with pages of its views.
///
/// The path used by the published SDKs; otherwise identical to `/api/v0/user/batch`.
#[utoipa::path(
    post,
    path = "/api/v0/users",
    operation_id = "fetchUsers",
    tag = "accounts",
    security(("apiKey" = [])),
    request_body = AccountsRequest,
    responses(
        (status = 200, description = "One account for each entry with a username or address, in request order.", body = AccountsResponse),
        Errors,
    )
)]
pub async fn fetch_users(State(app): State<App>, request: Request) -> Response {
    answer(app, request).await
}

/// Error responses of both paths, for the OpenAPI document.
struct Errors;

impl IntoResponses for Errors {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let errors = [
            (400, "The body is invalid; the message includes the path of the fault."),
            (401, "The API key is missing or invalid."),
            (413, "The body is too large."),
            (429, "Too many requests; see `Retry-After`."),
            (503, "Temporarily unavailable; see `Retry-After`."),
        ];
        let body = Ref::from_schema_name(ErrorBody::name());
        let response = |description| {
            let builder = ResponseBuilder::new().description(description);
            builder.content("application/json", Content::new(Some(body.clone()))).build()
        };
        errors.map(|(status, description)| (status.to_string(), response(description).into())).into()
    }
}

async fn answer(app: App, request: Request) -> Response {
    let origin = Origin::of(request.headers());
    let (mut parts, body) = request.into_parts();
    // Authenticate before reading the body, so that unauthenticated callers cannot upload megabytes.
    match Caller::from_request_parts(&mut parts, &app).await {
        Ok(caller) => {
            let answer = fetch(&app, &caller, Request::from_parts(parts, body)).await;
            let mut response = answer.into_response();
            add_rate(caller.rate, response.headers_mut());
            with_cors(response, origin, |origin| origin.is_in(&caller.cors_origins))
        }
        Err(error) => {
            let listed = match &origin {
                Some(origin) if error.is_refusal() => origin.is_listed(&app).await.unwrap_or(false),
                _ => false,
            };
            with_cors(error.into_response(), origin, |_| listed)
        }
    }
}

async fn fetch(app: &App, caller: &Caller, request: Request) -> Result<Response, Error> {
    let body = Bytes::from_request(request, app).await.map_err(Fault::from)?;
    let request: AccountsRequest = extract::json(&body)?;
    // Held until the response is rendered, to bound the memory of concurrent requests.
    let views = accounts::check_limits(&request, &caller.limits)?;
    let _permits = app.view_permits.acquire_many(views).await;
    let accounts = accounts::fetch_accounts(app, &caller.directory, &request).await?;
    Ok(json::response(accounts))
}

/// Adds the CORS headers to `response`.
fn with_cors(
    mut response: Response,
    origin: Option<Origin>,
    is_listed: impl FnOnce(&Origin) -> bool,
) -> Response {
    let headers = response.headers_mut();
    headers.insert(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        let credentials = is_listed(&origin);
        origin.allow(credentials, headers);
    }
    response
}

/// Adds the rate limit headers (IETF draft ratelimit-headers-03, as the vendor's server); the limit resets after one
/// second.
fn add_rate(rate: RateState, headers: &mut HeaderMap) {
    headers.insert("ratelimit-limit", HeaderValue::from(rate.limit));
    headers.insert("ratelimit-remaining", HeaderValue::from(rate.remaining));
    headers.insert("ratelimit-reset", HeaderValue::from(1));
}
