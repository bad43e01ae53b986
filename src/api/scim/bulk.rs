//! Bulk requests (RFC 7644, section 3.7): each operation is what the single request would be, in a transaction of its own.

use std::collections::HashMap;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::auth::Caller;
use super::description::{BodyRefusals, Refusals};
use super::error::Error;
use super::lists::run_to_completion;
use super::request::json;
use super::response::counted;
use crate::admin::{GroupRequest, Provider, ProvisionedResource, Provisioning, ProvisioningError};
use crate::api::App;
use crate::api::context::RequestContext;
use crate::core::id::UserId;
use crate::wire::scim::schema::{GROUPS, ResourceType, USERS};
use crate::wire::scim::{
    BulkAction, BulkItem, BulkOperation, BulkRequest, BulkResponse, BulkResult, MembersNeeded, Resource,
};

/// Maximum number of operations.
pub(super) const MAX_OPERATIONS: usize = 1_000;

/// Carries out the operations, each after those whose ids it needs, until too many have failed.
#[utoipa::path(
    post,
    path = "/scim/v2/Bulk",
    operation_id = "bulk",
    tag = "bulk",
    request_body(content = ref("#/components/schemas/BulkRequest"), content_type = "application/scim+json"),
    responses((status = 200, description = "What the operations did.", body = ref("#/components/schemas/BulkResponse"), content_type = "application/scim+json"), Refusals, BodyRefusals)
)]
pub(super) async fn bulk(
    State(app): State<App>,
    caller: Caller,
    context: RequestContext,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let body = json(&app, &caller, &context, &headers, body).await?;
    let mut request = BulkRequest::read(body, MAX_OPERATIONS)?;
    caller.charge(&app, request.operations.len().saturating_sub(1), &context)?;
    let mut ids = HashMap::new();
    let mut results: Vec<(usize, BulkResult)> = Vec::new();
    let mut failures = 0;
    for place in request.order() {
        if request.fail_on_errors.is_some_and(|most| failures >= most) {
            break;
        }
        let Some(item) = request.operations.get(place) else { continue };
        let result = match perform(&caller, item, &ids).await {
            Ok(done) => done.result(item, &mut ids),
            Err(error) => {
                failures += 1;
                failed(&caller.provider, item, &ids, &error)
            }
        };
        results.push((place, result));
    }
    results.sort_by_key(|(place, _)| *place);
    let response = BulkResponse::new(results.into_iter().map(|(_, result)| result).collect());
    counted(&app, caller.provider.tenant, StatusCode::OK, &response).await
}

/// What an operation did.
enum Done {
    Created(ProvisionedResource),
    Changed(ProvisionedResource),
    Deleted { location: String },
}

impl Done {
    /// Its result; the id of what it created is noted for later operations.
    fn result(self, item: &BulkItem, ids: &mut HashMap<String, String>) -> BulkResult {
        let (status, resource) = match self {
            Self::Created(resource) => (201, resource),
            Self::Changed(resource) => (200, resource),
            Self::Deleted { location } => return BulkResult::done(item, 204, location, None),
        };
        if let (Some(bulk_id), Some(id)) = (&item.bulk_id, resource.resource.text(&["id"])) {
            ids.insert(bulk_id.clone(), id.to_owned());
        }
        let tag = resource.meta.entity_tag();
        BulkResult::done(item, status, resource.location, Some(tag))
    }
}

fn failed(provider: &Provider, item: &BulkItem, ids: &HashMap<String, String>, error: &Error) -> BulkResult {
    let location = item.operation.as_ref().ok().and_then(|operation| {
        let mut operation = operation.clone();
        let id = operation.resolve(ids).ok().and_then(|()| operation.id().map(str::to_owned))?;
        Some(operation.of.location(&provider.base, &id))
    });
    BulkResult::failed(item, location, error.error_body())
}

async fn perform(caller: &Caller, item: &BulkItem, ids: &HashMap<String, String>) -> Result<Done, Error> {
    let mut operation = item.operation.clone()?;
    operation.resolve(ids)?;
    let BulkOperation { of, version, action } = operation;
    let (provisioning, provider) = (caller.provisioning.clone(), caller.provider.clone());
    run_to_completion(async move {
        let single = Single { provisioning: &provisioning, provider: &provider, version };
        if *of == GROUPS { single.of_group(action).await } else { single.of_user(action).await }
    })
    .await
}

/// One operation, as a request of its own would be carried out.
struct Single<'a> {
    provisioning: &'a Provisioning,
    provider: &'a Provider,
    version: Option<String>,
}

impl Single<'_> {
    fn deleted(&self, of: &ResourceType, id: &str) -> Done {
        Done::Deleted { location: of.location(&self.provider.base, id) }
    }

    async fn of_user(self, action: BulkAction) -> Result<Done, ProvisioningError> {
        let Self { provisioning, provider, .. } = self;
        let version = self.version.as_deref();
        match action {
            BulkAction::Post(wanted) => provisioning.create(provider, &wanted).await.map(Done::Created),
            BulkAction::Put(id, wanted) => {
                let replaced = move |shown: &Resource| Ok(Some(wanted.completed_by(shown, &USERS)));
                let changed = provisioning.change(provider, &UserId::new(id), version, replaced).await;
                changed.map(Done::Changed)
            }
            BulkAction::Patch(id, patch) => {
                let patched = move |shown: &Resource| patch.apply(shown, &USERS);
                let changed = provisioning.change(provider, &UserId::new(id), version, patched).await;
                changed.map(Done::Changed)
            }
            BulkAction::Delete(id) => {
                provisioning.delete(provider, &UserId::new(id.clone()), version).await?;
                Ok(self.deleted(&USERS, &id))
            }
        }
    }

    async fn of_group(self, action: BulkAction) -> Result<Done, ProvisioningError> {
        let Self { provisioning, provider, .. } = self;
        let request =
            |id, needed| GroupRequest { id, if_match: self.version.clone(), needed, with_members: false };
        match action {
            BulkAction::Post(wanted) => {
                provisioning.create_group(provider, &wanted, false).await.map(Done::Created)
            }
            BulkAction::Put(id, wanted) => {
                let replaced = move |shown: &Resource| Ok(Some(wanted.completed_by(shown, &GROUPS)));
                let request = request(id, MembersNeeded::All);
                provisioning.change_group(provider, &request, replaced).await.map(Done::Changed)
            }
            BulkAction::Patch(id, patch) => {
                let request = request(id, patch.members_needed());
                let patched = move |shown: &Resource| patch.apply(shown, &GROUPS);
                provisioning.change_group(provider, &request, patched).await.map(Done::Changed)
            }
            BulkAction::Delete(id) => {
                provisioning.delete_group(provider, &id, self.version.as_deref()).await?;
                Ok(self.deleted(&GROUPS, &id))
            }
        }
    }
}
