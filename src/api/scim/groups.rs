//! Groups.

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
use super::response::{resource, resource_unless_known, without_body};
use crate::admin::GroupRequest;
use crate::api::App;
use crate::api::context::RequestContext;
use crate::wire::scim::schema::GROUPS;
use crate::wire::scim::{ListQuery, MembersNeeded, Patch, Projection, Resource};

fn shows_members(projection: &Projection) -> bool {
    projection.wants("members", &GROUPS)
}

/// A list of groups (RFC 7644, section 3.4.2).
#[utoipa::path(
    get,
    path = "/scim/v2/Groups",
    operation_id = "listGroups",
    tag = "groups",
    params(ListParameters),
    responses((status = 200, description = "A part of the list.", body = ref("#/components/schemas/GroupList"), content_type = "application/scim+json"), Refusals)
)]
pub(super) async fn list_groups(
    State(app): State<App>,
    caller: Caller,
    query: Query,
) -> Result<Response, Error> {
    let query = query.list(&caller, &GROUPS)?;
    Listing { app: &app, of: &GROUPS }.respond(caller, query).await
}

/// The same, asked for by a body (section 3.4.3).
#[utoipa::path(
    post,
    path = "/scim/v2/Groups/.search",
    operation_id = "searchGroups",
    tag = "groups",
    request_body(content = ref("#/components/schemas/SearchRequest"), content_type = "application/scim+json"),
    responses((status = 200, description = "A part of the list.", body = ref("#/components/schemas/GroupList"), content_type = "application/scim+json"), Refusals, BodyRefusals)
)]
pub(super) async fn search_groups(
    State(app): State<App>,
    caller: Caller,
    context: RequestContext,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let body = json(&app, &caller, &context, &headers, body).await?;
    let query = ListQuery::from_body(body, &GROUPS, caller.pages)?;
    Listing { app: &app, of: &GROUPS }.respond(caller, query).await
}

/// A group (section 3.4.1).
#[utoipa::path(
    get,
    path = "/scim/v2/Groups/{id}",
    operation_id = "getGroup",
    tag = "groups",
    params(("id" = String, Path, description = "Id of the resource."), ShownAttributes, ("If-None-Match" = Option<String>, Header, description = "Entity tags of versions that need not be sent again.")),
    responses((status = 200, description = "The group.", body = ref("#/components/schemas/Group"), content_type = "application/scim+json", headers(("etag" = String, description = "The version, for `If-Match` and `If-None-Match`."))), (status = 304, description = "The client has this version."), Refusals, NotFound)
)]
pub(super) async fn get_group(
    State(app): State<App>,
    caller: Caller,
    Name(id): Name,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let projection = query.projection(&caller, &GROUPS)?;
    let with_members = shows_members(&projection);
    let tenant = caller.provider.tenant;
    let act = async move { caller.provisioning.group(&caller.provider, &id, with_members).await };
    let group = run_to_completion(act).await?;
    resource_unless_known(&app, tenant, group, &projection, &headers).await
}

/// Adds a group (section 3.3).
#[utoipa::path(
    post,
    path = "/scim/v2/Groups",
    operation_id = "createGroup",
    tag = "groups",
    params(ShownAttributes),
    request_body(content = ref("#/components/schemas/Group"), content_type = "application/scim+json"),
    responses((status = 201, description = "The group is added.", body = ref("#/components/schemas/Group"), content_type = "application/scim+json", headers(("etag" = String, description = "The version."), ("location" = String, description = "Where it is."))), Refusals, BodyRefusals, Taken)
)]
pub(super) async fn create_group(
    State(app): State<App>,
    caller: Caller,
    context: RequestContext,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let projection = query.projection(&caller, &GROUPS)?;
    let body = json(&app, &caller, &context, &headers, body).await?;
    let wanted = Resource::read(body, &GROUPS)?;
    let (tenant, with_members) = (caller.provider.tenant, shows_members(&projection));
    let act = async move { caller.provisioning.create_group(&caller.provider, &wanted, with_members).await };
    let group = run_to_completion(act).await?;
    resource(&app, tenant, StatusCode::CREATED, group, &projection).await
}

