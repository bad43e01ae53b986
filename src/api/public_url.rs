//! The gateway's public URL, which is the issuer of its tokens.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use axum::http::header::{FORWARDED, HOST, VIA};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Version};

use super::App;
use super::source::PeerAddress;

/// The gateway's public URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// With scheme and without a trailing slash, such as `https://users.example.com`.
    url: String,
    /// Whether it is certain to be the gateway's.
    is_trusted: bool,
}

impl PublicUrl {
    /// The configured URL, or the one the request was sent to.
    #[must_use]
    pub fn of(parts: &Parts, app: &App) -> Self {
        let believes_host = app.ingress.believes_loopback_host;
        app.ingress
            .public_url
            .as_deref()
            .map_or_else(|| Self::requested(parts, believes_host), Self::configured)
    }

    fn configured(url: &str) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), is_trusted: true }
    }

    /// The URL that the request was sent to. With `believes_host`, a loopback address is trusted.
    pub(super) fn requested(parts: &Parts, believes_host: bool) -> Self {
        let header = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = header.or_else(|| parts.uri.authority().map(Authority::as_str)).unwrap_or("localhost");
        let is_trusted = believes_host && is_loopback(host) && is_direct(parts);
        Self { url: format!("http://{host}"), is_trusted }
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Whether the URL is certain to be the gateway's: it is configured, or the loopback address to which a program of
    /// this machine sent the request, if those are believed. Any other is only the caller's `Host` header.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.is_trusted
    }
}

fn is_loopback(authority: &str) -> bool {
    authority.parse::<Authority>().is_ok_and(|authority| {
        let host = authority.host().trim_matches(['[', ']']);
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

/// Whether no proxy shows: the peer is on this machine, the request has no header that proxies add, and it is not one
/// of HTTP/1.0, as nginx sends by itself. A proxy on this machine that hides all this cannot be told from a client,
/// which is why only the demo believes.
fn is_direct(parts: &Parts) -> bool {
    let peer = parts.extensions.get::<PeerAddress>().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0);
    peer.to_canonical().is_loopback() && parts.version != Version::HTTP_10 && !is_forwarded(&parts.headers)
}

/// Whether `headers` have one that proxies add.
fn is_forwarded(headers: &HeaderMap) -> bool {
    let added = |name: &str| name.starts_with("x-forwarded-") || name == "x-real-ip";
    headers.contains_key(FORWARDED)
        || headers.contains_key(VIA)
        || headers.keys().any(|name| added(name.as_str()))
}

impl FromRequestParts<App> for PublicUrl {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(parts, app))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configured_url_has_no_trailing_slash_and_is_trusted() {
        let url = PublicUrl::configured("https://users.example.com/");
        assert_eq!(url.as_str(), "https://users.example.com");
        assert!(url.is_trusted());
    }

    /// The URL of a request to `host` from `peer`, with one more header.
    fn requested(host: &str, peer: &str, (name, value): (&str, &str)) -> PublicUrl {
        let request = axum::http::Request::builder().uri("/").header(HOST, host).header(name, value);
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(PeerAddress(peer.parse().unwrap()));
        PublicUrl::requested(&parts, true)
    }

    const NOTHING: (&str, &str) = ("accept", "*/*");

    #[test]
    fn host_header_is_trusted_only_for_loopback_addresses() {
        assert_eq!(requested("users.example.com", "::1", NOTHING).as_str(), "http://users.example.com");
        for host in
            ["users.example.com", "localhost.example.com", "127.0.0.1.example.com", "localhost@evil.example"]
        {
            assert!(!requested(host, "127.0.0.1", NOTHING).is_trusted(), "{host}");
        }
        for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
            assert!(requested(host, "127.0.0.1", NOTHING).is_trusted(), "{host}");
            assert!(requested(host, "::ffff:127.0.0.1", NOTHING).is_trusted(), "{host}");
        }
    }

    #[test]
    fn a_loopback_host_through_a_proxy_is_not_trusted() {
        assert!(!requested("127.0.0.1:8080", "192.0.2.1", NOTHING).is_trusted());
        for header in [
            ("x-forwarded-for", "192.0.2.1"),
            ("X-Forwarded-Proto", "https"),
            ("x-forwarded-host", "users.example.com"),
            ("x-real-ip", "192.0.2.1"),
            ("forwarded", "for=192.0.2.1"),
            ("via", "1.1 proxy"),
        ] {
            assert!(!requested("127.0.0.1:8080", "127.0.0.1", header).is_trusted(), "{header:?}");
        }
        let request = axum::http::Request::builder().version(Version::HTTP_10).header(HOST, "localhost");
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(PeerAddress(Ipv4Addr::LOCALHOST.into()));
        assert!(!PublicUrl::requested(&parts, true).is_trusted());
    }

    #[test]
    fn without_belief_or_a_peer_no_host_is_trusted() {
        let request = axum::http::Request::builder().header(HOST, "127.0.0.1").body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        assert!(!PublicUrl::requested(&parts, true).is_trusted());
        parts.extensions.insert(PeerAddress(Ipv4Addr::LOCALHOST.into()));
        assert!(PublicUrl::requested(&parts, true).is_trusted());
        assert!(!PublicUrl::requested(&parts, false).is_trusted());
    }

    #[test]
    fn without_a_host_header_the_request_line_counts() {
        let request = axum::http::Request::builder().uri("http://users.example.com/x").body(()).unwrap();
        let url = PublicUrl::requested(&request.into_parts().0, true);
        assert_eq!(url.as_str(), "http://users.example.com");
    }
}
