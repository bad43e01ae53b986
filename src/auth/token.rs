//! Access tokens: JSON Web Tokens (RFC 7519) signed with HMAC-SHA-256, for the faces that use bearer tokens.
//!
//! The gateway both issues and verifies them, so there is exactly one header it accepts, to the letter: no
//! token can choose its own algorithm. The payload in base64url is also plain base64, which is what the GenAuth
//! Python SDK decodes (contract, section 2).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::keyring::KeyRing;
use crate::core::face::Face;
use crate::core::id::UserPoolId;
use crate::store::CredentialId;

/// `{"alg":"HS256","typ":"JWT"}` in base64url.
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
/// A longer token is none of ours.
const MAX_TOKEN_BYTES: usize = 8_192;
/// How far another gateway's clock may be ahead of ours, in seconds.
const SKEW_SECONDS: i64 = 5;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claims {
    /// Issuer: the gateway's public address.
    pub(super) iss: String,
    /// Audience: the face it opens.
    pub(super) aud: String,
    /// Subject: the credential.
    pub(super) sub: CredentialId,
    /// Granted scopes, separated by spaces.
    pub(super) scope: String,
    /// When it was issued, in seconds since the epoch.
    pub(super) iat: i64,
    /// From when it counts.
    pub(super) nbf: i64,
    /// Until when.
    pub(super) exp: i64,
    /// Names this token.
    pub(super) jti: Uuid,
    /// GenAuth user pool of the credential; its SDKs cannot do without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) scoped_userpool_id: Option<UserPoolId>,
}

/// A token that does not open anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not a token of this gateway, or altered.
    #[error("the token is not valid")]
    Invalid,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Made for another face.
    #[error("the token is not for this API")]
    Audience,
}

/// The token that says `claims`.
pub(super) fn sign(keys: &KeyRing, claims: &Claims) -> Result<String, serde_json::Error> {
    let payload = URL_SAFE_NO_PAD.encode(escaped(&serde_json::to_string(claims)?));
    let signed = format!("{HEADER}.{payload}");
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(keys.token_key(), signed.as_bytes()));
    Ok(format!("{signed}.{signature}"))
}

/// `json` with every character escaped whose bits can become a `-` or `_` of base64url. In JSON they occur within
/// strings alone.
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

/// What `token` says, if it is ours, for `face`, and its time is now.
pub(super) fn verify(
    keys: &KeyRing,
    token: &str,
    face: Face,
    now: OffsetDateTime,
) -> Result<Claims, TokenFault> {
    let claims = claims_of(keys, token).ok_or(TokenFault::Invalid)?;
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

fn claims_of(keys: &KeyRing, token: &str) -> Option<Claims> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
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
            scoped_userpool_id: Some(UserPoolId::new("6229ffa0000000000000a001")),
        }
    }

    fn verified(token: &str) -> Result<Claims, TokenFault> {
        verify(&ring(), token, Face::GenAuth, NOW)
    }

    #[test]
    fn a_token_says_what_was_signed_within_its_time_and_face() {
        let token = sign(&ring(), &claims()).unwrap();
        assert_eq!(verified(&token), Ok(claims()));
        assert_eq!(verify(&ring(), &token, Face::AvePoint, NOW), Err(TokenFault::Audience));
        let after = NOW + time::Duration::HOUR;
        assert_eq!(verify(&ring(), &token, Face::GenAuth, after), Err(TokenFault::Expired));
        let before = NOW - time::Duration::MINUTE;
        assert_eq!(verify(&ring(), &token, Face::GenAuth, before), Err(TokenFault::NotYetValid));
    }

    #[test]
    fn no_forged_token_is_accepted() {
        let token = sign(&ring(), &claims()).unwrap();
        let payload = token.split('.').nth(1).unwrap();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        let other_key = sign(&KeyRing::new(&"z".repeat(40)).unwrap(), &claims()).unwrap();
        let widened = serde_json::to_vec(&Claims { scope: "everything".to_owned(), ..claims() }).unwrap();
        let changed = token.replace(payload, &URL_SAFE_NO_PAD.encode(widened));
        for forged in [
            format!("{none}.{payload}."),
            format!("{none}.{payload}.{}", token.rsplit('.').next().unwrap()),
            other_key,
            changed,
            token.trim_end_matches(|c| c != '.').to_owned(),
            "a.b.c".to_owned(),
            String::new(),
            "x".repeat(MAX_TOKEN_BYTES + 1),
        ] {
            assert_eq!(verified(&forged), Err(TokenFault::Invalid), "{forged}");
        }
    }

    proptest! {
        #[test]
        fn the_payload_is_also_plain_base64(pool in "\\PC{0,20}[>?~\x7f\\\\\"]{0,5}\\PC{0,20}") {
            let claims = Claims { scoped_userpool_id: Some(pool.into()), ..claims() };
            let token = sign(&ring(), &claims).unwrap();
            let payload = token.split('.').nth(1).unwrap();
            prop_assert!(STANDARD_NO_PAD.decode(payload).is_ok());
            prop_assert_eq!(verified(&token), Ok(claims));
        }
    }

    #[test]
    fn the_header_is_the_one_it_is_said_to_be() {
        assert_eq!(URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#), HEADER);
    }
}
