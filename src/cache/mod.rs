//! The exact cache: callers, users' lookup keys, and users as rendered by the faces.
//!
//! There is no invalidation between gateways and no time to live. Before a request is served from the cache, the
//! database is asked what has changed, in a statement that started after the request arrived and is shared by those that
//! wait on half of the threads (`revalidation`). What has changed is dropped; the rest is what the database would return,
//! so a response always includes everything that was committed when its request arrived. What is not cached is read in
//! statements that waiting requests share too (`batches`).
//!
//! * `shared`: statements that are made of the questions of several requests.
//! * `tenant`: one tenant's entries, and their invariant.
//! * `tenants`, `budget`: the bytes, divided fairly between tenants.
//! * `access`: credentials and what they open.
//! * `directory`: a tenant's directory read through the cache, as used by the faces.
//!
//! A failed statement empties the cache: the next answer may come from another server, or from one that lost its last
//! transactions in a crash.

mod access;
mod batches;
mod budget;
mod directory;
mod entry;
mod revalidation;
mod shared;
mod tenant;
mod tenants;

use std::sync::Arc;

pub use access::{Access, AccessKey};
pub use directory::CachedDirectory;

use access::AccessStanding;
use batches::Batches;
use directory::Part;
use revalidation::Revalidator;
use tenants::Tenants;

use crate::capacity::FairShares;
use crate::core::clock::Clock;
use crate::store::{Nonce, ServingStore, StoreError, StoredCredential, TenantId};

/// Default size of the cache, in bytes.
pub const DEFAULT_CACHE_BYTES: u64 = 128 << 20;

/// The cache, of callers alone if it may have no bytes, or a pass-through if it is off. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cache {
    store: ServingStore,
    clock: Clock,
    kept: Option<Kept>,
    batches: Batches,
    /// Places to read users from the database.
    places: FairShares<TenantId>,
}

#[derive(Debug, Clone)]
struct Kept {
    tenants: Arc<Tenants>,
    /// Whether users are cached, and not only callers, which are few and no personal data.
    has_users: bool,
    revalidator: Revalidator,
}

/// The owner of a key, from the cache or the database; not to be trusted until [confirmed](Cache::confirm).
#[derive(Debug)]
pub struct Candidate {
    /// The owner.
    pub access: Access,
    /// Whether it came from the cache, and may have changed since.
    pub is_cached: bool,
}

/// The result of confirming a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmation {
    /// Whether the candidate is up to date. If not, it must be looked up [anew](Cache::look_up_anew).
    pub is_current: bool,
    /// Whether its nonce was used for the first time; true without a nonce.
    pub is_first_use: bool,
    /// Whether its tenant's part of the cache was revalidated.
    is_revalidated: bool,
}

/// Half of the connections, since callers are looked up and the cache is revalidated on the others; of these, half for one
/// tenant.
fn places(store: &ServingStore) -> FairShares<TenantId> {
    let connections = store.max_connections();
    FairShares::new(connections / 2, connections / 4)
}

impl Cache {
    /// A cache of at most `capacity` bytes in front of `store`, as the serving role; with 0 bytes it caches callers, of
    /// which there are at most a few megabytes, and no users.
    #[must_use]
    pub fn new(store: ServingStore, clock: Clock, capacity: u64) -> Self {
        let tenants = Arc::new(Tenants::new(capacity));
        let revalidator = Revalidator::new(store.clone(), Arc::clone(&tenants));
        let kept = Some(Kept { tenants, has_users: capacity > 0, revalidator });
        Self { kept, ..Self::off(store, clock) }
    }

    /// No cache: every read goes to `store`.
    #[must_use]
    pub fn off(store: ServingStore, clock: Clock) -> Self {
        let places = places(&store);
        let batches = Batches::new(store.clone(), places.clone());
        Self { store, clock, kept: None, batches, places }
    }

    /// The underlying store.
    #[must_use]
    pub const fn store(&self) -> &ServingStore {
        &self.store
    }

