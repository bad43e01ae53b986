//! Error responses shared by the operations of an API, for its OpenAPI document.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::{Content, OneOfBuilder, Ref, RefOr, Response, ResponseBuilder};

/// Responses by status.
pub type Responses = BTreeMap<String, RefOr<Response>>;

/// An error that an OpenAPI document can describe.
pub trait DescribedError {
    /// The body of its response.
    type Body: Serialize + ToSchema;

    /// The media type of the body.
    const MEDIA_TYPE: &'static str = "application/json";

    /// The HTTP status of its response.
    fn http_status(&self) -> StatusCode;

    /// The body of its response, to a request with this id if it quotes that.
    fn body(&self, request_id: &str) -> Self::Body;
}

/// The id of the request in examples.
pub const REQUEST_ID: &str = "019e0f6d-2c1b-7d3a-9c52-5d0f4a7be861";

/// The responses to these errors, each with its description and as an example of its status. The document must list the
/// body in its components: utoipa only adds bodies referenced by an operation directly.
pub fn errors<E: DescribedError>(described: impl IntoIterator<Item = (E, &'static str)>) -> Responses {
    let response = |(error, description): (E, &str)| {
        let mut content = Content::new(Some(Ref::from_schema_name(E::Body::name())));
        content.example = serde_json::to_value(error.body(REQUEST_ID)).ok();
        let response = ResponseBuilder::new().description(description).content(E::MEDIA_TYPE, content);
        (error.http_status().as_str().to_owned(), response.build().into())
    };
    described.into_iter().map(response).collect()
}

/// Adds `others` to `responses`. A status that is in both may have either body.
pub fn either(responses: &mut Responses, others: Responses) {
    for (status, mut other) in others {
        if let Some(RefOr::T(known)) = responses.remove(&status)
            && let RefOr::T(new) = &mut other
        {
            for (media_type, content) in known.content {
                add_body(new.content.entry(media_type).or_insert_with(|| Content::default().into()), content);
            }
        }
        responses.insert(status, other);
    }
}

/// Adds the body that `other` describes to those that `content` does, each with its example by the name of its schema.
fn add_body(content: &mut RefOr<Content>, other: RefOr<Content>) {
    let (RefOr::T(content), RefOr::T(other)) = (content, other) else { return };
    let mut schemas = OneOfBuilder::new();
    for (schema, value) in [(content.schema.take(), content.example.take()), (other.schema, other.example)] {
        let Some(RefOr::Ref(schema)) = schema else { continue };
        let name = schema.ref_location.rsplit('/').next().unwrap_or_default().to_owned();
        content.examples.extend(value.map(|value| (name, example(value))));
        schemas = schemas.item(schema);
    }
    content.schema = Some(schemas.into());
}

/// `value` as an example.
pub fn example(value: Value) -> RefOr<Example> {
    ExampleBuilder::new().value(Some(value)).build().into()
}
