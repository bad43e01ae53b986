//! How often each credential is used, and when last: counted in memory, and told to the database now and then, so
//! that no request pays for it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::principal::Principal;
use crate::core::clock::{Clock, epoch_ms, from_epoch_ms};
use crate::store::{CredentialId, CredentialUse, ServingStore, StoreError};

/// Longest that the last flush may take.
const LAST_FLUSH: Duration = Duration::from_secs(5);

/// The uses of one credential since the last flush.
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

/// Counts the uses of the credentials at this gateway. Cheap to clone; all clones count together.
///
/// What is counted and not yet flushed is lost with the process, if it is killed. A flush whose answer is lost on the
/// way is made again, so that its uses may be counted twice.
#[derive(Debug, Clone)]
pub struct CredentialUses {
    store: ServingStore,
    clock: Clock,
    /// Only those that were used since the last flush. Counting takes the lock for reading, but for the first use of
    /// a credential after a flush; a flush takes the whole map away under it, so that no use is lost in between.
    counted: Arc<RwLock<HashMap<CredentialId, Uses>>>,
}

impl CredentialUses {
    /// How often a gateway flushes.
    pub const FLUSHED_EVERY: Duration = Duration::from_secs(5);

    /// Counts nothing yet; `store` keeps the sums.
    #[must_use]
    pub fn new(store: ServingStore, clock: Clock) -> Self {
        Self { store, clock, counted: Arc::default() }
    }

    /// Counts one use of the credential of `principal`, now.
    pub fn count(&self, principal: &Principal) {
        self.add(principal.credential, 1, epoch_ms(self.clock.now()));
    }

    /// Adds what was counted since the last flush to the database's sums. If that fails it is kept for the next one.
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

    /// Flushes every `interval`, and a last time once it is `stopped`. A database that is away is told in the log
    /// once, and once more when it is back.
    pub async fn flush_until(self, interval: Duration, stopped: CancellationToken) {
        let mut is_failing = false;
        while stopped.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
            is_failing = self.flush_telling(is_failing).await;
        }
        if !matches!(tokio::time::timeout(LAST_FLUSH, self.flush()).await, Ok(Ok(()))) {
            tracing::warn!("the last uses of credentials could not be counted");
        }
    }

    /// Flushes, and tells the log if that changes whether it is possible; whether it failed.
    async fn flush_telling(&self, was_failing: bool) -> bool {
        match self.flush().await {
            Ok(()) => {
                if was_failing {
                    tracing::info!("the uses of credentials are counted again");
                }
                false
            }
            Err(error) => {
                if !was_failing {
                    let cause = error.diagnosis();
                    tracing::warn!(
                        cause,
                        "the uses of credentials could not be counted and are kept: {error}"
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

    /// What was counted, which is then forgotten.
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
