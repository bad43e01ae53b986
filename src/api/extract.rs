//! Strict parsing of requests, with errors that say where the fault is.

use axum::RequestPartsExt as _;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use serde::de::{Deserialize, DeserializeOwned};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::ignored::Ignored;

/// A JSON body that does not match the schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", placed(.path, .reason))]
pub struct InvalidBody {
    /// JSON path, such as `accountsToFetch[3].viewsToFetch[0].viewKey`; empty for the body itself.
    pub path: String,
    /// What is wrong.
    pub reason: String,
}

/// The reason after its place, or as a sentence if that is the body itself.
fn placed(path: &str, reason: &str) -> String {
    if !path.is_empty() {
        return format!("{path}: {reason}");
    }
    let mut rest = reason.chars();
    rest.next().map_or_else(String::new, |first| format!("{}{}", first.to_ascii_uppercase(), rest.as_str()))
}

/// Parses a JSON body of any content type.
///
/// # Errors
/// [`InvalidBody`] with the path of the first fault.
pub fn json<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, InvalidBody> {
    // Keeping track of the place doubles the time it takes to read; it is done only if something is wrong.
    serde_json::from_slice(body).or_else(|_| json_with_place(body))
}

/// Like [`json`]; notes the members that `T` does not know.
///
/// # Errors
/// [`InvalidBody`] with the path of the first fault.
pub fn json_noting<'de, T: Deserialize<'de>>(
    body: &'de [u8],
    ignored: &mut Ignored,
) -> Result<T, InvalidBody> {
    noting("", body, ignored)
}

fn noting<'de, T: Deserialize<'de>>(
    place: &str,
    body: &'de [u8],
    ignored: &mut Ignored,
) -> Result<T, InvalidBody> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = serde_ignored::deserialize(&mut reader, |path| ignored.member(place, &path));
    let ended = read.and_then(|value| reader.end().map(|()| value));
    ended.or_else(|_| json_with_place(body))
}

/// Parses the part of a JSON body at `place`; notes the members that `T` does not know.
///
/// # Errors
/// [`InvalidBody`] with the path of the first fault in the body.
pub fn json_at<'de, T: Deserialize<'de>>(
    place: &str,
    part: &'de RawValue,
    ignored: &mut Ignored,
) -> Result<T, InvalidBody> {
    noting(place, part.get().as_bytes(), ignored).map_err(|InvalidBody { path, reason }| {
        let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
        // It counts lines and columns from the start of the part.
        let reason = reason.split_once(" at line ").map_or(reason.as_str(), |(reason, _)| reason).to_owned();
        InvalidBody { path: format!("{place}{dot}{path}"), reason }
    })
}

fn json_with_place<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, InvalidBody> {
    if body.trim_ascii().is_empty() {
        return Err(InvalidBody { path: String::new(), reason: "empty: send JSON".to_owned() });
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        // A segment that could not be read ends the path as `?`.
        let path = path.trim_end_matches(['?', '.']).to_owned();
        InvalidBody { path, reason: reason(error.inner()) }
    })?;
    reader.end().map_err(|error| InvalidBody { path: String::new(), reason: reason(&error) })?;
    Ok(value)
}

/// What is wrong, with line and column.
fn reason(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Data | Category::Io => without_value(&error.to_string()),
        Category::Syntax | Category::Eof => format!("not JSON: {error}"),
    }
}

/// A serde message without the value it quotes, which may be personal data.
fn without_value(message: &str) -> String {
    match (message.rfind(", expected "), message.find([':', '`'])) {
        (Some(expected), Some(quoted)) if quoted < expected => {
            format!("{}{}", message[..quoted].trim_end(), &message[expected..])
        }
        _ => message.to_owned(),
    }
}

/// The path parameters; `None` if they do not match the route's types or are not UTF-8.
#[expect(clippy::disallowed_types, reason = "the plain-text rejection is discarded")]
pub async fn path<T: DeserializeOwned + Send + 'static>(parts: &mut Parts) -> Option<T> {
    parts.extract::<axum::extract::Path<T>>().await.ok().map(|path| path.0)
}

/// The token of an `Authorization: Bearer …` header; the scheme is case-insensitive (RFC 9110, section 11.1).
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        list: Vec<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        number: u8,
    }

    #[test]
    fn errors_include_the_path() {
        let fault = json::<Outer>(br#"{"list":[{"number":1},{"number":"x"}]}"#).unwrap_err();
        assert_eq!(fault.path, "list[1].number");
        assert!(fault.to_string().starts_with("list[1].number: invalid type"), "{fault}");
    }

    #[test]
    fn trailing_data_and_invalid_json_are_errors() {
        assert!(json::<Outer>(br#"{"list":[]} x"#).is_err());
        let told = |body: &[u8]| json::<Outer>(body).unwrap_err().to_string();
        assert_eq!(told(b" \n"), "Empty: send JSON");
        assert_eq!(told(b"list=1"), "Not JSON: expected value at line 1 column 1");
        assert_eq!(told(b"{\"list\":[\n"), "list: not JSON: EOF while parsing a list at line 2 column 0");
        assert_eq!(told(b"{"), "Not JSON: EOF while parsing an object at line 1 column 1");
        assert!(json::<Outer>(br#"{"list":"\ud800"}"#).is_err());
    }
}
