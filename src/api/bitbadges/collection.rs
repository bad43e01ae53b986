//! Ids of collections in requests.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::core::json::number;

/// Id of a collection; `None` for an integer too large to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CollectionId(pub Option<i64>);

impl PartialSchema for CollectionId {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9]+$"));
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
        let description = "Id of a collection: a decimal string or a number.";
        OneOfBuilder::new().item(text).item(number).description(Some(description)).into()
    }
}

impl ToSchema for CollectionId {}

impl<'de> Deserialize<'de> for CollectionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CollectionIdVisitor)
    }
}

struct CollectionIdVisitor;

impl<'de> Visitor<'de> for CollectionIdVisitor {
    type Value = CollectionId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a non-negative integer as a decimal string or a number")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<CollectionId, E> {
        Ok(CollectionId(i64::try_from(value).ok()))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<CollectionId, A::Error> {
        let number = number(map, &self)?;
        self.visit_str(&number.to_string())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<CollectionId, E> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(E::invalid_value(de::Unexpected::Str(text), &self));
        }
        Ok(CollectionId(text.parse().ok()))
    }
}
