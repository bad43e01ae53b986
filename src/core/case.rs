//! Case folding, for text that is compared without regard to case.

/// `text` in one case, for comparison alone. Letters are lower-cased one by one, so that the result does not depend on
/// their neighbours. A letter beyond ASCII never becomes an ASCII one, since that would make distinct names one: the
/// Kelvin sign (U+212A) stays what it is.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter.to_lowercase().next() {
            Some(lower) if lower.is_ascii() && !letter.is_ascii() => folded.push(letter),
            _ => folded.extend(letter.to_lowercase()),
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_is_folded_and_nothing_else() {
        assert_eq!(fold("MÜLLER@Example.ORG"), "müller@example.org");
        assert_eq!(fold("Ann 1%_"), "ann 1%_");
        assert_ne!(fold("\u{212a}ate"), fold("kate"));
        assert_ne!(fold("\u{130}"), fold("i"));
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,20}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }

        #[test]
        fn text_beside_ascii_stays_beside_it(text in "[^\\x00-\\x7f]{1,8}") {
            prop_assert!(!fold(&text).is_ascii());
        }
    }
}
