//! What is kept of one tenant, and what each entry weighs.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use quick_cache::{Equivalent, Weighter};

use crate::core::id::UserId;
use crate::core::key::LookupKey;
use crate::core::rendering::{Fragment, RenderingKey};

/// What an entry costs beside its own bytes: its slot in the table with the table's spare room, the allocations'
/// headers, reference counts. Measured, rounded up.
const ENTRY_OVERHEAD: usize = 240;
/// What each rendering costs beside its bytes.
const FRAGMENT_OVERHEAD: usize = 96;
/// Most renderings kept of one user; the oldest goes first.
const MAX_FRAGMENTS: usize = 6;

/// Under what an entry is kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EntryKey {
    /// A user, by its own id.
    User(UserId),
    /// A name of a user other than its own id.
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

/// An [`EntryKey`] that is only looked up.
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

/// What is kept.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    User(Arc<CachedUser>),
    Name(Arc<Name>),
    Page(Arc<Page>),
}

/// A user, with what faces wrote of it.
#[derive(Debug)]
pub(super) struct CachedUser {
    /// Given once, never again: a name that remembers another one was learnt of an earlier state of the user.
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

    /// The same user with one rendering more, in place of an older one of the same key.
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

/// Whom a lookup key names.
#[derive(Debug)]
pub(super) enum Name {
    /// The one user that can have it, and its stamp when the name was learnt: a changed user may have given it up.
    Exclusive { user: UserId, stamp: u64 },
    /// Every user that shares it. Another one may join without any of these changing, so it holds for one generation.
    Shared { users: Vec<UserId>, generation: i64 },
}

/// One page of all users; it holds for one generation, since whoever is added or removed moves others.
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
