//! The gateway's own address, as its callers see it: the issuer of its tokens.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;

use super::App;

/// The gateway's own address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// With its scheme and without a slash at the end, such as `https://users.example.com`.
    url: String,
    /// Whether an operator configured it.
    is_configured: bool,
}

impl PublicUrl {
    /// The configured address, or else the one to which the request was sent.
    #[must_use]
    pub fn of(parts: &Parts, app: &App) -> Self {
        app.public_url.as_deref().map_or_else(|| Self::requested(parts), Self::configured)
    }

    fn configured(url: &str) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), is_configured: true }
    }

    fn requested(parts: &Parts) -> Self {
        let header = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = header.or_else(|| parts.uri.authority().map(Authority::as_str));
        Self { url: format!("http://{}", host.unwrap_or("localhost")), is_configured: false }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Whether the address is the gateway's, whatever a caller says: it was configured, or it is a loopback address.
    /// Any other address is only what the caller wrote into `Host`.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.is_configured || self.is_loopback()
    }

    fn is_loopback(&self) -> bool {
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
    fn a_configured_address_has_no_slash_at_its_end_and_is_trusted() {
        let url = PublicUrl::configured("https://users.example.com/");
        assert_eq!(url.as_str(), "https://users.example.com");
        assert!(url.is_trusted());
    }

    #[test]
    fn an_address_of_the_callers_own_is_trusted_on_the_machine_itself_alone() {
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
    fn without_a_host_header_the_address_is_that_of_the_request_line() {
        let request = axum::http::Request::builder().uri("http://users.example.com/x").body(()).unwrap();
        assert_eq!(PublicUrl::requested(&request.into_parts().0).as_str(), "http://users.example.com");
    }
}
