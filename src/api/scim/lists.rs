//! Lists of users and of groups.

use std::future::Future;

use axum::http::StatusCode;
use axum::response::Response;
use tracing::Instrument as _;

use super::auth::Caller;
use super::error::Error;
use super::response::counted;
use crate::admin::{PageStart, ProvisioningError};
use crate::api::App;
use crate::api::fault::Fault;
use crate::wire::scim::schema::ResourceType;
use crate::wire::scim::{ListQuery, ListResponse};

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
        let shown = page.resources.into_iter().map(|resource| projection.apply(resource, of)).collect();
        let list = match page.start {
            PageStart::Index(start) => ListResponse::from_index(shown, start, page.total),
            PageStart::Cursor { next } => ListResponse::from_cursor(shown, next, page.total),
        };
        counted(app, tenant, StatusCode::OK, &list).await
    }
}
