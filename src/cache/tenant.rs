//! The cache of one tenant.
//!
//! **The invariant.** Every entry is what the database held at [`Standing::generation`]. An entry is stored only if
//! it was read at that very generation, and the generation only advances together with the removal of everything
//! changed since. Both happen under one lock, so no entry can slip in between a removal and its generation.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder};
use time::OffsetDateTime;

use super::entry::{ByBytes, CachedUser, Entry, EntryKey, EntryRef, Name, Page, PageKey};
use crate::core::id::UserId;
use crate::core::key::{KeyKind, LookupKey};
use crate::core::rendering::{Fragment, RenderedUser, RenderingKey};
use crate::store::Moved;

/// Estimated average weight of an entry, for the initial size of the table.
const EXPECTED_WEIGHT: u64 = 2_048;

/// A user that was read from the database and rendered.
#[derive(Debug, Clone)]
pub(super) struct Read {
    /// The user's own id.
    pub(super) id: UserId,
    /// Its position in the directory, and its rendering.
    pub(super) rendered: RenderedUser,
}

/// The state of the cache when a read began: the result is stored only if it belongs to the same history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// Incremented whenever everything is dropped.
    epoch: u64,
    /// The generation for which all entries are valid; `None` if nothing is known about the tenant.
    pub(super) generation: Option<i64>,
}

/// The cached part of a list of keys, all of one generation.
#[derive(Debug)]
pub(super) struct Found {
    /// The state of the cache.
    pub(super) standing: Standing,
    /// For each key its users; `None` if they must be read.
    pub(super) users: Vec<Option<Vec<RenderedUser>>>,
}

/// The entries of one tenant.
pub(super) struct TenantCache {
    standing: RwLock<Standing>,
    entries: Cache<EntryKey, Entry, ByBytes>,
    stamps: AtomicU64,
}

impl std::fmt::Debug for TenantCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantCache").field("standing", &self.standing).finish_non_exhaustive()
    }
}

impl TenantCache {
    /// An empty cache of at most `capacity` bytes.
    pub(super) fn new(capacity: u64) -> Self {
        let items = usize::try_from(capacity / EXPECTED_WEIGHT).unwrap_or(usize::MAX).clamp(64, 4_096);
        let mut options = OptionsBuilder::new();
        options.estimated_items_capacity(items).weight_capacity(capacity);
        let lifecycle = DefaultLifecycle::default();
        let entries = match options.shards(4).build() {
            Ok(options) => Cache::with_options(options, ByBytes, DefaultHashBuilder::default(), lifecycle),
            Err(_) => Cache::with_weighter(items, capacity, ByBytes),
        };
        let standing = RwLock::new(Standing { epoch: 0, generation: None });
        Self { standing, entries, stamps: AtomicU64::new(0) }
    }

    /// Its current state.
    pub(super) fn standing(&self) -> Standing {
        *self.read()
    }

    /// The weight of its entries, in bytes.
    pub(super) fn weight(&self) -> u64 {
        self.entries.weight()
    }

    /// The maximum weight of its entries, in bytes.
    pub(super) fn capacity(&self) -> u64 {
        self.entries.capacity()
    }

    /// Changes the maximum weight of its entries to `capacity` bytes.
    pub(super) fn set_capacity(&self, capacity: u64) {
        self.entries.set_capacity(capacity);
    }

    /// The users that each key matches, rendered as requested, as far as they are cached.
    pub(super) fn find<'a>(
        &self,
        wanted: impl Iterator<Item = (&'a LookupKey, RenderingKey)>,
        now: OffsetDateTime,
    ) -> Found {
        let standing = self.read();
        let users = wanted.map(|(key, rendering)| self.users_of(key, standing.generation?, &rendering, now));
        Found { standing: *standing, users: users.collect() }
    }

    /// A page of all users, if cached completely.
    pub(super) fn find_page(
        &self,
        page: PageKey,
        rendering: &RenderingKey,
        now: OffsetDateTime,
    ) -> Option<(Vec<RenderedUser>, i64)> {
        let standing = self.read();
        let Some(Entry::Page(page)) = self.entries.get(&EntryRef::Page(page)) else { return None };
        if standing.generation != Some(page.generation) {
            return None;
        }
        let users = page.users.iter().map(|id| Some(self.user(id.as_str(), rendering, now)?.1));
        Some((users.collect::<Option<_>>()?, page.total))
    }

