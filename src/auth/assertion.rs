//! Client assertions (RFC 7523, section 2.2): JSON Web Tokens that a client signs with its own RSA key in place
//! of sending a secret. RS256 and nothing else: no assertion chooses how it is verified.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use crate::core::id::CredentialPublicId;

/// A longer assertion is refused unread.
const MAX_BYTES: usize = 16_384;
/// How far ahead an assertion may expire: the vendor's sample says 60 minutes (contract, section 1).
const MAX_LIFETIME: Duration = Duration::minutes(60);
/// How far a client's clock may be ahead of ours.
const SKEW: Duration = Duration::minutes(1);

/// What is wrong with an assertion, as far as that can be told without knowing its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AssertionFault {
    /// No signed JWT with the claims iss, sub, aud, exp and jti.
    #[error("the assertion is not a signed JWT with iss, sub, aud, exp and jti")]
    Malformed,
    /// Signed in another way than RS256, or with extensions that must be understood.
    #[error("the assertion is not signed with RS256")]
    Algorithm,
    /// Its issuer, its subject and the `client_id` beside it are not one client.
    #[error("iss, sub and client_id of the assertion differ")]
    Client,
    /// Made for another place.
    #[error("the assertion is not for this token endpoint")]
    Audience,
    /// Its time is over.
    #[error("the assertion has expired")]
    Expired,
    /// Its time has not come.
    #[error("the assertion is not valid yet")]
    NotYetValid,
    /// It would count for longer than any may.
    #[error("the assertion expires more than an hour ahead")]
    Lifetime,
    /// Its `jti` was used before.
    #[error("the assertion was used before")]
    Replayed,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that must be understood (RFC 7515, section 4.1.11); none are.
    crit: Option<serde_json::Value>,
}

/// What an assertion says. Times are whole seconds since the epoch.
#[derive(Deserialize)]
pub(super) struct AssertionClaims {
    iss: CredentialPublicId,
    sub: CredentialPublicId,
    aud: Audience,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    pub(super) jti: String,
}

/// One audience or several (RFC 7519, section 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn has_any(&self, wanted: &[String]) -> bool {
        match self {
            Self::One(audience) => wanted.contains(audience),
            Self::Several(audiences) => audiences.iter().any(|audience| wanted.contains(audience)),
        }
    }
}

/// An assertion whose claims are as they must be; who made it is shown by its signature alone.
pub(super) struct Assertion<'a> {
    pub(super) signed: &'a [u8],
    pub(super) signature: Vec<u8>,
    pub(super) claims: AssertionClaims,
}

impl<'a> Assertion<'a> {
    /// Reads `text`, and checks its claims for one of `audiences` at `now`.
    pub(super) fn read(
        text: &'a str,
        audiences: &[String],
        now: OffsetDateTime,
    ) -> Result<Self, AssertionFault> {
        let (signed, signature) =
            text.rsplit_once('.').filter(|_| text.len() <= MAX_BYTES).ok_or(AssertionFault::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(AssertionFault::Malformed)?;
        let header: Header = part(header)?;
        if header.alg != "RS256" || header.crit.is_some() {
            return Err(AssertionFault::Algorithm);
        }
        let claims: AssertionClaims = part(payload)?;
        claims.check(audiences, now)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| AssertionFault::Malformed)?;
        Ok(Self { signed: signed.as_bytes(), signature, claims })
    }
}

fn part<T: serde::de::DeserializeOwned>(encoded: &str) -> Result<T, AssertionFault> {
    let decoded = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| AssertionFault::Malformed)?;
    serde_json::from_slice(&decoded).map_err(|_| AssertionFault::Malformed)
}

impl AssertionClaims {
    /// The client that the assertion names.
    pub(super) const fn client(&self) -> &CredentialPublicId {
        &self.sub
    }

    /// Until when the `jti` must be remembered.
    pub(super) fn counts_until(&self) -> OffsetDateTime {
        let end = OffsetDateTime::from_unix_timestamp(self.exp).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        end.saturating_add(SKEW)
    }

