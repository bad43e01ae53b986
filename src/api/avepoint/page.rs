//! Numbered pages: `pageIndex` and `pageSize` in the query, and the page in the response.

use crate::api::ignored::Ignored;
use crate::pager::offset::{PageWindow, PageWindowError};
use crate::wire::avepoint::{Metadata, Page};

/// The seed's default; the vendor's later text says 50.
const DEFAULT_SIZE: i64 = 100;

const INDEX: &str = "pageIndex";
const SIZE: &str = "pageSize";

/// Parses the requested page, of at most `max_size` items, and notes what is ignored.
///
/// # Errors
/// [`PageWindowError`] if the index or size is not a single integer in range.
pub(super) fn window(
    query: &str,
    max_size: u32,
    ignored: &mut Ignored,
) -> Result<PageWindow, PageWindowError> {
    ignored.query(query, |name| [INDEX, SIZE].iter().any(|known| known.eq_ignore_ascii_case(name)));
    let index = integer(query, INDEX, 1).ok_or(PageWindowError::Index)?;
    let size = integer(query, SIZE, DEFAULT_SIZE.min(max_size.into()));
    PageWindow::new(index, size.ok_or(PageWindowError::Size(max_size))?, max_size)
}

/// The parameter `name`, case-insensitive as in ASP.NET; `default` if absent, `None` if it is not a single decimal
/// integer.
fn integer(query: &str, name: &str, default: i64) -> Option<i64> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let mut given = pairs.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    let Some((_, value)) = given.next() else {
        return Some(default);
    };
    let is_number = given.next().is_none() && value.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| value.parse().ok()).flatten()
}

/// Page `window` of a list of `total` items.
pub(super) const fn page<T>(window: PageWindow, total: i64, data: Vec<T>) -> Page<T> {
    let metadata = Metadata { page_index: window.index(), page_size: window.size(), total_count: total };
    Page { data, metadata }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(query: &str) -> Result<(u32, u32), PageWindowError> {
        window(query, 1_000, &mut Ignored::default()).map(|page| (page.index(), page.size()))
    }

    #[test]
    fn index_and_size_are_integers_or_default() {
        assert_eq!(read(""), Ok((1, 100)));
        assert_eq!(read("pageSize=1000&pageIndex=7&colour=blue"), Ok((7, 1_000)));
        assert_eq!(read("PAGEINDEX=2&pagesize=3"), Ok((2, 3)));
        assert_eq!(window("", 20, &mut Ignored::default()).map(PageWindow::size), Ok(20));
    }

    #[test]
    fn invalid_values_are_refused() {
        for value in [
            "0",
            "-1",
            "+1",
            "1.0",
            "1e2",
            "x",
            "",
            "%20",
            "1&pageIndex=2",
            "2147483648",
            "99999999999999999999",
        ] {
            assert_eq!(read(&format!("pageIndex={value}")), Err(PageWindowError::Index), "{value}");
        }
        for value in ["0", "-1", "1001", "all", "9223372036854775808"] {
            assert_eq!(read(&format!("pageSize={value}")), Err(PageWindowError::Size(1_000)), "{value}");
        }
    }

    proptest! {
        #[test]
        fn parsing_a_query_never_panics(query in "\\PC{0,60}") {
            let _ = read(&query);
            let _ = read(&format!("pageIndex={query}"));
        }
    }
}
