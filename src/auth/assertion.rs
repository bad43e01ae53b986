//! Client assertions (RFC 7523, section 2.2): JSON Web Tokens that a client signs with its RSA key instead of sending a
//! secret. RS256 and PS256 are accepted: both are verified with the registered RSA key and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use time::{Duration, OffsetDateTime};

use super::certificate::SignatureAlgorithm;
use crate::core::id::CredentialPublicId;

/// Maximum length of an assertion, in bytes.
const MAX_BYTES: usize = 16_384;
/// Maximum time until expiry: 60 minutes, as in the vendor's sample (contract, section 1).
const MAX_LIFETIME: Duration = Duration::minutes(60);
/// How far a client's clock may be ahead.
const SKEW: Duration = Duration::minutes(1);

/// Faults of an assertion that can be found without knowing the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AssertionFault {
    /// Not a signed JWT with the claims iss, sub, aud, exp and jti.
    #[error("the assertion is not a signed JWT with iss, sub, aud, exp and jti")]
    Malformed,
    /// Not signed with RS256 or PS256, or with critical extensions.
    #[error("the assertion is not signed with RS256 or PS256")]
    Algorithm,
    /// Issuer, subject and the `client_id` parameter differ.
    #[error("iss, sub and client_id of the assertion differ")]
    Client,
    /// Issued for another audience.
    #[error("the assertion is not for this token endpoint")]
    Audience,
    /// Expired.
    #[error("the assertion has expired")]
    Expired,
    /// Not valid yet.
    #[error("the assertion is not valid yet")]
    NotYetValid,
    /// Expires too far in the future.
    #[error("the assertion expires more than an hour ahead")]
    Lifetime,
    /// The `jti` was used before.
    #[error("the assertion was used before")]
    Replayed,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Critical extensions (RFC 7515, section 4.1.11); none are supported.
    crit: Option<serde_json::Value>,
}

/// Claims of an assertion. Times are seconds since the epoch, possibly with a fraction (`NumericDate`, RFC 7519, section
/// 2), as some clients send.
#[derive(Deserialize)]
pub(super) struct AssertionClaims {
    iss: CredentialPublicId,
    sub: CredentialPublicId,
    aud: Audience,
    exp: f64,
    nbf: Option<f64>,
    iat: Option<f64>,
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

/// An assertion with valid claims, whose signature is not verified yet.
pub(super) struct Assertion<'a> {
    pub(super) signed: &'a [u8],
    pub(super) signature: Vec<u8>,
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) claims: AssertionClaims,
}

impl<'a> Assertion<'a> {
    /// Parses `text` and checks its claims for one of `audiences` at `now`.
    pub(super) fn read(
        text: &'a str,
        audiences: &[String],
        now: OffsetDateTime,
    ) -> Result<Self, AssertionFault> {
        let (signed, signature) =
            text.rsplit_once('.').filter(|_| text.len() <= MAX_BYTES).ok_or(AssertionFault::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(AssertionFault::Malformed)?;
        let header: Header = part(header)?;
        let algorithm = SignatureAlgorithm::ALL.into_iter().find(|known| known.as_str() == header.alg);
        let algorithm = algorithm.filter(|_| header.crit.is_none()).ok_or(AssertionFault::Algorithm)?;
        let claims: AssertionClaims = part(payload)?;
        claims.check(audiences, now)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| AssertionFault::Malformed)?;
        Ok(Self { signed: signed.as_bytes(), signature, algorithm, claims })
    }
}

fn part<T: serde::de::DeserializeOwned>(encoded: &str) -> Result<T, AssertionFault> {
    let decoded = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| AssertionFault::Malformed)?;
    serde_json::from_slice(&decoded).map_err(|_| AssertionFault::Malformed)
}

impl AssertionClaims {
    /// The client, from the subject claim.
    pub(super) const fn client(&self) -> &CredentialPublicId {
        &self.sub
    }

    /// Until when the `jti` must be stored.
    pub(super) fn valid_until(&self) -> OffsetDateTime {
        // `check` has bounded it, so that nothing is lost but the fraction.
        let end = OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::seconds_f64(self.exp.ceil()));
        end.saturating_add(SKEW)
    }

    fn check(&self, audiences: &[String], now: OffsetDateTime) -> Result<(), AssertionFault> {
        let now = (now - OffsetDateTime::UNIX_EPOCH).as_seconds_f64();
        let latest_start = now + SKEW.as_seconds_f64();
        let latest_end = latest_start + MAX_LIFETIME.as_seconds_f64();
        if self.iss != self.sub {
            return Err(AssertionFault::Client);
        }
        if self.jti.is_empty() {
            return Err(AssertionFault::Malformed);
        }
        if !self.aud.has_any(audiences) {
            return Err(AssertionFault::Audience);
        }
        if now >= self.exp {
            return Err(AssertionFault::Expired);
        }
        if self.exp > latest_end {
            return Err(AssertionFault::Lifetime);
        }
        if [self.nbf, self.iat].into_iter().flatten().any(|start| start > latest_start) {
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
    fn valid_claims_are_accepted() {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": "k", "x5t": "t"});
        assert_eq!(read(&header, &claims()), Ok(()));
        assert_eq!(changed("aud", json!(["https://other.example.com", URL])), Ok(()));
        let now = NOW.unix_timestamp();
        assert_eq!(changed("exp", json!(now + 3_600)), Ok(()));
        assert_eq!(changed("nbf", json!(now + 60)), Ok(()));
    }

    #[test]
    fn times_may_have_a_fraction() {
        let now = NOW.unix_timestamp();
        let at = |offset: &str| serde_json::from_str(&format!("{now}{offset}")).unwrap();
        for member in ["exp", "nbf", "iat"] {
            assert_eq!(changed(member, at(".25")), Ok(()), "{member}");
        }
        assert_eq!(changed("exp", json!(1.0e300)), Err(AssertionFault::Lifetime));
        let claims: AssertionClaims = serde_json::from_value({
            let mut claims = claims();
            claims["exp"] = at(".25");
            claims
        })
        .unwrap();
        assert_eq!(claims.valid_until(), NOW + Duration::seconds(61));
    }

    #[test]
    fn both_algorithms_of_an_rsa_key_are_read() {
        for (alg, algorithm) in [("RS256", SignatureAlgorithm::Rs256), ("PS256", SignatureAlgorithm::Ps256)] {
            let text = assertion(&json!({"alg": alg}), &claims());
            let read = Assertion::read(&text, &[URL.to_owned()], NOW);
            assert_eq!(read.map(|assertion| assertion.algorithm), Ok(algorithm));
        }
    }

    #[test]
    fn other_algorithms_are_refused() {
        for alg in ["none", "None", "HS256", "RS384", "RS512", "PS384", "ES256", "rs256", ""] {
            assert_eq!(read(&json!({"alg": alg}), &claims()), Err(AssertionFault::Algorithm), "{alg}");
        }
        let critical = json!({"alg": "RS256", "crit": ["exp"]});
        assert_eq!(read(&critical, &claims()), Err(AssertionFault::Algorithm));
    }

    #[test]
    fn invalid_claims_are_refused() {
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
    fn other_text_is_malformed() {
        for text in ["", ".", "..", "a.b", "a.b.c", &"x".repeat(MAX_BYTES + 1)] {
            let outcome = Assertion::read(text, &[URL.to_owned()], NOW).map(drop);
            assert_eq!(outcome, Err(AssertionFault::Malformed), "{text:.10}");
        }
    }
}
