//! Rate limits per credential and per tenant: a bucket each, refilled at a constant rate (GCRA, by `governor`). Every
//! response to an authenticated caller tells both (draft-ietf-httpapi-ratelimit-headers-11).

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
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

impl BucketOwner {
    /// Name of its limit in the headers.
    const fn policy(self) -> &'static str {
        match self {
            Self::Credential(_) => "credential",
            Self::Tenant(_) => "tenant",
        }
    }
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

/// State of a bucket after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RateState {
    /// Name of the limit.
    policy: &'static str,
    /// Limit, in requests per second.
    limit: u32,
    /// Requests remaining.
    remaining: u32,
    /// When more remain, in whole seconds.
    reset: u64,
}

/// The limits that one request was counted against, as they were last found.
#[derive(Debug, Default)]
pub struct RateReport(Mutex<Vec<RateState>>);

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

impl RateReport {
    fn note(&self, state: RateState) {
        let mut states = self.states();
        match states.iter_mut().find(|known| known.policy == state.policy) {
            Some(known) => *known = state,
            None => states.push(state),
        }
    }

    /// Writes `RateLimit-Policy` and `RateLimit` with all limits, if the request was counted against any.
    pub fn write(&self, headers: &mut HeaderMap) {
        let states = self.states();
        if states.is_empty() {
            return;
        }
        let list = |item: fn(&RateState) -> String| states.iter().map(item).collect::<Vec<_>>().join(", ");
        let policies = list(|state| format!("\"{}\";q={};w=1", state.policy, state.limit));
        let left = list(|state| format!("\"{}\";r={};t={}", state.policy, state.remaining, state.reset));
        for (name, value) in [(POLICY, policies), (STATE, left)] {
            headers.extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
        }
    }

    /// Writes the headers of draft 03, as the server of BitBadges did: those of the limit that is nearest.
    pub fn write_early_draft(&self, headers: &mut HeaderMap) {
        let states = self.states();
        if let Some(nearest) = states.iter().min_by_key(|state| (state.remaining, state.limit)) {
            headers.insert(LIMIT, HeaderValue::from(nearest.limit));
            headers.insert(REMAINING, HeaderValue::from(nearest.remaining));
            headers.insert(RESET, HeaderValue::from(nearest.reset));
        }
    }

    fn states(&self) -> MutexGuard<'_, Vec<RateState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rate limit is exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many requests")]
pub struct RateLimited {
    /// Time until the next request is accepted.
    pub retry_after: Duration,
}

impl RateLimited {
    /// For descriptions of APIs.
    pub const EXAMPLE: Self = Self { retry_after: Duration::ZERO };

    /// [`Self::retry_after`] in whole seconds, at least 1: clients parse it as an integer (AvePoint contract, section
    /// 4).
    #[must_use]
    pub const fn retry_after_seconds(self) -> u64 {
        self.retry_after.as_secs().saturating_add(1)
    }

