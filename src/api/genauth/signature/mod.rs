//! Requests signed with an access key's secret (contract, section 2).
//!
//! A signature is `Base64(HMAC-SHA1(secret, text))`, where [`canonical`] builds the text. Both of the vendor's brands
//! use the same algorithm, with different schemes and header prefixes.

mod canonical;
mod time;

use ::time::OffsetDateTime;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use secrecy::{ExposeSecret as _, SecretString};

use super::error::Refusal;
use super::query::{Parameter, Plus, Query};
use crate::auth::digest;

const METHOD: &str = "HMAC-SHA1";
const VERSION: &str = "1.0";

/// The vendor's brand, as known to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brand {
    /// `authing`, with `x-authing-*`.
    Authing,
    /// `GenAuth`, with `x-genauth-*`.
    GenAuth,
}

impl Brand {
    /// The brand of an authorization scheme, case-insensitive (RFC 9110, section 11.1).
    pub fn of_scheme(scheme: &str) -> Option<Self> {
        if scheme.eq_ignore_ascii_case("authing") {
            Some(Self::Authing)
        } else if scheme.eq_ignore_ascii_case("genauth") {
            Some(Self::GenAuth)
        } else {
            None
        }
    }

    const fn header_prefix(self) -> &'static str {
        match self {
            Self::Authing => "x-authing-",
            Self::GenAuth => "x-genauth-",
        }
    }

    /// The header of this brand whose name ends in `name`, trimmed.
    fn header(self, headers: &HeaderMap, name: &str) -> Option<String> {
        let name: HeaderName = format!("{}{name}", self.header_prefix()).parse().ok()?;
        headers.get(name).map(canonical::header_text)
    }

    /// Whether a header of this name, in lower case, is signed.
    fn signs(self, header: &str) -> bool {
        header == "date" || header.starts_with(self.header_prefix())
    }
}

/// A signed request, with a well-formed signature and a valid time; the signature is not verified yet.
#[derive(Debug)]
pub struct SignedRequest<'a> {
    parts: &'a Parts,
    brand: Brand,
    access_key_id: &'a str,
    signature: Vec<u8>,
    nonce: String,
    valid_until: OffsetDateTime,
}

impl<'a> SignedRequest<'a> {
    /// Parses a request with the authorization scheme of `brand` and these `credentials`, at the time `now`.
    ///
    /// # Errors
    /// [`Refusal`] for the first fault.
    pub fn read(
        parts: &'a Parts,
        brand: Brand,
        credentials: &'a str,
        now: OffsetDateTime,
    ) -> Result<Self, Refusal> {
        let (access_key_id, signature) = credentials.split_once(':').ok_or(Refusal::Signature)?;
        let headers = &parts.headers;
        let has = |name, expected| brand.header(headers, name).as_deref() == Some(expected);
        if !has("signature-method", METHOD) {
            return Err(Refusal::SignatureMethod);
        }
        if !has("signature-version", VERSION) {
            return Err(Refusal::SignatureVersion);
        }
        let valid_until = time::valid_until(brand, headers, now)?;
        let signature = STANDARD.decode(signature.trim()).map_err(|_| Refusal::Signature)?;
        let nonce = brand.header(headers, "signature-nonce").filter(|nonce| !nonce.is_empty());
        Ok(Self {
            parts,
            brand,
            access_key_id: access_key_id.trim(),
            // Without a nonce, the decoded signature may be used only once.
            nonce: nonce.unwrap_or_else(|| STANDARD.encode(&signature)),
            signature,
            valid_until,
        })
    }

    /// The access key id, not verified yet.
    pub const fn access_key_id(&self) -> &str {
        self.access_key_id
    }

    /// The nonce, which may be used only once until [`Self::valid_until`]; a digest, to bound its length.
    pub fn nonce(&self) -> String {
        STANDARD.encode(digest(&self.nonce))
    }

    /// From when on the request is refused because of its time.
    pub const fn valid_until(&self) -> OffsetDateTime {
        self.valid_until
    }

    /// The query, with `+` interpreted so that the signature matches one of `secrets`; `None` if none matches.
    pub fn verify(&self, secrets: &[SecretString]) -> Option<Query> {
        let keys: Vec<hmac::Key> = secrets.iter().map(key).collect();
        let raw = self.parts.uri.query().unwrap_or_default();
        let readings = std::iter::once(Plus::Space).chain(raw.contains('+').then_some(Plus::Literal));
        readings.map(|plus| Query::read(raw, plus)).find(|query| self.is_signed(&keys, query))
    }

    fn is_signed(&self, keys: &[hmac::Key], query: &Query) -> bool {
        let mut lists = vec![canonical::parameters(query)];
        if query.get("userIds").is_none() {
            // The Node SDKs sign an empty list, which axios then does not send.
            let empty = Parameter::List(Vec::new());
            lists.push(canonical::parameters_with(query, ("userIds", &empty)));
        }
        let mut texts = lists.iter().map(|list| canonical::text(self.parts, self.brand, list));
        texts.any(|text| {
            keys.iter()
                // Constant-time comparison.
                .any(|key| hmac::verify(key, text.as_bytes(), &self.signature).is_ok())
        })
    }
}

fn key(secret: &SecretString) -> hmac::Key {
    let secret = secret.expose_secret().as_bytes();
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret)
}

#[cfg(test)]
mod tests;
