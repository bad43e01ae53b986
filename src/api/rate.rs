//! How often one credential may call, and one tenant be called: a bucket each, filled at a constant rate (GCRA, by `governor`).

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

/// Whose bucket it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Credential(CredentialId),
    Tenant(TenantId),
}

/// The buckets of all credentials that have called, and of the tenants that have a limit; each with its limit.
#[derive(Debug)]
pub struct RateLimits {
    default_per_second: u32,
    buckets: Mutex<HashMap<Holder, (u32, Arc<Bucket>)>>,
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

    /// Takes one call out of the caller's bucket, and out of that of its tenant, if it has one and that has a limit.
    ///
    /// # Errors
    /// [`RateLimited`] if one is empty.
    pub fn check(&self, principal: &Principal) -> Result<RateState, RateLimited> {
        let limit = principal.rate_limit.unwrap_or(self.default_per_second);
        let state = self.take(Holder::Credential(principal.credential), limit)?;
        if let Some(tenant) = &principal.tenant {
            self.check_tenant(tenant.id, tenant.settings.rate_limit)?;
        }
        Ok(state)
    }

    /// Takes one call out of a tenant's bucket, if it has a limit.
    ///
    /// # Errors
    /// [`RateLimited`] if it is empty.
    pub fn check_tenant(&self, tenant: TenantId, limit: Option<u32>) -> Result<(), RateLimited> {
        limit.map_or(Ok(()), |limit| self.take(Holder::Tenant(tenant), limit).map(drop))
    }

    fn take(&self, holder: Holder, limit: u32) -> Result<RateState, RateLimited> {
        let limit = limit.max(1);
        let bucket = self.bucket(holder, limit);
        match bucket.check() {
            Ok(state) => Ok(RateState { limit, remaining: state.remaining_burst_capacity() }),
            Err(until) => {
                Err(RateLimited { limit, retry_after: until.wait_time_from(DefaultClock::default().now()) })
            }
        }
    }

    /// The holder's bucket; a new one if its limit is another than before.
    fn bucket(&self, holder: Holder, limit: u32) -> Arc<Bucket> {
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
