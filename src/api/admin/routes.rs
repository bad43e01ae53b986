//! Tenants, credentials and the audit log.

use std::future::Future;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use tracing::Instrument as _;

use super::auth::Operator;
use super::dto::{
    ActBody, AuditQuery, Confirmation, CredentialBody, CredentialQuery, ExplainBody, ExplanationBody,
    IssuedBody, NewCredentialBody, NewTenantBody, ResealedBody, RotationBody, TenantBody, TenantChangeBody,
};
use super::error::{BodyErrors, ChangeErrors, CredentialErrors, Error, TenantErrors};
use super::extract::{PathParam, QueryParams, json};
use crate::admin::AdminError;
use crate::api::fault::Fault;
use crate::api::json::Json;
use crate::api::lookup::UserName;
use crate::core::id::Slug;

/// Maximum audit log entries per response.
const MAX_AUDIT_ENTRIES: u32 = 1_000;

/// A raw body.
type Body = Result<Bytes, BytesRejection>;

fn read<T: DeserializeOwned>(body: Body) -> Result<T, Error> {
    json(&body?)
}

/// Runs `act` to completion, even if the client disconnects.
pub(super) async fn run_to_completion<T: Send + 'static>(
    act: impl Future<Output = Result<T, AdminError>> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::spawn(act.in_current_span()).await;
    Ok(done.map_err(|_| Fault::Internal)??)
}

/// Create a tenant
#[utoipa::path(post, path = "/admin/v1/tenants",
    tag = "tenants",
    request_body = NewTenantBody,
    responses((status = 201, description = "The new tenant.", body = TenantBody), Error, BodyErrors, ChangeErrors))]
pub(super) async fn create_tenant(
    Operator(admin): Operator,
    body: Body,
) -> Result<(StatusCode, Json<TenantBody>), Error> {
    let options = read::<NewTenantBody>(body)?.into();
    let tenant = run_to_completion(async move { admin.create_tenant(&options).await }).await?;
    Ok((StatusCode::CREATED, Json(tenant.into())))
}

/// List tenants
#[utoipa::path(get, path = "/admin/v1/tenants",
    tag = "tenants",
    responses((status = 200, description = "All tenants.", body = Vec<TenantBody>), Error))]
pub(super) async fn list_tenants(Operator(admin): Operator) -> Result<Json<Vec<TenantBody>>, Error> {
    let tenants = admin.tenants().await?;
    Ok(Json(tenants.into_iter().map(TenantBody::from).collect()))
}

/// Get a tenant
#[utoipa::path(get, path = "/admin/v1/tenants/{slug}",
    tag = "tenants",
    params(("slug" = String, Path)),
    responses((status = 200, description = "The tenant.", body = TenantBody), Error, TenantErrors))]
pub(super) async fn get_tenant(
    Operator(admin): Operator,
    PathParam(slug): PathParam<Slug>,
) -> Result<Json<TenantBody>, Error> {
    Ok(Json(admin.tenant(&slug).await?.into()))
}

/// Change a tenant's settings, suspend or resume it
#[utoipa::path(patch, path = "/admin/v1/tenants/{slug}",
    tag = "tenants",
    params(("slug" = String, Path)), request_body = TenantChangeBody,
    responses((status = 200, description = "The tenant as changed.", body = TenantBody),
        Error, BodyErrors, TenantErrors, ChangeErrors))]
pub(super) async fn change_tenant(
    Operator(admin): Operator,
    PathParam(slug): PathParam<Slug>,
    body: Body,
) -> Result<Json<TenantBody>, Error> {
    let change = read::<TenantChangeBody>(body)?.into();
    let changed = run_to_completion(async move { admin.change_tenant(&slug, &change).await }).await?;
    Ok(Json(changed.into()))
}

/// Delete a tenant with all its users and credentials
#[utoipa::path(delete, path = "/admin/v1/tenants/{slug}",
    tag = "tenants",
    params(("slug" = String, Path), Confirmation),
    responses((status = 204, description = "The tenant is deleted."), Error, TenantErrors, ChangeErrors))]
