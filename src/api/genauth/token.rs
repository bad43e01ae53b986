//! Exchanges an access key id and secret for a management token.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::parameter::{Expected, ParameterFault};
use super::response::Success;
use crate::api::extract;
use crate::core::id::CredentialPublicId;

const ACCESS_KEY_ID: &str = "accessKeyId";
const ACCESS_KEY_SECRET: &str = "accessKeySecret";

/// An access key id and secret.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessTokenRequest {
    /// Id of the access key.
    #[schema(required, value_type = String)]
    access_key_id: Option<String>,
    /// Its secret.
    #[schema(required, value_type = String)]
    access_key_secret: Option<String>,
}

impl std::fmt::Debug for AccessTokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessTokenRequest").finish_non_exhaustive()
    }
}

impl AccessTokenRequest {
    /// Parses a body into the id and the secret.
    ///
    /// # Errors
    /// [`ParameterFault`] with the name of the member, never its value.
    pub fn read(body: &[u8]) -> Result<(CredentialPublicId, SecretString), ParameterFault> {
        let request: Self = extract::json(body).map_err(|fault| {
            let mut known = [ACCESS_KEY_ID, ACCESS_KEY_SECRET].into_iter();
            let named = known.find(|name| *name == fault.path);
            let malformed = |name| ParameterFault::Malformed(name, Expected::Text);
            named.map_or(ParameterFault::Malformed("body", Expected::Object), malformed)
        })?;
        let id = request.access_key_id.ok_or(ParameterFault::Malformed(ACCESS_KEY_ID, Expected::Text))?;
        let secret =
            request.access_key_secret.ok_or(ParameterFault::Malformed(ACCESS_KEY_SECRET, Expected::Text))?;
        Ok((id.into(), secret.into()))
    }
}

/// A management token. Unlike the rest of the API, its members are in snake case.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccessTokenDto {
    /// A JSON Web Token with the claim `scoped_userpool_id`.
    pub access_token: String,
    /// Lifetime, in seconds.
    pub expires_in: i64,
}

/// The response with a token.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessTokenRespDto {
    /// 200.
    #[schema(value_type = Success)]
    pub status_code: u16,
    /// Empty, as the vendor's.
    pub message: &'static str,
    /// The token.
    pub data: AccessTokenDto,
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn errors_name_the_member() {
        let (id, secret) =
            AccessTokenRequest::read(br#"{"accessKeyId":"a","accessKeySecret":"b","more":1}"#).unwrap();
        assert_eq!((id.as_str(), secret.expose_secret()), ("a", "b"));
        for (body, name) in [
            ("", "body"),
            ("[]", "body"),
            ("\"text\"", "body"),
            ("{}", "accessKeyId"),
            (r#"{"accessKeyId":"a"}"#, "accessKeySecret"),
            (r#"{"accessKeyId":"a","accessKeySecret":null}"#, "accessKeySecret"),
            (r#"{"accessKeyId":"a","accessKeySecret":7}"#, "accessKeySecret"),
            (r#"{"accessKeyId":{},"accessKeySecret":"b"}"#, "accessKeyId"),
        ] {
            let fault = AccessTokenRequest::read(body.as_bytes()).unwrap_err();
            let expected = if name == "body" { Expected::Object } else { Expected::Text };
            assert_eq!(fault, ParameterFault::Malformed(name, expected), "{body}");
        }
    }
}
