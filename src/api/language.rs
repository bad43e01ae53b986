//! The language of messages, chosen by request headers. Only GenAuth has more than one.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

/// A language of messages. GenAuth has more; all its SDKs know these two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// `zh-CN`: the default of GenAuth's Node SDKs.
    Chinese,
    /// `en-US`: the default here, since the seed's sample is in English.
    #[default]
    English,
}

impl Language {
    /// The requested language; headers that are empty or name another language are ignored.
    pub fn of(headers: &HeaderMap) -> Self {
        let vendor = ["x-authing-lang", "x-genauth-lang"].map(|name| headers.get(name));
        vendor
            .into_iter()
            .chain([headers.get(ACCEPT_LANGUAGE)])
            .filter_map(|value| value?.to_str().ok())
            .find_map(Self::parse)
            .unwrap_or_default()
    }

    /// The language of the first tag (RFC 5646) in `tag`.
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
    fn vendor_headers_take_precedence_and_english_is_the_default() {
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
