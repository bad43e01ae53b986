//! Rate limits per credential and per tenant: a bucket each, refilled at a constant rate (GCRA, by `governor`).

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::auth::{Principal, Throttled};
use crate::store::{CredentialId, TenantId};

type Bucket = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// The owner of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum BucketOwner {
    Credential(CredentialId),
    Tenant(TenantId),
}

/// The buckets of all credentials seen so far and of all tenants with a limit.
#[derive(Debug)]
pub struct RateLimits {
    default_per_second: u32,
    buckets: Mutex<HashMap<BucketOwner, (NonZeroU32, Arc<Bucket>)>>,
}

/// State of a bucket after an accepted request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateState {
    /// Limit, in requests per second.
    pub limit: u32,
    /// Requests remaining.
    pub remaining: u32,
}

/// The rate limit is exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many requests")]
pub struct RateLimited {
    /// Limit, in requests per second.
    pub limit: u32,
    /// Time until the next request is accepted.
    pub retry_after: Duration,
}

impl RateLimited {
    /// [`Self::retry_after`] in whole seconds, at least 1: clients parse it as an integer (AvePoint contract, section
    /// 4).
    #[must_use]
    pub const fn retry_after_seconds(self) -> u64 {
        self.retry_after.as_secs().saturating_add(1)
    }
}

impl From<Throttled> for RateLimited {
    fn from(throttled: Throttled) -> Self {
        Self { limit: 1, retry_after: throttled.retry_after }
    }
}

/// The weight of a request: 1, and what it takes beyond that.
pub fn weight(beyond: usize) -> u32 {
    u32::try_from(beyond).unwrap_or(u32::MAX).saturating_add(1)
}

impl RateLimits {
    /// Limits of `default_per_second` requests for credentials without their own.
    #[must_use]
    pub fn new(default_per_second: u32) -> Self {
        Self { default_per_second, buckets: Mutex::default() }
    }

    /// Counts one request against the limit of the caller and, if there is one, of its tenant.
    ///
    /// # Errors
    /// [`RateLimited`] if either is exceeded.
    pub fn check(&self, principal: &Principal) -> Result<RateState, RateLimited> {
        self.count(principal, NonZeroU32::MIN)
    }

    /// Counts what a request of this `weight` takes beyond the one it was counted for already.
    ///
    /// # Errors
    /// [`RateLimited`] if a limit is exceeded.
    pub fn charge(&self, principal: &Principal, weight: u32) -> Result<(), RateLimited> {
        let beyond = NonZeroU32::new(weight.saturating_sub(1));
        beyond.map_or(Ok(()), |cost| self.count(principal, cost).map(drop))
    }

    fn count(&self, principal: &Principal, cost: NonZeroU32) -> Result<RateState, RateLimited> {
        let limit = principal.rate_limit.unwrap_or(self.default_per_second);
        let state = self.take(BucketOwner::Credential(principal.credential), limit, cost)?;
        let tenant = principal.tenant.as_ref();
        if let Some((tenant, limit)) =
            tenant.and_then(|tenant| Some((tenant.id, tenant.settings.rate_limit?)))
        {
            self.take(BucketOwner::Tenant(tenant), limit, cost)?;
        }
        Ok(state)
    }

    /// Takes `cost`, at most a full bucket, so that a heavy request is slow rather than impossible.
    fn take(&self, holder: BucketOwner, limit: u32, cost: NonZeroU32) -> Result<RateState, RateLimited> {
        let limit = NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN);
        let bucket = self.bucket(holder, limit);
        match bucket.check_n(cost.min(limit)) {
            Ok(Ok(state)) => {
                Ok(RateState { limit: limit.get(), remaining: state.remaining_burst_capacity() })
            }
            Ok(Err(until)) => {
                let retry_after = until.wait_time_from(DefaultClock::default().now());
                Err(RateLimited { limit: limit.get(), retry_after })
            }
            // More than a full bucket, which the cost never is.
            Err(_) => Err(RateLimited { limit: limit.get(), retry_after: Duration::from_secs(1) }),
        }
    }

    /// The holder's bucket; a new one if its limit has changed.
    fn bucket(&self, holder: BucketOwner, limit: NonZeroU32) -> Arc<Bucket> {
        let new = || {
            let quota = Quota::per_second(limit);
            (limit, Arc::new(RateLimiter::direct(quota).with_middleware()))
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = buckets.entry(holder).or_insert_with(new);
        if kept.0 != limit {
            *kept = new();
        }
        Arc::clone(&kept.1)
    }
}
