//! Addresses within texts, whatever stands around them.

use std::ops::Range;

use super::{AccountKey, Address};

/// What begins the forms that are told within other letters and digits, each with its whole length.
const FORMS: [(&str, usize); 5] = [("0x", 42), ("cosmos1", 45), ("bb1", 41), ("tthor1", 44), ("bc1q", 42)];
/// Lengths of a Solana key; nothing marks one, so that it must be a word of its own.
const SOLANA: Range<usize> = 32..45;

/// An address in a text, or a word that may be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Where it is.
    pub range: Range<usize>,
    /// The account; `None` for a word that is an address in another case at most.
    pub account: Option<AccountKey>,
    /// Whether it is a word as long as a Solana address, which is an address of the same person in any case.
    pub is_word: bool,
}

/// The addresses in a JSON text, in any case, one after the other.
pub fn mentions(json: &str) -> impl Iterator<Item = Mention> {
    words(json).flat_map(|word| mentions_in(json, word))
}

/// Runs of ASCII letters and digits. The letter of an escape sequence begins none.
fn words(json: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = json.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            match bytes.get(at)? {
                b'\\' if bytes.get(at + 1) == Some(&b'u') => at += 6,
                b'\\' => at += 2,
                byte if byte.is_ascii_alphanumeric() => break,
                _ => at += 1,
            }
        }
        let rest = bytes.get(at..)?;
        let length = rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let word = at..at + length;
        at = word.end;
        Some(word)
    })
}

fn mentions_in(json: &str, word: Range<usize>) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut at = word.start;
    // No form is shorter.
    while at + 41 <= word.end {
        let mention = FORMS.iter().find_map(|(prefix, length)| marked(json, at, word.end, prefix, *length));
        at = mention.as_ref().map_or(at + 1, |mention| mention.range.end);
        found.extend(mention);
    }
    if found.is_empty() && SOLANA.contains(&word.len()) {
        let account = json.get(word.clone()).and_then(|text| Address::parse(text).ok());
        found.push(Mention { range: word, account: account.map(|address| address.key()), is_word: true });
    }
    found
}

fn marked(json: &str, at: usize, end: usize, prefix: &str, length: usize) -> Option<Mention> {
    let range = at..at + length;
    if range.end > end || !json.get(at..at + prefix.len())?.eq_ignore_ascii_case(prefix) {
        return None;
    }
    let address = Address::parse(&json.get(range.clone())?.to_ascii_lowercase()).ok()?;
    Some(Mention { range, account: Some(address.key()), is_word: false })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ETHEREUM: &str = "0xb246a3764d642BABbd6b075bca3e77E1cD563d78";
    const SOLANA: &str = "6H2af68Yyg6j7N4XeQKmkZFocYQgv6yYoU3Xk491efa5";

    #[test]
    fn every_form_is_found_in_any_case_and_within_words() {
        let address = Address::parse(ETHEREUM).unwrap();
        for form in address.forms() {
            for form in [form.to_ascii_lowercase(), form.to_ascii_uppercase(), form] {
                for text in [form.clone(), format!("\"a\\n{form}\\u00e9\""), format!("paid{form}and{form}x")]
                {
                    let found: Vec<_> = mentions(&text).collect();
                    assert!(!found.is_empty(), "{text}");
                    for mention in &found {
                        assert_eq!(mention.account, Some(address.key()), "{text}");
                        assert_eq!(&text[mention.range.clone()], form);
                    }
                }
            }
        }
    }

    #[test]
    fn a_solana_address_is_a_word_of_its_own() {
        let address = Address::parse(SOLANA).unwrap();
        let found: Vec<_> = mentions(&format!("to \\t{SOLANA}, please")).collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].account, Some(address.key()));
        let folded: Vec<_> = mentions(&SOLANA.to_ascii_lowercase()).collect();
        assert!(matches!(folded.as_slice(), [Mention { is_word: true, .. }]));
        assert_eq!(mentions("plain words, 12 of them").count(), 0);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_ranges_are_in_order(text in "(\\PC|0x|\\\\|[0-9a-fA-F]{1,50}){0,12}") {
            let mut last = 0;
            for mention in mentions(&text) {
                prop_assert!(mention.range.start >= last && text.get(mention.range.clone()).is_some());
                last = mention.range.end;
            }
        }
    }
}
