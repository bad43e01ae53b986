//! Paging, in the two ways the vendors page, shared by every face.
//!
//! * [`keyset`]: a page starts after a [`SortKey`](keyset::SortKey) in a total order, so its cost does not
//!   depend on its depth, and rows that arrive later never repeat or hide an item. A client holds the
//!   key as an opaque, authenticated [`bookmark`].
//! * [`offset`]: a page is a numbered window ([`PageWindow`](offset::PageWindow)) over a counted list.
//!
//! The pager knows neither HTTP nor SQL, and imports nothing of this crate.

pub mod bookmark;
pub mod keyset;
pub mod offset;
