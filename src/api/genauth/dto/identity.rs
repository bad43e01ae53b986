//! A user's identity at an external identity source.

use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

use crate::core::user::{Identity, JsonObject};

/// An identity. The members `accessToken` and `refreshToken` of the vendor's type are never there: its management
/// side does not return them, and the directory does not hold them.
#[derive(Debug, serde::Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentityDto<'a> {
    /// Id of the identity.
    identity_id: &'a str,
    /// Id of the connection to the identity source.
    ext_idp_id: &'a str,
    /// Kind of identity source, such as `wechat`.
    provider: &'a str,
    /// Kind of id, such as `openid`.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The user's id there.
    user_id_in_idp: &'a str,
    /// What the identity source tells of the user.
    #[schema(value_type = Object)]
    user_info_in_idp: WithoutTokens<'a>,
    /// Ids of the connections through which the identity came.
    origin_conn_ids: &'a [String],
}

impl<'a> From<&'a Identity> for IdentityDto<'a> {
    fn from(identity: &'a Identity) -> Self {
        Self {
            identity_id: &identity.id,
            ext_idp_id: &identity.connection_id,
            provider: &identity.provider,
            kind: &identity.kind,
            user_id_in_idp: &identity.id_there,
            user_info_in_idp: WithoutTokens(&identity.info),
            origin_conn_ids: &identity.origin_connection_ids,
        }
    }
}

/// An object without the members, at any depth, that hold a token of the identity source.
#[derive(Debug)]
struct WithoutTokens<'a>(&'a JsonObject);

impl Serialize for WithoutTokens<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.0.iter().filter(|(name, _)| !is_token(name));
        serializer.collect_map(members.map(|(name, value)| (name, ValueWithoutTokens(value))))
    }
}

struct ValueWithoutTokens<'a>(&'a Value);

impl Serialize for ValueWithoutTokens<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(members) => WithoutTokens(members).serialize(serializer),
            Value::Array(values) => serializer.collect_seq(values.iter().map(ValueWithoutTokens)),
            other => other.serialize(serializer),
        }
    }
}

/// Whether a member of this name holds a token, in any spelling: `accessToken`, `refresh_token`, `id-token`.
fn is_token(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    let folded: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    folded.ends_with("token") || folded.ends_with("tokens")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tokens_of_the_identity_source_are_left_out_at_any_depth() {
        let info = json!({
            "name": "Bob",
            "accessToken": "57_a",
            "raw": [{ "refresh_token": "57_b", "id": 7, "tokenCount": 2 }, "text"],
            "ID-Token": { "a": 1 },
        });
        let told = serde_json::to_value(WithoutTokens(info.as_object().unwrap())).unwrap();
        assert_eq!(told, json!({ "name": "Bob", "raw": [{ "id": 7, "tokenCount": 2 }, "text"] }));
    }
}
