//! Numbered pages: a window over a counted list.

/// A numbered page of a list, as requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageWindow {
    index: u32,
    size: u32,
}

/// Why a page number or size is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageWindowError {
    /// The page number is below 1 or beyond 2³¹ − 1.
    #[error("pageIndex must be an integer from 1 to 2147483647")]
    Index,
    /// The page size is below 1 or above the given limit.
    #[error("pageSize must be an integer from 1 to {0}")]
    Size(u32),
}

impl PageWindow {
    /// Page `index` (from 1) of pages of `size` items (1 to `max_size`).
    ///
    /// # Errors
    /// [`PageWindowError`] outside these ranges: clamping would silently return another page.
    pub fn new(index: i64, size: i64, max_size: u32) -> Result<Self, PageWindowError> {
        let positive =
            |value: i64| i32::try_from(value).ok().and_then(|v| u32::try_from(v).ok()).filter(|v| *v >= 1);
        let index = positive(index).ok_or(PageWindowError::Index)?;
        let size = positive(size).filter(|size| *size <= max_size).ok_or(PageWindowError::Size(max_size))?;
        Ok(Self { index, size })
    }

    /// The page number, from 1.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.index
    }

    /// Items per page.
    #[must_use]
    pub const fn size(self) -> u32 {
        self.size
    }

    /// Number of items before this page.
    #[must_use]
    pub fn offset(self) -> i64 {
        i64::from(self.index - 1) * i64::from(self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_numbers_in_range_make_a_window() {
        assert_eq!(PageWindow::new(0, 10, 100), Err(PageWindowError::Index));
        assert_eq!(PageWindow::new(i64::MAX, 10, 100), Err(PageWindowError::Index));
        assert_eq!(PageWindow::new(1, 0, 100), Err(PageWindowError::Size(100)));
        assert_eq!(PageWindow::new(1, 101, 100), Err(PageWindowError::Size(100)));
        assert!(PageWindow::new(i64::from(i32::MAX), 100, 100).is_ok());
    }

    /// The part of a list of `length` items that `window` covers.
    fn slice(window: PageWindow, length: usize) -> std::ops::Range<usize> {
        let start = usize::try_from(window.offset()).unwrap().min(length);
        start..(start + window.size() as usize).min(length)
    }

    proptest! {
        #[test]
        fn the_pages_of_a_list_cover_it_once(length in 0_usize..500, size in 1_i64..60) {
            let mut covered = Vec::new();
            for index in 1.. {
                let slice = slice(PageWindow::new(index, size, 60).unwrap(), length);
                if slice.is_empty() { break }
                covered.extend(slice);
            }
            prop_assert_eq!(covered, (0..length).collect::<Vec<_>>());
        }
    }
}
