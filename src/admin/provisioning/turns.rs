//! The connections of identity providers, divided between tenants: one that lists all it has, or waits for the end of an
//! import, leaves others theirs.

use std::ops::{Deref, DerefMut};

use crate::capacity::{FairShares, Share};
use crate::store::{AdminTransaction, OwnerStore, StoreError, TenantId, in_time};

/// A store whose connections are divided. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Turns {
    store: OwnerStore,
    reads: FairShares<TenantId>,
    writes: FairShares<TenantId>,
}

/// A transaction of a tenant whose turn it is.
#[derive(Debug)]
pub(super) struct Turn {
    transaction: AdminTransaction,
    // After the transaction, so that it is returned later.
    _place: Share<TenantId>,
}

/// Half of the connections read and half write, since who writes may wait long for its directory; of each half, half for
/// one tenant.
fn places(store: &OwnerStore) -> FairShares<TenantId> {
    let connections = store.max_connections();
    FairShares::new(connections / 2, connections / 4)
}

async fn take(places: &FairShares<TenantId>, tenant: TenantId) -> Result<Share<TenantId>, StoreError> {
    in_time(async { Ok(places.take(tenant, 1).await) }).await
}

impl Turns {
    pub(super) fn new(store: OwnerStore) -> Self {
        let (reads, writes) = (places(&store), places(&store));
        Self { store, reads, writes }
    }

    /// A transaction that reads.
    ///
    /// # Errors
    /// [`StoreError::TimedOut`] if others of the tenant take too long.
    pub(super) async fn read(&self, tenant: TenantId) -> Result<Turn, StoreError> {
        let place = take(&self.reads, tenant).await?;
        Ok(Turn { transaction: self.store.read().await?, _place: place })
    }

    /// A transaction that writes.
    ///
    /// # Errors
    /// [`StoreError::TimedOut`] if others of the tenant take too long.
    pub(super) async fn write(&self, tenant: TenantId) -> Result<Turn, StoreError> {
        let place = take(&self.writes, tenant).await?;
        Ok(Turn { transaction: self.store.administrate().await?, _place: place })
    }
}

impl Turn {
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().await
    }
}

impl Deref for Turn {
    type Target = AdminTransaction;

    fn deref(&self) -> &AdminTransaction {
        &self.transaction
    }
}

impl DerefMut for Turn {
    fn deref_mut(&mut self) -> &mut AdminTransaction {
        &mut self.transaction
    }
}
