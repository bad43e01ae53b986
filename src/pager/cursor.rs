//! Cursors: opaque positions in lists that whoever holds one may read whole.
//!
//! A cursor is `base64url(body ‖ check)`. The check is the beginning of a SHA-256 over the scope for which it was issued and
//! the body: it finds mistakes, such as the cursor of another list or one that was cut off. It need not keep anyone from
//! making one up; where it must, there are [bookmarks](super::bookmark).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

/// Length of a short digest, in bytes.
pub const DIGEST_BYTES: usize = 8;

/// The cursor with this body, within `scope`.
#[must_use]
pub fn encode(mut body: Vec<u8>, scope: &str) -> String {
    body.extend(check(&body, scope));
    URL_SAFE_NO_PAD.encode(body)
}

/// The body of a cursor that was issued within `scope`; `None` for any other text.
#[must_use]
pub fn decode(cursor: &str, scope: &str) -> Option<Vec<u8>> {
    let mut bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (body, found) = bytes.split_last_chunk::<DIGEST_BYTES>()?;
    let (length, is_ours) = (body.len(), *found == check(body, scope));
    bytes.truncate(length);
    is_ours.then_some(bytes)
}

/// The first bytes of a digest.
#[must_use]
pub fn short_digest(bytes: &[u8]) -> [u8; DIGEST_BYTES] {
    // A SHA-256 is longer than that.
    digest(&SHA256, bytes).as_ref().first_chunk().copied().unwrap_or_default()
}

fn check(body: &[u8], scope: &str) -> [u8; DIGEST_BYTES] {
    short_digest(&[scope.as_bytes(), body].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_body_reads_back_in_its_scope_alone(body: Vec<u8>, scope in "[a-z]{1,8}", other in "[A-Z]{1,8}") {
            let cursor = encode(body.clone(), &scope);
            prop_assert_eq!(decode(&cursor, &scope), Some(body));
            prop_assert_eq!(decode(&cursor, &other), None);
        }
    }
}
