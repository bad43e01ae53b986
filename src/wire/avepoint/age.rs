//! `age`: how many days ago a password was set.

use serde::{Deserialize, Serialize, Serializer};
use time::{Duration, OffsetDateTime, Time};

const SECONDS_A_DAY: i64 = 86_400;

/// Whole days since the password was set. Written as 0 if unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct PasswordAge(Option<i64>);

impl PasswordAge {
    /// The age at `now` of a password set at `set_at`; 0 if that is in the future.
    #[must_use]
    pub fn at(set_at: Option<OffsetDateTime>, now: OffsetDateTime) -> Self {
        Self(set_at.map(|set_at| whole_days(set_at, now)))
    }

    /// When a password of this age at `now` was set: midnight, since an age is precise to the day, and the result must
    /// be the same all day.
    #[must_use]
    pub fn set_at(self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let seconds = self.0?.checked_mul(SECONDS_A_DAY)?;
        now.replace_time(Time::MIDNIGHT).checked_sub(Duration::seconds(seconds))
    }

    /// When the age of a password set at `set_at` next increases after `now`.
    #[must_use]
    pub fn grows_at(set_at: OffsetDateTime, now: OffsetDateTime) -> Option<OffsetDateTime> {
        set_at.checked_add(Duration::days(whole_days(set_at, now) + 1))
    }
}

impl Serialize for PasswordAge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.unwrap_or_default())
    }
}

fn whole_days(since: OffsetDateTime, now: OffsetDateTime) -> i64 {
    (now - since).whole_days().max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-21 02:00 UTC);

    #[test]
    fn an_age_is_in_whole_days_and_never_negative() {
        let age = |set_at| PasswordAge::at(Some(set_at), NOW).0;
        assert_eq!(age(NOW - Duration::DAY * 12), Some(12));
        assert_eq!(age(NOW - Duration::DAY * 12 + Duration::SECOND), Some(11));
        assert_eq!(age(NOW + Duration::DAY), Some(0));
        assert_eq!(serde_json::to_string(&PasswordAge::at(None, NOW)).unwrap(), "0");
    }

    #[test]
    fn an_age_holds_until_it_grows() {
        for set_at in [NOW, NOW - Duration::hours(30), NOW - Duration::DAY * 12, NOW + Duration::hours(30)] {
            let grows_at = PasswordAge::grows_at(set_at, NOW).unwrap();
            let (age, before) = (PasswordAge::at(Some(set_at), NOW), grows_at - Duration::NANOSECOND);
            assert_eq!(PasswordAge::at(Some(set_at), before), age, "{set_at}");
            assert_ne!(PasswordAge::at(Some(set_at), grows_at), age, "{set_at}");
        }
    }

    #[test]
    fn an_age_beyond_all_time_tells_nothing() {
        for days in [i64::MAX, i64::MIN, 200_000_000] {
            assert_eq!(PasswordAge(Some(days)).set_at(NOW), None);
        }
        assert_eq!(PasswordAge(Some(10)).set_at(NOW), Some(datetime!(2026-11-11 0:00 UTC)));
    }
}
