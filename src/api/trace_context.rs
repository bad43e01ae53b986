//! The trace of a request, from the header `traceparent` (W3C Trace Context, section 3.2). It is logged, so that
//! requests can be correlated with the caller's own logs.

use std::fmt;

use axum::http::HeaderMap;

const TRACEPARENT: &str = "traceparent";

/// A trace id; never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceId(u128);

impl TraceId {
    /// The trace id in `headers`. A malformed header is ignored, as the specification requires.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Self::parse(value.to_str().ok()?),
            _ => None,
        }
    }

    /// `version-trace-parent-flags`. A later version than 00 may have more parts.
    fn parse(text: &str) -> Option<Self> {
        let (version, rest) = text.split_once('-')?;
        let (trace, rest) = rest.split_once('-')?;
        let (parent, rest) = rest.split_once('-')?;
        let (flags, more) = rest.split_once('-').map_or((rest, None), |(flags, more)| (flags, Some(more)));
        let version = hex(version, 2).filter(|version| *version != 0xff)?;
        if version == 0 && more.is_some() {
            return None;
        }
        hex(parent, 16).filter(|parent| *parent != 0)?;
        hex(flags, 2)?;
        hex(trace, 32).filter(|trace| *trace != 0).map(Self)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Parses exactly `digits` hexadecimal digits, in lower case as the specification requires.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_well_formed = text.len() == digits && text.bytes().all(is_digit);
    is_well_formed.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn traced(value: &str) -> Option<String> {
        let headers = HeaderMap::from_iter([(TRACEPARENT.parse().unwrap(), value.parse().unwrap())]);
        TraceId::of(&headers).map(|trace| trace.to_string())
    }

    #[test]
    fn valid_trace_ids_are_kept() {
        assert_eq!(traced(&format!("00-{TRACE}-00f067aa0ba902b7-01")).as_deref(), Some(TRACE));
        let small = "00000000000000000000000000000001";
        assert_eq!(traced(&format!("00-{small}-00f067aa0ba902b7-00")).as_deref(), Some(small));
        assert_eq!(traced(&format!("cc-{TRACE}-00f067aa0ba902b7-01-what-comes")).as_deref(), Some(TRACE));
    }

    #[test]
    fn malformed_headers_are_ignored() {
        for value in [
            String::new(),
            TRACE.to_owned(),
            format!("00-{TRACE}-00f067aa0ba902b7"),
            format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{TRACE}0-00f067aa0ba902b7-01"),
            format!("00-+{}-00f067aa0ba902b7-01", &TRACE[1..]),
            format!("00-{TRACE}-00f067aa0ba902b7-zz"),
        ] {
            assert_eq!(traced(&value), None, "{value}");
        }
        let twice = format!("00-{TRACE}-00f067aa0ba902b7-01").parse().unwrap();
        let mut headers = HeaderMap::from_iter([(TRACEPARENT.parse().unwrap(), twice)]);
        headers.append(TRACEPARENT, format!("00-{TRACE}-00f067aa0ba902b7-01").parse().unwrap());
        assert_eq!(TraceId::of(&headers), None);
    }
}
