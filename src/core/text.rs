//! Text that is safe on a terminal: data cannot move the cursor, change colours or reorder what is shown.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a terminal would act on the character instead of showing it: control characters, both ranges, and those
/// that break lines or override the direction of text.
fn is_acted_on(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` with every character that a terminal would act on as an escape, such as `\n` or `\u{1b}`.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_acted_on) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_acted_on(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Like [`visible`], for text of several lines: line feeds stay.
#[must_use]
pub fn visible_lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// The same JSON, with every character that a terminal would act on as a `\u` escape. Serialisers escape only those
/// below U+0020; the others occur in strings alone, so that the value stays the same.
#[must_use]
pub fn visible_json(json: String) -> String {
    // The first bytes that those others can have in UTF-8, which few documents contain.
    if !json.bytes().any(|byte| matches!(byte, 0x7f | 0xc2 | 0xe2)) {
        return json;
    }
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        if is_acted_on(character) && !matches!(character, '\n' | '\r' | '\t') {
            // Infallible on a string.
            let _ = write!(shown, "\\u{:04x}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const HOSTILE: &str = "a\u{1b}[31m\u{9b}2J\u{7f}\r\n\u{202e}b\u{2066}c\u{2028}";

    #[test]
    fn what_a_terminal_acts_on_is_escaped_and_the_rest_stays() {
        assert_eq!(visible("張三 José \u{200f}ש"), "張三 José \u{200f}ש");
        let shown = visible(HOSTILE);
        assert_eq!(shown, "a\\u{1b}[31m\\u{9b}2J\\u{7f}\\r\\n\\u{202e}b\\u{2066}c\\u{2028}");
        assert_eq!(visible_lines("a\tb\nc\u{85}"), "a\\tb\nc\\u{85}");
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = json!({ HOSTILE: ["張三", HOSTILE] });
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let shown = visible_json(text);
            assert!(!shown.contains(|character| is_acted_on(character) && character != '\n'), "{shown:?}");
            assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
        }
    }
}
