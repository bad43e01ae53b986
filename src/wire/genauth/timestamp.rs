//! Timestamps in GenAuth's format.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use super::member::Member;

/// A timestamp; written in UTC, accepted in any zone.
#[derive(Debug)]
pub struct Timestamp(OffsetDateTime);

/// `at` in UTC, if that is within the years 0 to 9999, the range of the format.
fn in_utc(at: OffsetDateTime) -> Option<OffsetDateTime> {
    at.checked_to_offset(UtcOffset::UTC).filter(|at| at.year() >= 0)
}

impl<'a> Member<'a, Option<OffsetDateTime>> for Timestamp {
    fn write<'d: 'a>(field: &'a Option<OffsetDateTime>) -> Option<Self> {
        field.and_then(in_utc).map(Self)
    }

    fn read(member: Option<Self>) -> Option<OffsetDateTime> {
        member.map(|Self(at)| at)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = in_utc(self.0).ok_or_else(|| S::Error::custom("the year is out of range"))?;
        serializer.serialize_str(str::from_utf8(&written(at)).map_err(S::Error::custom)?)
    }
}

/// ISO 8601 in UTC with milliseconds, like JavaScript's `toISOString`. By hand: a user has up to six times, and the time
/// crate's formats are interpreted.
fn written(at: OffsetDateTime) -> [u8; 24] {
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let (year, month, day) = at.to_calendar_date();
    let parts = [
        (0..4, year.unsigned_abs()),
        (5..7, u32::from(u8::from(month))),
        (8..10, u32::from(day)),
        (11..13, u32::from(at.hour())),
        (14..16, u32::from(at.minute())),
        (17..19, u32::from(at.second())),
        (20..23, u32::from(at.millisecond())),
    ];
    for (place, mut number) in parts {
        for digit in text.get_mut(place).unwrap_or_default().iter_mut().rev() {
            // A digit always fits.
            *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
    }
    text
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // The error says what is expected, and never quotes the value.
        let at = OffsetDateTime::parse(&text, &Rfc3339);
        at.map(Self).map_err(|_| D::Error::custom("expected a date and time as in RFC 3339"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use time::macros::{datetime, format_description};

    use super::*;

    #[test]
    fn times_are_written_in_utc_with_milliseconds() {
        let text = |at| Timestamp::write(&Some(at)).map(|time| serde_json::to_value(time).unwrap());
        assert_eq!(text(datetime!(2022-07-03 11:20:30 +8)), Some(json!("2022-07-03T03:20:30.000Z")));
        assert_eq!(text(datetime!(2022-07-03 03:20:30.123_999 UTC)), Some(json!("2022-07-03T03:20:30.123Z")));
        assert_eq!(text(datetime!(9999-12-31 23:59:59 -12)), None);
        assert_eq!(text(datetime!(0000-01-01 00:00:00 +12)), None);
    }

    #[test]
    fn times_are_read_in_any_zone_and_an_error_does_not_quote_them() {
        let read = |text: &str| serde_json::from_value::<Timestamp>(json!(text));
        let at = read("2022-07-03T11:20:30+08:00").unwrap();
        assert_eq!(Timestamp::read(Some(at)), Some(datetime!(2022-07-03 03:20:30 UTC)));
        let error = read("yesterday").unwrap_err().to_string();
        assert_eq!(error, "expected a date and time as in RFC 3339");
    }

    proptest! {
        #[test]
        fn times_are_written_as_the_time_crate_writes_them(
            seconds in -62_167_219_200_i64..=253_402_300_799,
            nanos in 0..1_000_000_000_u32,
        ) {
            let format =
                format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
            let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap().replace_nanosecond(nanos).unwrap();
            let expected = at.format(format).unwrap();
            prop_assert_eq!(&written(at)[..], expected.as_bytes());
        }
    }
}
