//! What the service offers, and the optional parts of the protocol that it does not have.

use axum::extract::State;
use serde_json::Value;

use super::auth::Caller;
use super::error::Error;
use super::request::{Name, Query};
use super::response::Scim;
use crate::api::App;
use crate::wire::scim::{Capabilities, ListResponse, ScimError};

fn capabilities(caller: &Caller) -> Capabilities {
    Capabilities {
        base: caller.provider.base.clone(),
        documentation: None,
        bulk: None,
        groups: false,
        sort: false,
        pages: caller.pages,
        cursor_timeout: None,
    }
}

pub(super) async fn service_provider_config(caller: Caller) -> Scim<Value> {
    Scim(capabilities(&caller).service_provider_config())
}

pub(super) async fn resource_types(caller: Caller, query: Query) -> Result<Scim<ListResponse<Value>>, Error> {
    list(&query, capabilities(&caller).resource_types())
}

pub(super) async fn resource_type(caller: Caller, Name(name): Name) -> Result<Scim<Value>, Error> {
    Ok(Scim(capabilities(&caller).resource_type(&name).ok_or(ScimError::NotFound)?))
}

pub(super) async fn schemas(caller: Caller, query: Query) -> Result<Scim<ListResponse<Value>>, Error> {
    list(&query, capabilities(&caller).schemas())
}

pub(super) async fn schema(caller: Caller, Name(urn): Name) -> Result<Scim<Value>, Error> {
    Ok(Scim(capabilities(&caller).schema(&urn).ok_or(ScimError::NotFound)?))
}

/// All of these: such a list takes no filter, and has no parts (RFC 7644, section 4).
fn list(query: &Query, documents: Vec<Value>) -> Result<Scim<ListResponse<Value>>, Error> {
    if query.has("filter") {
        return Err(ScimError::FilterForbidden.into());
    }
    let total = documents.len().try_into().unwrap_or(u64::MAX);
    Ok(Scim(ListResponse::from_index(documents, 1, total)))
}

pub(super) async fn no_me(State(_): State<App>, _: Caller) -> Error {
    ScimError::NotImplemented("/Me").into()
}

pub(super) async fn no_common_search(State(_): State<App>, _: Caller) -> Error {
    ScimError::NotImplemented("A search of users and groups together").into()
}

pub(super) async fn no_bulk(State(_): State<App>, _: Caller) -> Error {
    ScimError::NotImplemented("/Bulk").into()
}

pub(super) async fn no_groups(State(_): State<App>, _: Caller) -> Error {
    ScimError::NotImplemented("/Groups").into()
}
