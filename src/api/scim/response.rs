//! Responses: `application/scim+json`, with the version of a user as its entity tag.

use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::request::lines;
use crate::admin::ProvisionedUser;
use crate::api::json::Json;
use crate::wire::scim::schema::USERS;
use crate::wire::scim::{Projection, names_version};

/// A SCIM document.
#[derive(Debug)]
pub struct Scim<T>(pub T);

impl<T: Serialize> IntoResponse for Scim<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.0).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/scim+json"));
        response
    }
}

/// A user, with those of its attributes that were asked for.
pub fn user(status: StatusCode, user: ProvisionedUser, projection: &Projection) -> Response {
    let ProvisionedUser { resource, meta, location } = user;
    let mut response = (status, Scim(projection.apply(resource, &USERS))).into_response();
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::try_from(meta.entity_tag()) {
        headers.insert(ETAG, tag);
    }
    if let Ok(location) = HeaderValue::try_from(location) {
        headers.insert(LOCATION, location);
    }
    response
}

/// The user, unless the client has this version of it.
pub fn user_unless_known(found: ProvisionedUser, projection: &Projection, headers: &HeaderMap) -> Response {
    let is_known =
        lines(headers, &IF_NONE_MATCH).is_some_and(|tags| names_version(&tags, &found.meta.version));
    let mut response = user(StatusCode::OK, found, projection);
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = axum::body::Body::empty();
        response.headers_mut().remove(CONTENT_TYPE);
    }
    response
}
