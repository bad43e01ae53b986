//! Access tokens: JSON Web Tokens (RFC 7519) signed with HMAC-SHA-256, for faces with bearer tokens.
//!
//! The gateway both issues and verifies them and accepts exactly one header, byte for byte, so that a token cannot
//! choose its algorithm. The base64url payload is also valid plain base64, which the GenAuth Python SDK decodes
//! (contract, section 2).

use std::fmt::{self, Write as _};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use quick_cache::sync::Cache;
use ring::hmac;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::keyring::KeyRing;
use super::principal::SecretDigest;
use crate::core::face::Face;
use crate::core::id::UserPoolId;
use crate::store::CredentialId;

/// `{"alg":"HS256","typ":"JWT"}` in base64url.
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
/// Maximum length of a token, in bytes.
const MAX_TOKEN_BYTES: usize = 8_192;
/// Maximum number of verified tokens that are remembered. Most have less than a kilobyte.
const MAX_VERIFIED: usize = 4_096;
/// Maximum clock skew between gateways, in seconds.
const SKEW_SECONDS: i64 = 5;

/// Claims of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    /// Issuer: the gateway's public URL.
    pub(super) iss: String,
    /// Audience: the face it is for.
    pub(super) aud: String,
    /// Subject: id of the credential.
    pub(super) sub: CredentialId,
    /// Granted scopes, separated by spaces.
    pub(super) scope: String,
    /// Issue time, in seconds since the epoch.
    pub(super) iat: i64,
    /// Valid from, in seconds since the epoch.
    pub(super) nbf: i64,
    /// Valid until, in seconds since the epoch.
    pub(super) exp: i64,
    /// Id of the token.
    pub(super) jti: Uuid,
    /// Digest of the secret that it was issued for, in base64url: the token is valid no longer than the secret. Absent
    /// if it was issued for a client assertion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<String>,
    /// GenAuth user pool of the credential; required by GenAuth's SDKs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) scoped_userpool_id: Option<UserPoolId>,
}

impl Claims {
    /// The form of a secret's digest in a token.
    pub(super) fn secret_of(digest: &SecretDigest) -> String {
        URL_SAFE_NO_PAD.encode(digest.0)
    }

    /// The digest of the secret that the token was issued for.
    ///
    /// # Errors
    /// [`TokenFault::Invalid`] if it is not a digest.
    pub(super) fn secret_digest(&self) -> Result<Option<[u8; 32]>, TokenFault> {
        let Some(text) = &self.secret else { return Ok(None) };
        let digest = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenFault::Invalid)?;
        digest.try_into().map(Some).map_err(|_| TokenFault::Invalid)
    }
}

/// Why a token is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not of the form of this gateway's tokens.
    #[error("the token is malformed")]
    Malformed,
    /// Of that form, but not signed by this gateway, or altered.
    #[error("the token is not valid")]
    Invalid,
    /// Expired.
    #[error("the token has expired")]
    Expired,
    /// Not valid yet.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Issued for another face.
    #[error("the token is not for this API")]
    Audience,
    /// Signed by this gateway, but its credential or secret is no longer valid, or its tenant is suspended.
    #[error("the token was withdrawn")]
    Withdrawn,
}

/// Signs `claims` as a token.
pub(super) fn sign(keys: &KeyRing, claims: &Claims) -> Result<String, serde_json::Error> {
    let payload = URL_SAFE_NO_PAD.encode(escaped(&serde_json::to_string(claims)?));
    let signed = format!("{HEADER}.{payload}");
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(keys.token_key(), signed.as_bytes()));
    Ok(format!("{signed}.{signature}"))
}

/// Escapes every character in `json` that could become `-` or `_` in base64url. They only occur within JSON strings.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() && !['>', '?', '~', '\x7f'].contains(&character) {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

/// The tokens that were verified of late, with their claims. Callers send one as long as it is valid, and its signature
/// stays right.
pub(super) struct Tokens(Cache<Box<str>, Arc<Claims>>);

