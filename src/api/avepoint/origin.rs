//! Where the caller finds the gateway: issuer of its tokens, and what client assertions are made for.

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
    pub(super) fn audiences(&self) -> Vec<String> {
        let mut audiences = vec![self.token_url(), self.issuer.clone()];
        if self.is_guessed {
            let secure: Vec<String> =
                audiences.iter().map(|url| url.replacen("http://", "https://", 1)).collect();
            audiences.extend(secure);
        }
        audiences
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
    fn a_guessed_address_may_be_behind_tls() {
        let request =
            axum::http::Request::builder().uri("/").header(HOST, "127.0.0.1:8080").body(()).unwrap();
        let origin = Origin::requested(&request.into_parts().0);
        assert_eq!(origin.issuer(), "http://127.0.0.1:8080");
        assert!(origin.audiences().contains(&"https://127.0.0.1:8080/connect/token".to_owned()));
    }
}
