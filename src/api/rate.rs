//! How often one credential may call: a bucket each, filled at a constant rate (GCRA, by `governor`).

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use uuid::Uuid;

use crate::auth::Principal;

type Bucket = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// The buckets of all credentials that have called.
#[derive(Debug)]
pub struct RateLimits {
    default_per_second: u32,
    buckets: Mutex<HashMap<(Uuid, u32), Arc<Bucket>>>,
}

/// What is left in a bucket after a call that was let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateState {
    /// Calls a second.
    pub limit: u32,
    /// Calls left now.
    pub remaining: u32,
}

/// A call too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many requests")]
pub struct RateLimited {
    /// Calls a second.
    pub limit: u32,
    /// When the next one is let through.
    pub retry_after: Duration,
}

impl RateLimited {
    /// [`Self::retry_after`] in whole seconds, at least one: clients cast it to an integer (AvePoint contract,
    /// section 4).
    #[must_use]
    pub const fn retry_after_seconds(self) -> u64 {
        self.retry_after.as_secs().saturating_add(1)
    }
}

impl RateLimits {
    /// Buckets of `default_per_second` calls for credentials without a limit of their own.
    #[must_use]
    pub fn new(default_per_second: u32) -> Self {
        Self { default_per_second, buckets: Mutex::default() }
    }

    /// Takes one call out of the caller's bucket.
    ///
    /// # Errors
    /// [`RateLimited`] if it is empty.
    pub fn check(&self, principal: &Principal) -> Result<RateState, RateLimited> {
        let limit = principal.rate_limit.unwrap_or(self.default_per_second).max(1);
        let bucket = self.bucket(principal.credential, limit);
        match bucket.check() {
            Ok(state) => Ok(RateState { limit, remaining: state.remaining_burst_capacity() }),
            Err(until) => {
                Err(RateLimited { limit, retry_after: until.wait_time_from(DefaultClock::default().now()) })
            }
        }
    }

    fn bucket(&self, credential: Uuid, limit: u32) -> Arc<Bucket> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry((credential, limit)).or_insert_with(|| {
            let quota = Quota::per_second(NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN));
            Arc::new(RateLimiter::direct(quota).with_middleware())
        });
        Arc::clone(bucket)
    }
}
