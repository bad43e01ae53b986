//! Keyset pages: the rows after a key, in a total order.

/// The sort key of a row: a number, then the row's id to break ties.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortKey {
    /// The number, such as milliseconds since the epoch.
    pub at: i64,
    /// The row's id, compared byte by byte.
    pub id: String,
}

/// The direction in which a timeline is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Oldest (smallest key) first.
    Ascending,
    /// Newest (largest key) first.
    Descending,
}

impl Direction {
    /// A stable name, for binding a bookmark to its direction.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }
}

/// One keyset page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysetPage<T> {
    /// At most the page size of rows, in the requested order.
    pub items: Vec<T>,
    /// Whether at least one more row follows.
    pub has_more: bool,
}

impl<T> KeysetPage<T> {
    /// Cuts a page of `size` from rows that were read with a limit of [`Self::fetch_limit`].
    #[must_use]
    pub fn cut(mut rows: Vec<T>, size: usize) -> Self {
        let has_more = rows.len() > size;
        rows.truncate(size);
        Self { items: rows, has_more }
    }

    /// Number of rows to read for a page of `size`: one more, whose presence *is* `has_more`.
    #[must_use]
    pub const fn fetch_limit(size: usize) -> usize {
        size.saturating_add(1)
    }
}

impl<T> Default for KeysetPage<T> {
    /// An empty last page.
    fn default() -> Self {
        Self { items: Vec::new(), has_more: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Walking by `cut` yields every row once and in order, and `has_more` is false exactly on the last page.
        #[test]
        fn a_walk_yields_each_row_once(rows in 0_usize..120, size in 1_usize..30) {
            let all: Vec<usize> = (0..rows).collect();
            let (mut seen, mut from) = (Vec::new(), 0);
            loop {
                let to = (from + KeysetPage::<usize>::fetch_limit(size)).min(all.len());
                let page = KeysetPage::cut(all[from..to].to_vec(), size);
                from += page.items.len();
                seen.extend(page.items);
                prop_assert_eq!(page.has_more, seen.len() < all.len());
                if !page.has_more { break }
            }
            prop_assert_eq!(seen, all);
        }
    }
}
