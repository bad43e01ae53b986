//! The string to sign: method, signed headers, path and parameters, in canonical form.

use std::fmt::Write as _;

use axum::http::HeaderValue;
use axum::http::request::Parts;

use super::Brand;
use crate::api::genauth::query::{Parameter, Query};

/// The string to sign of a request with the canonical parameters `parameters`.
pub(super) fn text(parts: &Parts, brand: Brand, parameters: &str) -> String {
    let mut text = format!("{}\n", parts.method);
    let mut signed: Vec<&str> =
        parts.headers.keys().map(axum::http::HeaderName::as_str).filter(|name| brand.signs(name)).collect();
    signed.sort_unstable();
    for name in signed {
        let values = parts.headers.get_all(name).iter().map(header_text);
        let values: Vec<String> = values.collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name}:{}", values.join(", "));
    }
    text.push_str(parts.uri.path());
    if !parameters.is_empty() {
        text.push('?');
        text.push_str(parameters);
    }
    text
}

/// A header's value as signed: trimmed, with all white space replaced by spaces.
pub(super) fn header_text(value: &HeaderValue) -> String {
    let text = match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        // Node encodes headers as Latin-1.
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    };
    text.replace(['\t', '\r', '\n', '\x0c'], " ").trim().to_owned()
}

/// Decoded parameters as `k1=v1&k2=v2…`, sorted by name.
pub(super) fn parameters(query: &Query) -> String {
    joined(query.iter().collect())
}

/// Like [`parameters`], with one more parameter.
pub(super) fn parameters_with(query: &Query, one_more: (&str, &Parameter)) -> String {
    joined(query.iter().chain([one_more]).collect())
}

fn joined(mut parameters: Vec<(&str, &Parameter)>) -> String {
    // The order of JavaScript's `sort`: UTF-16 code units.
    parameters.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    let pairs: Vec<String> =
        parameters.into_iter().map(|(name, parameter)| format!("{name}={}", value(parameter))).collect();
    pairs.join("&")
}

/// Text unchanged, a list as written by `JSON.stringify`.
fn value(parameter: &Parameter) -> String {
    match parameter {
        Parameter::Text(text) => text.clone(),
        Parameter::List(values) => serde_json::json!(values).to_string(),
    }
}
