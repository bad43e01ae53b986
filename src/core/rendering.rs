//! Rendering: how a face writes one user. A pure function of the user and of what the caller chose, so that what it
//! writes can be kept and sent again.

use std::sync::Arc;

use time::OffsetDateTime;

use super::address::{AccountKey, Address};
use super::face::Face;
use super::user::User;

/// What tells two renderings of one user apart: equal keys write equal bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RenderingKey {
    /// The face that writes.
    pub face: Face,
    /// The caller's options, as the face numbers them.
    pub options: u8,
    /// The address under which the user was asked for, where what is written depends on it.
    pub address: Option<Address>,
}

/// A user as a face writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The bytes that go into the answer.
    pub json: Box<[u8]>,
    /// Where in them the face fills in what depends on the request, such as pages of views; 0 if nowhere.
    pub splice: usize,
    /// The first chain account of the user, whose views belong to it, if the face shows views.
    pub account: Option<AccountKey>,
    /// From when on the same user is written differently; `None` if never.
    pub valid_until: Option<OffsetDateTime>,
}

impl Fragment {
    /// Whether it still says what it would say if it were written at `now`.
    #[must_use]
    pub fn holds_at(&self, now: OffsetDateTime) -> bool {
        self.valid_until.is_none_or(|end| now < end)
    }
}

/// Writes users for one face and one set of options.
pub trait Rendering: Clone + Send + Sync {
    /// What tells this rendering from others of the same user.
    fn key(&self) -> RenderingKey;

    /// The user as it is written at `now`.
    ///
    /// # Errors
    /// [`serde_json::Error`] if the user cannot be written as JSON.
    fn render(&self, user: &User, now: OffsetDateTime) -> Result<Fragment, serde_json::Error>;
}

/// A user that was found, rendered.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedUser {
    /// Its place in the directory's order, which no other user has.
    pub ordinal: i64,
    /// What the face writes.
    pub fragment: Arc<Fragment>,
}
