//! The batch operation, and the token operation that some SDKs call first.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use secrecy::ExposeSecret as _;

use super::auth::{Caller, refused_as_signature};
use super::error::{BodyErrors, Error};
use super::rendering::UserRendering;
use super::request::{BatchRequest, UserIdTypeName};
use super::response::{Answer, UserListRespDto};
use super::token::{AccessTokenDto, AccessTokenRequest, AccessTokenRespDto};
use crate::api::answer::assembled;
use crate::api::context::RequestContext;
use crate::api::json::{self, Json};
use crate::api::public_url::PublicUrl;
use crate::api::{App, body};
use crate::core::batch::{BatchQuery, fetch};
use crate::core::face::Face;
use crate::store::StoreError;

/// Get a batch of users.
///
/// Users by a list of ids of one type, in request order, without duplicates; unknown ids are skipped.
#[utoipa::path(
    get,
    path = "/api/v3/get-user-batch",
    operation_id = "getUserBatch",
    tag = "users",
    security(("signature" = []), ("token" = [])),
    params(
        ("userIds" = Vec<String>, Query, description = "At most 50 ids; also as `userIds[]`, or as one comma-separated string."),
        ("userIdType" = inline(Option<UserIdTypeName>), Query, description = "Type of the ids; `user_id` by default."),
        ("withCustomData" = Option<bool>, Query, description = "Whether to return `customData`."),
        ("flatCustomData" = Option<bool>, Query, description = "Whether to return the custom fields as members of the user."),
        ("withIdentities" = Option<bool>, Query, description = "Whether to return `identities`."),
        ("withDepartmentIds" = Option<bool>, Query, description = "Whether to return `departmentIds`."),
        ("withTenantIds" = Option<bool>, Query, description = "Whether to return `tenantIds`."),
    ),
    responses(
        Answer<UserListRespDto<'_>>,
    )
)]
pub async fn get_user_batch(
    State(app): State<App>,
    caller: Caller,
    context: RequestContext,
) -> Result<Response, Error> {
    let request =
        context.noting(|ignored| BatchRequest::read(&caller.query, caller.limits.genauth_ids, ignored))?;
    let query = BatchQuery::Keys { keys: &request.keys, rendering: UserRendering(request.options) };
    let batch = fetch(&caller.directory, query).await?;
    let parts = json::halves(&UserListRespDto::empty(&context)).map_err(StoreError::from)?;
    let users: Vec<&[u8]> = batch.distinct().map(|user| &*user.fragment.json).collect();
    Ok(assembled(&app, (caller.directory.tenant(), context.takes_gzip()), parts, &users).await?)
}

/// Get a management token for an access key.
#[utoipa::path(
    post,
    path = "/api/v3/get-management-token",
    operation_id = "getManagementToken",
    tag = "token",
    request_body = AccessTokenRequest,
    responses(
        Answer<AccessTokenRespDto>,
        BodyErrors,
    )
)]
pub async fn get_management_token(
    State(app): State<App>,
    context: RequestContext,
    url: PublicUrl,
    body: Body,
) -> Result<Json<AccessTokenRespDto>, Error> {
    let body = body::read_small(body).await?;
    let (id, secret) = AccessTokenRequest::read(&body)?;
    let principal = app
        .credentials
        .by_id_and_secret(Face::GenAuth, &id, secret.expose_secret(), context.source())
        .await
        .map_err(refused_as_signature)?;
    context.identify(&principal);
    app.rates.check(&principal, context.rates())?;
    app.uses.count(&principal);
    let token = app.credentials.issue_token(Face::GenAuth, &principal, url.as_str(), &principal.scopes)?;
    Ok(Json(AccessTokenRespDto {
        status_code: 200,
        message: "",
        data: AccessTokenDto {
            access_token: token.expose_secret().to_owned(),
            expires_in: Face::GenAuth.token_seconds(),
        },
    }))
}
