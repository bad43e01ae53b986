//! Waiting for changes without a database connection each: one task for each tenant that anybody waits for asks
//! for the generation, once a second for all of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch::{Receiver, Sender};

use crate::store::{OwnerStore, TenantId};

/// How often the database is asked.
const PAUSE: Duration = Duration::from_secs(1);

/// Tells when the directories of tenants have changed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct FeedWatch {
    store: OwnerStore,
    watched: Arc<Mutex<HashMap<TenantId, Sender<i64>>>>,
}

impl FeedWatch {
    pub(super) fn new(store: OwnerStore) -> Self {
        Self { store, watched: Arc::default() }
    }

    /// The generation of the directory of `tenant`, kept up to date for as long as anybody holds it: it is ahead
    /// of what was read before at most a second and a statement after a commit.
    #[must_use]
    pub fn generation(&self, tenant: TenantId) -> Receiver<i64> {
        let mut watched = self.watched();
        if let Some(sender) = watched.get(&tenant) {
            return sender.subscribe();
        }
        // Behind every generation until the first answer.
        let (sender, receiver) = tokio::sync::watch::channel(-1);
        watched.insert(tenant, sender);
        drop(watched);
        tokio::spawn(self.clone().follow(tenant));
        receiver
    }

    async fn follow(self, tenant: TenantId) {
        loop {
            tokio::time::sleep(PAUSE).await;
            if self.is_forgotten(tenant) {
                return;
            }
            match self.store.generation(tenant).await {
                // A tenant that was deleted has changed: whoever waits is told so when reading.
                Ok(generation) => self.publish(tenant, generation.unwrap_or(i64::MAX)),
                // Those who wait may see a commit later, and are told of the outage when they read.
                Err(error) => tracing::debug!(cause = %error, "a directory's generation was not read"),
            }
        }
    }

    /// Forgets `tenant` if nobody waits for it any more.
    fn is_forgotten(&self, tenant: TenantId) -> bool {
        let mut watched = self.watched();
        let is_unused = watched.get(&tenant).is_none_or(|sender| sender.receiver_count() == 0);
        if is_unused {
            watched.remove(&tenant);
        }
        is_unused
    }

    fn publish(&self, tenant: TenantId, generation: i64) {
        if let Some(sender) = self.watched().get(&tenant) {
            sender.send_if_modified(|known| std::mem::replace(known, generation) != generation);
        }
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<TenantId, Sender<i64>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
