//! Bookmarks: a keyset [`Position`] that a client carries, opaque and authenticated.
//!
//! A bookmark is `base64url(version ‖ at ‖ id ‖ tag)`. The tag is an HMAC-SHA-256 over the position
//! *and* the scope it was made for (tenant, account, view, direction), so a bookmark that was
//! altered, or carried to another place, is refused and never silently starts somewhere else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;

use super::keyset::Position;

const VERSION: u8 = 1;
const AT_BYTES: usize = 8;
const TAG_BYTES: usize = 32;
/// Longest bookmark that is looked at, in bytes of base64; ids are far shorter than this allows.
const MAX_LENGTH: usize = 1_024;

/// A bookmark that was not made by this gateway for this scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bookmark is not one that was given for this view of this account")]
pub struct InvalidBookmark;

/// Writes and reads bookmarks under a ring of keys: the first writes, each may read.
#[derive(Clone)]
pub struct Bookmarks {
    keys: Vec<hmac::Key>,
}

impl std::fmt::Debug for Bookmarks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bookmarks").finish_non_exhaustive()
    }
}

impl Bookmarks {
    /// Bookmarks under `current`, still reading those made under `previous`.
    #[must_use]
    pub fn new(current: &[u8; 32], previous: &[[u8; 32]]) -> Self {
        let keys = std::iter::once(current).chain(previous);
        Self { keys: keys.map(|key| hmac::Key::new(hmac::HMAC_SHA256, key)).collect() }
    }

    /// The bookmark for `position` within `scope`, whose parts are kept apart by their lengths.
    #[must_use]
    pub fn encode(&self, position: &Position, scope: &[&str]) -> String {
        let mut bytes = Vec::with_capacity(1 + AT_BYTES + position.id.len() + TAG_BYTES);
        bytes.push(VERSION);
        bytes.extend_from_slice(&position.at.to_be_bytes());
        bytes.extend_from_slice(position.id.as_bytes());
        if let Some(key) = self.keys.first() {
            let tag = hmac::sign(key, &authenticated(&bytes, scope));
            bytes.extend_from_slice(tag.as_ref());
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position that `bookmark` stands for.
    ///
    /// # Errors
    /// [`InvalidBookmark`] if it was altered, or made for another scope or under an unknown key.
    pub fn decode(&self, bookmark: &str, scope: &[&str]) -> Result<Position, InvalidBookmark> {
        if bookmark.len() > MAX_LENGTH {
            return Err(InvalidBookmark);
        }
        let bytes = URL_SAFE_NO_PAD.decode(bookmark).map_err(|_| InvalidBookmark)?;
        let body_length = bytes.len().checked_sub(TAG_BYTES).ok_or(InvalidBookmark)?;
        let (body, tag) = bytes.split_at(body_length);
        let message = authenticated(body, scope);
        if !self.keys.iter().any(|key| hmac::verify(key, &message, tag).is_ok()) {
            return Err(InvalidBookmark);
        }
        position(body).ok_or(InvalidBookmark)
    }
}

fn authenticated(body: &[u8], scope: &[&str]) -> Vec<u8> {
    let mut message = Vec::new();
    for part in scope.iter().map(|part| part.as_bytes()).chain([body]) {
        message.extend_from_slice(&(part.len() as u64).to_be_bytes());
        message.extend_from_slice(part);
    }
    message
}

fn position(body: &[u8]) -> Option<Position> {
    let (version, rest) = body.split_first()?;
    let (at, id) = rest.split_first_chunk::<AT_BYTES>()?;
    let id = std::str::from_utf8(id).ok()?;
    (*version == VERSION).then(|| Position { at: i64::from_be_bytes(*at), id: id.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SCOPE: [&str; 4] = ["tenant", "account", "latestActivity", "ascending"];

    fn bookmarks() -> Bookmarks {
        Bookmarks::new(&[7; 32], &[])
    }

    proptest! {
        #[test]
        fn a_bookmark_leads_back_to_its_position(at in any::<i64>(), id in "\\PC{0,60}") {
            let position = Position { at, id };
            let bookmark = bookmarks().encode(&position, &SCOPE);
            prop_assert_eq!(bookmarks().decode(&bookmark, &SCOPE), Ok(position));
        }

        #[test]
        fn one_changed_character_is_refused(at in any::<i64>(), id in "[a-z0-9:-]{1,40}", index in any::<prop::sample::Index>()) {
            let bookmark = bookmarks().encode(&Position { at, id }, &SCOPE);
            let index = index.index(bookmark.len());
            let mut altered = bookmark.into_bytes();
            altered[index] = if altered[index] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            prop_assert_eq!(bookmarks().decode(&altered, &SCOPE), Err(InvalidBookmark));
        }

        #[test]
        fn another_scope_is_refused(at in any::<i64>(), part in 0_usize..4) {
            let bookmark = bookmarks().encode(&Position { at, id: "x".to_owned() }, &SCOPE);
            let mut other = SCOPE;
            other[part] = "another";
            prop_assert_eq!(bookmarks().decode(&bookmark, &other), Err(InvalidBookmark));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}") {
            prop_assert_eq!(bookmarks().decode(&text, &SCOPE), Err(InvalidBookmark));
        }
    }

    #[test]
    fn the_parts_of_a_scope_cannot_run_into_each_other() {
        let bookmark = bookmarks().encode(&Position { at: 1, id: String::new() }, &["ab", "c"]);
        assert_eq!(bookmarks().decode(&bookmark, &["a", "bc"]), Err(InvalidBookmark));
    }

    #[test]
    fn a_rotated_key_still_reads_and_no_longer_writes() {
        let position = Position { at: 9, id: "i".to_owned() };
        let old = Bookmarks::new(&[1; 32], &[]);
        let new = Bookmarks::new(&[2; 32], &[[1; 32]]);
        assert_eq!(new.decode(&old.encode(&position, &SCOPE), &SCOPE), Ok(position.clone()));
        assert_eq!(old.decode(&new.encode(&position, &SCOPE), &SCOPE), Err(InvalidBookmark));
    }
}
