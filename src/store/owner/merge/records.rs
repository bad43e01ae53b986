//! Records: users and timeline entries, checked and ready to be staged.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::core::address::AccountKey;
use crate::core::key::{KeyKind, LookupKey, MAX_KEY_BYTES};
use crate::core::user::{JsonObject, KeyFault, User};
use crate::core::view::{Timeline, TimelineEntry};
use crate::store::owner::erasure::ErasureFilter;

/// The position of a record in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordPosition {
    /// Number of the record, from 1; unique within a merge.
    pub number: i64,
    /// Line it starts on, from 1.
    pub line: i64,
}

/// Why a record cannot be stored. Names fields, never their values.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A value in it is unusable as a lookup key.
    #[error("{}", reason_of(.0))]
    Key(#[from] KeyFault),
    /// A text contains a NUL, which PostgreSQL cannot store.
    #[error("contains a NUL character")]
    Nul,
    /// The id of a timeline entry is empty or too long.
    #[error("is empty or longer than {MAX_KEY_BYTES} bytes")]
    EntryId,
    /// It could not be serialised.
    #[error("cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl RecordError {
    /// The field; empty if the record as a whole is at fault.
    #[must_use]
    pub fn field(&self) -> String {
        match self {
            Self::Key(KeyFault::Unusable(field)) => (*field).to_owned(),
            Self::Key(KeyFault::Address { index, .. }) => format!("chainAccounts[{index}].address"),
            Self::EntryId => "id".to_owned(),
            Self::Nul | Self::Json(_) => String::new(),
        }
    }
}

fn reason_of(fault: &KeyFault) -> String {
    match fault {
        KeyFault::Unusable(_) => {
            format!("is empty, longer than {MAX_KEY_BYTES} bytes or contains a NUL")
        }
        KeyFault::Address { source, .. } => format!("is not an address: {source}"),
    }
}

/// A user that can be stored.
pub(super) struct UserRecord<'a> {
    pub(super) id: &'a str,
    pub(super) document: String,
    /// The fields that the record says are empty, if any.
    pub(super) empty: Option<String>,
    pub(super) keys: BTreeSet<LookupKey>,
    /// Whether the user is somebody who was erased.
    pub(super) is_erased: bool,
}

impl<'a> UserRecord<'a> {
    /// The record about `user`, without others who were erased.
    pub(super) fn of(
        user: &'a User,
        empty: &JsonObject,
        erased: Option<&ErasureFilter>,
    ) -> Result<Self, RecordError> {
        let mut keys = user.keys()?;
        let mut text = document(user)?;
        let is_erased = erased.is_some_and(|erased| erased.has_any(&keys));
        if let Some(cleaned) = erased.filter(|_| !is_erased).and_then(|erased| erased.cleaned(user, &text)) {
            (keys, text) = (cleaned.keys()?, document(&cleaned)?);
        }
        let empty = (!empty.is_empty()).then(|| document(empty)).transpose()?;
        Ok(Self { id: user.id.as_str(), document: text, empty, keys, is_erased })
    }
}

/// Number of the exclusive ones.
pub(super) fn exclusive_keys(keys: &BTreeSet<LookupKey>) -> i64 {
    keys.iter().map(|key| i64::from(key.kind().is_exclusive())).sum()
}

/// A text that is not JSON, such as an id, without the accounts of people who were erased; `None` if it has none.
pub(super) fn in_text(erased: &ErasureFilter, text: &str) -> Option<String> {
    let json = serde_json::to_string(text).ok()?;
    serde_json::from_str(&erased.replaced(&json)?).ok()
}

/// A timeline entry that can be stored. Columns that its kind does not have are empty or 0.
pub(super) struct EntryRecord<'a> {
    pub(super) timeline: Timeline,
    pub(super) account: &'a str,
    pub(super) collection: i64,
    pub(super) at: i64,
    pub(super) id: Cow<'a, str>,
    pub(super) document: String,
    /// The accounts involved in a transfer, and whether each receives.
    pub(super) parties: BTreeMap<AccountKey, bool>,
}

impl<'a> EntryRecord<'a> {
    /// The record of `entry`, without accounts of people who were erased; `None` if it is about one of those.
    pub(super) fn of(
        entry: &'a TimelineEntry,
        erased: Option<&ErasureFilter>,
    ) -> Result<Option<Self>, RecordError> {
        let (account, collection, at, id) = match entry {
            TimelineEntry::Transfer(t) => ("", t.collection_id, t.at, Some(t.id.as_str())),
            TimelineEntry::Announcement(a) => ("", a.collection_id, a.at, Some(a.id.as_str())),
            TimelineEntry::Review(r) => (r.about.as_str(), 0, r.at, Some(r.id.as_str())),
            TimelineEntry::Holding(h) => (h.account.as_str(), h.collection_id, 0, None),
            TimelineEntry::Audience(a) => (a.account.as_str(), a.collection_id, 0, None),
        };
        if id.is_some_and(|id| id.is_empty() || id.len() > MAX_KEY_BYTES) {
            return Err(RecordError::EntryId);
        }
        let parties = match entry {
            TimelineEntry::Transfer(transfer) => transfer.parties(),
            TimelineEntry::Announcement(_)
            | TimelineEntry::Review(_)
            | TimelineEntry::Holding(_)
            | TimelineEntry::Audience(_) => BTreeMap::new(),
        };
        let (timeline, document) = (entry.timeline(), document(entry)?);
        let id = Cow::Borrowed(id.unwrap_or_default());
        let record = Self { timeline, account, collection, at, id, document, parties };
        Ok(match erased {
            Some(erased) => record.without(erased),
            None => Some(record),
        })
    }

    fn without(mut self, erased: &ErasureFilter) -> Option<Self> {
        let is_erased = |account: &str| erased.has(KeyKind::Address, account);
        if !self.account.is_empty() && is_erased(self.account) {
            return None;
        }
        if let Some(document) = erased.replaced(&self.document) {
            self.document = document;
            self.parties.retain(|account, _| !is_erased(account.as_str()));
            if let Some(id) = in_text(erased, &self.id) {
                self.id = Cow::Owned(id);
            }
        }
        Some(self)
    }
}

/// `value` as JSON that can be stored.
pub(in crate::store::owner) fn document<T: Serialize>(value: &T) -> Result<String, RecordError> {
    let text = serde_json::to_string(value)?;
    if has_escaped_nul(&text) {
        return Err(RecordError::Nul);
    }
    Ok(text)
}

/// Whether the JSON text contains an escaped NUL. After an odd number of backslashes `\u0000` is not one: its own
/// backslash is escaped.
fn has_escaped_nul(json: &str) -> bool {
    json.match_indices("\\u0000").any(|(at, _)| {
        let before = json.as_bytes().get(..at).unwrap_or_default();
        let backslashes = before.iter().rev().take_while(|&&byte| byte == b'\\');
        backslashes.count() % 2 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_distinguished_from_text_that_looks_like_one() {
        let written = |text: &str| serde_json::to_string(text).unwrap();
        assert!(has_escaped_nul(&written("a\0b")));
        assert!(has_escaped_nul(&written("\\\0")));
        assert!(!has_escaped_nul(&written("\\u0000")));
        assert!(!has_escaped_nul(&written("plain")));
    }
}
