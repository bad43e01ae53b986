//! Lists of resources, and which part of one a client asks for (RFC 7644, section 3.4.2.4; RFC 9865).

use serde::Serialize;

use super::error::ScimError;
use crate::wire::read::FieldError;

/// URN of the body of a list.
pub const LIST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// Maximum length of a cursor, in bytes.
const MAX_CURSOR_BYTES: usize = 1_024;

/// A list, or a part of one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListResponse<R> {
    schemas: [&'static str; 1],
    total_results: u64,
    items_per_page: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    #[serde(rename = "Resources")]
    resources: Vec<R>,
}

impl<R> ListResponse<R> {
    /// The part of a list that starts at its `start`th of `total` resources, counted from 1.
    #[must_use]
    pub const fn from_index(resources: Vec<R>, start: u64, total: u64) -> Self {
        let items_per_page = resources.len();
        let schemas = [LIST_URN];
        Self {
            schemas,
            total_results: total,
            items_per_page,
            start_index: Some(start),
            next_cursor: None,
            resources,
        }
    }

    /// A part of a list of `total` resources, with the cursor of the next part unless it is the last.
    #[must_use]
    pub const fn from_cursor(resources: Vec<R>, next: Option<String>, total: u64) -> Self {
        let items_per_page = resources.len();
        let schemas = [LIST_URN];
        Self {
            schemas,
            total_results: total,
            items_per_page,
            start_index: None,
            next_cursor: next,
            resources,
        }
    }
}

/// How many resources a part of a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimits {
    /// If the client does not say.
    pub default: u32,
    /// At most, whatever the client says.
    pub max: u32,
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paging {
    /// The part from a number on.
    Index {
        /// Number of the first resource, from 1.
        start: u64,
        /// Number of resources; 0 for the total alone.
        count: u32,
    },
    /// The part after a cursor.
    Cursor {
        /// Where the last part ended, in unreserved URL characters; `None` for the first part.
        after: Option<String>,
        /// Number of resources; 0 for the total alone.
        count: u32,
    },
}

/// The numbers and the cursor of a request, as they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RawPaging {
    pub start_index: Option<i64>,
    pub count: Option<i64>,
    pub cursor: Option<String>,
}

impl RawPaging {
    /// A start below 1 is 1, a count below 0 is 0, and one above the limit the limit.
    ///
    /// # Errors
    /// [`ScimError::InvalidValue`] for both a start and a cursor, [`ScimError::InvalidCursor`].
    pub fn bounded(self, limits: PageLimits) -> Result<Paging, ScimError> {
        let count =
            self.count.map_or(limits.default, |count| u32::try_from(count.max(0)).unwrap_or(u32::MAX));
        let count = count.min(limits.max);
        let Some(cursor) = self.cursor else {
            let start =
                self.start_index.and_then(|start| u64::try_from(start).ok()).unwrap_or_default().max(1);
            return Ok(Paging::Index { start, count });
        };
        if self.start_index.is_some() {
            let error = FieldError::new("cursor", "cannot be combined with startIndex");
            return Err(ScimError::InvalidValue(error));
        }
        let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if cursor.len() > MAX_CURSOR_BYTES || !cursor.bytes().all(is_unreserved) {
            return Err(ScimError::InvalidCursor);
        }
        Ok(Paging::Cursor { after: Some(cursor).filter(|cursor| !cursor.is_empty()), count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LIMITS: PageLimits = PageLimits { default: 100, max: 1_000 };

    #[test]
    fn a_count_has_a_limit_and_a_default() {
        let count = |count| match (RawPaging { count, ..RawPaging::default() }).bounded(LIMITS).unwrap() {
            Paging::Index { count, .. } | Paging::Cursor { count, .. } => count,
        };
        assert_eq!((count(None), count(Some(7)), count(Some(i64::MAX))), (100, 7, 1_000));
    }

    #[test]
    fn a_cursor_is_unreserved_text_and_empty_at_first() {
        let read = |cursor: &str| {
            RawPaging { cursor: Some(cursor.to_owned()), ..RawPaging::default() }.bounded(LIMITS)
        };
        assert_eq!(read(""), Ok(Paging::Cursor { after: None, count: 100 }));
        assert_eq!(read("aZ0-._~"), Ok(Paging::Cursor { after: Some("aZ0-._~".to_owned()), count: 100 }));
        for cursor in ["a b", "a/b", "é", &"x".repeat(MAX_CURSOR_BYTES + 1)] {
            assert_eq!(read(cursor), Err(ScimError::InvalidCursor));
        }
        let both = RawPaging { start_index: Some(1), cursor: Some(String::new()), count: None };
        assert!(matches!(both.bounded(LIMITS), Err(ScimError::InvalidValue(_))));
    }

    #[test]
    fn a_part_after_a_cursor_tells_the_next_one_unless_it_is_the_last() {
        let expected = json!({ "schemas": [LIST_URN], "totalResults": 3, "itemsPerPage": 2, "nextCursor": "c",
            "Resources": [1, 2] });
        let part = ListResponse::from_cursor(vec![1, 2], Some("c".to_owned()), 3);
        assert_eq!(serde_json::to_value(part).unwrap(), expected);
        let last = ListResponse::from_cursor(vec![3], None, 3);
        assert_eq!(serde_json::to_value(last).unwrap().get("nextCursor"), None);
    }
}