impl Default for Tokens {
    fn default() -> Self {
        Self(Cache::new(MAX_VERIFIED))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

impl Tokens {
    /// The claims of `token`, if it was issued by this gateway for `face` and is currently valid. `keys` are the same in
    /// each call.
    pub(super) fn verify(
        &self,
        keys: &KeyRing,
        token: &str,
        face: Face,
        now: OffsetDateTime,
    ) -> Result<Arc<Claims>, TokenFault> {
        let claims = match self.0.get(token) {
            Some(claims) => claims,
            None => self.verify_anew(keys, token)?,
        };
        let now = now.unix_timestamp();
        if claims.aud != face.as_str() {
            return Err(TokenFault::Audience);
        }
        if now >= claims.exp {
            return Err(TokenFault::Expired);
        }
        if claims.nbf > now.saturating_add(SKEW_SECONDS) {
            return Err(TokenFault::NotYetValid);
        }
        Ok(claims)
    }

    fn verify_anew(&self, keys: &KeyRing, token: &str) -> Result<Arc<Claims>, TokenFault> {
        if !is_well_formed(token) {
            return Err(TokenFault::Malformed);
        }
        let claims = Arc::new(claims_of(keys, token).ok_or(TokenFault::Invalid)?);
        self.0.insert(token.into(), Arc::clone(&claims));
        Ok(claims)
    }
}

/// Whether `token` has the three parts of a token, each of characters that one may have.
fn is_well_formed(token: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    token.len() <= MAX_TOKEN_BYTES && token.split('.').count() == 3 && token.split('.').all(is_part)
}

fn claims_of(keys: &KeyRing, token: &str) -> Option<Claims> {
    let (signed, signature) = token.rsplit_once('.')?;
    let payload = signed.strip_prefix(HEADER)?.strip_prefix('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    let genuine = keys.token_keys().any(|key| hmac::verify(key, signed.as_bytes(), &signature).is_ok());
    let payload = genuine.then(|| URL_SAFE_NO_PAD.decode(payload).ok()).flatten()?;
    serde_json::from_slice(&payload).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    use proptest::prelude::*;
    use serde_json::json;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-21 02:00 UTC);

    fn ring() -> KeyRing {
        KeyRing::new("0123456789abcdef0123456789abcdef").unwrap()
    }

    fn claims() -> Claims {
        let iat = NOW.unix_timestamp();
        Claims {
            iss: "http://localhost:8080".to_owned(),
            aud: "genauth".to_owned(),
            sub: serde_json::from_value(json!(Uuid::from_u128(7))).unwrap(),
            scope: "a b".to_owned(),
            iat,
            nbf: iat,
            exp: iat + 3_600,
            jti: Uuid::from_u128(9),
            secret: None,
            scoped_userpool_id: Some(UserPoolId::new("6229ffa0000000000000a001")),
        }
    }

    fn verify(token: &str, face: Face, now: OffsetDateTime) -> Result<Claims, TokenFault> {
        let (ring, tokens) = (ring(), Tokens::default());
        let verified = tokens.verify(&ring, token, face, now);
        assert_eq!(tokens.verify(&ring, token, face, now), verified, "once it was verified");
        verified.map(Arc::unwrap_or_clone)
    }

    fn verified(token: &str) -> Result<Claims, TokenFault> {
        verify(token, Face::GenAuth, NOW)
    }

    #[test]
    fn a_token_that_was_verified_expires_all_the_same() {
        let (ring, tokens) = (ring(), Tokens::default());
        let token = sign(&ring, &claims()).unwrap();
        tokens.verify(&ring, &token, Face::GenAuth, NOW).unwrap();
        let expiry = NOW + time::Duration::HOUR;
        assert_eq!(tokens.verify(&ring, &token, Face::GenAuth, expiry), Err(TokenFault::Expired));
        assert_eq!(tokens.verify(&ring, &token, Face::AvePoint, NOW), Err(TokenFault::Audience));
        let altered = format!("{}A", token.trim_end_matches(char::is_alphanumeric));
        assert_eq!(tokens.verify(&ring, &altered, Face::GenAuth, NOW), Err(TokenFault::Invalid));
    }

    #[test]
    fn tokens_are_valid_for_their_time_and_face_only() {
        let token = sign(&ring(), &claims()).unwrap();
        assert_eq!(verified(&token), Ok(claims()));
        assert_eq!(verify(&token, Face::AvePoint, NOW), Err(TokenFault::Audience));
        let after = NOW + time::Duration::HOUR;
        assert_eq!(verify(&token, Face::GenAuth, after), Err(TokenFault::Expired));
        let before = NOW - time::Duration::MINUTE;
        assert_eq!(verify(&token, Face::GenAuth, before), Err(TokenFault::NotYetValid));
    }

    #[test]
    fn forged_tokens_are_refused() {
        let token = sign(&ring(), &claims()).unwrap();
        let payload = token.split('.').nth(1).unwrap();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        let other_key = sign(&KeyRing::new(&"z".repeat(40)).unwrap(), &claims()).unwrap();
        let widened = serde_json::to_vec(&Claims { scope: "everything".to_owned(), ..claims() }).unwrap();
        let changed = token.replace(payload, &URL_SAFE_NO_PAD.encode(widened));
        let signature = token.rsplit('.').next().unwrap();
        for forged in [format!("{none}.{payload}.{signature}"), other_key, changed, "a.b.c".to_owned()] {
            assert_eq!(verified(&forged), Err(TokenFault::Invalid), "{forged}");
        }
        for malformed in [
            format!("{none}.{payload}."),
            token.trim_end_matches(|c| c != '.').to_owned(),
            format!("{token}.x"),
            format!("{token} "),
            String::new(),
            format!("{token}{}", "x".repeat(MAX_TOKEN_BYTES)),
        ] {
            assert_eq!(verified(&malformed), Err(TokenFault::Malformed), "{malformed}");
        }
    }

    proptest! {
        #[test]
        fn payload_is_valid_plain_base64(pool in "\\PC{0,20}[>?~\x7f\\\\\"]{0,5}\\PC{0,20}") {
            let claims = Claims { scoped_userpool_id: Some(pool.into()), ..claims() };
            let token = sign(&ring(), &claims).unwrap();
            let payload = token.split('.').nth(1).unwrap();
            prop_assert!(STANDARD_NO_PAD.decode(payload).is_ok());
            prop_assert_eq!(verified(&token), Ok(claims));
        }
    }

    #[test]
    fn header_constant_is_correct() {
        assert_eq!(URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#), HEADER);
    }
}
