//! Request bodies.

use serde::de::DeserializeOwned;

use super::error::Error;
use crate::api::extract::json;
use crate::core::batch::MAX_BATCH;
use crate::core::counted::Counted;

/// Parses a body, which may be empty.
pub(super) fn read<T: Default + DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    if body.trim_ascii().is_empty() { Ok(T::default()) } else { Ok(json(body)?) }
}

/// Returns `ids` if there are at most `limit`.
pub(super) fn at_most(
    limit: usize,
    ids: Option<Counted<String, MAX_BATCH>>,
) -> Result<Option<Vec<String>>, Error> {
    if ids.as_ref().is_some_and(|ids| ids.count() > limit.min(MAX_BATCH)) {
        return Err(Error::TooManyIds(limit.min(MAX_BATCH)));
    }
    Ok(ids.map(Counted::into_kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::avepoint::UsersRequest;

    #[test]
    fn blank_body_is_an_empty_request() {
        for body in ["", " \r\n", "null", "{}"] {
            assert_eq!(read::<UsersRequest>(body.as_bytes()).unwrap(), UsersRequest::default(), "{body:?}");
        }
    }
}
