//! Reads what a client sends.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use serde_json::Value;

use super::auth::Caller;
use super::error::Error;
use crate::api::context::RequestContext;
use crate::api::fault::Fault;
use crate::api::{App, body, extract};
use crate::core::id::UserId;
use crate::wire::scim::schema::ResourceType;
use crate::wire::scim::{ListQuery, Projection, RootQuery, ScimError, read_json};

/// Maximum size of a body, in bytes: what one user can have, several times over, or some ten thousand members of a
/// group.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// The last segment of the path.
#[derive(Debug)]
pub struct Name(pub String);

impl FromRequestParts<App> for Name {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        extract::path(parts).await.map(Self).ok_or_else(|| ScimError::NotFound.into())
    }
}

impl From<Name> for UserId {
    fn from(name: Name) -> Self {
        Self::new(name.0)
    }
}

/// The query string, as sent.
#[derive(Debug)]
pub struct Query(String);

impl FromRequestParts<App> for Query {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.uri.query().unwrap_or_default().to_owned()))
    }
}

impl Query {
    fn parameters(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        form_urlencoded::parse(self.0.as_bytes())
    }

    /// Whether it has the parameter `name`, in any case.
    pub fn has(&self, name: &str) -> bool {
        self.parameters().any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// What it asks of a list.
    pub fn list(&self, caller: &Caller, of: &ResourceType) -> Result<ListQuery, ScimError> {
        ListQuery::from_parameters(self.parameters(), of, caller.pages)
    }

    /// What it asks of a list of every type.
    pub fn root(&self, caller: &Caller) -> Result<RootQuery, ScimError> {
        RootQuery::from_parameters(self.parameters(), caller.pages)
    }

    /// Which attributes it asks for.
    pub fn projection(&self, caller: &Caller, of: &ResourceType) -> Result<Projection, ScimError> {
        let is_projection = |name: &str| {
            ["attributes", "excludedAttributes"].iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        let parameters = self.parameters().filter(|(name, _)| is_projection(name));
        ListQuery::from_parameters(parameters, of, caller.pages).map(|query| query.projection)
    }
}

/// Maximum size of a body, in bytes.
pub fn max_body_bytes(app: &App) -> usize {
    app.limits.body_bytes.min(MAX_BODY_BYTES)
}

/// The JSON of a body.
pub async fn json(
    app: &App,
    caller: &Caller,
    context: &RequestContext,
    headers: &HeaderMap,
    body: Body,
) -> Result<Value, Error> {
    if !headers.get(CONTENT_TYPE).is_none_or(|kind| kind.to_str().is_ok_and(is_json)) {
        return Err(Error::MediaType);
    }
    let limit = max_body_bytes(app);
    let body = body::read_within(app, caller.provider.tenant, body, limit).await;
    let body = body.map_err(|fault| match fault {
        Fault::BodyTooLarge(limit) => ScimError::BodyTooLarge(limit).into(),
        fault => Error::Fault(fault),
    })?;
    let parsed = body.parse(app, context, move |body, _| read_json(body, limit).map_err(Error::from));
    Ok(parsed.await?.value)
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    ["application/scim+json", "application/json"].iter().any(|known| known.eq_ignore_ascii_case(essence))
}

/// The value of a header that is a list, from all its lines.
pub fn lines(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Vec<&str> = headers.get_all(name).iter().filter_map(|line| line.to_str().ok()).collect();
    headers.contains_key(name).then(|| lines.join(", "))
}
