//! Reading JSON, for all vendors.

use serde::{Deserialize, Deserializer};

/// An invalid field: which, and what is expected. Never its value, which may be personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {reason}")]
pub struct FieldError {
    /// Its path in the record; empty for the record as a whole.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

impl FieldError {
    /// An error with `reason` about `field`.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }

    /// A required field is missing.
    pub fn missing(field: impl Into<String>) -> Self {
        Self::new(field, "is missing")
    }
}

/// Reads a string. A blank one is `None`: the vendors write blank strings for unset fields.
///
/// # Errors
/// The value is not a string.
pub fn filled<'de, D: Deserializer<'de>, T: From<String>>(from: D) -> Result<Option<T>, D::Error> {
    let text: Option<String> = Option::deserialize(from)?;
    Ok(text.filter(|text| !text.trim().is_empty()).map(T::from))
}

/// Reads a value, with null as its default.
///
/// # Errors
/// The value is neither null nor of this type.
pub fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}
