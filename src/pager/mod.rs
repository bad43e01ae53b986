//! The two ways in which the vendors page, shared by all faces.
//!
//! * [`keyset`]: a page starts after a [`SortKey`](keyset::SortKey) in a total order, so its cost does not depend on
//!   its depth, and rows added later never cause items to be repeated or skipped. Clients hold the key as an opaque,
//!   authenticated [`bookmark`].
//!   A [`cursor`] is such a position where nobody need be kept from making one up.
//! * [`offset`]: a page is a numbered window ([`PageWindow`](offset::PageWindow)) over a counted list.
//!
//! The pager does not know HTTP or SQL, and imports nothing from this crate.

pub mod bookmark;
pub mod cursor;
pub mod keyset;
pub mod offset;
