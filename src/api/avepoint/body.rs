//! Request bodies.

use serde::de::DeserializeOwned;

use super::error::Error;
use crate::api::extract::{InvalidBody, json};

/// Parses a body, which may be empty.
pub(super) fn read<T: Default + DeserializeOwned>(body: &[u8]) -> Result<T, InvalidBody> {
    if body.trim_ascii().is_empty() { Ok(T::default()) } else { json(body) }
}

/// Returns `ids` if there are at most `limit`.
pub(super) fn at_most(limit: usize, ids: Option<Vec<String>>) -> Result<Option<Vec<String>>, Error> {
    if ids.as_ref().is_some_and(|ids| ids.len() > limit) {
        return Err(Error::TooManyIds(limit));
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::avepoint::UsersRequest;

    #[test]
    fn blank_body_is_an_empty_request() {
        for body in ["", " \r\n", "null", "{}"] {
            assert_eq!(read::<UsersRequest>(body.as_bytes()), Ok(UsersRequest::default()), "{body:?}");
        }
    }
}
