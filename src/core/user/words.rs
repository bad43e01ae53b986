//! Search by a part of a name or address.
//!
//! A part matches a text that has it from the beginning of one of its words on: `smith` and `smith@exa` match
//! `ann.smith@example.com`, `mith` does not. Where scripts write no spaces between words, every letter begins one. Case
//! is ignored, accents are not.

use std::collections::BTreeSet;

use super::User;
use crate::core::case::fold;

/// How much of a text is searched, in bytes.
const MAX_TEXT_BYTES: usize = 256;
/// Length of a word as it is kept, in bytes; longer parts are compared with the user.
const MAX_WORD_BYTES: usize = 64;
/// Maximum number of parts.
const MAX_PARTS: usize = 8;

/// Why a text cannot be searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SearchTextError {
    /// There is nothing to search for.
    #[error("the text to search for must have a letter or digit")]
    Empty,
    /// Too long, or too many parts.
    #[error("the text to search for may have at most {MAX_PARTS} words and {MAX_TEXT_BYTES} bytes")]
    Long,
}

/// Parts of a user's names and addresses, all of which must match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText {
    parts: Vec<String>,
}

impl SearchText {
    /// The parts of `text`: what spaces separate, in one case, without punctuation around it.
    ///
    /// # Errors
    /// [`SearchTextError`] if there is no part, or too much.
    pub fn new(text: &str) -> Result<Self, SearchTextError> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(SearchTextError::Long);
        }
        let folded = fold(text);
        let parts: BTreeSet<&str> = pieces(&folded)
            .map(|piece| piece.trim_matches(|letter: char| !letter.is_alphanumeric()))
            .filter(|part| !part.is_empty())
            .collect();
        match parts.len() {
            0 => Err(SearchTextError::Empty),
            1..=MAX_PARTS => Ok(Self { parts: parts.into_iter().map(str::to_owned).collect() }),
            _ => Err(SearchTextError::Long),
        }
    }

    /// The beginnings of words, as they are kept, that a user must have: one for each part.
    #[must_use]
    pub fn beginnings(&self) -> Vec<&str> {
        self.parts.iter().map(|part| cut(part, MAX_WORD_BYTES)).collect()
    }

    /// Whether all parts match the user.
    #[must_use]
    pub fn matches(&self, user: &User) -> bool {
        let texts: Vec<String> = user.searched_texts().collect();
        self.parts
            .iter()
            .all(|part| texts.iter().flat_map(|text| endings(text)).any(|end| end.starts_with(part)))
    }
}

impl User {
    /// The words to keep, by whose beginnings the user is found: what the searched texts have from the beginning of each
    /// of their words on, up to the next space. One that begins another of them is left out.
    #[must_use]
    pub fn words(&self) -> BTreeSet<String> {
        let texts: Vec<String> = self.searched_texts().collect();
        let words: BTreeSet<&str> =
            texts.iter().flat_map(|text| endings(text)).map(|end| cut(end, MAX_WORD_BYTES)).collect();
        let mut kept = BTreeSet::new();
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            // In order, whatever begins with a word follows it at once.
            if words.peek().is_none_or(|next| !next.starts_with(word)) {
                kept.insert(word.to_owned());
            }
        }
        kept
    }

    /// Names and addresses, in one case and not too long.
    fn searched_texts(&self) -> impl Iterator<Item = String> {
        let profile = &self.profile;
        let texts = [
            &profile.display_name,
            &profile.given_name,
            &profile.family_name,
            &profile.middle_name,
            &profile.nickname,
            &profile.username,
            &profile.preferred_username,
            &self.account.user_principal_name,
            &self.contact.email,
            &self.community.resolved_name,
        ];
        let addresses = self.chain_accounts.iter().map(|chain| &chain.address);
        texts.into_iter().flatten().chain(addresses).map(|text| fold(cut(text, MAX_TEXT_BYTES)))
    }
}

/// What spaces separate, and characters that nobody types.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| letter.is_whitespace() || letter.is_control() || letter == char::MAX)
}