pub(super) async fn delete_tenant(
    Operator(admin): Operator,
    PathParam(slug): PathParam<Slug>,
    QueryParams(query): QueryParams<Confirmation>,
) -> Result<StatusCode, Error> {
    let confirmation = query.confirm.unwrap_or_default();
    run_to_completion(async move { admin.delete_tenant(&slug, &confirmation).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tell why callers of an API are or are not shown a user
#[utoipa::path(post, path = "/admin/v1/tenants/{slug}/explain",
    tag = "users",
    params(("slug" = String, Path)),
    request_body = ExplainBody,
    responses((status = 200, description = "What the API does with the name.", body = ExplanationBody), Error, BodyErrors, TenantErrors, ChangeErrors))]
pub(super) async fn explain_user(
    Operator(admin): Operator,
    PathParam(slug): PathParam<Slug>,
    body: Body,
) -> Result<Json<ExplanationBody>, Error> {
    let ExplainBody { face, kind, name } = read(body)?;
    let asked = UserName::read(face.parse().map_err(AdminError::Face)?, kind.as_deref(), &name)?;
    let explained = run_to_completion(async move {
        admin.explain(&slug, (asked.face, asked.kind), asked.looked_up(), &name).await
    });
    Ok(Json(explained.await?.into()))
}

/// Issue a credential; its secret is returned only once
#[utoipa::path(post, path = "/admin/v1/credentials",
    tag = "credentials",
    request_body = NewCredentialBody,
    responses((status = 201, description = "The credential with its secret.", body = IssuedBody),
        Error, BodyErrors, TenantErrors, ChangeErrors))]
pub(super) async fn issue_credential(
    Operator(admin): Operator,
    body: Body,
) -> Result<(StatusCode, Json<IssuedBody>), Error> {
    let options = read::<NewCredentialBody>(body)?.try_into()?;
    let issued = run_to_completion(async move { admin.issue(&options).await }).await?;
    Ok((StatusCode::CREATED, Json(issued.into())))
}

/// List credentials, without their secrets
#[utoipa::path(get, path = "/admin/v1/credentials",
    tag = "credentials",
    params(CredentialQuery),
    responses((status = 200, description = "All credentials that match.", body = Vec<CredentialBody>),
        Error, TenantErrors))]
pub(super) async fn list_credentials(
    Operator(admin): Operator,
    QueryParams(query): QueryParams<CredentialQuery>,
) -> Result<Json<Vec<CredentialBody>>, Error> {
    let tenant = query.tenant.map(Slug::from);
    let credentials = admin.credentials(tenant.as_ref()).await?;
    let credentials = credentials.into_iter().map(CredentialBody::from);
    Ok(Json(credentials.collect()))
}

/// Issue a new secret for a credential; old secrets stay valid during the overlap
#[utoipa::path(post, path = "/admin/v1/credentials/{id}/rotate",
    tag = "credentials",
    params(("id" = String, Path)),
    request_body = Option<RotationBody>,
    responses((status = 200, description = "The credential with its new secret.", body = IssuedBody),
        Error, BodyErrors, CredentialErrors, ChangeErrors))]
pub(super) async fn rotate_credential(
    Operator(admin): Operator,
    PathParam(id): PathParam<String>,
    body: Body,
) -> Result<Json<IssuedBody>, Error> {
    let bytes = body?;
    let rotation: Option<RotationBody> = if bytes.is_empty() { None } else { json(&bytes)? };
    let overlap = Duration::from_secs(rotation.unwrap_or_default().overlap_seconds.into());
    let rotated = run_to_completion(async move { admin.rotate(&id, overlap).await }).await?;
    Ok(Json(rotated.issued.into()))
}

/// Revoke a credential immediately
#[utoipa::path(post, path = "/admin/v1/credentials/{id}/revoke",
    tag = "credentials",
    params(("id" = String, Path)),
    responses((status = 200, description = "The credential as revoked.", body = CredentialBody),
        Error, CredentialErrors, ChangeErrors))]
pub(super) async fn revoke_credential(
    Operator(admin): Operator,
    PathParam(id): PathParam<String>,
) -> Result<Json<CredentialBody>, Error> {
    let revoked = run_to_completion(async move { admin.revoke(&id).await }).await?;
    Ok(Json(revoked.into()))
}

/// Re-encrypt stored secrets with the newest key
#[utoipa::path(post, path = "/admin/v1/credentials/reseal",
    tag = "credentials",
    responses((status = 200, description = "How many secrets were re-encrypted.", body = ResealedBody),
        Error, ChangeErrors))]
pub(super) async fn reseal_credentials(Operator(admin): Operator) -> Result<Json<ResealedBody>, Error> {
    let resealed = run_to_completion(async move { admin.reseal().await }).await?;
    Ok(Json(ResealedBody { resealed }))
}

/// List the audit log, newest entries first
#[utoipa::path(get, path = "/admin/v1/audit",
    tag = "audit",
    params(AuditQuery),
    responses((status = 200, description = "The entries that match.", body = Vec<ActBody>), Error))]
pub(super) async fn list_audit(
    Operator(admin): Operator,
    QueryParams(query): QueryParams<AuditQuery>,
) -> Result<Json<Vec<ActBody>>, Error> {
    let most = query.limit.unwrap_or(50).min(MAX_AUDIT_ENTRIES);
    let tenant = query.tenant.map(Slug::from);
    let acts = admin.audit(tenant.as_ref(), query.before, most).await?;
    Ok(Json(acts.into_iter().map(ActBody::from).collect()))
}
