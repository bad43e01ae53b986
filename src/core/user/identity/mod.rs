//! A user's identity at an external identity source.

mod info;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use info::IdentityInfo;

use super::JsonObject;

/// One identity. It has no place for the identity source's secrets, so no face can show one.
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
    /// The user's id at the identity source.
    pub id_there: String,
    /// What the identity source provides about the user; members that hold secrets are dropped.
    #[serde(default, skip_serializing_if = "IdentityInfo::is_empty")]
    #[schemars(with = "JsonObject")]
    pub info: IdentityInfo,
    /// Ids of the connections through which the identity was obtained.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origin_connection_ids: Vec<String>,
}
