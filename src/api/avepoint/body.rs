//! Request bodies.

use serde::de::DeserializeOwned;

use super::error::Error;
use crate::api::extract::json;

/// Parses a body, which may be empty.
pub(super) fn read<T: Default + DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    if body.trim_ascii().is_empty() { Ok(T::default()) } else { Ok(json(body)?) }
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