    /// When to come back, for a sentence: `1 second`.
    #[must_use]
    pub fn wait(self) -> String {
        match self.retry_after_seconds() {
            1 => "1 second".to_owned(),
            seconds => format!("{seconds} seconds"),
        }
    }
}

impl From<Throttled> for RateLimited {
    fn from(throttled: Throttled) -> Self {
        Self { retry_after: throttled.retry_after }
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

    /// Counts one request against the limit of the caller and, if there is one, of its tenant; notes in `report` what
    /// is left.
    ///
    /// # Errors
    /// [`RateLimited`] if either is exceeded.
    pub fn check(&self, principal: &Principal, report: &RateReport) -> Result<(), RateLimited> {
        self.take(self.limit(principal), NonZeroU32::MIN, report)?;
        limit_of_tenant(principal).map_or(Ok(()), |limit| self.take(limit, NonZeroU32::MIN, report))
    }

    /// Counts what a request of this `weight` takes beyond the one it was counted for already. If it is refused, so are
    /// all of the caller until it could be paid for.
    ///
    /// # Errors
    /// [`RateLimited`] if a limit is exceeded.
    pub fn charge(&self, principal: &Principal, weight: u32, report: &RateReport) -> Result<(), RateLimited> {
        self.charge_to((self.limit(principal), limit_of_tenant(principal)), weight, report)
    }

    fn limit(&self, principal: &Principal) -> Limit {
        let per_second = principal.rate_limit.unwrap_or(self.default_per_second);
        Limit::new(BucketOwner::Credential(principal.credential), per_second)
    }

    fn charge_to(
        &self,
        (own, of_tenant): (Limit, Option<Limit>),
        weight: u32,
        report: &RateReport,
    ) -> Result<(), RateLimited> {
        // Whoever may do little, such as those who have a publishable key, takes little of what the tenant's callers share.
        let weight = weight.min(own.per_second.get());
        for limit in std::iter::once(own).chain(of_tenant) {
            // At most a full bucket, which lacks the one counted already: a heavy request is slow rather than impossible.
            let beyond = weight.min(limit.per_second.get()).saturating_sub(1);
            let Some(cost) = NonZeroU32::new(beyond) else { continue };
            let taken = self.take(limit, cost, report);
            taken.inspect_err(|refused| self.close(own.owner, refused.retry_after))?;
        }
        Ok(())
    }

    fn take(&self, limit: Limit, cost: NonZeroU32, report: &RateReport) -> Result<(), RateLimited> {
        let taken = self.remaining_after(limit, cost);
        let (remaining, reset) = match taken {
            // A bucket is full again within a second.
            Ok(remaining) => (remaining, 1),
            Err(refused) => (0, refused.retry_after_seconds()),
        };
        let (policy, limit) = (limit.owner.policy(), limit.per_second.get());
        report.note(RateState { policy, limit, remaining, reset });
        taken.map(drop)
    }

    /// The requests remaining after one of this `cost`.
    fn remaining_after(&self, limit: Limit, cost: NonZeroU32) -> Result<u32, RateLimited> {
        let refused = |retry_after| RateLimited { retry_after };
        match self.bucket(limit).map_err(refused)?.check_n(cost) {
            Ok(Ok(state)) => Ok(state.remaining_burst_capacity()),
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

    fn limit_of_all(per_second: u32) -> Limit {
        Limit::new(BucketOwner::Tenant(TenantId::for_tests(1)), per_second)
    }

    #[test]
    fn a_request_heavier_than_a_full_bucket_is_served_once_it_is_full() {
        for per_second in [1, 2, 3] {
            let (rates, limit, report) = (RateLimits::new(1), limit(per_second), RateReport::default());
            rates.take(limit, NonZeroU32::MIN, &report).unwrap();
            rates.charge_to((limit, None), 1_000, &report).unwrap();
            rates.take(limit, NonZeroU32::MIN, &report).unwrap_err();
        }
    }

    #[tokio::test]
    async fn a_request_too_heavy_has_all_refused_until_it_could_be_paid_for() {
        let (rates, limit, report) = (RateLimits::new(1), limit(6), RateReport::default());
        rates.take(limit, NonZeroU32::MIN, &report).unwrap();
        rates.charge_to((limit, None), 4, &report).unwrap();
        rates.take(limit, NonZeroU32::MIN, &report).unwrap();
        let refused = rates.charge_to((limit, None), 4, &report).unwrap_err();
        assert!(refused.retry_after > Duration::from_millis(200), "{refused:?}");
        let head = rates.take(limit, NonZeroU32::MIN, &report).unwrap_err();
        assert!(head.retry_after <= refused.retry_after);
        sleep(refused.retry_after).await;
        rates.charge_to((limit, None), 4, &report).unwrap();
    }

    #[test]
    fn a_credential_that_may_do_little_takes_little_of_what_others_share() {
        let (rates, report) = (RateLimits::new(1), RateReport::default());
        let (own, shared) = (limit(2), limit_of_all(100));
        rates.take(own, NonZeroU32::MIN, &report).unwrap();
        rates.charge_to((own, Some(shared)), 1_000, &report).unwrap();
        assert!(rates.remaining_after(shared, NonZeroU32::MIN).unwrap() >= 98);
    }

    #[test]
    fn a_request_too_heavy_for_what_is_shared_has_nobody_else_refused() {
        let (rates, report) = (RateLimits::new(1), RateReport::default());
        let (own, shared) = (limit(1_000), limit_of_all(100));
        rates.take(shared, NonZeroU32::new(50).unwrap(), &report).unwrap();
        rates.charge_to((own, Some(shared)), 90, &report).unwrap_err();
        rates.take(own, NonZeroU32::MIN, &report).unwrap_err();
        rates.take(shared, NonZeroU32::MIN, &report).unwrap();
    }

    fn headers(report: &RateReport) -> Vec<(String, String)> {
        let mut headers = HeaderMap::new();
        report.write(&mut headers);
        report.write_early_draft(&mut headers);
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
    }

    #[test]
    fn the_headers_tell_every_limit_and_the_early_ones_the_nearest() {
        let report = RateReport::default();
        assert_eq!(headers(&report), []);
        report.note(RateState { policy: "credential", limit: 1_000, remaining: 999, reset: 1 });
        report.note(RateState { policy: "tenant", limit: 2, remaining: 1, reset: 1 });
        report.note(RateState { policy: "tenant", limit: 2, remaining: 0, reset: 3 });
        let expected = [
            ("ratelimit-policy", "\"credential\";q=1000;w=1, \"tenant\";q=2;w=1"),
            ("ratelimit", "\"credential\";r=999;t=1, \"tenant\";r=0;t=3"),
            ("ratelimit-limit", "2"),
            ("ratelimit-remaining", "0"),
            ("ratelimit-reset", "3"),
        ];
        assert_eq!(headers(&report), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