    /// The owner of `key`, if it is cached.
    #[must_use]
    pub fn find(&self, key: &AccessKey) -> Option<Candidate> {
        let access = self.kept.as_ref()?.tenants.access().find(key, self.clock.now())?;
        Some(Candidate { access, is_cached: true })
    }

    /// The owner of `key`, if any, from the database.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn look_up_anew(&self, key: &AccessKey) -> Result<Option<Candidate>, StoreError> {
        let before = self.kept.as_ref().map(|kept| kept.tenants.access().standing());
        let Some(access) = Access::of(self.read(key).await?) else { return Ok(None) };
        self.keep(before, key, &access);
        Ok(Some(Candidate { access, is_cached: false }))
    }

    /// Checks that `candidate` is up to date, revalidates the cache of its tenant, and uses up `nonce`: all in the next
    /// statement shared with other requests, or without a statement if there is nothing to ask.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn confirm(
        &self,
        candidate: &Candidate,
        nonce: Option<Nonce>,
    ) -> Result<Confirmation, StoreError> {
        let Some(kept) = &self.kept else { return self.confirm_without_cache(nonce).await };
        if !candidate.is_cached && nonce.is_none() {
            return Ok(Confirmation { is_current: true, is_first_use: true, is_revalidated: false });
        }
        let tenant = candidate.access.tenant().filter(|_| kept.has_users);
        let tenant = tenant.map(|tenant| (tenant.id, kept.tenants.part(tenant.id)));
        let revalidated = kept.revalidator.join(tenant, nonce).await.map_err(StoreError::Shared)?;
        let is_current = !candidate.is_cached || revalidated.access == candidate.access.generation();
        Ok(Confirmation { is_current, is_first_use: revalidated.is_first_use, is_revalidated: true })
    }

    /// The directory of `tenant`, for the request that `confirmation` belongs to.
    #[must_use]
    pub fn directory(&self, tenant: TenantId, confirmation: Confirmation) -> CachedDirectory {
        let part = self.kept.as_ref().filter(|kept| kept.has_users).map(|kept| Part {
            tenants: Arc::clone(&kept.tenants),
            cache: kept.tenants.part(tenant),
            is_revalidated: confirmation.is_revalidated,
        });
        let reading = (self.batches.clone(), self.places.clone());
        CachedDirectory::new(self.store.of_tenant(tenant), self.clock.clone(), part, reading)
    }

    /// Updates the metrics of the cache's size.
    pub fn report(&self) {
        if let Some(kept) = &self.kept {
            let weight = u32::try_from(kept.tenants.weight() >> 10).unwrap_or(u32::MAX);
            metrics::gauge!("userbatch_cache_bytes").set(f64::from(weight) * 1_024.0);
        }
    }

    async fn confirm_without_cache(&self, nonce: Option<Nonce>) -> Result<Confirmation, StoreError> {
        let is_first_use = match nonce {
            None => true,
            Some(nonce) => self.store.use_nonce(nonce).await?,
        };
        Ok(Confirmation { is_current: true, is_first_use, is_revalidated: false })
    }

    async fn read(&self, key: &AccessKey) -> Result<Vec<StoredCredential>, StoreError> {
        let row = match key {
            AccessKey::Digest(api, digest) => self.store.caller_by_digest(api.as_str(), *digest).await?,
            AccessKey::PublicId(face, id) => return self.store.callers_by_public_id(face.as_str(), id).await,
            AccessKey::Token(face, id, secret) => {
                self.store.caller_by_id(face.as_str(), *id, None, *secret).await?
            }
            AccessKey::TokenForTenant(face, id, secret, customer, tenant) => {
                self.store.caller_by_id(face.as_str(), *id, Some((customer, tenant)), *secret).await?
            }
        };
        Ok(row.into_iter().collect())
    }

    fn keep(&self, before: Option<AccessStanding>, key: &AccessKey, access: &Access) {
        if let (Some(kept), Some(before)) = (&self.kept, before) {
            kept.tenants.access().keep(before, key.clone(), access);
        }
    }
}
