//! Lists of users, of groups, and of both.

use std::future::Future;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tracing::Instrument as _;

use super::auth::Caller;
use super::description::{BodyRefusals, ListParameters, Refusals};
use super::error::Error;
use super::request::{Query, json};
use super::response::counted;
use crate::admin::{PageStart, ProvisionedPage, ProvisioningError};
use crate::api::App;
use crate::api::context::RequestContext;
use crate::api::fault::Fault;
use crate::store::TenantId;
use crate::wire::scim::schema::ResourceType;
use crate::wire::scim::{ListQuery, ListResponse, Resource, RootQuery};

/// Runs `act` to completion, even if the client disconnects: a transaction is not to be cancelled half-way.
pub(super) async fn run_to_completion<T: Send + 'static>(
    act: impl Future<Output = Result<T, ProvisioningError>> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::spawn(act.in_current_span()).await;
    Ok(done.map_err(|_| Fault::Internal)??)
}

/// A list of the resources of a type.
pub(super) struct Listing<'a> {
    pub(super) app: &'a App,
    pub(super) of: &'static ResourceType,
}

impl Listing<'_> {
    /// The part of the list that `query` asks for, unless it is larger than a response may be.
    pub(super) async fn respond(self, caller: Caller, query: ListQuery) -> Result<Response, Error> {
        let Self { app, of } = self;
        let (tenant, projection) = (caller.provider.tenant, query.projection.clone());
        let act = async move { caller.provisioning.list(&caller.provider, of, &query).await };
        let page = run_to_completion(act).await?;
        respond_with(app, tenant, page, |resource| projection.apply(resource, of)).await
    }
}

async fn respond_with(
    app: &App,
    tenant: TenantId,
    page: ProvisionedPage,
    project: impl Fn(Resource) -> Resource,
) -> Result<Response, Error> {
    let shown = page.resources.into_iter().map(project).collect();
    let list = match page.start {
        PageStart::Index(start) => ListResponse::from_index(shown, start, page.total),
        PageStart::Cursor { next } => ListResponse::from_cursor(shown, next, page.total),
    };
    counted(app, tenant, StatusCode::OK, &list).await
}

async fn respond_to_root(app: &App, caller: Caller, query: RootQuery) -> Result<Response, Error> {
    let (tenant, asked) = (caller.provider.tenant, query.clone());
    let act = async move { caller.provisioning.search(&caller.provider, &query).await };
    let page = run_to_completion(act).await?;
    respond_with(app, tenant, page, |resource| asked.project(resource)).await
}

/// A list of users and groups (RFC 7644, section 3.4.2.1).
#[utoipa::path(
    get,
    path = "/scim/v2",
    operation_id = "listAll",
    tag = "all",
    params(ListParameters),
    responses((status = 200, description = "A part of the list: users come before groups, unless it is sorted.", body = ref("#/components/schemas/ResourceList"), content_type = "application/scim+json"), Refusals)
)]
pub(super) async fn list_all(
    State(app): State<App>,
    caller: Caller,
    query: Query,
) -> Result<Response, Error> {
    let query = query.root(&caller)?;
    respond_to_root(&app, caller, query).await
}

/// The same, asked for by a body (section 3.4.3).
#[utoipa::path(
    post,
    path = "/scim/v2/.search",
    operation_id = "searchAll",
    tag = "all",
    request_body(content = ref("#/components/schemas/SearchRequest"), content_type = "application/scim+json"),
    responses((status = 200, description = "A part of the list: users come before groups, unless it is sorted.", body = ref("#/components/schemas/ResourceList"), content_type = "application/scim+json"), Refusals, BodyRefusals)
)]
pub(super) async fn search_all(
    State(app): State<App>,
    caller: Caller,
    context: RequestContext,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let body = json(&app, &caller, &context, &headers, body).await?;
    let query = RootQuery::from_body(body, caller.pages)?;
    respond_to_root(&app, caller, query).await
}
