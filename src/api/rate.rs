//! Rate limits per credential and per tenant: a bucket each, refilled at a constant rate (GCRA, by `governor`).

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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

/// The limit of a bucket: what it holds, and what is filled in each second.
#[derive(Debug, Clone, Copy)]
struct Limit {
    owner: BucketOwner,
    per_second: NonZeroU32,
}

impl Limit {
    fn new(owner: BucketOwner, per_second: u32) -> Self {
        Self { owner, per_second: NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN) }
    }
}

fn limit_of_tenant(principal: &Principal) -> Option<Limit> {
    let tenant = principal.tenant.as_ref()?;
    Some(Limit::new(BucketOwner::Tenant(tenant.id), tenant.settings.rate_limit?))
}

/// The buckets of all credentials seen so far and of all tenants with a limit.
#[derive(Debug)]
pub struct RateLimits {
    default_per_second: u32,
    buckets: Mutex<HashMap<BucketOwner, Kept>>,
}

#[derive(Debug)]
struct Kept {
    per_second: NonZeroU32,
    bucket: Arc<Bucket>,
    /// When a request can be paid for that was too heavy. To tell how heavy one is costs reading its body: until then,
    /// requests are refused by their heads.
    closed_until: Option<Instant>,
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
    /// For descriptions of APIs.
    pub const EXAMPLE: Self = Self { limit: 1, retry_after: Duration::ZERO };

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
        let state = self.take(self.limit(principal), NonZeroU32::MIN)?;
        if let Some(limit) = limit_of_tenant(principal) {
            self.take(limit, NonZeroU32::MIN)?;
        }
        Ok(state)
    }

    /// Counts what a request of this `weight` takes beyond the one it was counted for already. If it is refused, so are
    /// all until it could be paid for.
    ///
    /// # Errors
    /// [`RateLimited`] if a limit is exceeded.
    pub fn charge(&self, principal: &Principal, weight: u32) -> Result<(), RateLimited> {
        self.charge_to(self.limit(principal), weight)?;
        limit_of_tenant(principal).map_or(Ok(()), |limit| self.charge_to(limit, weight))
    }

    fn limit(&self, principal: &Principal) -> Limit {
        let per_second = principal.rate_limit.unwrap_or(self.default_per_second);
        Limit::new(BucketOwner::Credential(principal.credential), per_second)
    }

    fn charge_to(&self, limit: Limit, weight: u32) -> Result<(), RateLimited> {
        // At most a full bucket, which lacks the one counted already: a heavy request is slow rather than impossible.
        let beyond = weight.min(limit.per_second.get()).saturating_sub(1);
        let Some(cost) = NonZeroU32::new(beyond) else { return Ok(()) };
        let taken =
            self.take(limit, cost).inspect_err(|refused| self.close(limit.owner, refused.retry_after));
        taken.map(drop)
    }

    fn take(&self, limit: Limit, cost: NonZeroU32) -> Result<RateState, RateLimited> {
        let per_second = limit.per_second.get();
        let refused = |retry_after| RateLimited { limit: per_second, retry_after };
        match self.bucket(limit).map_err(refused)?.check_n(cost) {
            Ok(Ok(state)) => Ok(RateState { limit: per_second, remaining: state.remaining_burst_capacity() }),
            Ok(Err(until)) => Err(refused(until.wait_time_from(DefaultClock::default().now()))),
            // More than a full bucket, which the cost never is.
            Err(_) => Err(refused(Duration::from_secs(1))),
        }
    }

    /// The bucket of `limit`, a new one if the limit has changed; for how long it is closed, if it is.
    fn bucket(&self, Limit { owner, per_second }: Limit) -> Result<Arc<Bucket>, Duration> {
        let new = || {
            let bucket = RateLimiter::direct(Quota::per_second(per_second)).with_middleware();
            Kept { per_second, bucket: Arc::new(bucket), closed_until: None }
        };
        let mut buckets = self.buckets();
        let kept = buckets.entry(owner).or_insert_with(new);
        if kept.per_second != per_second {
            *kept = new();
        }
        let closed_for = kept.closed_until.and_then(|until| until.checked_duration_since(Instant::now()));
        closed_for.map_or_else(|| Ok(Arc::clone(&kept.bucket)), Err)
    }

    fn close(&self, owner: BucketOwner, duration: Duration) {
        if let Some(kept) = self.buckets().get_mut(&owner) {
            kept.closed_until = Instant::now().checked_add(duration);
        }
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<BucketOwner, Kept>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    fn limit(per_second: u32) -> Limit {
        let id = serde_json::from_str("\"6a1a7f1e-0b0c-4d51-8a0f-8f6e3a1c2b4d\"").unwrap();
        Limit::new(BucketOwner::Credential(id), per_second)
    }

    #[test]
    fn a_request_heavier_than_a_full_bucket_is_served_once_it_is_full() {
        for per_second in [1, 2, 3] {
            let (rates, limit) = (RateLimits::new(1), limit(per_second));
            rates.take(limit, NonZeroU32::MIN).unwrap();
            rates.charge_to(limit, 1_000).unwrap();
            rates.take(limit, NonZeroU32::MIN).unwrap_err();
        }
    }

    #[tokio::test]
    async fn a_request_too_heavy_has_all_refused_until_it_could_be_paid_for() {
        let (rates, limit) = (RateLimits::new(1), limit(6));
        rates.take(limit, NonZeroU32::MIN).unwrap();
        rates.charge_to(limit, 4).unwrap();
        rates.take(limit, NonZeroU32::MIN).unwrap();
        let refused = rates.charge_to(limit, 4).unwrap_err();
        assert!(refused.retry_after > Duration::from_millis(200), "{refused:?}");
        let head = rates.take(limit, NonZeroU32::MIN).unwrap_err();
        assert!(head.retry_after <= refused.retry_after);
        sleep(refused.retry_after).await;
        rates.charge_to(limit, 4).unwrap();
    }
}
