//! Responses shared by the operations of an API, for its OpenAPI document.

use std::collections::BTreeMap;

use utoipa::ToSchema;
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

/// Responses by status.
pub type Responses = BTreeMap<String, RefOr<Response>>;

/// Error responses with these descriptions and a JSON body of type `B`. The document must list `B` in its components:
/// utoipa only adds bodies referenced by an operation directly.
#[must_use]
pub fn errors<B: ToSchema>(descriptions: &[(u16, &str)]) -> Responses {
    let content = || Content::new(Some(Ref::from_schema_name(B::name())));
    let responses = descriptions.iter().map(|(status, description)| {
        let response =
            ResponseBuilder::new().description(*description).content("application/json", content());
        (status.to_string(), response.build().into())
    });
    responses.collect()
}
