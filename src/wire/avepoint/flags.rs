//! `status`: flags as numbers.

use std::fmt;

use serde::de::{Error as _, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::core::json;
use crate::core::user::AccessFlag;

/// The flags of an account, without duplicates, in the order of their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags(Vec<AccessFlag>);

/// The flag's number (seed, "Status").
const fn number(flag: AccessFlag) -> u8 {
    match flag {
        AccessFlag::MfaDisabled => 0,
        AccessFlag::SignInBlocked => 1,
        AccessFlag::PasswordExpired => 2,
        AccessFlag::HighRisk => 3,
        AccessFlag::MediumRisk => 4,
        AccessFlag::Compliance => 5,
        AccessFlag::Inactive => 6,
        AccessFlag::PendingDeletion => 7,
        AccessFlag::TestUser => 8,
    }
}

fn numbered(wanted: i64) -> Option<AccessFlag> {
    AccessFlag::ALL.into_iter().find(|&flag| i64::from(number(flag)) == wanted)
}

impl Flags {
    /// These flags, plus `flag` if given.
    #[must_use]
    pub fn with(self, flag: Option<AccessFlag>) -> Self {
        self.0.into_iter().chain(flag).collect()
    }

    /// The flags.
    #[must_use]
    pub fn into_vec(self) -> Vec<AccessFlag> {
        self.0
    }
}

impl FromIterator<AccessFlag> for Flags {
    fn from_iter<I: IntoIterator<Item = AccessFlag>>(flags: I) -> Self {
        let mut flags: Vec<AccessFlag> = flags.into_iter().collect();
        flags.sort_unstable_by_key(|&flag| number(flag));
        flags.dedup();
        Self(flags)
    }
}

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().copied().map(number))
    }
}

impl<'de> Deserialize<'de> for Flags {
    /// An array of numbers, as in the vendor's responses; a single number, as in its table; or null.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlagsVisitor)
    }
}

impl PartialSchema for Flags {
    fn schema() -> RefOr<Schema> {
        let flag =
            ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some(AccessFlag::ALL.map(number)));
        ArrayBuilder::new().items(flag).unique_items(true).into()
    }
}

impl ToSchema for Flags {}

struct FlagsVisitor;

impl<'de> Visitor<'de> for FlagsVisitor {
    type Value = Flags;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of numbers from 0 to 8")
    }

    fn visit_unit<E>(self) -> Result<Flags, E> {
        Ok(Flags::default())
    }

    fn visit_i64<E: serde::de::Error>(self, wanted: i64) -> Result<Flags, E> {
        let flag = numbered(wanted).ok_or_else(|| E::invalid_value(Unexpected::Signed(wanted), &self))?;
        Ok(Flags(vec![flag]))
    }

    fn visit_u64<E: serde::de::Error>(self, wanted: u64) -> Result<Flags, E> {
        self.visit_i64(i64::try_from(wanted).unwrap_or(i64::MAX))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Flags, A::Error> {
        let number = json::number(map, &self)?;
        let unknown = || A::Error::invalid_value(Unexpected::Other("number"), &self);
        let wanted = number.as_i64().ok_or_else(unknown)?;
        self.visit_i64(wanted)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Flags, A::Error> {
        let mut flags = Vec::new();
        while let Some(wanted) = numbers.next_element()? {
            let unknown = || A::Error::invalid_value(Unexpected::Signed(wanted), &self);
            flags.push(numbered(wanted).ok_or_else(unknown)?);
        }
        Ok(flags.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_numbers_are_0_to_8_in_the_order_of_the_flags() {
        assert!(AccessFlag::ALL.into_iter().map(number).eq(0..=8));
        assert!(AccessFlag::ALL.is_sorted());
    }

    #[test]
    fn flags_are_written_by_number_each_once() {
        use AccessFlag::{HighRisk, MfaDisabled, TestUser};
        let flags: Flags = [TestUser, HighRisk, MfaDisabled, HighRisk].into_iter().collect();
        assert_eq!(serde_json::to_value(&flags).unwrap(), json!([0, 3, 8]));
    }

    #[test]
    fn one_number_null_and_an_array_are_read_and_no_other_number() {
        let read = |text: &str| serde_json::from_str::<Flags>(text).map(Flags::into_vec);
        assert_eq!(read("2").unwrap(), [AccessFlag::PasswordExpired]);
        assert_eq!(read("[8,2,8]").unwrap(), [AccessFlag::PasswordExpired, AccessFlag::TestUser]);
        assert_eq!(read("null").unwrap(), []);
        for unknown in [
            "9",
            "-1",
            "[9]",
            "[18446744073709551615]",
            "18446744073709551615",
            "[1.5]",
            "1.5",
            "{}",
            "\"1\"",
        ] {
            assert!(read(unknown).is_err(), "{unknown}");
        }
    }
}
