//! Splits a filter, or the path of a patch, into tokens.

use super::{FilterFault, MAX_FILTER_BYTES};

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'a> {
    /// `(`, `)`, `[` or `]`.
    Bracket(char),
    /// A name, an operator, a number, `true`, `false` or `null`.
    Word(&'a str),
    /// A JSON string.
    Text(String),
}

/// Tokens with their positions.
#[derive(Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    /// Where the next token starts, in bytes.
    at: usize,
    peeked: Option<(usize, Token<'a>)>,
}

impl<'a> Lexer<'a> {
    /// # Errors
    /// The text is too long.
    pub fn new(text: &'a str) -> Result<Self, FilterFault> {
        let lexer = Self { text, at: 0, peeked: None };
        if text.len() > MAX_FILTER_BYTES {
            return Err(lexer.fault_at(MAX_FILTER_BYTES, "the length of a filter is exceeded"));
        }
        Ok(lexer)
    }

    /// The next token, which stays the next one.
    pub fn peek(&mut self) -> Result<Option<&Token<'a>>, FilterFault> {
        if self.peeked.is_none() {
            self.peeked = self.read()?;
        }
        Ok(self.peeked.as_ref().map(|(_, token)| token))
    }

    pub fn next(&mut self) -> Result<Option<Token<'a>>, FilterFault> {
        let next = if self.peeked.is_some() { self.peeked.take() } else { self.read()? };
        Ok(next.map(|(_, token)| token))
    }

    /// Takes the next token if it is this bracket.
    pub fn take(&mut self, bracket: char) -> Result<bool, FilterFault> {
        let is_next = self.peek()? == Some(&Token::Bracket(bracket));
        if is_next {
            self.peeked = None;
        }
        Ok(is_next)
    }

    /// Takes the next token if it is this word, in any case.
    pub fn take_word(&mut self, word: &str) -> Result<bool, FilterFault> {
        let is_next = matches!(self.peek()?, Some(Token::Word(next)) if next.eq_ignore_ascii_case(word));
        if is_next {
            self.peeked = None;
        }
        Ok(is_next)
    }

    /// Takes this bracket.
    pub fn expect(&mut self, bracket: char, reason: &'static str) -> Result<(), FilterFault> {
        if self.take(bracket)? { Ok(()) } else { Err(self.fault(reason)) }
    }

    /// Whether nothing is between the token just taken and the next one.
    pub fn is_adjacent(&mut self) -> Result<bool, FilterFault> {
        let end = self.at;
        self.peek()?;
        Ok(self.peeked.as_ref().is_some_and(|(start, _)| *start == end))
    }

    /// A fault at the next token.
    pub fn fault(&self, reason: &'static str) -> FilterFault {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let next = self.at + rest.len() - rest.trim_start().len();
        self.fault_at(self.peeked.as_ref().map_or(next, |(start, _)| *start), reason)
    }

    fn fault_at(&self, at: usize, reason: &'static str) -> FilterFault {
        let position = self.text.char_indices().take_while(|(start, _)| *start < at).count() + 1;
        FilterFault { position, reason }
    }

    fn read(&mut self) -> Result<Option<(usize, Token<'a>)>, FilterFault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        let start = self.at + rest.len() - trimmed.len();
        let (length, token) = match trimmed.chars().next() {
            None => return Ok(None),
            Some(bracket @ ('(' | ')' | '[' | ']')) => (1, Token::Bracket(bracket)),
            Some('"') => {
                let fault =
                    || self.fault_at(start, "there is a text without its end, or with an unknown escape");
                let length = length_of_text(trimmed).ok_or_else(fault)?;
                let text = trimmed.get(..length).and_then(|json| serde_json::from_str(json).ok());
                (length, Token::Text(text.ok_or_else(fault)?))
            }
            Some(_) => {
                let ends = |letter: char| letter.is_whitespace() || "()[]\"".contains(letter);
                let word = trimmed.split(ends).next().unwrap_or_default();
                (word.len(), Token::Word(word))
            }
        };
        self.at = start + length;
        Ok(Some((start, token)))
    }
}

/// The length of the JSON string that `text` starts with, with its quotes.
fn length_of_text(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.map(|end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<Vec<Token<'_>>, FilterFault> {
        let mut lexer = Lexer::new(text)?;
        std::iter::from_fn(|| lexer.next().transpose()).collect()
    }

    #[test]
    fn a_filter_is_split_into_tokens() {
        let expected = [
            Token::Word("not"),
            Token::Bracket('('),
            Token::Word("emails.value"),
            Token::Word("eq"),
            Token::Text("a\" ]é\u{e9}".to_owned()),
            Token::Bracket(')'),
        ];
        assert_eq!(tokens("  not(emails.value\teq \"a\\\" ]\\u00e9é\")  ").unwrap(), expected);
        assert_eq!(tokens("").unwrap(), []);
    }

    #[test]
    fn a_text_without_its_end_is_shown_by_its_place() {
        for text in ["é eq \"a", "é eq \"a\\\"", "é eq \"\\x\"", "é eq \""] {
            assert_eq!(tokens(text).unwrap_err().position, 6, "{text}");
        }
        assert!(Lexer::new(&" ".repeat(MAX_FILTER_BYTES + 1)).is_err());
    }
}
