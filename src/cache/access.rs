//! Cached callers: credentials, and the tenants that they open.
//!
//! One counter in the database is incremented with every change of a credential, a secret, a customer or a tenant. When
//! it changes, all callers are dropped: such changes are rare, and looking up a caller again takes one statement.

use std::sync::{Arc, PoisonError, RwLock};

use quick_cache::sync::Cache;
use time::OffsetDateTime;

use crate::core::face::{Api, Face};
use crate::core::id::{CredentialPublicId, CustomerPublicId, TenantPublicId};
use crate::store::{CredentialId, StoredCredential, Tenant};

/// Maximum number of callers. Each takes about a kilobyte.
const MAX_CALLERS: usize = 8_192;

/// What a caller presents.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AccessKey {
    /// An API key, a client secret or a provider's token, by its digest.
    Digest(Api, [u8; 32]),
    /// A public id; finds a credential with all its secrets.
    PublicId(Face, CredentialPublicId),
    /// A token, by the credential to which it was issued, and the digest of the secret for which it was, if any.
    Token(Face, CredentialId, Option<[u8; 32]>),
    /// The same, with the public ids of the customer and the tenant in an AvePoint path.
    TokenForTenant(Face, CredentialId, Option<[u8; 32]>, CustomerPublicId, TenantPublicId),
}

/// The owner of what was presented, as of one value of the counter.
#[derive(Debug, Clone)]
pub struct Access {
    /// The credential, once for each of its valid secrets; never empty.
    rows: Arc<[StoredCredential]>,
}

impl Access {
    /// The access given by `rows` of one credential, from one snapshot; `None` if there are none.
    pub(super) fn of(rows: Vec<StoredCredential>) -> Option<Self> {
        (!rows.is_empty()).then(|| Self { rows: rows.into() })
    }

    /// The credential, once for each of its valid secrets, newest first.
    #[must_use]
    pub fn rows(&self) -> &[StoredCredential] {
        &self.rows
    }

    /// The tenant it opens, if any.
    #[must_use]
    pub fn tenant(&self) -> Option<&Tenant> {
        self.rows.first().and_then(|row| row.tenant.as_deref())
    }

    pub(super) fn generation(&self) -> i64 {
        self.rows.first().map_or(0, |row| row.access_generation)
    }

    fn is_valid_at(&self, now: OffsetDateTime) -> bool {
        self.rows.iter().all(|row| row.expires_at.is_none_or(|end| now < end))
    }
}

/// The state of the cache of callers when a read began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct AccessStanding {
    epoch: u64,
    generation: Option<i64>,
}

/// Callers by what they present. No negative entries: an unknown caller is looked up every time.
pub(super) struct AccessCache {
    standing: RwLock<AccessStanding>,
    callers: Cache<AccessKey, Access>,
}

impl Default for AccessCache {
    fn default() -> Self {
        Self { standing: RwLock::default(), callers: Cache::new(MAX_CALLERS) }
    }
}

impl std::fmt::Debug for AccessCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessCache").field("standing", &self.standing).finish_non_exhaustive()
    }
}

impl AccessCache {
    pub(super) fn standing(&self) -> AccessStanding {
        *self.standing.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The counter that the cached callers are as of, if known.
    pub(super) fn generation(&self) -> Option<i64> {
        self.standing().generation
    }

    /// The owner of `key`, if cached and not expired in any part at `now`.
    pub(super) fn find(&self, key: &AccessKey, now: OffsetDateTime) -> Option<Access> {
        self.callers.get(key).filter(|access| access.is_valid_at(now))
    }

    /// Stores what was read after the cache was at `before`. If the counter is beyond the cache's, the cached callers
    /// are dropped; if it is behind, nothing is stored.
    pub(super) fn keep(&self, before: AccessStanding, key: AccessKey, access: &Access) {
        let read_at = access.generation();
        if self.standing().generation.is_none_or(|known| known < read_at) {
            self.move_on(read_at);
        }
        let standing = self.standing.read().unwrap_or_else(PoisonError::into_inner);
        if standing.epoch == before.epoch && standing.generation == Some(read_at) {
            self.callers.insert(key, access.clone());
        }
    }

    /// Drops all callers if the counter has changed.
    pub(super) fn move_on(&self, generation: i64) {
        if self.standing().generation == Some(generation) {
            return;
        }
        let mut standing = self.standing.write().unwrap_or_else(PoisonError::into_inner);
        // An older answer that arrives late only causes every caller to be looked up once more.
        self.callers.clear();
        standing.generation = Some(generation);
    }

    pub(super) fn forget(&self) {
        let mut standing = self.standing.write().unwrap_or_else(PoisonError::into_inner);
        self.callers.clear();
        *standing = AccessStanding { epoch: standing.epoch + 1, generation: None };
    }
}
