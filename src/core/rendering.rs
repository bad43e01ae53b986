//! Rendering: how a face serialises one user. A pure function of the user and the caller's options, so that the result
//! can be cached.

use std::cell::RefCell;
use std::sync::Arc;

use serde::Serialize;
use time::OffsetDateTime;

use super::address::{AccountKey, Address};
use super::face::Face;
use super::user::BorrowedUser;

/// Identifies a rendering of a user: equal keys produce equal bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RenderingKey {
    /// The face.
    pub face: Face,
    /// The caller's options, as numbered by the face.
    pub options: u8,
    /// The address by which the user was requested, if the output depends on it.
    pub address: Option<Address>,
}

/// A user as serialised by a face.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The bytes for the response.
    pub json: Box<[u8]>,
    /// Offset at which the face inserts what depends on the request, such as pages of views; 0 if nothing.
    pub splice: usize,
    /// The user's first chain account, whose views are shown, if the face shows views.
    pub account: Option<AccountKey>,
    /// When the same user starts to be rendered differently; `None` if never.
    pub valid_until: Option<OffsetDateTime>,
}

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The size up to which a thread keeps its buffer, in bytes; that of many usual users.
const MAX_KEPT_BUFFER: usize = 64 << 10;

/// `value` as JSON, in one allocation of the right size: what is written first grows a buffer that the thread has anyway.
///
/// # Errors
/// [`serde_json::Error`] if it cannot be serialised.
pub fn to_json(value: &impl Serialize) -> Result<Box<[u8]>, serde_json::Error> {
    let mut buffer = BUFFER.take();
    buffer.clear();
    serde_json::to_writer(&mut buffer, value)?;
    let json = Box::from(buffer.as_slice());
    if buffer.capacity() <= MAX_KEPT_BUFFER {
        BUFFER.set(buffer);
    }
    Ok(json)
}

impl Fragment {
    /// Whether rendering at `now` would produce the same bytes.
    #[must_use]
    pub fn holds_at(&self, now: OffsetDateTime) -> bool {
        self.valid_until.is_none_or(|end| now < end)
    }
}

/// Renders users for one face and one set of options.
pub trait Rendering: Clone + Send + Sync {
    /// Identifies this rendering among others of the same user.
    fn key(&self) -> RenderingKey;

    /// Renders the user at `now`.
    ///
    /// # Errors
    /// [`serde_json::Error`] if the user cannot be serialised.
    fn render(&self, user: &BorrowedUser<'_>, now: OffsetDateTime) -> Result<Fragment, serde_json::Error>;
}

/// A rendered user that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedUser {
    /// Its position in the directory's order; unique.
    pub ordinal: i64,
    /// The rendering.
    pub fragment: Arc<Fragment>,
}
