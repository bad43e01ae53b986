//! Where a request that lacks its API's credential has something that may be one. Only the form of the request counts,
//! never whether a credential is valid, so that the hint in an error tells nothing about any credential.

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::extract::bearer;

/// Names of query parameters in which newcomers send a key or a token.
const IN_QUERY: [&str; 7] = ["apikey", "api_key", "api-key", "x-api-key", "key", "token", "access_token"];

/// Where a request has something that may be a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misplaced {
    /// Nowhere.
    Nowhere,
    /// In the header `x-api-key`.
    ApiKeyHeader,
    /// In the header `Authorization` with the scheme `Bearer`.
    Bearer,
    /// In the header `Authorization` with the scheme `Basic`.
    Basic,
    /// In the header `Authorization` without a scheme, or with another one.
    OtherScheme,
    /// In the query.
    Query,
}

impl Misplaced {
    /// The first such place in the request.
    pub fn of(parts: &Parts) -> Self {
        if parts.headers.get("x-api-key").is_some_and(|key| !key.is_empty()) {
            return Self::ApiKeyHeader;
        }
        let authorization = parts.headers.get(AUTHORIZATION).map(|value| value.as_bytes().trim_ascii());
        match authorization {
            _ if bearer(&parts.headers).is_some() => Self::Bearer,
            Some(value) if starts_with(value, "basic") => Self::Basic,
            Some(value) if !value.is_empty() && !value.eq_ignore_ascii_case(b"bearer") => Self::OtherScheme,
            _ if is_in_query(parts.uri.query().unwrap_or_default()) => Self::Query,
            _ => Self::Nowhere,
        }
    }
}

fn starts_with(value: &[u8], scheme: &str) -> bool {
    value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
}

fn is_in_query(query: &str) -> bool {
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    parameters.any(|(name, _)| IN_QUERY.iter().any(|known| known.eq_ignore_ascii_case(&name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_the_request_tells_the_place() {
        for (uri, header, expected) in [
            ("/", None, Misplaced::Nowhere),
            ("/", Some(("x-api-key", "k")), Misplaced::ApiKeyHeader),
            ("/", Some(("x-api-key", "")), Misplaced::Nowhere),
            ("/", Some(("authorization", "bearer k")), Misplaced::Bearer),
            ("/", Some(("authorization", "Bearer")), Misplaced::Nowhere),
            ("/", Some(("authorization", "BASIC Yzpz")), Misplaced::Basic),
            ("/", Some(("authorization", "k")), Misplaced::OtherScheme),
            ("/", Some(("authorization", "")), Misplaced::Nowhere),
            ("/?apiKey=k", None, Misplaced::Query),
            ("/?a=1&x-api-key=k", None, Misplaced::Query),
            ("/?userIds=key", None, Misplaced::Nowhere),
        ] {
            let request = axum::http::Request::builder().uri(uri);
            let request =
                header.into_iter().fold(request, |request, (name, value)| request.header(name, value));
            let (parts, ()) = request.body(()).unwrap().into_parts();
            assert_eq!(Misplaced::of(&parts), expected, "{uri} {header:?}");
        }
    }
}
