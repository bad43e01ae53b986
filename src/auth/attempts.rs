//! Failed attempts to authenticate, counted by the caller's address, so that a stranger cannot guess secrets, nor keep
//! the database busy, at full speed.
//!
//! Each address has a bucket of failures that empties at a constant rate. While it is full, failures are refused as
//! throttled, and nothing is looked up for that address in the database. Callers whose credential is in the cache are
//! served from any address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures of an address that are answered at once: more than a client's own test suite has, or an office behind one
/// address after a key was rotated.
const BURST: f64 = 50.0;
/// Failures forgotten per second.
const FORGOTTEN_PER_SECOND: f64 = 1.0;
/// Maximum number of addresses remembered, about 3 MB.
const MAX_ADDRESSES: usize = 50_000;

/// Too many failed attempts from this address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many failed attempts from this address")]
pub struct Throttled {
    /// Time until another attempt is looked up.
    pub retry_after: Duration,
}

/// The failures of all addresses.
#[derive(Debug, Default)]
pub struct FailedAttempts {
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Failures at the time `at`.
    failures: f64,
    at: Instant,
}

impl Bucket {
    fn failures(self, now: Instant) -> f64 {
        let forgotten = now.saturating_duration_since(self.at).as_secs_f64() * FORGOTTEN_PER_SECOND;
        (self.failures - forgotten).max(0.0)
    }
}

impl FailedAttempts {
    fn failures(&self, address: IpAddr) -> f64 {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.get(&address).map_or(0.0, |bucket| bucket.failures(Instant::now()))
    }

    fn check(&self, address: IpAddr) -> Result<(), Throttled> {
        let surplus = self.failures(address) - (BURST - 1.0);
        if surplus <= 0.0 {
            return Ok(());
        }
        Err(Throttled { retry_after: Duration::from_secs_f64(surplus / FORGOTTEN_PER_SECOND) })
    }

    /// Counts one more failure, up to a full bucket: a flood must not lock an address out for longer.
    fn count(&self, address: IpAddr) {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_ADDRESSES && !buckets.contains_key(&address) {
            make_room(&mut buckets, now);
        }
        let bucket = buckets.entry(address).or_insert(Bucket { failures: 0.0, at: now });
        *bucket = Bucket { failures: (bucket.failures(now) + 1.0).min(BURST), at: now };
    }
}

/// Forgets the addresses whose buckets are empty; if there is none, all: they come from a stranger with many.
fn make_room(buckets: &mut HashMap<IpAddr, Bucket>, now: Instant) {
    buckets.retain(|_, bucket| bucket.failures(now) > 0.0);
    if buckets.len() >= MAX_ADDRESSES {
        buckets.clear();
    }
}

/// Where a request comes from. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Source {
    attempts: Arc<FailedAttempts>,
    address: IpAddr,
}

impl Source {
    /// The caller at `address`, whose failures count in `attempts`. All of an IPv6 network of 64 bits, which is what one
    /// subscriber has, count together.
    #[must_use]
    pub fn new(attempts: Arc<FailedAttempts>, address: IpAddr) -> Self {
        let address = match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
            address @ IpAddr::V4(_) => address,
        };
        Self { attempts, address }
    }

    /// The program itself.
    #[must_use]
    pub fn local() -> Self {
        Self::new(Arc::default(), IpAddr::V6(Ipv6Addr::LOCALHOST))
    }

    /// Checks that this caller may have a credential looked up that is not known yet.
    ///
    /// # Errors
    /// [`Throttled`] after too many failures.
    pub fn check(&self) -> Result<(), Throttled> {
        self.attempts.check(self.address)
    }

    /// Counts a failure.
    ///
    /// # Errors
    /// [`Throttled`] if there were too many before.
    pub fn fail(&self) -> Result<(), Throttled> {
        let before = self.check();
        self.attempts.count(self.address);
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(attempts: &Arc<FailedAttempts>, address: &str) -> Source {
        Source::new(Arc::clone(attempts), address.parse().unwrap())
    }

    #[test]
    fn a_burst_of_failures_is_answered_and_then_throttled() {
        let attempts = Arc::default();
        let stranger = source(&attempts, "192.0.2.1");
        let answered = (0..1_000).filter(|_| stranger.fail().is_ok()).count();
        assert!((50..=51).contains(&answered), "{answered}");
        let throttled = stranger.check().unwrap_err();
        assert!(throttled.retry_after <= Duration::from_secs(1), "{throttled:?}");
        assert_eq!(source(&attempts, "192.0.2.2").check(), Ok(()));
    }

    #[test]
    fn a_network_of_one_subscriber_counts_as_one() {
        let attempts = Arc::default();
        for host in 0..60 {
            let _ = source(&attempts, &format!("2001:db8:0:1::{host:x}")).fail();
        }
        assert!(source(&attempts, "2001:db8:0:1:ffff::1").check().is_err());
        assert_eq!(source(&attempts, "2001:db8:0:2::1").check(), Ok(()));
        for _ in 0..60 {
            let _ = source(&attempts, "::ffff:192.0.2.7").fail();
        }
        assert!(source(&attempts, "192.0.2.7").check().is_err());
    }

    #[test]
    fn memory_is_bounded_by_the_number_of_addresses() {
        let attempts = Arc::new(FailedAttempts::default());
        for number in 0..u32::try_from(MAX_ADDRESSES).unwrap() + 10 {
            let _ = Source::new(Arc::clone(&attempts), IpAddr::V4(number.into())).fail();
        }
        assert!(attempts.buckets.lock().unwrap().len() <= MAX_ADDRESSES);
    }
}
