//! Shared code of the formats with pages in JSON: parsing records, error messages, and format detection.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_path_to_error::Track;

use super::collect::Collector;
use super::format::SourceFormat;
use super::reader::SourceFault;
use crate::core::face::Face;
use crate::core::view::Timeline;
use crate::wire::read::FieldError;

/// A format with pages of users.
pub(super) trait Vendor {
    /// The format.
    const FORMAT: SourceFormat;

    /// Imports a user.
    fn take(&self, line: i64, item: &RawValue, collector: &mut Collector) -> Result<(), SourceFault>;
}

/// Member of a page that contains the users.
pub(super) const fn users_member(format: SourceFormat) -> &'static str {
    match format {
        SourceFormat::Vendor(Face::BitBadges) => "accounts",
        SourceFormat::Scim => "Resources",
        _ => "data",
    }
}

/// Member of an object in place of the users that contains them: GenAuth's `list-users` has `data.list`.
pub(super) const NESTED: &str = "list";

/// Whether a user has the members that all users of this format have. At most one format of those with the same
/// [`users_member`] owns a user.
pub(super) fn owns(format: SourceFormat, item: &ItemShape) -> bool {
    match format {
        SourceFormat::Vendor(Face::BitBadges) => {
            item.has("cosmosAddress") || (item.has("address") && !item.has("id"))
        }
        SourceFormat::Vendor(Face::AvePoint) => {
            item.has("id") && !item.has("userId") && !item.has("cosmosAddress")
        }
        SourceFormat::Vendor(Face::GenAuth) => item.has("userId"),
        // Names are in any case there.
        SourceFormat::Scim => !item.has("userId") && !item.has("cosmosAddress"),
        SourceFormat::Canonical | SourceFormat::Table(_) => false,
    }
}

/// The members of a user that distinguish the formats. Empty for anything that is not an object.
#[derive(Debug, Default)]
pub(super) struct ItemShape(Vec<&'static str>);

/// Members of vendors' users.
const VENDORS: [&str; 4] = ["id", "userId", "cosmosAddress", "address"];
/// Members of canonical lines only.
const CANONICAL: [&str; 3] = ["profile", "contact", "user"];

impl ItemShape {
    /// Records that a member of this name is present.
    pub(super) fn note(&mut self, member: &str) {
        let timelines = Timeline::ALL.into_iter().map(Timeline::table);
        let mut telling = VENDORS.into_iter().chain(CANONICAL).chain(timelines);
        self.0.extend(telling.find(|known| *known == member));
    }

    fn has(&self, member: &str) -> bool {
        self.0.contains(&member)
    }

    /// Whether this is a line of canonical NDJSON.
    pub(super) fn is_canonical(&self) -> bool {
        let of_vendor = ["userId", "cosmosAddress"].iter().any(|member| self.has(member));
        !of_vendor && self.0.iter().any(|member| !VENDORS.contains(member))
    }
}

impl<'de> Deserialize<'de> for ItemShape {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let members = BTreeMap::<String, IgnoredAny>::deserialize(from)?;
        let mut shape = Self::default();
        for member in members.keys() {
            shape.note(member);
        }
        Ok(shape)
    }
}

/// What tells the vendor of a page.
#[derive(Debug, Default)]
pub(super) struct PageShape {
    /// The member that contains users.
    pub(super) member: Option<&'static str>,
    /// The first user.
    pub(super) first: Option<ItemShape>,
    /// Whether it has the status that GenAuth's responses have.
    pub(super) has_status: bool,
}

