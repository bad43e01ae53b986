//! What completes every OpenAPI document: examples, of requests that the demo accepts and of what it answers, and what
//! HTTP itself refuses.

use std::collections::HashMap;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, PathItem};
use utoipa::openapi::{Content, OpenApi, RefOr, Response, ResponseBuilder};

use super::responses::{Responses, example};

/// The name of an operation's answer among examples of refusals with the same status.
const ANSWER: &str = "answer";

/// The examples of one operation.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Examples {
    /// Of its parameters, by name.
    parameters: HashMap<String, Value>,
    /// Of its request body.
    body: Option<Value>,
    /// Of the body of its successful response.
    answer: Option<Value>,
}

/// Adds to all operations of `openapi` what HTTP refuses, and the examples in `json`, which has them by the ids of
/// operations.
pub fn complete(openapi: &mut OpenApi, json: &str) {
    // A test finds what lacks an example, and so also a file that cannot be read.
    let mut examples: HashMap<String, Examples> = serde_json::from_str(json).unwrap_or_default();
    for operation in openapi.paths.paths.values_mut().flat_map(operations) {
        let id = operation.operation_id.clone().unwrap_or_default();
        add_examples(operation, examples.remove(&id).unwrap_or_default());
        operation.responses.responses.extend(http_refusals());
    }
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, patch, delete, .. } = path;
    [get, put, post, patch, delete].into_iter().flatten()
}

fn add_examples(operation: &mut Operation, mut examples: Examples) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter {
            let example = examples.parameters.remove(&parameter.name);
            *parameter = with_example(std::mem::take(parameter), example);
        }
    }
    if let (Some(RefOr::T(body)), Some(value)) = (&mut operation.request_body, examples.body) {
        body.content.values_mut().for_each(|content| add_value(content, &value));
    }
    if let Some(value) = examples.answer {
        let responses = operation.responses.responses.iter_mut();
        let successes = responses.filter(|(status, _)| status.starts_with('2'));
        successes.for_each(|(_, response)| add_answer(response, &value));
    }
}

/// What is refused before the gateway sees it, without a body.
fn http_refusals() -> Responses {
    let described = [
        (StatusCode::URI_TOO_LONG, "The URI is longer than 65,534 bytes. There is no body."),
        (
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "There are too many headers, or they are too long. There is no body.",
        ),
    ];
    let response = |description| ResponseBuilder::new().description(description).build().into();
    described.map(|(status, description)| (status.as_str().to_owned(), response(description))).into()
}

fn with_example(parameter: Parameter, example: Option<Value>) -> Parameter {
    ParameterBuilder::from(parameter).example(example).build()
}

fn add_answer(response: &mut RefOr<Response>, value: &Value) {
    if let RefOr::T(response) = response {
        response.content.values_mut().for_each(|content| add_value(content, value));
    }
}

fn add_value(content: &mut RefOr<Content>, value: &Value) {
    let RefOr::T(content) = content else { return };
    // A media type in which the answer looks different has its own example.
    if content.example.is_some() {
        return;
    }
    if content.examples.is_empty() {
        content.example = Some(value.clone());
    } else {
        content.examples.insert(ANSWER.to_owned(), example(value.clone()));
    }
}
