//! Shared code of the vendor formats: parsing records, error messages, and format detection.

use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny};
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_path_to_error::Track;

use super::collect::Collector;
use super::format::SourceFormat;
use super::reader::SourceFault;
use crate::core::face::Face;
use crate::wire::read::FieldError;

/// A vendor's format.
pub(super) trait Vendor {
    /// The vendor.
    const FACE: Face;
    /// Member of a page that contains the users.
    const MEMBER: &'static str;

    /// Imports a user.
    fn take(&self, line: i64, item: &RawValue, collector: &mut Collector) -> Result<(), SourceFault>;

    /// Whether the first user of a response has the members that all users of this vendor have.
    fn owns(item: &ItemShape) -> bool;
}

/// Members that distinguish the vendors' users.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ItemShape {
    pub(super) id: Option<IgnoredAny>,
    pub(super) user_id: Option<IgnoredAny>,
    pub(super) cosmos_address: Option<IgnoredAny>,
    pub(super) address: Option<IgnoredAny>,
    profile: Option<IgnoredAny>,
    contact: Option<IgnoredAny>,
}

impl ItemShape {
    /// Records that a member of this name is present.
    pub(super) fn note(&mut self, member: &str) {
        match member {
            "id" => self.id = Some(IgnoredAny),
            "userId" => self.user_id = Some(IgnoredAny),
            "cosmosAddress" => self.cosmos_address = Some(IgnoredAny),
            "address" => self.address = Some(IgnoredAny),
            "profile" => self.profile = Some(IgnoredAny),
            "contact" => self.contact = Some(IgnoredAny),
            _ => {}
        }
    }
}

/// The format of a user, if recognised.
pub(super) fn format_of_item(item: &ItemShape) -> Option<SourceFormat> {
    if item.user_id.is_some() {
        Some(SourceFormat::Vendor(Face::GenAuth))
    } else if item.cosmos_address.is_some() {
        Some(SourceFormat::Vendor(Face::BitBadges))
    } else if item.profile.is_some() || item.contact.is_some() {
        Some(SourceFormat::Canonical)
    } else {
        item.id.is_some().then_some(SourceFormat::Vendor(Face::AvePoint))
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PageShape {
    data: Option<IgnoredAny>,
    metadata: Option<IgnoredAny>,
    status_code: Option<IgnoredAny>,
    accounts: Option<IgnoredAny>,
}

/// The vendor whose response `line` is, if any.
pub(super) fn vendor_of(line: &[u8]) -> Option<Face> {
    let page: PageShape = serde_json::from_slice(line).ok()?;
    if page.accounts.is_some() {
        Some(Face::BitBadges)
    } else if page.status_code.is_some() {
        Some(Face::GenAuth)
    } else {
        let is_page = page.data.is_some() && page.metadata.is_some();
        is_page.then_some(Face::AvePoint)
    }
}

/// Converts a JSON error of a whole record.
pub(super) fn error_of(error: &serde_json::Error) -> FieldError {
    error_at(String::new(), error)
}

/// Converts a JSON error of the field at `path`, without quoted values.
fn error_at(path: String, error: &serde_json::Error) -> FieldError {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    match error.classify() {
        Category::Syntax => {
            FieldError::new(path, format!("is not JSON: {text} at column {}", error.column()))
        }
        Category::Eof => FieldError::new(path, "is truncated"),
        Category::Io => FieldError::new(path, "cannot be read"),
        Category::Data => data_error(path, text),
    }
}

fn data_error(path: String, text: &str) -> FieldError {
    if let Some(name) = text.strip_prefix("missing field `") {
        let dot = if path.is_empty() { "" } else { "." };
        return FieldError::missing(format!("{path}{dot}{}", name.trim_end_matches('`')));
    }
    // Keep only what follows: the part before may quote the value.
    match text.rsplit_once("expected ") {
        Some((_, wanted)) => FieldError::new(path, format!("must be {wanted}")),
        None => FieldError::new(path, "is not valid"),
    }
}

/// Parses a canonical record and refuses unknown members, so that misspelt fields are not lost.
pub(super) fn read_strictly<T: DeserializeOwned>(text: &str) -> Result<T, FieldError> {
    read_strictly_as(PhantomData, text)
}

/// Like [`read_strictly`], for the type of `seed`.
pub(super) fn read_strictly_as<T>(
    seed: impl for<'de> DeserializeSeed<'de, Value = T> + Copy,
    text: &str,
) -> Result<T, FieldError> {
    let mut unknown = None;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = seed.deserialize(serde_ignored::Deserializer::new(&mut deserializer, &mut |path| {
        unknown.get_or_insert_with(|| path.to_string());
    }));
    let ended = read.and_then(|value| deserializer.end().map(|()| value));
    match (ended, unknown) {
        (Ok(_), Some(path)) => Err(FieldError::new(path, "is not a field of this record")),
        (Ok(value), None) => Ok(value),
        (Err(error), _) if error.is_data() => Err(find_error(seed, text)),
        (Err(error), _) => Err(error_of(&error)),
    }
}

/// Parses a vendor's record.
pub(super) fn read_item<'de, T: Deserialize<'de>>(item: &'de RawValue) -> Result<T, FieldError> {
    serde_json::from_str(item.get()).map_err(|_| find_error(PhantomData::<T>, item.get()))
}

/// Finds the fault in `text` by parsing it again with paths, which is slower and thus done only after a failure.
fn find_error<'de, S: DeserializeSeed<'de>>(seed: S, text: &'de str) -> FieldError {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut track = Track::new();
    match seed.deserialize(serde_path_to_error::Deserializer::new(&mut deserializer, &mut track)) {
        Err(error) => {
            let path = track.path().to_string();
            error_at(if path == "." { String::new() } else { path }, &error)
        }
        Ok(_) => FieldError::new("", "is not valid"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::user::User;

    #[test]
    fn errors_name_the_field_and_expected_type_but_not_the_value() {
        let fault = |text: &str| read_strictly::<User>(text).unwrap_err();
        let wrong_type = fault(r#"{"id":"1","contact":{"email":4711}}"#);
        assert_eq!(wrong_type, FieldError::new("contact.email", "must be a string"));
        let unknown = fault(r#"{"id":"1","contact":{"emial":"secret@example.com"}}"#);
        assert_eq!(unknown.field, "contact.emial");
        let variant = fault(r#"{"id":"1","account":{"status":"secret"}}"#);
        assert_eq!(variant.field, "account.status");
        let time = fault(r#"{"id":"1","account":{"createdAt":"secret"}}"#);
        assert_eq!(time.field, "account.createdAt");
        let missing = fault(r#"{"profile":{}}"#);
        assert_eq!(missing, FieldError::missing("id"));
        let cut = fault(r#"{"id":"1","prof"#);
        assert_eq!(cut.reason, "is truncated");
        for fault in [wrong_type, unknown, variant, time] {
            assert!(!fault.reason.contains("secret") && !fault.reason.contains("4711"), "{fault:?}");
        }
    }

    #[test]
    fn vendor_responses_are_recognised() {
        let found = |line: &str| vendor_of(line.as_bytes());
        assert_eq!(found(r#"{"data":[],"metadata":{}}"#), Some(Face::AvePoint));
        assert_eq!(found(r#"{"statusCode":200,"data":[]}"#), Some(Face::GenAuth));
        assert_eq!(found(r#"{"accounts":[]}"#), Some(Face::BitBadges));
        assert_eq!(found(r#"{"id":"1"}"#), None);
    }
}
