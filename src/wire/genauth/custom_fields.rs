//! Free-form objects, and custom fields as members of the user (`flatCustomData`).

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::ser::{Error as _, Serializer};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::PartialSchema as _;
use utoipa::openapi::{RefOr, Schema};

use super::UserDto;
use super::member::Member;
use crate::core::user::{FreeForm, JsonObject};

/// A free-form object.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Object<'a> {
    /// As read from the vendor's JSON.
    Read(JsonObject),
    /// As it is written.
    Written(&'a FreeForm<'a>),
}

// A derived impl would read the object twice, and say nothing of what is wrong with it.
impl<'de> Deserialize<'de> for Object<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        JsonObject::deserialize(deserializer).map(Self::Read)
    }
}

impl Default for Object<'_> {
    fn default() -> Self {
        Self::Read(JsonObject::new())
    }
}

impl<'a> Member<'a, JsonObject> for Object<'a> {
    fn write<'d: 'a>(field: &'a FreeForm<'d>) -> Option<Self> {
        (!field.is_empty()).then_some(Self::Written(field))
    }

    fn read(member: Option<Self>) -> JsonObject {
        match member {
            Some(Self::Read(object)) => object,
            Some(Self::Written(_)) | None => JsonObject::new(),
        }
    }

    fn empty(&self) -> Option<Value> {
        let is_empty = match self {
            Self::Read(object) => object.is_empty(),
            Self::Written(object) => object.is_empty(),
        };
        is_empty.then(|| JsonObject::new().into())
    }
}

/// Custom fields alongside the user's own members, which they never override.
#[derive(Debug, Default)]
pub struct CustomFields<'a>(pub(super) Option<&'a FreeForm<'a>>);

impl Serialize for CustomFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Also if the member is not set: a typed client would fail on another value under its name.
        let is_free = |name: &String| !USER_MEMBERS.contains(name);
        let fields = self.0.map(FreeForm::read).transpose().map_err(S::Error::custom)?;
        let fields = fields.iter().flat_map(|fields| fields.iter());
        serializer.collect_map(fields.filter(|(name, _)| is_free(name)))
    }
}

/// The names of all members of [`UserDto`], from its schema.
pub(super) static USER_MEMBERS: LazyLock<HashSet<String>> = LazyLock::new(|| match UserDto::schema() {
    RefOr::T(Schema::Object(user)) => user.properties.into_keys().collect(),
    _ => HashSet::new(),
});
