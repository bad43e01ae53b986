//! The response to a batch.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::context::RequestContext;
use crate::api::language::Language;
use crate::wire::genauth::UserDto;

/// The response to a batch.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserListRespDto<'a> {
    /// 200.
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
