//! An error.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// The HTTP status.
    pub status_code: u16,
    /// What is wrong.
    pub message: String,
    /// The request id, for support; also in the header `request-id`.
    pub request_id: String,
}