impl PageShape {
    /// The format that accepts this page, if any.
    pub(super) fn format(&self) -> Option<SourceFormat> {
        const GENAUTH: SourceFormat = SourceFormat::Vendor(Face::GenAuth);
        let member = self.member?;
        let mut formats = SourceFormat::PAGES.into_iter().filter(|&format| users_member(format) == member);
        match &self.first {
            Some(first) => formats.find(|&format| owns(format, first)),
            None => formats.find(|&format| (format == GENAUTH) == (self.has_status && member == "data")),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PageMembers<'a> {
    id: Option<IgnoredAny>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    status_code: Option<&'a RawValue>,
    #[serde(borrow)]
    accounts: Option<&'a RawValue>,
    #[serde(borrow, rename = "Resources")]
    resources: Option<&'a RawValue>,
}

/// The format of the response that `line` is, if any. Error responses are GenAuth's.
pub(super) fn format_of(line: &[u8]) -> Option<SourceFormat> {
    let page: PageMembers<'_> = serde_json::from_slice(line).ok()?;
    if page.id.is_some() {
        return None;
    }
    let users = [("accounts", page.accounts), ("data", page.data), ("Resources", page.resources)];
    let mut lists = users.into_iter().filter_map(|(member, users)| Some((member, first_of(users?.get()))));
    let empty = lists.clone().next();
    let Some((member, first)) = lists.find(|(_, first)| first.is_some()).or(empty) else {
        let status = page.status_code.and_then(|status| status.get().parse::<i64>().ok());
        return status.filter(|status| *status != 200).map(|_| SourceFormat::Vendor(Face::GenAuth));
    };
    let member = Some(member);
    PageShape { member, first, has_status: page.status_code.is_some() }.format()
}

/// The format of the JSON that starts with `head`, if its first line tells it.
pub(super) fn json_format(head: &[u8]) -> Option<SourceFormat> {
    let line = head.trim_ascii_start().split(|&byte| byte == b'\n').next()?;
    let is_canonical = || serde_json::from_slice::<ItemShape>(line).is_ok_and(|shape| shape.is_canonical());
    format_of(line).or_else(|| is_canonical().then_some(SourceFormat::Canonical))
}

/// The first of `users`, or the only one.
fn first_of(users: &str) -> Option<ItemShape> {
    if users.starts_with('[') {
        let users: Vec<&RawValue> = serde_json::from_str(users).ok()?;
        return users.first().map(|user| serde_json::from_str(user.get()).unwrap_or_default());
    }
    let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(users).unwrap_or_default();
    if let Some(list) = members.get(NESTED) {
        return first_of(list.get());
    }
    (users != "null").then(|| serde_json::from_str(users).unwrap_or_default())
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

/// The reason to reject a field of another name.
pub(super) const NOT_A_FIELD: &str = "is not a field of this record";

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
    // A field that is missing may be the unknown one, misspelt.
    let is_missing = |error: &serde_json::Error| error.to_string().starts_with("missing field");
    match (ended, unknown) {
        (Ok(value), None) => Ok(value),
        (Ok(_), Some(path)) => Err(FieldError::new(path, NOT_A_FIELD)),
        (Err(error), Some(path)) if is_missing(&error) => Err(FieldError::new(path, NOT_A_FIELD)),
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
        let misspelt = fault(r#"{"userId":"secret"}"#);
        assert_eq!(misspelt, FieldError::new("userId", NOT_A_FIELD));
        let cut = fault(r#"{"id":"1","prof"#);
        assert_eq!(cut.reason, "is truncated");
        for fault in [wrong_type, unknown, variant, time] {
            assert!(!fault.reason.contains("secret") && !fault.reason.contains("4711"), "{fault:?}");
        }
    }

    #[test]
    fn vendor_responses_are_recognised() {
        let found = |line: &str| format_of(line.as_bytes());
        assert_eq!(found(r#"{"data":[],"metadata":{}}"#), Some(SourceFormat::Vendor(Face::AvePoint)));
        assert_eq!(found(r#"{"statusCode":200,"data":[]}"#), Some(SourceFormat::Vendor(Face::GenAuth)));
        assert_eq!(found(r#"{"statusCode":403,"message":""}"#), Some(SourceFormat::Vendor(Face::GenAuth)));
        assert_eq!(found(r#"{"accounts":[]}"#), Some(SourceFormat::Vendor(Face::BitBadges)));
        // The users decide, not what is around them: only their vendor's format accepts them.
        assert_eq!(
            found(r#"{"statusCode":200,"data":[{"id":"1"}]}"#),
            Some(SourceFormat::Vendor(Face::AvePoint))
        );
        assert_eq!(
            found(r#"{"data":[{"userId":"1"}],"metadata":{}}"#),
            Some(SourceFormat::Vendor(Face::GenAuth))
        );
        assert_eq!(found(r#"{"data":[{"cosmosAddress":"1"}],"metadata":{}}"#), None);
        assert_eq!(found(r#"{"id":"1"}"#), None);
        // What `list-users` answers, and lists by SCIM.
        let listed = r#"{"statusCode":200,"data":{"totalCount":1,"list":[{"userId":"1"}]}}"#;
        assert_eq!(found(listed), Some(SourceFormat::Vendor(Face::GenAuth)));
        assert_eq!(found(r#"{"totalResults":1,"Resources":[{"id":"1"}]}"#), Some(SourceFormat::Scim));
    }
}
