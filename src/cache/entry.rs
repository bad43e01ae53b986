//! Entries of one tenant's cache, and their weight.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use quick_cache::{Equivalent, Weighter};

use crate::core::id::UserId;
use crate::core::key::LookupKey;
use crate::core::rendering::{Fragment, RenderingKey};

/// Overhead of an entry in bytes: its slot in the table including spare capacity, allocator headers, reference counts.
/// Measured, rounded up.
const ENTRY_OVERHEAD: usize = 240;
/// Overhead of a rendering, in bytes.
const FRAGMENT_OVERHEAD: usize = 96;
/// Maximum number of renderings per user; the oldest is dropped first.
const MAX_FRAGMENTS: usize = 6;

/// The key of an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EntryKey {
    /// A user, by its own id.
    User(UserId),
    /// A lookup key of a user other than its own id.
    Name(LookupKey),
    /// A page of all users.
    Page(PageKey),
}

/// A page of all users: its number, from 1, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PageKey {
    pub(super) index: u32,
    pub(super) size: u32,
}

/// A borrowed [`EntryKey`], for lookups.
#[derive(Debug, Clone, Copy)]
pub(super) enum EntryRef<'a> {
    User(&'a str),
    Name(&'a LookupKey),
    Page(PageKey),
}

impl EntryKey {
    fn as_entry_ref(&self) -> EntryRef<'_> {
        match self {
            Self::User(id) => EntryRef::User(id.as_str()),
            Self::Name(key) => EntryRef::Name(key),
            Self::Page(page) => EntryRef::Page(*page),
        }
    }
}

impl Hash for EntryKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_entry_ref().hash(state);
    }
}

impl Hash for EntryRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::User(id) => id.hash(state),
            Self::Name(key) => key.hash(state),
            Self::Page(page) => page.hash(state),
        }
    }
}

impl Equivalent<EntryKey> for EntryRef<'_> {
    fn equivalent(&self, key: &EntryKey) -> bool {
        match (self, key) {
            (Self::User(id), EntryKey::User(kept)) => *id == kept.as_str(),
            (Self::Name(name), EntryKey::Name(kept)) => *name == kept,
            (Self::Page(page), EntryKey::Page(kept)) => page == kept,
            (Self::User(_) | Self::Name(_) | Self::Page(_), _) => false,
        }
    }
}

/// The value of an entry.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    User(Arc<CachedUser>),
    Name(Arc<Name>),
    Page(Arc<Page>),
}

/// A user, with its renderings.
#[derive(Debug)]
pub(super) struct CachedUser {
    /// Unique over time: a lookup key with another stamp was read for an earlier state of the user.
    pub(super) stamp: u64,
    pub(super) ordinal: i64,
    fragments: Vec<(RenderingKey, Arc<Fragment>)>,
}

impl CachedUser {
    pub(super) const fn new(stamp: u64, ordinal: i64) -> Self {
        Self { stamp, ordinal, fragments: Vec::new() }
    }

    pub(super) fn fragment(&self, key: &RenderingKey) -> Option<&Arc<Fragment>> {
        self.fragments.iter().find_map(|(kept, fragment)| (kept == key).then_some(fragment))
    }

    /// The same user with one more rendering, replacing an older one with the same key.
    pub(super) fn with_fragment(&self, key: RenderingKey, fragment: Arc<Fragment>) -> Self {
        let others = self.fragments.iter().filter(|(kept, _)| *kept != key);
        let surplus = others.clone().count().saturating_sub(MAX_FRAGMENTS - 1);
        let mut fragments: Vec<_> = others.skip(surplus).cloned().collect();
        fragments.push((key, fragment));
        fragments.shrink_to_fit();
        Self { stamp: self.stamp, ordinal: self.ordinal, fragments }
    }

    fn bytes(&self) -> usize {
        self.fragments.iter().map(|(_, fragment)| fragment.json.len() + FRAGMENT_OVERHEAD).sum()
    }
}

/// The users that a lookup key matches.
#[derive(Debug)]
pub(super) enum Name {
    /// The only user that can have it, and that user's stamp when the key was read: a changed user may have lost it.
    Exclusive { user: UserId, stamp: u64 },
    /// All users that share it. Others can gain it without any of these changing, so this is valid for one generation.
    Shared { users: Vec<UserId>, generation: i64 },
}

/// One page of all users; valid for one generation, since adding or removing a user shifts others.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) users: Vec<UserId>,
    pub(super) total: i64,
    pub(super) generation: i64,
}

/// Weighs entries in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct ByBytes;

impl Weighter<EntryKey, Entry> for ByBytes {
    fn weight(&self, key: &EntryKey, entry: &Entry) -> u64 {
        let key = match key {
            EntryKey::User(id) => id.as_str().len(),
            EntryKey::Name(name) => name.value().len(),
            EntryKey::Page(_) => 0,
        };
        let value = match entry {
            Entry::User(user) => user.bytes(),
            Entry::Name(name) => match &**name {
                Name::Exclusive { user, .. } => user.as_str().len(),
                Name::Shared { users, .. } => bytes_of_ids(users),
            },
            Entry::Page(page) => bytes_of_ids(&page.users),
        };
        u64::try_from(ENTRY_OVERHEAD + key + value).unwrap_or(u64::MAX)
    }
}

fn bytes_of_ids(ids: &[UserId]) -> usize {
    ids.iter().map(|id| id.as_str().len() + size_of::<UserId>() + size_of::<usize>()).sum()
}
