//! Points in time as the vendor writes them.

use serde::ser::{Error as _, Serialize, Serializer};
use time::format_description::StaticFormatDescription;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

/// ISO 8601 in UTC with milliseconds, as JavaScript writes dates.
const FORMAT: StaticFormatDescription =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// A point in time, in UTC.
#[derive(Debug)]
pub(super) struct Moment(OffsetDateTime);

impl Moment {
    /// `None` if it is outside of the years that can be written.
    pub(super) fn of(at: OffsetDateTime) -> Option<Self> {
        at.checked_to_offset(UtcOffset::UTC).map(Self)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.format(FORMAT).map_err(S::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn times_are_in_utc_with_milliseconds() {
        let text = |at| Moment::of(at).map(|moment| serde_json::to_value(moment).unwrap());
        assert_eq!(text(datetime!(2022-07-03 11:20:30 +8)), Some(json!("2022-07-03T03:20:30.000Z")));
        assert_eq!(text(datetime!(2022-07-03 03:20:30.123_999 UTC)), Some(json!("2022-07-03T03:20:30.123Z")));
        assert_eq!(text(datetime!(9999-12-31 23:59:59 -12)), None);
    }
}
