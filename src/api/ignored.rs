//! What a request has that its API does not know. The vendors ignore it silently, and so a misspelt member gives a wrong
//! answer that looks right; here the response names it in a header, which hurts no client.

use std::fmt::Write as _;

use axum::http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_ignored::Path;

/// The header with what was ignored: paths of members and names of parameters, separated by commas, percent-encoded
/// where they are not plain ASCII; at most eight, and then `...`.
pub const IGNORED: HeaderName = HeaderName::from_static("x-userbatch-ignored");

const MAX_NAMED: usize = 8;
/// Maximum length of a path, in characters.
const MAX_PATH: usize = 100;
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b',').add(b'%');

/// What was ignored in one request, in the order in which it was read.
#[derive(Debug, Default)]
pub struct Ignored {
    paths: Vec<String>,
    has_more: bool,
}

impl Ignored {
    /// Notes the member at `path` of the part at `place`, which is empty for the body itself.
    pub fn member(&mut self, place: &str, path: &Path<'_>) {
        self.note(|text| {
            text.push_str(place);
            write_path(path, text);
        });
    }

    /// Notes the parameters among `names` that are not `known`.
    pub fn parameters<'n>(&mut self, names: impl Iterator<Item = &'n str>, known: impl Fn(&str) -> bool) {
        for name in names.filter(|name| !known(name)) {
            self.note(|text| text.push_str(name));
        }
    }

    /// Notes the parameters of the raw `query` that are not `known`.
    pub fn query(&mut self, query: &str, known: impl Fn(&str) -> bool) {
        for (name, _) in form_urlencoded::parse(query.as_bytes()) {
            self.parameters(std::iter::once(&*name), &known);
        }
    }

    /// Adds what was ignored in another part of the request.
    pub fn append(&mut self, other: Self) {
        let room = MAX_NAMED - self.paths.len();
        self.has_more |= other.has_more || other.paths.len() > room;
        self.paths.extend(other.paths.into_iter().take(room));
    }

    fn note(&mut self, write: impl FnOnce(&mut String)) {
        if self.paths.len() == MAX_NAMED {
            self.has_more = true;
            return;
        }
        let mut path = String::new();
        write(&mut path);
        let short = path.chars().take(MAX_PATH).collect::<String>();
        self.paths.push(utf8_percent_encode(&short, ESCAPED).to_string());
    }

    /// The value of the header; `None` if nothing was ignored.
    #[must_use]
    pub fn header(&self) -> Option<HeaderValue> {
        if self.paths.is_empty() {
            return None;
        }
        let more = if self.has_more { ", ..." } else { "" };
        let value = format!("{}{more}", self.paths.join(", "));
        HeaderValue::try_from(value).ok()
    }
}

/// Writes `path` like those in errors: `accountsToFetch[0].username`.
fn write_path(path: &Path<'_>, text: &mut String) {
    match path {
        Path::Root => {}
        Path::Seq { parent, index } => {
            write_path(parent, text);
            let _ = write!(text, "[{index}]");
        }
        Path::Map { parent, key } => {
            write_path(parent, text);
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(key);
        }
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            write_path(parent, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(names: &[&str]) -> Option<String> {
        let mut ignored = Ignored::default();
        ignored.parameters(names.iter().copied(), |name| name == "known");
        ignored.header().map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_header_names_the_first_few() {
        assert_eq!(header(&[]), None);
        assert_eq!(header(&["known"]), None);
        assert_eq!(header(&["a", "known", "b"]).unwrap(), "a, b");
        assert_eq!(header(&["a,b\n", "\u{e9}"]).unwrap(), "a%2Cb%0A, %C3%A9");
        assert_eq!(header(&["x"; 9]).unwrap(), format!("{}, ...", ["x"; 8].join(", ")));
        assert_eq!(header(&[&"y".repeat(200)]).unwrap().len(), MAX_PATH);
    }

    proptest! {
        #[test]
        fn whatever_was_ignored_has_a_header(names in proptest::collection::vec("\\PC{1,300}|[\\x00-\\xff]{1,9}", 1..20)) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            prop_assert!(header(&names).is_some());
        }
    }
}
