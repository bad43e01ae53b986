//! Request counts and last-used times of credentials. They are counted in memory and written to the database
//! periodically, so that no request pays for it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::principal::Principal;
use crate::core::clock::{Clock, epoch_ms, from_epoch_ms};
use crate::store::{CredentialId, CredentialUse, ServingStore, StoreError};

/// Timeout of the final flush.
const LAST_FLUSH: Duration = Duration::from_secs(5);

/// Request count of a credential since the last flush.
#[derive(Debug)]
struct Uses {
    count: AtomicU64,
    /// Milliseconds since the epoch.
    last_ms: AtomicI64,
}

impl Uses {
    fn add(&self, count: u64, last_ms: i64) {
        self.count.fetch_add(count, Ordering::Relaxed);
        self.last_ms.fetch_max(last_ms, Ordering::Relaxed);
    }
}

/// Counts the requests of each credential at this gateway. Cheap to clone; clones share their state.
///
/// Counts that are not flushed yet are lost if the process is killed. A flush whose response is lost is repeated, so
/// that requests may be counted twice.
#[derive(Debug, Clone)]
pub struct CredentialUses {
    store: ServingStore,
    clock: Clock,
    /// Only credentials used since the last flush. Counting takes the read lock, except for a credential's first
    /// request after a flush; a flush replaces the whole map under the write lock, so that no count is lost.
    counted: Arc<RwLock<HashMap<CredentialId, Uses>>>,
}

impl CredentialUses {
    /// Flush interval.
    pub const FLUSHED_EVERY: Duration = Duration::from_secs(5);

    /// New counters; `store` keeps the sums.
    #[must_use]
    pub fn new(store: ServingStore, clock: Clock) -> Self {
        Self { store, clock, counted: Arc::default() }
    }

    /// Counts a request of `principal`.
    pub fn count(&self, principal: &Principal) {
        self.add(principal.credential, 1, epoch_ms(self.clock.now()));
    }

    /// Adds the counts since the last flush to the database; on failure they are kept for the next flush.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::TimedOut`] if the database does not answer.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let counted = self.take();
        if counted.is_empty() {
            return Ok(());
        }
        let flushed = self.store.add_credential_uses(&counted).await;
        if flushed.is_err() {
            for uses in &counted {
                self.add(uses.credential, uses.uses.unsigned_abs(), epoch_ms(uses.last_used_at));
            }
        }
        flushed
    }

    /// Flushes every `interval`, and a final time when `stopped`. If the database becomes unavailable, that is logged
    /// once, and again when it recovers.
    pub async fn flush_until(self, interval: Duration, stopped: CancellationToken) {
        let mut is_failing = false;
        while stopped.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
            is_failing = self.flush_and_log(is_failing).await;
        }
        if !matches!(tokio::time::timeout(LAST_FLUSH, self.flush()).await, Ok(Ok(()))) {
            tracing::warn!("the last request counts of credentials could not be written");
        }
    }

    /// Flushes and logs a change between failure and success. Returns whether it failed.
    async fn flush_and_log(&self, was_failing: bool) -> bool {
        match self.flush().await {
            Ok(()) => {
                if was_failing {
                    tracing::info!("request counts of credentials are written again");
                }
                false
            }
            Err(error) => {
                if !was_failing {
                    let cause = error.diagnosis();
                    tracing::warn!(
                        cause,
                        "request counts of credentials could not be written and are kept: {error}"
                    );
                }
                true
            }
        }
    }

    fn add(&self, credential: CredentialId, count: u64, last_ms: i64) {
        if let Some(uses) = self.read().get(&credential) {
            uses.add(count, last_ms);
            return;
        }
        let mut counted = self.write();
        let new = || Uses { count: AtomicU64::new(0), last_ms: AtomicI64::new(last_ms) };
        counted.entry(credential).or_insert_with(new).add(count, last_ms);
    }

    /// Takes all counts, leaving none.
    fn take(&self) -> Vec<CredentialUse> {
        let counted = std::mem::take(&mut *self.write());
        let uses = counted.into_iter().map(|(credential, uses)| CredentialUse {
            credential,
            uses: i64::try_from(uses.count.into_inner()).unwrap_or(i64::MAX),
            last_used_at: from_epoch_ms(uses.last_ms.into_inner()),
        });
        uses.collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<CredentialId, Uses>> {
        self.counted.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<CredentialId, Uses>> {
        self.counted.write().unwrap_or_else(PoisonError::into_inner)
    }
}
