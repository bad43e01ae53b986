//! What HTTP demands of every request, whatever its path; and of what a response's coding may be.

use axum::extract::Request;
use axum::http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, HOST};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Version};

use super::fault::Fault;

/// Headers with a credential. Two of one would let a proxy and the gateway see different callers.
const CREDENTIALS: [HeaderName; 2] = [AUTHORIZATION, HeaderName::from_static("x-api-key")];

/// Checks `request`.
///
/// # Errors
/// [`Fault::Host`] (RFC 9112, section 3.2), [`Fault::RepeatedCredential`], [`Fault::BodyEncoded`] (RFC 9110, section
/// 15.5.16).
pub(super) fn check(request: &Request) -> Result<(), Fault> {
    let headers = request.headers();
    let hosts = headers.get_all(HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        return Err(Fault::Host);
    }
    if CREDENTIALS.iter().any(|name| headers.get_all(name).iter().count() > 1) {
        return Err(Fault::RepeatedCredential);
    }
    if headers.get_all(CONTENT_ENCODING).iter().any(|coding| !is_identity(coding)) {
        return Err(Fault::BodyEncoded);
    }
    Ok(())
}

fn is_identity(coding: &HeaderValue) -> bool {
    coding.is_empty() || coding.as_bytes().eq_ignore_ascii_case(b"identity")
}

/// Reduces `Accept-Encoding` to what this gateway can do: `gzip`, or nothing, which is always acceptable. The
/// compression layer would answer 406, with a body, where a client accepts neither gzip nor an uncoded response.
pub(super) fn narrow_accept_encoding(headers: &mut HeaderMap) {
    if headers.contains_key(ACCEPT_ENCODING) {
        let wants_gzip = wants_gzip(headers);
        headers.remove(ACCEPT_ENCODING);
        if wants_gzip {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
    }
}

/// Whether gzip is acceptable and not less welcome than an uncoded response (RFC 9110, section 12.5.3).
fn wants_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut identity, mut others) = (None, None, None);
    for (coding, weight) in weighed(headers, &ACCEPT_ENCODING) {
        if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
            gzip = Some(weight);
        } else if coding.eq_ignore_ascii_case("identity") {
            identity = Some(weight);
        } else if coding == "*" {
            others = Some(weight);
        }
    }
    let gzip = gzip.or(others).unwrap_or(0.0);
    gzip > 0.0 && gzip >= identity.unwrap_or(0.0)
}

/// What a client accepts, by the header `name`, and how welcome each is, from 0 to 1 (RFC 9110, section 12.4.2).
pub(super) fn weighed<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = (&'h str, f32)> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let value = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        (value, weight.map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_used_where_it_is_welcome() {
        for (accepted, expected) in [
            ("gzip", true),
            ("gzip, deflate, br", true),
            ("x-gzip;q=0.5", true),
            ("*", true),
            ("GZIP ; q=0.2, identity;q=0.1", true),
            ("gzip;q=0", false),
            ("gzip;q=0.1, identity", false),
            ("identity", false),
            ("br;q=1, *;q=0", false),
            ("identity;q=0, *;q=0", false),
            ("gzip;q=broken", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, accepted.parse().unwrap());
            narrow_accept_encoding(&mut headers);
            assert_eq!(headers.contains_key(ACCEPT_ENCODING), expected, "{accepted}");
        }
    }

    #[test]
    fn each_rule_has_its_fault() {
        let check = |headers: &[(&str, &str)]| {
            let request = headers
                .iter()
                .fold(Request::builder(), |request, (name, value)| request.header(*name, *value));
            check(&request.body(axum::body::Body::empty()).unwrap())
        };
        assert_eq!(check(&[("host", "x")]), Ok(()));
        assert_eq!(check(&[]), Err(Fault::Host));
        assert_eq!(check(&[("host", "x"), ("host", "x")]), Err(Fault::Host));
        for name in CREDENTIALS {
            assert_eq!(
                check(&[("host", "x"), (name.as_str(), "a"), (name.as_str(), "b")]),
                Err(Fault::RepeatedCredential)
            );
        }
        assert_eq!(check(&[("host", "x"), ("content-encoding", "identity")]), Ok(()));
        assert_eq!(check(&[("host", "x"), ("content-encoding", "gzip")]), Err(Fault::BodyEncoded));
    }
}
