//! The gateway's public URL, which is the issuer of its tokens.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;

use super::App;

/// The gateway's public URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// With scheme and without a trailing slash, such as `https://users.example.com`.
    url: String,
    /// Whether it comes from the configuration.
    is_configured: bool,
}

impl PublicUrl {
    /// The configured URL, or the one the request was sent to.
    #[must_use]
    pub fn of(parts: &Parts, app: &App) -> Self {
        app.ingress.public_url.as_deref().map_or_else(|| Self::requested(parts), Self::configured)
    }

    fn configured(url: &str) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), is_configured: true }
    }

    /// The URL that the request was sent to.
    pub(super) fn requested(parts: &Parts) -> Self {
        let header = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = header.or_else(|| parts.uri.authority().map(Authority::as_str));
        Self { url: format!("http://{}", host.unwrap_or("localhost")), is_configured: false }
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Whether the URL is certain to be the gateway's: it is configured or a loopback address. Any other is only the
    /// caller's `Host` header.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.is_configured || self.is_loopback()
    }

    /// Whether it leads to the caller's own machine.
    pub(super) fn is_loopback(&self) -> bool {
        let authority = self.url.trim_start_matches("http://").parse::<Authority>();
        authority.is_ok_and(|authority| {
            let host = authority.host().trim_matches(['[', ']']);
            host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        })
    }
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

    #[test]
    fn host_header_is_trusted_only_for_loopback_addresses() {
        let requested = |host: &str| {
            let request = axum::http::Request::builder().uri("/").header(HOST, host).body(()).unwrap();
            PublicUrl::requested(&request.into_parts().0)
        };
        assert_eq!(requested("users.example.com").as_str(), "http://users.example.com");
        for host in
            ["users.example.com", "localhost.example.com", "127.0.0.1.example.com", "localhost@evil.example"]
        {
            assert!(!requested(host).is_trusted(), "{host}");
        }
        for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
            assert!(requested(host).is_trusted(), "{host}");
        }
    }

    #[test]
    fn without_a_host_header_the_request_line_counts() {
        let request = axum::http::Request::builder().uri("http://users.example.com/x").body(()).unwrap();
        assert_eq!(PublicUrl::requested(&request.into_parts().0).as_str(), "http://users.example.com");
    }
}
