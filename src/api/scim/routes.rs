//! Users.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::IF_MATCH;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::auth::Caller;
use super::description::{
    BodyRefusals, ListParameters, NotFound, Refusals, ShownAttributes, Taken, VersionRefusal,
};
use super::error::Error;
use super::lists::{Listing, run_to_completion};
use super::request::{Name, Query, json, lines};
use super::response::{resource, resource_unless_known};
use crate::admin::ProvisionedResource;
use crate::api::App;
use crate::api::context::RequestContext;
use crate::core::id::UserId;
use crate::wire::scim::schema::USERS;
use crate::wire::scim::{ListQuery, Patch, Resource, ScimError};

/// Changes the user `id` to what `wanted` makes of what is shown of it.
async fn change(
    caller: Caller,
    id: UserId,
    headers: &HeaderMap,
    wanted: impl FnOnce(&Resource) -> Result<Option<Resource>, ScimError> + Send + 'static,
) -> Result<ProvisionedResource, Error> {
    let if_match = lines(headers, &IF_MATCH);
    run_to_completion(async move {
        caller.provisioning.change(&caller.provider, &id, if_match.as_deref(), wanted).await
    })
    .await
}

/// A list of users (RFC 7644, section 3.4.2).
#[utoipa::path(
    get,
    path = "/scim/v2/Users",
    operation_id = "listUsers",
    tag = "users",
    params(ListParameters),
    responses((status = 200, description = "A part of the list.", body = ref("#/components/schemas/UserList"), content_type = "application/scim+json"), Refusals)
)]
pub(super) async fn list_users(
    State(app): State<App>,
    caller: Caller,
    query: Query,
) -> Result<Response, Error> {
    let query = query.list(&caller, &USERS)?;
    Listing { app: &app, of: &USERS }.respond(caller, query).await
}

/// The same, asked for by a body (section 3.4.3).
#[utoipa::path(
    post,
    path = "/scim/v2/Users/.search",
    operation_id = "searchUsers",
    tag = "users",
    request_body(content = ref("#/components/schemas/SearchRequest"), content_type = "application/scim+json"),
    responses((status = 200, description = "A part of the list.", body = ref("#/components/schemas/UserList"), content_type = "application/scim+json"), Refusals, BodyRefusals)
)]
pub(super) async fn search_users(
    State(app): State<App>,
    caller: Caller,
    context: RequestContext,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let body = json(&app, &caller, &context, &headers, body).await?;
    let query = ListQuery::from_body(body, &USERS, caller.pages)?;
    Listing { app: &app, of: &USERS }.respond(caller, query).await
}

/// A user (section 3.4.1).
#[utoipa::path(
    get,
    path = "/scim/v2/Users/{id}",
    operation_id = "getUser",
    tag = "users",
    params(("id" = String, Path, description = "Id of the resource."), ShownAttributes, ("If-None-Match" = Option<String>, Header, description = "Entity tags of versions that need not be sent again.")),
    responses((status = 200, description = "The user.", body = ref("#/components/schemas/User"), content_type = "application/scim+json", headers(("etag" = String, description = "The version, for `If-Match` and `If-None-Match`."))), (status = 304, description = "The client has this version."), Refusals, NotFound)
)]
pub(super) async fn get_user(
    State(app): State<App>,
    caller: Caller,
    name: Name,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let projection = query.projection(&caller, &USERS)?;
    let (tenant, id) = (caller.provider.tenant, name.into());
    let found = run_to_completion(async move { caller.provisioning.get(&caller.provider, &id).await });
    resource_unless_known(&app, tenant, found.await?, &projection, &headers).await
}

