//! Responses that the calls of an API share, as its OpenAPI document lists them.

use std::collections::BTreeMap;

use utoipa::ToSchema;
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

/// Responses by status.
pub type Responses = BTreeMap<String, RefOr<Response>>;

/// Error responses with these descriptions, each with a JSON body of type `B`. The document has to list `B` among its
/// components: utoipa adds no bodies but those that a call itself names.
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
