//! The language that messages are told in, as the SDKs choose it by a header.

use std::future::Future;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

/// A language of this face's messages. The vendor has more; these two are in every SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// `zh-CN`: the vendor's default, and what its Node SDKs send unless told otherwise.
    #[default]
    Chinese,
    /// `en-US`.
    English,
}

impl Language {
    /// The language that a caller asked for; a header that is empty or names none of ours does not count.
    pub fn of(headers: &HeaderMap) -> Self {
        let vendor = ["x-authing-lang", "x-genauth-lang"].map(|name| headers.get(name));
        vendor
            .into_iter()
            .chain([headers.get(ACCEPT_LANGUAGE)])
            .filter_map(|value| value?.to_str().ok())
            .find_map(Self::parse)
            .unwrap_or_default()
    }

    /// The language that a tag (RFC 5646) or a list of them begins with.
    fn parse(tag: &str) -> Option<Self> {
        let primary = tag.trim_start().get(..2)?.to_ascii_lowercase();
        match primary.as_str() {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

tokio::task_local! {
    static LANGUAGE: Language;
}

/// Runs a request whose caller reads `language`.
pub(in crate::api) async fn scope<F: Future>(language: Language, request: F) -> F::Output {
    LANGUAGE.scope(language, request).await
}

/// The language of the request that is being answered; the default outside of one.
pub fn current() -> Language {
    LANGUAGE.try_with(|language| *language).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&'static str, &str)]) -> Language {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Language::of(&headers.collect())
    }

    #[test]
    fn the_vendors_headers_count_first_and_chinese_is_the_default() {
        assert_eq!(asked(&[]), Language::Chinese);
        assert_eq!(asked(&[("x-genauth-lang", "")]), Language::Chinese);
        assert_eq!(asked(&[("x-authing-lang", "en-US")]), Language::English);
        assert_eq!(asked(&[("x-genauth-lang", "EN-us")]), Language::English);
        assert_eq!(asked(&[("x-genauth-lang", "ja-JP")]), Language::Chinese);
        assert_eq!(asked(&[("x-genauth-lang", "語言")]), Language::Chinese);
        let both = [("accept-language", "en;q=0.9"), ("x-authing-lang", "zh-CN")];
        assert_eq!(asked(&both), Language::Chinese);
        assert_eq!(asked(&[("accept-language", "en-GB,de")]), Language::English);
    }
}