/// Adds a user (section 3.3).
#[utoipa::path(
    post,
    path = "/scim/v2/Users",
    operation_id = "createUser",
    tag = "users",
    params(ShownAttributes),
    request_body(content = ref("#/components/schemas/User"), content_type = "application/scim+json"),
    responses((status = 201, description = "The user is added.", body = ref("#/components/schemas/User"), content_type = "application/scim+json", headers(("etag" = String, description = "The version."), ("location" = String, description = "Where it is."))), Refusals, BodyRefusals, Taken)
)]
pub(super) async fn create_user(
    State(app): State<App>,
    caller: Caller,
    context: RequestContext,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let projection = query.projection(&caller, &USERS)?;
    let body = json(&app, &caller, &context, &headers, body).await?;
    let wanted = Resource::read(body, &USERS)?;
    let tenant = caller.provider.tenant;
    let act = async move { caller.provisioning.create(&caller.provider, &wanted).await };
    resource(&app, tenant, StatusCode::CREATED, run_to_completion(act).await?, &projection).await
}

/// Replaces a user (section 3.5.1).
#[utoipa::path(
    put,
    path = "/scim/v2/Users/{id}",
    operation_id = "replaceUser",
    tag = "users",
    params(("id" = String, Path, description = "Id of the resource."), ShownAttributes, ("If-Match" = Option<String>, Header, description = "Entity tags of the versions that it may have; `*` for any.")),
    request_body(content = ref("#/components/schemas/User"), content_type = "application/scim+json"),
    responses((status = 200, description = "The user as it is now.", body = ref("#/components/schemas/User"), content_type = "application/scim+json", headers(("etag" = String, description = "The version, for `If-Match` and `If-None-Match`."))), Refusals, BodyRefusals, NotFound, Taken, VersionRefusal)
)]
pub(super) async fn replace_user(
    State(app): State<App>,
    caller: Caller,
    (context, name, query): (RequestContext, Name, Query),
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let projection = query.projection(&caller, &USERS)?;
    let body = json(&app, &caller, &context, &headers, body).await?;
    let wanted = Resource::read(body, &USERS)?;
    let replaced = move |shown: &Resource| Ok(Some(wanted.completed_by(shown, &USERS)));
    let tenant = caller.provider.tenant;
    let changed = change(caller, name.into(), &headers, replaced).await?;
    resource(&app, tenant, StatusCode::OK, changed, &projection).await
}

/// Changes a user (section 3.5.2).
#[utoipa::path(
    patch,
    path = "/scim/v2/Users/{id}",
    operation_id = "patchUser",
    tag = "users",
    params(("id" = String, Path, description = "Id of the resource."), ShownAttributes, ("If-Match" = Option<String>, Header, description = "Entity tags of the versions that it may have; `*` for any.")),
    request_body(content = ref("#/components/schemas/PatchRequest"), content_type = "application/scim+json"),
    responses((status = 200, description = "The user as it is now.", body = ref("#/components/schemas/User"), content_type = "application/scim+json", headers(("etag" = String, description = "The version, for `If-Match` and `If-None-Match`."))), Refusals, BodyRefusals, NotFound, Taken, VersionRefusal)
)]
pub(super) async fn patch_user(
    State(app): State<App>,
    caller: Caller,
    (context, name, query): (RequestContext, Name, Query),
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let projection = query.projection(&caller, &USERS)?;
    let body = json(&app, &caller, &context, &headers, body).await?;
    let patch = Patch::read(body, &USERS)?;
    let patched = move |shown: &Resource| patch.apply(shown, &USERS);
    let tenant = caller.provider.tenant;
    let changed = change(caller, name.into(), &headers, patched).await?;
    resource(&app, tenant, StatusCode::OK, changed, &projection).await
}

/// Deletes a user (section 3.6).
#[utoipa::path(
    delete,
    path = "/scim/v2/Users/{id}",
    operation_id = "deleteUser",
    tag = "users",
    params(("id" = String, Path, description = "Id of the resource."), ("If-Match" = Option<String>, Header, description = "Entity tags of the versions that it may have; `*` for any.")),
    responses((status = 204, description = "The user is deleted."), Refusals, NotFound, VersionRefusal)
)]
pub(super) async fn delete_user(caller: Caller, name: Name, headers: HeaderMap) -> Result<StatusCode, Error> {
    let (id, if_match) = (name.into(), lines(&headers, &IF_MATCH));
    run_to_completion(
        async move { caller.provisioning.delete(&caller.provider, &id, if_match.as_deref()).await },
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
