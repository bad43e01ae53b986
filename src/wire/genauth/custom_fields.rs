//! Custom fields as members of the user (`flatCustomData`).

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::ser::{Serialize, Serializer};
use utoipa::PartialSchema as _;
use utoipa::openapi::{RefOr, Schema};

use super::UserDto;
use crate::core::user::JsonObject;

/// Custom fields alongside the user's own members, which they never override.
#[derive(Debug, Default)]
pub struct CustomFields<'a>(pub(super) Option<&'a JsonObject>);

impl Serialize for CustomFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Also if the member is not set: a typed client would fail on another value under its name.
        let is_free = |name: &String| !USER_MEMBERS.contains(name);
        serializer.collect_map(self.0.into_iter().flatten().filter(|(name, _)| is_free(name)))
    }
}

/// The names of all members of [`UserDto`], from its schema.
pub(super) static USER_MEMBERS: LazyLock<HashSet<String>> = LazyLock::new(|| match UserDto::schema() {
    RefOr::T(Schema::Object(user)) => user.properties.into_keys().collect(),
    _ => HashSet::new(),
});
