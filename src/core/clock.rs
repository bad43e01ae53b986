//! The one clock. Everything that depends on the time takes a [`Clock`], so that tests can control it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::OffsetDateTime;
use uuid::{NoContext, Timestamp, Uuid};

/// Tells the time, in UTC.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// The time of a test clock, in milliseconds since the epoch; `None` for the system clock.
    set: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The system clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stays at `now` until it is [advanced](Self::advance).
    #[must_use]
    pub fn fixed(now: OffsetDateTime) -> Self {
        Self { set: Some(Arc::new(AtomicI64::new(epoch_ms(now)))) }
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.set.as_ref().map_or_else(system_now, |set| from_epoch_ms(set.load(Ordering::SeqCst)))
    }

    /// A new version 7 UUID: ids sort by creation time, to the millisecond.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
        #[expect(clippy::disallowed_methods, reason = "the time is this clock's own")]
        Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.nanosecond()))
    }

    /// Advances a fixed clock; has no effect on the system clock.
    pub fn advance(&self, by: Duration) {
        if let Some(set) = &self.set {
            set.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
fn system_now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Milliseconds since 1970-01-01T00:00:00Z, rounded down.
#[must_use]
pub fn epoch_ms(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

/// The time `ms` milliseconds after the epoch; the epoch itself if that is out of range.
#[must_use]
pub fn from_epoch_ms(ms: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
