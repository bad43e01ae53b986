//! Lists, which the documentation's samples write differently from the SDKs.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::identity::IdentityDto;
use super::member::Member;
use crate::core::user::Identity;

/// A list of strings. A string that contains the array as JSON is also accepted.
#[derive(Debug, Default, Serialize)]
pub struct Texts<'a>(pub Cow<'a, [String]>);

/// Identities. A single object is accepted as an array of one.
#[derive(Debug, Default, Serialize)]
pub struct Identities<'a>(Vec<IdentityDto<'a>>);

impl<'a> Member<'a, Vec<String>> for Texts<'a> {
    fn write<'d: 'a>(field: &'a Cow<'d, [String]>) -> Option<Self> {
        (!field.is_empty()).then_some(Self(Cow::Borrowed(field)))
    }

    fn read(member: Option<Self>) -> Vec<String> {
        member.unwrap_or_default().0.into_owned()
    }

    fn empty(&self) -> Option<Value> {
        self.0.is_empty().then(|| Value::Array(Vec::new()))
    }
}

impl<'a> Member<'a, Vec<Identity>> for Identities<'a> {
    fn write<'d: 'a>(field: &'a Cow<'d, [Identity]>) -> Option<Self> {
        (!field.is_empty()).then(|| Self(field.iter().map(IdentityDto::from).collect()))
    }

    fn read(member: Option<Self>) -> Vec<Identity> {
        member.unwrap_or_default().0.into_iter().map(Identity::from).collect()
    }

    fn empty(&self) -> Option<Value> {
        self.0.is_empty().then(|| Value::Array(Vec::new()))
    }
}

impl<'de> Deserialize<'de> for Texts<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsVisitor).map(|texts| Self(Cow::Owned(texts)))
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Vec<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(array))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        // The original error would quote the text.
        serde_json::from_str(text).map_err(|_| E::custom("expected an array of strings"))
    }
}

impl<'de> Deserialize<'de> for Identities<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdentitiesVisitor).map(Self)
    }
}

struct IdentitiesVisitor;

impl<'de> Visitor<'de> for IdentitiesVisitor {
    type Value = Vec<IdentityDto<'static>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of identities")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, identity: A) -> Result<Self::Value, A::Error> {
        IdentityDto::deserialize(MapAccessDeserializer::new(identity)).map(|identity| vec![identity])
    }
}
