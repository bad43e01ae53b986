//! Where the caller finds the gateway: issuer of its tokens, and what client assertions are made for.

use std::net::IpAddr;

use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;

use crate::api::App;

pub(super) const TOKEN_PATH: &str = "/connect/token";

/// The gateway's own address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// With its scheme and without a slash at the end, such as `https://users.example.com`.
    issuer: String,
    /// Whether the scheme is a guess: TLS may end in front of the gateway.
    is_guessed: bool,
}

impl Origin {
    /// The configured address, or else the one that the request was sent to.
    pub(super) fn of(parts: &Parts, app: &App) -> Self {
        app.public_url.as_deref().map_or_else(|| Self::requested(parts), Self::configured)
    }

    fn configured(public_url: &str) -> Self {
        Self { issuer: public_url.trim_end_matches('/').to_owned(), is_guessed: false }
    }

    fn requested(parts: &Parts) -> Self {
        let header = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = header.or_else(|| parts.uri.authority().map(Authority::as_str));
        Self { issuer: format!("http://{}", host.unwrap_or("localhost")), is_guessed: true }
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn token_url(&self) -> String {
        format!("{}{TOKEN_PATH}", self.issuer)
    }

    /// What the `aud` of a client assertion may be: the token endpoint (RFC 7523, section 3), or the issuer.
    ///
    /// An address that is only known from the request's own `Host` is none, or whoever got hold of an assertion
    /// for another server could name that server here; but for the machine itself, where one tries things out.
    pub(super) fn audiences(&self) -> Vec<String> {
        if self.is_guessed && !self.is_loopback() {
            return Vec::new();
        }
        vec![self.token_url(), self.issuer.clone()]
    }

    fn is_loopback(&self) -> bool {
        let authority = self.issuer.trim_start_matches("http://").parse::<Authority>();
        authority.is_ok_and(|authority| {
            let host = authority.host().trim_matches(['[', ']']);
            host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configured_address_is_the_only_audience() {
        let origin = Origin::configured("https://users.example.com/");
        assert_eq!(origin.token_url(), "https://users.example.com/connect/token");
        assert_eq!(
            origin.audiences(),
            ["https://users.example.com/connect/token", "https://users.example.com"]
        );
    }

    #[test]
    fn a_guessed_address_is_an_audience_on_the_machine_itself_alone() {
        let asked = |host: &str| {
            let request = axum::http::Request::builder().uri("/").header(HOST, host).body(()).unwrap();
            Origin::requested(&request.into_parts().0)
        };
        assert_eq!(asked("users.example.com").issuer(), "http://users.example.com");
        for host in
            ["users.example.com", "localhost.example.com", "127.0.0.1.example.com", "localhost@evil.example"]
        {
            assert_eq!(asked(host).audiences(), Vec::<String>::new(), "{host}");
        }
        for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
            assert!(asked(host).audiences().contains(&format!("http://{host}/connect/token")), "{host}");
        }
    }
}