/// Each piece of `text` from the beginning of each of its words on.
fn endings(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).flat_map(|piece| {
        let mut before = None;
        piece.char_indices().filter_map(move |(at, letter)| {
            let before = before.replace(letter);
            begins_word(before, letter).then(|| piece.get(at..)).flatten()
        })
    })
}

fn begins_word(before: Option<char>, letter: char) -> bool {
    let follows_word = before.is_some_and(char::is_alphanumeric);
    letter.is_alphanumeric() && (!follows_word || is_unspaced(letter))
}

/// Whether a letter is of a script that writes no spaces between words: Thai to Myanmar, Khmer, kana, Han and, since
/// Korean names are written in one word, Hangul.
const fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// The longest beginning of `text` of at most `most` bytes.
fn cut(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::id::UserId;

    fn named(name: &str, email: &str) -> User {
        let mut user = User::new(UserId::new("u"));
        user.profile.display_name = Some(name.to_owned());
        user.contact.email = Some(email.to_owned());
        user
    }

    fn is_found(user: &User, text: &str) -> bool {
        SearchText::new(text).unwrap().matches(user)
    }

    #[test]
    fn a_part_matches_from_the_beginning_of_a_word_on() {
        let ann = named("Ann Mary O'Neil-Smith", "Ann.Smith17@Example.com");
        for text in [
            "ANN",
            "mary an",
            "o'n",
            "neil-sm",
            "smith17",
            "smith17@ex",
            "@example.com",
            "(com)",
            "ann.smith17@example.com",
        ] {
            assert!(is_found(&ann, text), "{text}");
        }
        for text in ["nn", "mith", "ann bob", "smith18", "ann.smith17@example.comx"] {
            assert!(!is_found(&ann, text), "{text}");
        }
    }

    #[test]
    fn every_letter_begins_a_word_where_no_spaces_are_written() {
        let user = named("張三丰 김철수", "");
        for text in ["張", "三丰", "丰", "철수", "김 三"] {
            assert!(is_found(&user, text), "{text}");
        }
        assert!(!is_found(&user, "張丰"));
    }

    #[test]
    fn words_that_begin_others_are_not_kept() {
        let words = named("Ann Smith", "ann.smith@example.com").words();
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        assert_eq!(words, ["ann.smith@example.com", "com", "example.com", "smith@example.com"]);
    }

    #[test]
    fn nothing_and_too_much_is_not_searched_for() {
        for text in ["", " ", "- @ .", "\u{0}"] {
            assert_eq!(SearchText::new(text), Err(SearchTextError::Empty));
        }
        for text in ["a".repeat(257), "a b c d e f g h i".to_owned()] {
            assert_eq!(SearchText::new(&text), Err(SearchTextError::Long));
        }
    }

    proptest! {
        /// What is kept finds everyone who matches: the words are the index, the user decides.
        #[test]
        fn who_matches_has_words_with_the_beginnings(
            name in "[aB三é .'@-]{0,12}|a{60,70}b|\\PC{0,300}", email in "[a-c.@]{0,9}", text in "[aBc三é.@ -]{0,6}|a{60,70}b?|\\PC{0,9}",
        ) {
            let user = named(&name, &email);
            let Ok(text) = SearchText::new(&text) else { return Ok(()) };
            let words = user.words();
            let has = |beginning: &&str| words.iter().any(|word| word.starts_with(beginning));
            let has_all = text.beginnings().iter().all(has);
            prop_assert!(has_all || !text.matches(&user), "{words:?}");
            let is_short = text.parts.iter().all(|part| part.len() <= MAX_WORD_BYTES);
            prop_assert!(!is_short || has_all == text.matches(&user), "{words:?}");
        }

        #[test]
        fn words_are_few_and_short(name in "[三 a]{0,2000}") {
            let words = named(&name, "").words();
            prop_assert!(words.len() <= MAX_TEXT_BYTES);
            prop_assert!(words.iter().all(|word| !word.is_empty() && word.len() <= MAX_WORD_BYTES));
        }
    }
}
