//! How all the vendors' JSON is read.

use serde::{Deserialize, Deserializer};

/// A field that is wrong: which, and what it must be. Never what it is, since that may be personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {reason}")]
pub struct FieldError {
    /// Its path in the record; empty for the record as a whole.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

impl FieldError {
    /// `reason` about `field`.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }

    /// A field that every record has.
    pub fn missing(field: impl Into<String>) -> Self {
        Self::new(field, "is missing")
    }
}

/// Reads a text. A blank one is none: the vendors write blank texts for what is not set.
///
/// # Errors
/// What is there is not a text.
pub fn filled<'de, D: Deserializer<'de>, T: From<String>>(from: D) -> Result<Option<T>, D::Error> {
    let text: Option<String> = Option::deserialize(from)?;
    Ok(text.filter(|text| !text.trim().is_empty()).map(T::from))
}

/// Reads a value. Null is its default.
///
/// # Errors
/// What is there is neither null nor such a value.
pub fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}
