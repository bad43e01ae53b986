//! Reads of users by their keys, shared by requests of one tenant.
//!
//! A statement for one user costs nearly as much as one for ten: who asks for few users waits until the last such
//! statement has returned, and then asks together with all others that wait.

use std::ops::Range;
use std::sync::Arc;

use super::shared::{Shared, Statement};
use crate::capacity::FairShares;
use crate::core::directory::StoredUser;
use crate::core::key::LookupKey;
use crate::store::{ServingStore, StoreError, TenantId, UsersByKeys};

/// Maximum number of keys of a request that shares a statement: others would wait for those of a larger one.
const MOST_SHARED: usize = 128;

/// So many keys, of so many requests, make a statement worth its cost: with more, the gateway would wait for the database
/// and then the database for the gateway, instead of both working at once.
const ENOUGH_KEYS: usize = 32;
const ENOUGH_REQUESTS: usize = 3;

/// With so many keys a statement waits for no other request.
const FULL: usize = 2 * MOST_SHARED;

/// Reads users by keys.
struct Batch {
    store: ServingStore,
    places: FairShares<TenantId>,
}

/// The keys of the waiting requests.
#[derive(Default)]
struct Waiting {
    requests: usize,
    keys: Vec<LookupKey>,
}

impl Statement for Batch {
    type Group = TenantId;
    type Question = Waiting;
    type Answer = UsersByKeys;

    const MAX_UNDER_WAY: usize = 2;

    fn is_full(Waiting { requests, keys }: &Waiting) -> bool {
        keys.len() >= FULL || keys.len() >= ENOUGH_KEYS && *requests >= ENOUGH_REQUESTS
    }

    async fn ask(&self, tenant: TenantId, waiting: &Waiting) -> Result<UsersByKeys, StoreError> {
        let _place = self.places.take(tenant, 1).await;
        self.store.of_tenant(tenant).users_by_keys(&waiting.keys.iter().collect::<Vec<_>>()).await
    }
}

/// Reads users for requests.
#[derive(Debug, Clone)]
pub(super) struct Batches(Arc<Shared<Batch>>);

impl Batches {
    pub(super) fn new(store: ServingStore, places: FairShares<TenantId>) -> Self {
        Self(Arc::new(Shared::new(Batch { store, places })))
    }

    /// The users of `tenant` with these keys; `None` if they must be read alone, since they are many or those of the
    /// other requests are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn read(
        &self,
        tenant: TenantId,
        keys: &[&LookupKey],
    ) -> Result<Option<FoundUsers>, StoreError> {
        if keys.len() > MOST_SHARED {
            return Ok(None);
        }
        let add = |waiting: &mut Waiting| {
            waiting.requests += 1;
            let first = waiting.keys.len();
            waiting.keys.extend(keys.iter().map(|&key| key.clone()));
            first..waiting.keys.len()
        };
        match self.0.ask(tenant, add).await {
            Ok((places, found)) => Ok(Some(FoundUsers { found, places })),
            Err(error) if matches!(*error, StoreError::TooLarge) => Ok(None),
            Err(error) => Err(StoreError::Shared(error)),
        }
    }
}

/// What a request found, among all that its statement brought.
pub(super) struct FoundUsers {
    found: Arc<UsersByKeys>,
    places: Range<usize>,
}

impl From<UsersByKeys> for FoundUsers {
    fn from(found: UsersByKeys) -> Self {
        Self { places: 0..found.users.len(), found: Arc::new(found) }
    }
}

impl FoundUsers {
    /// The directory's generation.
    pub(super) fn generation(&self) -> i64 {
        self.found.generation
    }

    /// For each of the request's keys, the users that match it.
    pub(super) fn users(&self) -> &[Vec<StoredUser>] {
        self.found.users.get(self.places.clone()).unwrap_or_default()
    }
}
