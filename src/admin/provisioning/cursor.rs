//! Cursors (RFC 9865): where a part of a list ended, held by clients.
//!
//! The body of a [cursor](crate::pager::cursor) is `version ‖ issued ‖ count ‖ key ‖ place`, its scope the tenant, the type
//! of resource, the filter and the order.

use time::{Duration, OffsetDateTime};

use super::Provider;
use crate::pager::cursor::{DIGEST_BYTES, decode, encode, short_digest};
use crate::wire::scim::schema::ResourceType;
use crate::wire::scim::{ListQuery, Paging, RootQuery, ScimError, SortKey};

/// How long a cursor is good for.
pub const CURSOR_TIMEOUT: Duration = Duration::HOUR;

const VERSION: u8 = 1;

/// The end of a part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    /// The place of its last resource.
    pub place: String,
    /// What stands for the value that the resource is sorted by.
    pub key: [u8; DIGEST_BYTES],
}

/// Issues and reads the cursors of one list.
#[derive(Debug)]
pub(super) struct Cursors {
    scope: String,
    count: u32,
    now: OffsetDateTime,
}

/// What is asked of a type, but for the part of the list. No name of an order has a line break.
fn asked(of: &ResourceType, query: &ListQuery) -> String {
    let filter = query.filter.as_ref().map(ToString::to_string).unwrap_or_default();
    let order = query.sort.map(|sort| format!("{} {}", sort.path, sort.descending)).unwrap_or_default();
    format!("{}\n{order}\n{filter}", of.name)
}

const fn count(paging: &Paging) -> u32 {
    let (Paging::Index { count, .. } | Paging::Cursor { count, .. }) = paging;
    *count
}

impl Cursors {
    pub(super) fn new(
        provider: &Provider,
        of: &ResourceType,
        query: &ListQuery,
        now: OffsetDateTime,
    ) -> Self {
        let scope = format!("{}\n{}\0", provider.tenant, asked(of, query));
        Self { scope, count: count(&query.paging), now }
    }

    pub(super) fn of_root(provider: &Provider, query: &RootQuery, now: OffsetDateTime) -> Self {
        let parts: Vec<String> = query.parts.iter().map(|(of, query)| asked(of, query)).collect();
        let scope = format!("{}\n\n{}\0", provider.tenant, parts.join("\0"));
        Self { scope, count: count(&query.paging), now }
    }

    pub(super) fn issue(&self, end: &End) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(self.now.unix_timestamp().to_be_bytes());
        bytes.extend(self.count.to_be_bytes());
        bytes.extend(end.key);
        bytes.extend(end.place.as_bytes());
        encode(bytes, &self.scope)
    }

    /// # Errors
    /// [`ScimError::InvalidCursor`] for what was not issued for this list, [`ScimError::InvalidCount`] if it was for parts of
    /// another size, [`ScimError::ExpiredCursor`].
    pub(super) fn read(&self, cursor: &str) -> Result<End, ScimError> {
        let (issued, count, end) = self.parse(cursor).ok_or(ScimError::InvalidCursor)?;
        if count != self.count {
            return Err(ScimError::InvalidCount);
        }
        let issued = OffsetDateTime::from_unix_timestamp(issued).map_err(|_| ScimError::InvalidCursor)?;
        if self.now - issued > CURSOR_TIMEOUT { Err(ScimError::ExpiredCursor) } else { Ok(end) }
    }

    fn parse(&self, cursor: &str) -> Option<(i64, u32, End)> {
        let bytes = decode(cursor, &self.scope)?;
        let (_, rest) = bytes.split_first().filter(|(version, _)| **version == VERSION)?;
        let (issued, rest) = rest.split_first_chunk()?;
        let (count, rest) = rest.split_first_chunk()?;
        let (key, place) = rest.split_first_chunk()?;
        let end = End { place: std::str::from_utf8(place).ok()?.to_owned(), key: *key };
        Some((i64::from_be_bytes(*issued), u32::from_be_bytes(*count), end))
    }
}

/// What stands for a value that resources are sorted by, without telling it.
pub(super) fn key_digest(key: Option<&SortKey>) -> [u8; DIGEST_BYTES] {
    short_digest(format!("{key:?}").as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);

    fn cursors(scope: &str, count: u32, now: OffsetDateTime) -> Cursors {
        Cursors { scope: scope.to_owned(), count, now }
    }

    proptest! {
        #[test]
        fn a_cursor_reads_back_and_is_unreserved(place in "\\PC{0,60}", key in any::<[u8; 8]>()) {
            let end = End { place, key };
            let cursor = cursors("a", 7, NOW).issue(&end);
            prop_assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            prop_assert_eq!(cursors("a", 7, NOW).read(&cursor), Ok(end));
        }

        #[test]
        fn one_changed_character_is_refused(place in "[0-9]{1,20}", at in any::<prop::sample::Index>()) {
            let cursor = cursors("a", 7, NOW).issue(&End { place, key: [0; 8] });
            let at = at.index(cursor.len());
            let other = if &cursor[at..=at] == "A" { "B" } else { "A" };
            let changed = format!("{}{other}{}", &cursor[..at], &cursor[at + 1..]);
            prop_assert_eq!(cursors("a", 7, NOW).read(&changed), Err(ScimError::InvalidCursor));
        }
    }

    #[test]
    fn a_cursor_is_for_one_list_one_count_and_one_hour() {
        let cursor = cursors("a", 7, NOW).issue(&End { place: "1".to_owned(), key: [0; 8] });
        let read = |scope, count, now| cursors(scope, count, now).read(&cursor).map(|end| end.place);
        assert_eq!(read("a", 7, NOW + CURSOR_TIMEOUT), Ok("1".to_owned()));
        assert_eq!(read("b", 7, NOW), Err(ScimError::InvalidCursor));
        assert_eq!(read("a", 8, NOW), Err(ScimError::InvalidCount));
        assert_eq!(read("a", 7, NOW + CURSOR_TIMEOUT + Duration::SECOND), Err(ScimError::ExpiredCursor));
    }
}
