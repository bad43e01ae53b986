//! Numbers. The vendor writes decimal strings, since chain quantities can exceed 64 bits; some of its versions write
//! JSON numbers. Both are accepted.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use crate::core::json;

/// An integer of any size, in decimal digits.
struct Decimal(String);

impl Decimal {
    fn to_i64<E: de::Error>(&self) -> Result<i64, E> {
        self.0.parse().map_err(|_| E::custom("expected a whole number of at most 63 bits"))
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(DecimalVisitor).map(Self)
    }
}

struct DecimalVisitor;

impl<'de> Visitor<'de> for DecimalVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number or a decimal string")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<String, A::Error> {
        let number = json::number(map, &self)?;
        self.visit_str(&number.to_string())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(E::invalid_value(de::Unexpected::Str(text), &self));
        }
        Ok(text.to_owned())
    }
}

/// Reads an integer of any size.
pub(super) fn decimal<'de, D: Deserializer<'de>, T: From<String>>(from: D) -> Result<T, D::Error> {
    Decimal::deserialize(from).map(|decimal| decimal.0.into())
}

/// Reads an integer of any size; `None` if `null` or negative: `-1` stands for unknown.
pub(super) fn optional_decimal<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: From<String>,
{
    let decimal: Option<Decimal> = Option::deserialize(from)?;
    Ok(decimal.filter(|decimal| !decimal.0.starts_with('-')).map(|decimal| decimal.0.into()))
}

/// Reads an integer of at most 63 bits, or `null`. Written as a JSON number.
pub(super) fn optional_i64<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let decimal: Option<Decimal> = Option::deserialize(from)?;
    decimal.as_ref().map(Decimal::to_i64).transpose()
}

/// The value of a missing block height.
pub(super) fn zero() -> String {
    "0".to_owned()
}

/// Reads an integer of any size; `null` is 0.
pub(super) fn or_zero<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let decimal: Option<Decimal> = Option::deserialize(from)?;
    Ok(decimal.map_or_else(zero, |decimal| decimal.0))
}

/// An integer of at most 63 bits, written as a decimal string.
pub(super) mod decimal_i64 {
    use serde::Serializer;

    use super::{Decimal, Deserialize as _, Deserializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a field by reference")]
    pub(crate) fn serialize<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        Decimal::deserialize(from)?.to_i64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_strings_or_numbers_and_nothing_else() {
        let read = |json: &str| serde_json::from_str::<Decimal>(json).map(|decimal| decimal.0).ok();
        let long = "115792089237316195423570985008687907853";
        assert_eq!(read(&format!("\"{long}\"")).as_deref(), Some(long));
        assert_eq!(read(long).as_deref(), Some(long));
        assert_eq!(read("25").as_deref(), Some("25"));
        assert_eq!(read("\"-1\"").as_deref(), Some("-1"));
        for refused in ["\"1.5\"", "1.5", "\"\"", "\"-\"", "true", "null", "[]", "{}", "1e3", "25.0"] {
            assert_eq!(read(refused), None, "{refused}");
        }
    }
}
