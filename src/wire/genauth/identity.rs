//! A user's identity at an external identity source.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::lists::Texts;
use crate::core::user::{Identity, IdentityInfo};

/// An identity. The members `accessToken` and `refreshToken` of the vendor's type are always absent: its management
/// API does not return them, and the directory does not store them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentityDto<'a> {
    /// Id of the identity.
    identity_id: Cow<'a, str>,
    /// Id of the connection to the identity source.
    ext_idp_id: Cow<'a, str>,
    /// Kind of identity source, such as `wechat`.
    provider: Cow<'a, str>,
    /// Kind of id, such as `openid`.
    #[serde(rename = "type")]
    kind: Cow<'a, str>,
    /// The user's id at the identity source.
    user_id_in_idp: Cow<'a, str>,
    /// What the identity source provides about the user.
    #[serde(default, deserialize_with = "or_default")]
    #[schema(value_type = serde_json::Map<String, serde_json::Value>, required = true)]
    user_info_in_idp: Cow<'a, IdentityInfo>,
    /// Ids of the connections through which the identity was obtained.
    #[serde(default, deserialize_with = "or_default")]
    #[schema(value_type = Vec<String>, required = true)]
    origin_conn_ids: Texts<'a>,
}

/// Reads null as a missing value.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

impl<'a> From<&'a Identity> for IdentityDto<'a> {
    fn from(identity: &'a Identity) -> Self {
        Self {
            identity_id: (&identity.id).into(),
            ext_idp_id: (&identity.connection_id).into(),
            provider: (&identity.provider).into(),
            kind: (&identity.kind).into(),
            user_id_in_idp: (&identity.id_there).into(),
            user_info_in_idp: Cow::Borrowed(&identity.info),
            origin_conn_ids: Texts(Cow::Borrowed(&identity.origin_connection_ids)),
        }
    }
}

impl From<IdentityDto<'_>> for Identity {
    fn from(dto: IdentityDto<'_>) -> Self {
        Self {
            id: dto.identity_id.into_owned(),
            connection_id: dto.ext_idp_id.into_owned(),
            provider: dto.provider.into_owned(),
            kind: dto.kind.into_owned(),
            id_there: dto.user_id_in_idp.into_owned(),
            info: dto.user_info_in_idp.into_owned(),
            origin_connection_ids: dto.origin_conn_ids.0.into_owned(),
        }
    }
}
