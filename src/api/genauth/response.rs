//! The response to a batch.

use std::marker::PhantomData;

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::openapi::{Content, Ref, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use super::error::Error;
use crate::api::context::RequestContext;
use crate::api::enumerated::enumerated;
use crate::api::language::Language;
use crate::api::responses::{Responses, either};
use crate::wire::genauth::UserDto;

enumerated! {
    /// The `statusCode` of an answer, which tells it from a refusal.
    pub Success = [StatusCode::OK.as_u16()];
}

/// The response to a batch.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserListRespDto<'a> {
    /// 200.
    #[schema(value_type = Success)]
    status_code: u16,
    /// Success message, in the caller's language.
    message: &'static str,
    /// Id of the request, for support.
    request_id: String,
    /// The users found, in request order, without duplicates.
    data: Vec<UserDto<'a>>,
}

impl UserListRespDto<'_> {
    /// The response to `request` with an empty list of users.
    pub fn empty(request: &RequestContext) -> Self {
        Self {
            status_code: 200,
            message: match request.language() {
                Language::Chinese => "操作成功",
                Language::English => "Operation successful",
            },
            request_id: request.id().to_string(),
            data: Vec::new(),
        }
    }
}

/// Responses of an operation that answers with `T`, unless it refuses to: both come with HTTP 200.
pub struct Answer<T>(PhantomData<T>);

impl<T: ToSchema> IntoResponses for Answer<T> {
    fn responses() -> Responses {
        let answer = ResponseBuilder::new()
            .description("The answer, or a refusal with a `statusCode` other than 200.")
            .content("application/json", Content::new(Some(Ref::from_schema_name(T::name()))));
        let mut responses = Error::responses();
        either(&mut responses, Responses::from([("200".to_owned(), answer.build().into())]));
        responses
    }
}