/// Replaces a group (section 3.5.1).
#[utoipa::path(
    put,
    path = "/scim/v2/Groups/{id}",
    operation_id = "replaceGroup",
    tag = "groups",
    params(("id" = String, Path, description = "Id of the resource."), ShownAttributes, ("If-Match" = Option<String>, Header, description = "Entity tags of the versions that it may have; `*` for any.")),
    request_body(content = ref("#/components/schemas/Group"), content_type = "application/scim+json"),
    responses((status = 200, description = "The group as it is now.", body = ref("#/components/schemas/Group"), content_type = "application/scim+json", headers(("etag" = String, description = "The version, for `If-Match` and `If-None-Match`."))), Refusals, BodyRefusals, NotFound, Taken, VersionRefusal)
)]
pub(super) async fn replace_group(
    State(app): State<App>,
    caller: Caller,
    (context, name, query): (RequestContext, Name, Query),
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let projection = query.projection(&caller, &GROUPS)?;
    let body = json(&app, &caller, &context, &headers, body).await?;
    let wanted = Resource::read(body, &GROUPS)?;
    let tenant = caller.provider.tenant;
    let request = GroupRequest {
        id: name.0,
        if_match: lines(&headers, &IF_MATCH),
        needed: MembersNeeded::All,
        with_members: shows_members(&projection),
    };
    let act = async move {
        let replaced = move |shown: &Resource| Ok(Some(wanted.completed_by(shown, &GROUPS)));
        caller.provisioning.change_group(&caller.provider, &request, replaced).await
    };
    resource(&app, tenant, StatusCode::OK, run_to_completion(act).await?, &projection).await
}

/// Changes a group (section 3.5.2). It is shown only if attributes are named: one of its members is a small part of a large
/// group.
#[utoipa::path(
    patch,
    path = "/scim/v2/Groups/{id}",
    operation_id = "patchGroup",
    tag = "groups",
    params(("id" = String, Path, description = "Id of the resource."), ShownAttributes, ("If-Match" = Option<String>, Header, description = "Entity tags of the versions that it may have; `*` for any.")),
    request_body(content = ref("#/components/schemas/PatchRequest"), content_type = "application/scim+json"),
    responses((status = 200, description = "The group as it is now.", body = ref("#/components/schemas/Group"), content_type = "application/scim+json", headers(("etag" = String, description = "The version, for `If-Match` and `If-None-Match`."))), (status = 204, description = "The group is changed, and no attributes were named."), Refusals, BodyRefusals, NotFound, Taken, VersionRefusal)
)]
pub(super) async fn patch_group(
    State(app): State<App>,
    caller: Caller,
    (context, name, query): (RequestContext, Name, Query),
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let projection = query.projection(&caller, &GROUPS)?;
    let body = json(&app, &caller, &context, &headers, body).await?;
    let patch = Patch::read(body, &GROUPS)?;
    let tenant = caller.provider.tenant;
    let is_shown = projection != Projection::All;
    let request = GroupRequest {
        id: name.0,
        if_match: lines(&headers, &IF_MATCH),
        needed: patch.members_needed(),
        with_members: is_shown && shows_members(&projection),
    };
    let act = async move {
        let patched = move |shown: &Resource| patch.apply(shown, &GROUPS);
        caller.provisioning.change_group(&caller.provider, &request, patched).await
    };
    let group = run_to_completion(act).await?;
    if is_shown {
        return resource(&app, tenant, StatusCode::OK, group, &projection).await;
    }
    Ok(without_body(&group))
}

/// Deletes a group (section 3.6).
#[utoipa::path(
    delete,
    path = "/scim/v2/Groups/{id}",
    operation_id = "deleteGroup",
    tag = "groups",
    params(("id" = String, Path, description = "Id of the resource."), ("If-Match" = Option<String>, Header, description = "Entity tags of the versions that it may have; `*` for any.")),
    responses((status = 204, description = "The group is deleted."), Refusals, NotFound, VersionRefusal)
)]
pub(super) async fn delete_group(
    caller: Caller,
    Name(id): Name,
    headers: HeaderMap,
) -> Result<StatusCode, Error> {
    let if_match = lines(&headers, &IF_MATCH);
    run_to_completion(async move {
        caller.provisioning.delete_group(&caller.provider, &id, if_match.as_deref()).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
