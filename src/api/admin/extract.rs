//! Extractors for the path and the query.

use axum::RequestPartsExt as _;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::error::Error;
use crate::api::extract::path;
use crate::api::fault::Fault;

/// The path parameter: a tenant's slug or a credential's id.
pub(super) struct PathParam<T>(pub(super) T);

impl<T: DeserializeOwned + Send + 'static, S: Sync> FromRequestParts<S> for PathParam<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        Ok(Self(path(parts).await.ok_or(Fault::NotFound)?))
    }
}

/// The query parameters.
pub(super) struct QueryParams<T>(pub(super) T);

impl<T: DeserializeOwned + 'static, S: Sync> FromRequestParts<S> for QueryParams<T> {
    type Rejection = Error;

    #[expect(clippy::disallowed_types, reason = "its rejection becomes a problem")]
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        Ok(Self(parts.extract::<axum::extract::Query<T>>().await?.0))
    }
}
