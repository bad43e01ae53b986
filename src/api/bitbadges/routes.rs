//! The two paths of the batch operation, and that of one account.

use axum::body::Body;
use axum::extract::{FromRequestParts as _, RawQuery, Request, State};
use axum::response::{IntoResponse as _, Response};
use utoipa::IntoResponses;

use super::accounts::{CheckedRequest, fetch_account, fetch_accounts};
use super::auth::Caller;
use super::error::Error;
use super::request::{AccountsRequest, no_name};
use crate::api::extract::InvalidBody;
use crate::api::fault::Fault;
use crate::api::ignored::Ignored;
use crate::api::misplaced::Misplaced;
use crate::api::rate::RateLimited;
use crate::api::responses::{Responses, errors};
use crate::api::{App, Limits, body};
use crate::wire::bitbadges::{AccountsResponse, OneAccountResponse};

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

/// Fetch one account by address or username, without views.
///
/// The call `getAccount` of the published SDKs. The account is the one of a batch.
#[utoipa::path(
    get,
    path = "/api/v0/user",
    operation_id = "fetchUser",
    tag = "accounts",
    security(("apiKey" = [])),
    params(
        ("username" = Option<String>, Query, description = "Username; case-sensitive. It takes precedence."),
        ("address" = Option<String>, Query, description = "Address in the form of any supported chain."),
        ("payload" = Option<String>, Query, description = "A JSON object with `username` or `address`, if neither is a parameter."),
    ),
    responses(
        (status = 200, description = "The account; a blank one if there is no such user.", body = OneAccountResponse),
        OneErrors,
    )
)]
pub async fn fetch_user(State(app): State<App>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    fetch_one(&app, caller, &query.unwrap_or_default()).await.into_response()
}

/// Error responses of both paths of the batch, for the OpenAPI document.
struct Errors;

impl IntoResponses for Errors {
    fn responses() -> Responses {
        let fault = InvalidBody {
            path: "accountsToFetch[0].viewsToFetch[0].viewKey".to_owned(),
            reason: "unknown view".to_owned(),
        };
        let mut responses = OneErrors::responses();
        responses.extend(errors([
            (Error::Body(fault), "The body is invalid; the message includes the path of the fault."),
            (Error::Fault(Fault::BodyStalled), "The body stalled."),
            (Error::Fault(Fault::BodyTooLarge(Limits::default().body_bytes)), "The body is too large."),
        ]));
        responses
    }
}

/// Error responses of the path of one account.
struct OneErrors;

impl IntoResponses for OneErrors {
    fn responses() -> Responses {
        errors([
            (Error::Body(no_name()), "No account is named, or its address is malformed."),
            (Error::KeyMissing(Misplaced::Nowhere), "The API key is missing or invalid."),
            (Error::OriginMissing, "A publishable key without a listed `Origin`, or for what is not public."),
            (Error::Fault(Fault::BodyEncoded), "The body has a `Content-Encoding`."),
            (Error::RateLimited(RateLimited::EXAMPLE), "Too many requests; see `Retry-After`."),
            (Error::Fault(Fault::Internal), "An unexpected error."),
            (Error::Fault(Fault::TimedOut), "Temporarily unavailable; see `Retry-After`."),
        ])
    }
}

async fn answer(app: App, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    // Authenticate before reading the body, so that unauthenticated callers cannot upload megabytes.
    match Caller::from_request_parts(&mut parts, &app).await {
        Ok(caller) => {
            let query = parts.uri.query().unwrap_or_default();
            caller.context.noting(|ignored| ignored.query(query, |_| false));
            fetch(&app, caller, body).await.into_response()
        }
        Err(error) => error.into_response(),
    }
}

async fn fetch(app: &App, caller: Caller, body: Body) -> Result<Response, Error> {
    let body = body::read(app, caller.directory.tenant(), body).await?;
    let limits = caller.limits.clone();
    let read = move |body: &[u8], ignored: &mut Ignored| CheckedRequest::read(body, &limits, ignored);
    let request = body.parse(app, &caller.context, read).await?;
    app.rates.charge(&caller.principal, request.value.weight(), caller.context.rates())?;
    let directory = caller.directory.taking(request.value.places()).await;
    fetch_accounts((app, &caller.context), &directory, &request.value, caller.principal.is_publishable).await
}

async fn fetch_one(app: &App, caller: Caller, query: &str) -> Result<Response, Error> {
    let request = caller.context.noting(|ignored| CheckedRequest::read_one(query, ignored))?;
    fetch_account((app, &caller.context), &caller.directory, &request, caller.principal.is_publishable).await
}
