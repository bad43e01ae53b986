//! Request bodies.

use serde::de::DeserializeOwned;

use super::error::Error;
use crate::api::extract::json_noting;
use crate::api::ignored::Ignored;

/// Parses a body, which may be empty, and notes what is ignored.
pub(super) fn read<T: Default + DeserializeOwned>(body: &[u8], ignored: &mut Ignored) -> Result<T, Error> {
    if body.trim_ascii().is_empty() { Ok(T::default()) } else { Ok(json_noting(body, ignored)?) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::avepoint::UsersRequest;

    #[test]
    fn blank_body_is_an_empty_request() {
        for body in ["", " \r\n", "null", "{}"] {
            let read: UsersRequest = read(body.as_bytes(), &mut Ignored::default()).unwrap();
            assert_eq!(read, UsersRequest::default(), "{body:?}");
        }
    }
}