    /// Stores the users of keys, read at `generation` after the cache was at `before`, unless the tenant's state has
    /// changed. Returns the number of bytes stored.
    pub(super) fn keep<'a>(
        &self,
        (before, generation): (Standing, i64),
        read: impl Iterator<Item = (&'a LookupKey, RenderingKey, &'a [Read])>,
    ) -> u64 {
        let Some(_guard) = self.still_at(before, generation) else { return 0 };
        let mut bytes = 0;
        for (key, rendering, users) in read.filter(|(_, _, users)| !users.is_empty()) {
            bytes += bytes_of(users);
            let stamps: Vec<u64> = users.iter().map(|user| self.keep_user(rendering, user)).collect();
            self.keep_name(generation, key, users, &stamps);
        }
        bytes
    }

    /// Stores a page of all users, read at `generation` after the cache was at `before`, unless the tenant's state has
    /// changed. Returns the number of bytes stored.
    pub(super) fn keep_page(
        &self,
        (before, generation): (Standing, i64),
        rendering: RenderingKey,
        page: PageKey,
        (users, total): (&[Read], i64),
    ) -> u64 {
        let Some(_guard) = self.still_at(before, generation) else { return 0 };
        let bytes = bytes_of(users);
        for user in users {
            self.keep_user(rendering, user);
        }
        let users = users.iter().map(|user| user.id.clone()).collect();
        let page_read = Page { users, total, generation };
        self.entries.insert(EntryKey::Page(page), Entry::Page(Arc::new(page_read)));
        bytes
    }

    /// Advances to the directory's state, as reported by a statement that asked what changed since `asked`. Ignored if
    /// everything was dropped meanwhile: what is cached was read after the statement began, perhaps from another server.
    pub(super) fn move_on(&self, asked: Standing, moved: &Moved) {
        let mut standing = self.write();
        if standing.epoch != asked.epoch {
            return;
        }
        let seen = asked.generation;
        // Statements may finish out of order: an older answer is ignored.
        let is_rewound = seen.is_some_and(|seen| moved.generation < seen);
        match (standing.generation, seen, &moved.changed) {
            (Some(now), ..) if moved.generation <= now && !is_rewound => return,
            (Some(_), Some(_), Some(changed)) if !is_rewound => {
                for user in changed {
                    self.entries.remove(&EntryRef::User(user.as_str()));
                }
            }
            _ => {
                self.entries.clear();
                standing.epoch += 1;
            }
        }
        standing.generation = Some(moved.generation);
    }

    /// Drops everything: what the database holds is no longer known.
    pub(super) fn forget(&self) {
        let mut standing = self.write();
        self.entries.clear();
        *standing = Standing { epoch: standing.epoch + 1, generation: None };
    }

    fn users_of(
        &self,
        key: &LookupKey,
        generation: i64,
        rendering: &RenderingKey,
        now: OffsetDateTime,
    ) -> Option<Vec<RenderedUser>> {
        if key.kind() == KeyKind::Id
            && let Some((_, user)) = self.user(key.value(), rendering, now)
        {
            return Some(vec![user]);
        }
        let Some(Entry::Name(name)) = self.entries.get(&EntryRef::Name(key)) else { return None };
        match &*name {
            Name::Exclusive { user, stamp } => {
                let (found, user) = self.user(user.as_str(), rendering, now)?;
                (found == *stamp).then(|| vec![user])
            }
            Name::Shared { users, generation: learnt } if *learnt == generation => {
                users.iter().map(|id| Some(self.user(id.as_str(), rendering, now)?.1)).collect()
            }
            Name::Shared { .. } => None,
        }
    }

    fn user(&self, id: &str, rendering: &RenderingKey, now: OffsetDateTime) -> Option<(u64, RenderedUser)> {
        let Some(Entry::User(user)) = self.entries.get(&EntryRef::User(id)) else { return None };
        let fragment = user.fragment(rendering).filter(|fragment| fragment.holds_at(now))?;
        Some((user.stamp, RenderedUser { ordinal: user.ordinal, fragment: Arc::clone(fragment) }))
    }

    fn keep_user(&self, rendering: RenderingKey, read: &Read) -> u64 {
        let fragment: Arc<Fragment> = Arc::clone(&read.rendered.fragment);
        // If the same state of the user is cached, its renderings stay.
        let user = if let Some(Entry::User(kept)) = self.entries.peek(&EntryRef::User(read.id.as_str())) {
            kept.with_fragment(rendering, fragment)
        } else {
            let stamp = self.stamps.fetch_add(1, Ordering::Relaxed);
            CachedUser::new(stamp, read.rendered.ordinal).with_fragment(rendering, fragment)
        };
        let stamp = user.stamp;
        self.entries.insert(EntryKey::User(read.id.clone()), Entry::User(Arc::new(user)));
        stamp
    }

    fn keep_name(&self, generation: i64, key: &LookupKey, users: &[Read], stamps: &[u64]) {
        let name = match (users, stamps) {
            ([user], _) if key.kind() == KeyKind::Id && user.id.as_str() == key.value() => return,
            ([user], [stamp]) if key.kind().is_exclusive() => {
                Name::Exclusive { user: user.id.clone(), stamp: *stamp }
            }
            _ => Name::Shared { users: users.iter().map(|user| user.id.clone()).collect(), generation },
        };
        self.entries.insert(EntryKey::Name(key.clone()), Entry::Name(Arc::new(name)));
    }

    /// The lock, if what was read at `generation` is consistent with the entries. The very first read sets the
    /// generation.
    fn still_at(&self, before: Standing, generation: i64) -> Option<RwLockReadGuard<'_, Standing>> {
        let belongs = |now: &Standing| now.epoch == before.epoch && now.generation == Some(generation);
        let standing = self.read();
        if standing.generation.is_some() {
            return Some(standing).filter(|now| belongs(now));
        }
        drop(standing);
        let mut standing = self.write();
        if standing.epoch == before.epoch {
            standing.generation.get_or_insert(generation);
        }
        drop(standing);
        Some(self.read()).filter(|now| belongs(now))
    }

    fn read(&self) -> RwLockReadGuard<'_, Standing> {
        self.standing.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Standing> {
        self.standing.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bytes_of(users: &[Read]) -> u64 {
    let bytes: usize = users.iter().map(|user| user.rendered.fragment.json.len()).sum();
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_asked_for_before_everything_was_dropped_is_ignored() {
        let cache = TenantCache::new(1 << 20);
        let moved = |generation| Moved { generation, changed: Some(Vec::new()) };
        cache.move_on(cache.standing(), &moved(5));
        let asked = cache.standing();
        cache.forget();
        // Another server, that knows less.
        cache.move_on(cache.standing(), &moved(4));
        cache.move_on(asked, &moved(6));
        assert_eq!(cache.standing().generation, Some(4));
    }
}
