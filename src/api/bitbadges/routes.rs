//! The two paths of the batch operation.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use utoipa::openapi::{Content, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema as _};

use super::accounts::{CheckedRequest, fetch_accounts};
use super::auth::Caller;
use super::error::{Error, ErrorBody};
use super::request::AccountsRequest;
use crate::api::rate::RateState;
use crate::api::{App, body};
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
    request_body = AccountsRequest<'_>,
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
    request_body = AccountsRequest<'_>,
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
    let (mut parts, body) = request.into_parts();
    // Authenticate before reading the body, so that unauthenticated callers cannot upload megabytes.
    match Caller::from_request_parts(&mut parts, &app).await {
        Ok(caller) => {
            let rate = caller.rate;
            let mut response = fetch(&app, caller, body).await.into_response();
            add_rate(rate, response.headers_mut());
            response
        }
        Err(error) => error.into_response(),
    }
}

async fn fetch(app: &App, caller: Caller, body: Body) -> Result<Response, Error> {
    let body = body::read(app, caller.directory.tenant(), body).await?;
    let limits = caller.limits.clone();
    let request = body.parse(move |body| CheckedRequest::read(body, &limits)).await?;
    app.rates.charge(&caller.principal, request.weight())?;
    let directory = caller.directory.taking(request.places());
    fetch_accounts(app, &directory, &request).await
}

/// Adds the rate limit headers (IETF draft ratelimit-headers-03, as the vendor's server); the limit resets after one
/// second. A 429 has its own.
fn add_rate(rate: RateState, headers: &mut HeaderMap) {
    if !headers.contains_key("ratelimit-limit") {
        headers.insert("ratelimit-limit", HeaderValue::from(rate.limit));
        headers.insert("ratelimit-remaining", HeaderValue::from(rate.remaining));
        headers.insert("ratelimit-reset", HeaderValue::from(1));
    }
}
