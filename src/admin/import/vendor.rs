//! What the vendors' formats share: how a record is read, what is wrong with one, and which vendor answers how.

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

/// One vendor's answers.
pub(super) trait Vendor {
    /// Whose they are.
    const FACE: Face;
    /// Member of a page that holds the users.
    const MEMBER: &'static str;

    /// Takes in one user of an answer.
    fn take(&self, line: i64, item: &RawValue, collector: &mut Collector) -> Result<(), SourceFault>;

    /// Whether the first user of an answer has what every one of this vendor has.
    fn owns(item: &ItemShape) -> bool;
}

/// Members by which the vendors' users are told apart.
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
    /// Notes that there is a member of this name.
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

/// Which format a user has, if it has one of them.
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

/// Which vendor's answer a line is, if it is one.
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

/// What an error of JSON says of a record as a whole.
pub(super) fn error_of(error: &serde_json::Error) -> FieldError {
    error_at(String::new(), error)
}

/// What an error of JSON says of the field at `path`, without the values that it may quote.
fn error_at(path: String, error: &serde_json::Error) -> FieldError {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    match error.classify() {
        Category::Syntax => {
            FieldError::new(path, format!("is not JSON: {text} at column {}", error.column()))
        }
        Category::Eof => FieldError::new(path, "is cut off"),
        Category::Io => FieldError::new(path, "cannot be read"),
        Category::Data => data_error(path, text),
    }
}

fn data_error(path: String, text: &str) -> FieldError {
    if let Some(name) = text.strip_prefix("missing field `") {
        let dot = if path.is_empty() { "" } else { "." };
        return FieldError::missing(format!("{path}{dot}{}", name.trim_end_matches('`')));
    }
    // Only what follows is ours; what comes before may quote the value.
    match text.rsplit_once("expected ") {
        Some((_, wanted)) => FieldError::new(path, format!("must be {wanted}")),
        None => FieldError::new(path, "is not valid"),
    }
}

/// Reads a canonical record, and refuses members that it does not have: a misspelt field would be lost.
pub(super) fn read_strictly<T: DeserializeOwned>(text: &str) -> Result<T, FieldError> {
    read_strictly_as(PhantomData, text)
}

/// The same for a record whose type `seed` knows.
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

/// Reads a vendor's record.
pub(super) fn read_item<'de, T: Deserialize<'de>>(item: &'de RawValue) -> Result<T, FieldError> {
    serde_json::from_str(item.get()).map_err(|_| find_error(PhantomData::<T>, item.get()))
}

/// What is wrong with `text`. Reading it with its paths costs more, so this runs only once reading has failed.
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
    fn a_fault_names_the_field_and_what_it_must_be_but_not_what_it_is() {
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
        assert_eq!(cut.reason, "is cut off");
        for fault in [wrong_type, unknown, variant, time] {
            assert!(!fault.reason.contains("secret") && !fault.reason.contains("4711"), "{fault:?}");
        }
    }

    #[test]
    fn answers_of_vendors_are_recognised() {
        let found = |line: &str| vendor_of(line.as_bytes());
        assert_eq!(found(r#"{"data":[],"metadata":{}}"#), Some(Face::AvePoint));
        assert_eq!(found(r#"{"statusCode":200,"data":[]}"#), Some(Face::GenAuth));
        assert_eq!(found(r#"{"accounts":[]}"#), Some(Face::BitBadges));
        assert_eq!(found(r#"{"id":"1"}"#), None);
    }
}
