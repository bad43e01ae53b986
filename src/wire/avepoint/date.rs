//! `startDate` and `endDate`.

use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;

/// The first and the last second that RFC 3339 can represent: the years 0 to 9999.
const FIRST: i64 = -62_167_219_200;
const LAST: i64 = 253_402_300_799;

/// An optional time. Written in UTC and whole seconds; the epoch stands for a date that is not set, as the vendor's
/// types have no null.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ElementsDate(pub Option<OffsetDateTime>);

impl Serialize for ElementsDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A time in the year 0 or 9999 may be in another year when converted to UTC.
        let seconds = self.0.map_or(0, |at| at.unix_timestamp().clamp(FIRST, LAST));
        let utc = OffsetDateTime::from_unix_timestamp(seconds).map_err(S::Error::custom)?;
        time::serde::rfc3339::serialize(&utc, serializer)
    }
}

impl<'de> Deserialize<'de> for ElementsDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let date = time::serde::rfc3339::option::deserialize(deserializer)?;
        Ok(Self(date.filter(|&date| date != OffsetDateTime::UNIX_EPOCH)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use time::UtcOffset;
    use time::macros::datetime;

    fn written(at: Option<OffsetDateTime>) -> serde_json::Value {
        serde_json::to_value(ElementsDate(at)).unwrap()
    }

    #[test]
    fn dates_are_written_in_utc_and_whole_seconds() {
        assert_eq!(written(None), json!("1970-01-01T00:00:00Z"));
        let at = |at| written(Some(at));
        assert_eq!(at(datetime!(2026-01-02 03:04:05.678 +01:30)), json!("2026-01-02T01:34:05Z"));
        assert_eq!(at(datetime!(9999-12-31 23:59:59 -10:00)), json!("9999-12-31T23:59:59Z"));
        assert_eq!(at(datetime!(0000-01-01 00:00 +10:00)), json!("0000-01-01T00:00:00Z"));
    }

    #[test]
    fn the_epoch_and_null_are_no_dates() {
        for unset in [json!("1970-01-01T00:00:00Z"), json!("1970-01-01T01:00:00+01:00"), json!(null)] {
            assert_eq!(serde_json::from_value::<ElementsDate>(unset).unwrap(), ElementsDate(None));
        }
    }

    proptest! {
        #[test]
        fn every_time_can_be_written(seconds in -377_705_116_800_i64..=253_402_300_799, hours in -23_i8..=23) {
            if let Ok(at) = OffsetDateTime::from_unix_timestamp(seconds) {
                let offset = UtcOffset::from_hms(hours, 0, 0).unwrap();
                let at = at.checked_to_offset(offset).unwrap_or(at);
                prop_assert_eq!(written(Some(at)).as_str().unwrap().len(), 20);
            }
        }
    }
}
