//! Users.

use std::future::Future;

use axum::body::{Body, HttpBody as _};
use axum::extract::State;
use axum::http::header::IF_MATCH;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use super::auth::Caller;
use super::error::Error;
use super::request::{Name, Query, json, lines};
use super::response::{Scim, user, user_unless_known};
use crate::admin::{ProvisionedUser, ProvisioningError};
use crate::api::App;
use crate::api::context::RequestContext;
use crate::api::fault::Fault;
use crate::core::id::UserId;
use crate::wire::scim::schema::USERS;
use crate::wire::scim::{ListQuery, ListResponse, Patch, Resource, ScimError};

/// Runs `act` to completion, even if the client disconnects: a transaction is not to be cancelled half-way.
async fn run_to_completion<T: Send + 'static>(
    act: impl Future<Output = Result<T, ProvisioningError>> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::spawn(act.in_current_span()).await;
    Ok(done.map_err(|_| Fault::Internal)??)
}

/// Changes the user `id` to what `wanted` makes of what is shown of it.
async fn change(
    caller: Caller,
    id: UserId,
    headers: &HeaderMap,
    wanted: impl FnOnce(&Resource) -> Result<Option<Resource>, ScimError> + Send + 'static,
) -> Result<ProvisionedUser, Error> {
    let if_match = lines(headers, &IF_MATCH);
    run_to_completion(async move {
        caller.provisioning.change(&caller.provider, &id, if_match.as_deref(), wanted).await
    })
    .await
}

/// The part of a list that `query` asks for, unless it is larger than a response may be.
async fn list(app: &App, caller: Caller, query: ListQuery) -> Result<Response, Error> {
    let projection = query.projection.clone();
    let page = run_to_completion(async move { caller.provisioning.list(&caller.provider, &query).await });
    let page = page.await?;
    let users = page.users.into_iter().map(|user| projection.apply(user, &USERS)).collect();
    let response = Scim(ListResponse::from_index(users, page.start, page.total)).into_response();
    let size = response.body().size_hint().lower();
    if usize::try_from(size).is_ok_and(|size| size <= app.limits.response_bytes) {
        return Ok(response);
    }
    Err(Fault::AnswerTooLarge.into())
}

/// A list of users (RFC 7644, section 3.4.2).
pub(super) async fn list_users(
    State(app): State<App>,
    caller: Caller,
    query: Query,
) -> Result<Response, Error> {
    let query = query.list(&caller)?;
    list(&app, caller, query).await
}

/// The same, asked for by a body (section 3.4.3).
pub(super) async fn search_users(
    State(app): State<App>,
    caller: Caller,
    context: RequestContext,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let body = json(&app, &caller, &context, &headers, body).await?;
    let query = ListQuery::from_body(body, &USERS, caller.pages)?;
    list(&app, caller, query).await
}

/// A user (section 3.4.1).
pub(super) async fn get_user(
    caller: Caller,
    name: Name,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let projection = query.projection(&caller)?;
    let id = name.into();
    let found = run_to_completion(async move { caller.provisioning.get(&caller.provider, &id).await });
    Ok(user_unless_known(found.await?, &projection, &headers))
}

/// Adds a user (section 3.3).
pub(super) async fn create_user(
    State(app): State<App>,
    caller: Caller,
    context: RequestContext,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let projection = query.projection(&caller)?;
    let body = json(&app, &caller, &context, &headers, body).await?;
    let wanted = Resource::read(body, &USERS)?;
    let act = async move { caller.provisioning.create(&caller.provider, &wanted).await };
    Ok(user(StatusCode::CREATED, run_to_completion(act).await?, &projection))
}

/// Replaces a user (section 3.5.1).
pub(super) async fn replace_user(
    State(app): State<App>,
    caller: Caller,
    (context, name, query): (RequestContext, Name, Query),
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let projection = query.projection(&caller)?;
    let body = json(&app, &caller, &context, &headers, body).await?;
    let wanted = Resource::read(body, &USERS)?;
    let replaced = move |shown: &Resource| Ok(Some(wanted.completed_by(shown, &USERS)));
    let changed = change(caller, name.into(), &headers, replaced).await?;
    Ok(user(StatusCode::OK, changed, &projection))
}

/// Changes a user (section 3.5.2).
pub(super) async fn patch_user(
    State(app): State<App>,
    caller: Caller,
    (context, name, query): (RequestContext, Name, Query),
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let projection = query.projection(&caller)?;
    let body = json(&app, &caller, &context, &headers, body).await?;
    let patch = Patch::read(body, &USERS)?;
    let patched = move |shown: &Resource| patch.apply(shown, &USERS);
    let changed = change(caller, name.into(), &headers, patched).await?;
    Ok(user(StatusCode::OK, changed, &projection))
}

/// Deletes a user (section 3.6).
pub(super) async fn delete_user(caller: Caller, name: Name, headers: HeaderMap) -> Result<StatusCode, Error> {
    let (id, if_match) = (name.into(), lines(&headers, &IF_MATCH));
    run_to_completion(
        async move { caller.provisioning.delete(&caller.provider, &id, if_match.as_deref()).await },
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
