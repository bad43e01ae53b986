//! Rate limits per credential and per tenant: a bucket each, refilled at a constant rate (GCRA, by `governor`).

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::auth::Principal;
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
    buckets: Mutex<HashMap<BucketOwner, (u32, Arc<Bucket>)>>,
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
        let limit = principal.rate_limit.unwrap_or(self.default_per_second);
        let state = self.take(BucketOwner::Credential(principal.credential), limit)?;
        if let Some(tenant) = &principal.tenant {
            self.check_tenant(tenant.id, tenant.settings.rate_limit)?;
        }
        Ok(state)
    }

    /// Counts one request against the limit of a tenant, if it has one.
    ///
    /// # Errors
    /// [`RateLimited`] if it is exceeded.
    pub fn check_tenant(&self, tenant: TenantId, limit: Option<u32>) -> Result<(), RateLimited> {
        limit.map_or(Ok(()), |limit| self.take(BucketOwner::Tenant(tenant), limit).map(drop))
    }

    fn take(&self, holder: BucketOwner, limit: u32) -> Result<RateState, RateLimited> {
        let limit = limit.max(1);
        let bucket = self.bucket(holder, limit);
        match bucket.check() {
            Ok(state) => Ok(RateState { limit, remaining: state.remaining_burst_capacity() }),
            Err(until) => {
                Err(RateLimited { limit, retry_after: until.wait_time_from(DefaultClock::default().now()) })
            }
        }
    }

    /// The holder's bucket; a new one if its limit has changed.
    fn bucket(&self, holder: BucketOwner, limit: u32) -> Arc<Bucket> {
        let new = || {
            let quota = Quota::per_second(NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN));
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
