//! The caches of all tenants, and the bytes they share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::access::AccessCache;
use super::budget::{Holding, share};
use super::tenant::TenantCache;
use crate::store::TenantId;

/// Bytes are divided anew each time the total divided by this was read into the cache.
const SHARED_ANEW: u64 = 64;
/// The server's start time is not known yet.
const UNKNOWN_SERVER: i64 = i64::MIN;

/// A tenant's cache, and whether it was requested recently.
#[derive(Debug)]
struct Part {
    cache: Arc<TenantCache>,
    is_active: AtomicBool,
}

/// The caches of all tenants.
#[derive(Debug)]
pub(super) struct Tenants {
    capacity: u64,
    parts: RwLock<HashMap<TenantId, Part>>,
    access: AccessCache,
    server: AtomicI64,
    /// Bytes read into the cache since the last division.
    read: AtomicU64,
}

impl Tenants {
    /// Caches of at most `capacity` bytes in total.
    pub(super) fn new(capacity: u64) -> Self {
        Self {
            capacity,
            parts: RwLock::default(),
            access: AccessCache::default(),
            server: AtomicI64::new(UNKNOWN_SERVER),
            read: AtomicU64::new(0),
        }
    }

    /// The cache of `tenant`, created if missing.
    pub(super) fn part(&self, tenant: TenantId) -> Arc<TenantCache> {
        if let Some(part) = self.parts().get(&tenant) {
            part.is_active.store(true, Ordering::Relaxed);
            return Arc::clone(&part.cache);
        }
        let cache = {
            let mut parts = self.parts_mut();
            let part = parts.entry(tenant).or_insert_with(|| Part {
                cache: Arc::new(TenantCache::new(0)),
                is_active: AtomicBool::new(true),
            });
            Arc::clone(&part.cache)
        };
        self.share();
        cache
    }

    /// The cached callers.
    pub(super) const fn access(&self) -> &AccessCache {
        &self.access
    }

    /// Records that `bytes` were read into the cache, and divides the total anew from time to time.
    pub(super) fn note_read(&self, bytes: u64) {
        let read = self.read.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if read >= self.capacity / SHARED_ANEW && self.read.swap(0, Ordering::Relaxed) > 0 {
            self.share();
        }
    }

    /// The start time of the server that answered last, if known.
    pub(super) fn server(&self) -> Option<i64> {
        Some(self.server.load(Ordering::Relaxed)).filter(|&server| server != UNKNOWN_SERVER)
    }

    /// Records the start time of the server that answered; after a restart it may have lost transactions.
    pub(super) fn note_server(&self, server: i64) {
        let before = self.server.swap(server, Ordering::Relaxed);
        if before != server && before != UNKNOWN_SERVER {
            self.forget();
        }
    }

    /// Drops everything.
    pub(super) fn forget(&self) {
        self.access.forget();
        for part in self.parts().values() {
            part.cache.forget();
        }
    }

    /// The weight of all entries, in bytes.
    pub(super) fn weight(&self) -> u64 {
        self.parts().values().map(|part| part.cache.weight()).sum()
    }

    /// Divides the bytes among the tenants. Drops empty caches of tenants that were not requested and that no request
    /// holds: if a tenant had two, one might be revalidated for a request that reads the other.
    fn share(&self) {
        let mut parts = self.parts_mut();
        let holdings: Vec<(TenantId, Holding)> = parts
            .iter()
            .map(|(tenant, part)| {
                let is_held = Arc::strong_count(&part.cache) > 1;
                let is_active = part.is_active.swap(false, Ordering::Relaxed) || is_held;
                let (weight, capacity) = (part.cache.weight(), part.cache.capacity());
                (*tenant, Holding { weight, capacity, is_active })
            })
            .collect();
        let shares = share(self.capacity, &holdings.iter().map(|(_, holding)| *holding).collect::<Vec<_>>());
        for ((tenant, holding), share) in holdings.into_iter().zip(shares) {
            if !holding.is_active && holding.weight == 0 {
                parts.remove(&tenant);
            } else if let Some(part) = parts.get(&tenant)
                && share != holding.capacity
            {
                part.cache.set_capacity(share);
            }
        }
    }

    fn parts(&self) -> RwLockReadGuard<'_, HashMap<TenantId, Part>> {
        self.parts.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn parts_mut(&self) -> RwLockWriteGuard<'_, HashMap<TenantId, Part>> {
        self.parts.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_cache_is_dropped_once_no_request_holds_it() {
        let (tenants, tenant) = (Tenants::new(1 << 20), TenantId::for_tests(1));
        let held = tenants.part(tenant);
        for _ in 0..3 {
            tenants.share();
        }
        assert!(Arc::ptr_eq(&held, &tenants.part(tenant)));
        drop(held);
        for _ in 0..2 {
            tenants.share();
        }
        assert!(tenants.parts().is_empty());
    }
}