    fn check(&self, audiences: &[String], now: OffsetDateTime) -> Result<(), AssertionFault> {
        let now_seconds = now.unix_timestamp();
        let latest_start = now.saturating_add(SKEW).unix_timestamp();
        let latest_end = now.saturating_add(MAX_LIFETIME + SKEW).unix_timestamp();
        if self.iss != self.sub {
            return Err(AssertionFault::Client);
        }
        if self.jti.is_empty() {
            return Err(AssertionFault::Malformed);
        }
        if !self.aud.has_any(audiences) {
            return Err(AssertionFault::Audience);
        }
        if now_seconds >= self.exp {
            return Err(AssertionFault::Expired);
        }
        if self.exp > latest_end {
            return Err(AssertionFault::Lifetime);
        }
        if self.nbf.max(self.iat).is_some_and(|start| start > latest_start) {
            return Err(AssertionFault::NotYetValid);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-21 02:00 UTC);
    const URL: &str = "https://users.example.com/connect/token";

    fn claims() -> Value {
        let now = NOW.unix_timestamp();
        json!({"iss": "c", "sub": "c", "aud": URL, "jti": "1", "nbf": now, "iat": now, "exp": now + 300})
    }

    fn assertion(header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode("signature"))
    }

    fn read(header: &Value, claims: &Value) -> Result<(), AssertionFault> {
        Assertion::read(&assertion(header, claims), &[URL.to_owned()], NOW).map(drop)
    }

    fn changed(member: &str, value: Value) -> Result<(), AssertionFault> {
        let mut claims = claims();
        claims[member] = value;
        read(&json!({"alg": "RS256"}), &claims)
    }

    #[test]
    fn claims_that_are_as_they_must_be_are_read() {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": "k", "x5t": "t"});
        assert_eq!(read(&header, &claims()), Ok(()));
        assert_eq!(changed("aud", json!(["https://other.example.com", URL])), Ok(()));
        let now = NOW.unix_timestamp();
        assert_eq!(changed("exp", json!(now + 3_600)), Ok(()));
        assert_eq!(changed("nbf", json!(now + 60)), Ok(()));
    }

    #[test]
    fn every_other_algorithm_is_refused() {
        for alg in ["none", "None", "HS256", "RS384", "RS512", "PS256", "ES256", "rs256", ""] {
            assert_eq!(read(&json!({"alg": alg}), &claims()), Err(AssertionFault::Algorithm), "{alg}");
        }
        let critical = json!({"alg": "RS256", "crit": ["exp"]});
        assert_eq!(read(&critical, &claims()), Err(AssertionFault::Algorithm));
    }

    #[test]
    fn claims_that_are_not_as_they_must_be_are_refused() {
        use AssertionFault::{Audience, Client, Expired, Lifetime, Malformed, NotYetValid};
        let now = NOW.unix_timestamp();
        for (member, value, fault) in [
            ("iss", json!("d"), Client),
            ("aud", json!("https://other.example.com/connect/token"), Audience),
            ("aud", json!([]), Audience),
            ("aud", json!(7), Malformed),
            ("exp", json!(now), Expired),
            ("exp", json!(i64::MIN), Expired),
            ("exp", json!(now + 3_661), Lifetime),
            ("exp", json!(i64::MAX), Lifetime),
            ("exp", Value::Null, Malformed),
            ("nbf", json!(now + 61), NotYetValid),
            ("iat", json!(now + 61), NotYetValid),
            ("jti", json!(""), Malformed),
            ("jti", Value::Null, Malformed),
        ] {
            assert_eq!(changed(member, value.clone()), Err(fault), "{member} {value}");
        }
    }

    #[test]
    fn what_is_no_jwt_is_malformed() {
        for text in ["", ".", "..", "a.b", "a.b.c", &"x".repeat(MAX_BYTES + 1)] {
            let outcome = Assertion::read(text, &[URL.to_owned()], NOW).map(drop);
            assert_eq!(outcome, Err(AssertionFault::Malformed), "{text:.10}");
        }
    }
}
