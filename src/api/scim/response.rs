//! Responses: `application/scim+json`, with the version of a resource as its entity tag.

use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::error::Error;
use super::request::lines;
use crate::admin::ProvisionedResource;
use crate::api::fault::Fault;
use crate::api::json::Json;
use crate::api::{App, answer};
use crate::store::TenantId;
use crate::wire::scim::{Projection, names_version};

/// The media type of SCIM.
const SCIM_JSON: HeaderValue = HeaderValue::from_static("application/scim+json");

/// A SCIM document.
#[derive(Debug)]
pub struct Scim<T>(pub T);

impl<T: Serialize> IntoResponse for Scim<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.0).into_response();
        response.headers_mut().insert(CONTENT_TYPE, SCIM_JSON);
        response
    }
}

/// A SCIM document that may be large: it counts as memory for responses until the client has taken it.
///
/// # Errors
/// [`Fault::AnswerTooLarge`].
pub async fn counted(
    app: &App,
    tenant: TenantId,
    status: StatusCode,
    document: &impl Serialize,
) -> Result<Response, Error> {
    let body = serde_json::to_vec(document).map_err(|_| Fault::Internal)?;
    // Compressed by the layer, if at all: identity providers send and get little.
    let mut response = answer::assembled(app, (tenant, false), (body, Vec::new()), &[]).await?;
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, SCIM_JSON);
    Ok(response)
}

/// A resource, with those of its attributes that were asked for.
pub async fn resource(
    app: &App,
    tenant: TenantId,
    status: StatusCode,
    found: ProvisionedResource,
    projection: &Projection,
) -> Result<Response, Error> {
    let of = found.of;
    let mut response = without_body(&found);
    let shown = counted(app, tenant, status, &projection.apply(found.resource, of)).await?;
    let (parts, body) = shown.into_parts();
    *response.status_mut() = parts.status;
    response.headers_mut().extend(parts.headers);
    *response.body_mut() = body;
    Ok(response)
}

/// The headers of a resource alone.
pub fn without_body(found: &ProvisionedResource) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::try_from(found.meta.entity_tag()) {
        headers.insert(ETAG, tag);
    }
    if let Ok(location) = HeaderValue::try_from(found.location.as_str()) {
        headers.insert(LOCATION, location);
    }
    response
}

/// The resource, unless the client has this version of it.
pub async fn resource_unless_known(
    app: &App,
    tenant: TenantId,
    found: ProvisionedResource,
    projection: &Projection,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let is_known =
        lines(headers, &IF_NONE_MATCH).is_some_and(|tags| names_version(&tags, &found.meta.version));
    if is_known {
        let mut response = without_body(&found);
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        // Some clients follow a `Location` in any 3xx, here to the same URL again and again.
        response.headers_mut().remove(LOCATION);
        return Ok(response);
    }
    resource(app, tenant, StatusCode::OK, found, projection).await
}
