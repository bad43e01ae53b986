//! For whom client assertions are made.

use crate::api::public_url::PublicUrl;

/// Path of the token endpoint.
pub(in crate::api::avepoint) const TOKEN_PATH: &str = "/connect/token";

/// The address of the token endpoint.
pub(in crate::api::avepoint) fn token_url(url: &PublicUrl) -> String {
    format!("{}{TOKEN_PATH}", url.as_str())
}

/// The values that the `aud` of a client assertion may have: the token endpoint (RFC 7523, section 3), or the issuer.
///
/// There is none if the address is only what the caller wrote into `Host`: whoever got hold of an assertion for
/// another server could name that server here.
pub(in crate::api::avepoint) fn audiences(url: &PublicUrl) -> Vec<String> {
    if url.is_trusted() { vec![token_url(url), url.as_str().to_owned()] } else { Vec::new() }
}
