//! The answer to a batch.

use serde::Serialize;
use utoipa::ToSchema;

use super::language::{self, Language};
use crate::api::request_id;
use crate::wire::genauth::UserDto;

/// The answer to a batch.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserListRespDto<'a> {
    /// 200.
    status_code: u16,
    /// A confirmation, in the caller's language.
    message: &'static str,
    /// Id of the request, for support.
    request_id: String,
    /// The users found, in the order asked, each once.
    data: Vec<UserDto<'a>>,
}

impl UserListRespDto<'_> {
    /// The envelope around the users.
    pub fn empty() -> Self {
        Self {
            status_code: 200,
            message: match language::current() {
                Language::Chinese => "操作成功",
                Language::English => "Operation successful",
            },
            request_id: request_id::current().to_string(),
            data: Vec::new(),
        }
    }
}
