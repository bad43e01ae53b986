//! Audiences of client assertions.

use crate::api::public_url::PublicUrl;

/// Path of the token endpoint.
pub(in crate::api::avepoint) const TOKEN_PATH: &str = "/connect/token";

/// URL of the token endpoint.
pub(in crate::api::avepoint) fn token_url(url: &PublicUrl) -> String {
    format!("{}{TOKEN_PATH}", url.as_str())
}

/// Accepted values for the `aud` of a client assertion: the token endpoint (RFC 7523, section 3) or the issuer, either
/// also with a slash at its end.
///
/// Empty if the URL comes from an untrusted `Host` header: otherwise an assertion stolen from another server could be
/// replayed here by naming that server.
pub(in crate::api::avepoint) fn audiences(url: &PublicUrl) -> Vec<String> {
    if !url.is_trusted() {
        return Vec::new();
    }
    let exact = [token_url(url), url.as_str().to_owned()];
    exact.into_iter().flat_map(|audience| [format!("{audience}/"), audience]).collect()
}
