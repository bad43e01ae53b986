//! The language of messages, as a caller chooses it by a header. GenAuth alone has more than one.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

/// A language of messages. GenAuth itself has more; these two are in each of its SDKs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// `zh-CN`: what GenAuth's Node SDKs ask for by default.
    Chinese,
    /// `en-US`: what the seed's sample is written in, and so the language of callers who ask for none.
    #[default]
    English,
}

impl Language {
    /// The language that a caller asked for; a header that is empty or names another one is ignored.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&'static str, &str)]) -> Language {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Language::of(&headers.collect())
    }

    #[test]
    fn the_vendors_headers_count_first_and_english_is_the_default() {
        assert_eq!(asked(&[]), Language::English);
        assert_eq!(asked(&[("x-genauth-lang", "")]), Language::English);
        assert_eq!(asked(&[("x-authing-lang", "zh-CN")]), Language::Chinese);
        assert_eq!(asked(&[("x-authing-lang", "en-US")]), Language::English);
        assert_eq!(asked(&[("x-genauth-lang", "EN-us")]), Language::English);
        assert_eq!(asked(&[("x-genauth-lang", "ja-JP")]), Language::English);
        assert_eq!(asked(&[("x-genauth-lang", "語言")]), Language::English);
        let both = [("accept-language", "en;q=0.9"), ("x-authing-lang", "zh-CN")];
        assert_eq!(asked(&both), Language::Chinese);
        assert_eq!(asked(&[("accept-language", "en-GB,de")]), Language::English);
    }
}
