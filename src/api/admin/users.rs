//! Single users.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::auth::Operator;
use super::dto::{
    ChangedUserBody, ErasureReceiptBody, FindQuery, FoundBody, UserBody, UserDeletionQuery, UserEditQuery,
    UserPatch, UserQuery,
};
use super::error::{BodyErrors, ChangeErrors, Error, TenantErrors, UserErrors, VersionErrors};
use super::extract::{PathParam, QueryParams, json};
use super::routes::run_to_completion;
use crate::admin::{ErasureOptions, UserEdit};
use crate::api::json::Json;
use crate::core::id::Slug;
use crate::core::user::JsonObject;

/// Get a user
///
/// By its id, an id that another system issued for it, its username, e-mail address, external id, telephone number or
/// address. The audit log tells whose data was shown.
#[utoipa::path(get, path = "/admin/v1/tenants/{slug}/users/{name}",
    tag = "users",
    params(("slug" = String, Path),
    ("name" = String, Path), UserQuery),
    responses((status = 200, description = "The user.", body = UserBody,
        headers(("etag" = String, description = "The version, for `If-Match`."))),
        Error, UserErrors, ChangeErrors))]
pub(super) async fn get_user(
    Operator(admin): Operator,
    PathParam((slug, name)): PathParam<(Slug, String)>,
    QueryParams(query): QueryParams<UserQuery>,
) -> Result<Response, Error> {
    let user = run_to_completion(async move { admin.user(&slug, &name, query.faces).await }).await?;
    Ok(with_etag(user.version, Json(UserBody::from(user))))
}

/// Find users by parts of their names or addresses
///
/// Everything committed before is searched. The first search after very many changes takes longer: it reads the users that
/// changed. The audit log tells that users were searched for, not what for.
#[utoipa::path(get, path = "/admin/v1/tenants/{slug}/users",
    tag = "users",
    params(("slug" = String, Path), FindQuery),
    responses((status = 200, description = "Users that match.", body = FoundBody), Error, TenantErrors, ChangeErrors))]
pub(super) async fn find_users(
    Operator(admin): Operator,
    PathParam(slug): PathParam<Slug>,
    QueryParams(query): QueryParams<FindQuery>,
) -> Result<Json<FoundBody>, Error> {
    let limit = query.limit()?;
    let found =
        run_to_completion(
            async move { admin.find_users(&slug, &query.q, limit, query.cursor.as_deref()).await },
        );
    Ok(Json(found.await?.into()))
}

/// Change a user, or add one
///
/// The body is a merge patch (RFC 7396) of the canonical user: what it has replaces, `null` removes, the rest stays. With
/// `If-Match`, only the version of that entity tag is changed.
#[utoipa::path(patch, path = "/admin/v1/tenants/{slug}/users/{name}",
    tag = "users",
    params(("slug" = String, Path),
    ("name" = String, Path), UserEditQuery, ("if-match" = Option<String>, Header)),
    request_body(content = UserPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "What changed.", body = ChangedUserBody,
        headers(("etag" = String, description = "The version, for `If-Match`."))),
        Error, BodyErrors, UserErrors, VersionErrors, ChangeErrors))]
pub(super) async fn change_user(
    Operator(admin): Operator,
    PathParam((slug, name)): PathParam<(Slug, String)>,
    QueryParams(query): QueryParams<UserEditQuery>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Error> {
    let patch: JsonObject = json(&body?)?;
    let edit = UserEdit { patch, version: if_match(&headers)?, create: query.create };
    let changed = run_to_completion(async move { admin.edit_user(&slug, &name, edit).await }).await?;
    Ok(with_etag(changed.version, Json(ChangedUserBody::from(changed))))
}

/// Delete a user
///
/// By an id. With `If-Match`, only the version of that entity tag is deleted. Entries of timelines stay, unless the person
/// is erased: then nothing stays but keyed digests, by which no import and no identity provider brings the person back.
/// Somebody who is no longer there can be erased, too; and whoever is erased can also be named by a username, e-mail
/// address, external id or address.
#[utoipa::path(delete, path = "/admin/v1/tenants/{slug}/users/{name}",
    tag = "users",
    params(("slug" = String, Path),
    ("name" = String, Path), UserDeletionQuery, ("if-match" = Option<String>, Header)),
    responses((status = 204, description = "The user is deleted."),
        (status = 200, description = "The person is erased; with `erase`.", body = ErasureReceiptBody),
        Error, UserErrors, VersionErrors, ChangeErrors))]
pub(super) async fn delete_user(
    Operator(admin): Operator,
    PathParam((slug, name)): PathParam<(Slug, String)>,
    QueryParams(query): QueryParams<UserDeletionQuery>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let version = if_match(&headers)?;
    if query.erase {
        let options = ErasureOptions { version, unknown: query.unknown };
        let receipt = run_to_completion(async move { admin.erase_user(&slug, &name, options).await }).await?;
        return Ok(Json(ErasureReceiptBody::from(receipt)).into_response());
    }
    run_to_completion(async move { admin.delete_user(&slug, &name, version).await }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Let a person who was erased come back
///
/// By an id that the person had, a username, e-mail address, external id or address, or by the receipt. The next import or
/// identity provider may bring the person back then. What was kept of others keeps them out as before: a name that several
/// had is refused.
#[utoipa::path(post, path = "/admin/v1/tenants/{slug}/users/{name}/allow",
    tag = "users",
    params(("slug" = String, Path),
    ("name" = String, Path)),
    responses((status = 204, description = "The person may come back."), Error, UserErrors, ChangeErrors))]
pub(super) async fn allow_user(
    Operator(admin): Operator,
    PathParam((slug, name)): PathParam<(Slug, String)>,
) -> Result<StatusCode, Error> {
    run_to_completion(async move { admin.allow_user(&slug, &name).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The response with the entity tag of a version.
fn with_etag<T: serde::Serialize>(version: i64, body: Json<T>) -> Response {
    let mut response = body.into_response();
    if let Ok(tag) = HeaderValue::try_from(format!("\"{version}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// The version that `If-Match` (RFC 9110, section 13.1.1) allows; `None` for any.
///
/// # Errors
/// [`Error::IfMatch`] unless it is one entity tag, or `*`.
fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Error> {
    let Some(tag) = headers.get(IF_MATCH) else { return Ok(None) };
    let tag = tag.to_str().map_err(|_| Error::IfMatch)?.trim();
    if tag == "*" {
        return Ok(None);
    }
    let version = tag.trim_start_matches("W/").strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    let version = version.and_then(|version| version.parse().ok());
    version.map(Some).ok_or(Error::IfMatch)
}
