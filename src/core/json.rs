//! JSON numbers of any size and precision. Those in free-form data stay as they were written.

use serde::Deserialize as _;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, Expected, MapAccess, Unexpected};
use serde_json::Number;

/// The number that a visitor is given as a map: the parser passes numbers on as they are written, in the form of an
/// object with one private member, since they need not fit any type.
///
/// # Errors
/// It is an object, and not what is `expected`.
pub fn number<'de, A: MapAccess<'de>>(map: A, expected: &dyn Expected) -> Result<Number, A::Error> {
    Number::deserialize(MapAccessDeserializer::new(map))
        .map_err(|_| A::Error::invalid_type(Unexpected::Map, expected))
}
