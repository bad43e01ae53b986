//! Extractors for the path and the query.

use axum::RequestPartsExt as _;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::Error;
use crate::api::extract::{self, path};
use crate::api::fault::Fault;

/// Checks that what `encoded` stands for is UTF-8 without a NUL, which the database could not store.
fn is_text(encoded: &str) -> Result<(), Fault> {
    let text = percent_decode_str(encoded).decode_utf8().map_err(|_| Fault::NotText)?;
    if text.contains('\0') { Err(Fault::NotText) } else { Ok(()) }
}

/// Parses a JSON body without a NUL in any of its texts.
///
/// # Errors
/// [`Error::Body`] with the path of the first fault; [`Fault::NotText`].
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let read = extract::json(body)?;
    match serde_json::from_slice(body) {
        Ok(value) if has_nul(&value) => Err(Fault::NotText.into()),
        _ => Ok(read),
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The path parameter, such as a tenant's slug, or all of them in their order.
pub(super) struct PathParam<T>(pub(super) T);

impl<T: DeserializeOwned + Send + 'static, S: Sync> FromRequestParts<S> for PathParam<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        is_text(parts.uri.path())?;
        Ok(Self(path(parts).await.ok_or(Fault::NotFound)?))
    }
}

/// The query parameters.
pub(super) struct QueryParams<T>(pub(super) T);

impl<T: DeserializeOwned + 'static, S: Sync> FromRequestParts<S> for QueryParams<T> {
    type Rejection = Error;

    #[expect(clippy::disallowed_types, reason = "its rejection becomes a problem")]
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        is_text(parts.uri.query().unwrap_or_default())?;
        Ok(Self(parts.extract::<axum::extract::Query<T>>().await?.0))
    }
}
