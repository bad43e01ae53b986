//! A user's identity at an external identity source.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::JsonObject;

/// One identity. Tokens of the identity source have no place here, so that no face can ever give one away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// Id of the identity itself.
    pub id: String,
    /// Id of the connection to the identity source (GenAuth `extIdpId`).
    pub connection_id: String,
    /// Kind of identity source, such as `wechat` or `saml`.
    pub provider: String,
    /// Kind of id, such as `openid` or `unionid`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The user's id there.
    pub id_there: String,
    /// What the identity source tells of the user.
    #[serde(default, skip_serializing_if = "JsonObject::is_empty")]
    pub info: JsonObject,
    /// Ids of the connections through which the identity came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origin_connection_ids: Vec<String>,
}
