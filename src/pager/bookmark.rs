//! Bookmarks: opaque, authenticated [`SortKey`]s held by clients.
//!
//! A bookmark is `base64url(version ‖ at ‖ id ‖ tag)`. The tag is an HMAC-SHA-256 over the key *and* the scope for
//! which the bookmark was issued, so one that was altered, or is used in another scope, is rejected and never
//! silently starts somewhere else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;

use super::keyset::SortKey;

const VERSION: u8 = 1;
const AT_BYTES: usize = 8;
const TAG_BYTES: usize = 32;
/// Maximum length of a bookmark, in bytes of base64; enough for the longest id.
const MAX_LENGTH: usize = 1_024;

/// A bookmark that was not issued by this gateway for this scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bookmark was not issued for this view of this account")]
pub struct BookmarkError;

/// Issues bookmarks under the current signing key, and reads those issued under it or under an earlier one.
#[derive(Clone)]
pub struct Bookmarks {
    current: hmac::Key,
    previous: Vec<hmac::Key>,
}

impl std::fmt::Debug for Bookmarks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bookmarks").finish_non_exhaustive()
    }
}

impl Bookmarks {
    /// Issues bookmarks under `current`, and also accepts those issued under `previous`.
    #[must_use]
    pub fn new(current: &[u8; 32], previous: &[[u8; 32]]) -> Self {
        let key = |bytes: &[u8; 32]| hmac::Key::new(hmac::HMAC_SHA256, bytes);
        Self { current: key(current), previous: previous.iter().map(key).collect() }
    }

    /// The bookmark for the rows after `last`, within `scope`.
    #[must_use]
    pub fn encode(&self, last: &SortKey, scope: &[&str]) -> String {
        let mut bytes = Vec::with_capacity(1 + AT_BYTES + last.id.len() + TAG_BYTES);
        bytes.push(VERSION);
        bytes.extend_from_slice(&last.at.to_be_bytes());
        bytes.extend_from_slice(last.id.as_bytes());
        let tag = hmac::sign(&self.current, &authenticated(&bytes, scope));
        bytes.extend_from_slice(tag.as_ref());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The key after which the rows of `bookmark` begin.
    ///
    /// # Errors
    /// [`BookmarkError`] if it was altered, or issued for another scope or under an unknown key.
    pub fn decode(&self, bookmark: &str, scope: &[&str]) -> Result<SortKey, BookmarkError> {
        if bookmark.len() > MAX_LENGTH {
            return Err(BookmarkError);
        }
        let bytes = URL_SAFE_NO_PAD.decode(bookmark).map_err(|_| BookmarkError)?;
        let body_length = bytes.len().checked_sub(TAG_BYTES).ok_or(BookmarkError)?;
        let (body, tag) = bytes.split_at(body_length);
        let message = authenticated(body, scope);
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        if !keys.any(|key| hmac::verify(key, &message, tag).is_ok()) {
            return Err(BookmarkError);
        }
        sort_key(body).ok_or(BookmarkError)
    }
}

/// The bytes covered by the tag. Length prefixes separate the parts: `["ab", "c"]` must differ from `["a", "bc"]`.
fn authenticated(body: &[u8], scope: &[&str]) -> Vec<u8> {
    let mut message = Vec::new();
    for part in scope.iter().map(|part| part.as_bytes()).chain([body]) {
        message.extend_from_slice(&(part.len() as u64).to_be_bytes());
        message.extend_from_slice(part);
    }
    message
}

fn sort_key(body: &[u8]) -> Option<SortKey> {
    let (version, rest) = body.split_first()?;
    let (at, id) = rest.split_first_chunk::<AT_BYTES>()?;
    let id = std::str::from_utf8(id).ok()?;
    (*version == VERSION).then(|| SortKey { at: i64::from_be_bytes(*at), id: id.to_owned() })
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
        fn a_bookmark_reads_back_as_its_key(at in any::<i64>(), id in "\\PC{0,60}") {
            let last = SortKey { at, id };
            let bookmark = bookmarks().encode(&last, &SCOPE);
            prop_assert_eq!(bookmarks().decode(&bookmark, &SCOPE), Ok(last));
        }

        #[test]
        fn one_changed_character_is_refused(at in any::<i64>(), id in "[a-z0-9:-]{1,40}", index in any::<prop::sample::Index>()) {
            let bookmark = bookmarks().encode(&SortKey { at, id }, &SCOPE);
            let index = index.index(bookmark.len());
            let mut altered = bookmark.into_bytes();
            altered[index] = if altered[index] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            prop_assert_eq!(bookmarks().decode(&altered, &SCOPE), Err(BookmarkError));
        }

        #[test]
        fn another_scope_is_refused(at in any::<i64>(), part in 0_usize..4) {
            let bookmark = bookmarks().encode(&SortKey { at, id: "x".to_owned() }, &SCOPE);
            let mut other = SCOPE;
            other[part] = "another";
            prop_assert_eq!(bookmarks().decode(&bookmark, &other), Err(BookmarkError));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}") {
            prop_assert_eq!(bookmarks().decode(&text, &SCOPE), Err(BookmarkError));
        }
    }

    #[test]
    fn the_parts_of_a_scope_cannot_run_into_each_other() {
        let bookmark = bookmarks().encode(&SortKey { at: 1, id: String::new() }, &["ab", "c"]);
        assert_eq!(bookmarks().decode(&bookmark, &["a", "bc"]), Err(BookmarkError));
    }

    #[test]
    fn a_rotated_key_still_reads_and_no_longer_writes() {
        let last = SortKey { at: 9, id: "i".to_owned() };
        let old = Bookmarks::new(&[1; 32], &[]);
        let new = Bookmarks::new(&[2; 32], &[[1; 32]]);
        assert_eq!(new.decode(&old.encode(&last, &SCOPE), &SCOPE), Ok(last.clone()));
        assert_eq!(old.decode(&new.encode(&last, &SCOPE), &SCOPE), Err(BookmarkError));
    }
}
