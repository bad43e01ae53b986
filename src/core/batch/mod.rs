//! The batch: many users, by keys or by page, and pages of their views. Every face reads a directory through [`fetch`].

mod query;
mod views;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub use query::{BatchEntry, BatchQuery};

use super::directory::{Directory, StoredUser};
use super::key::LookupKey;
use super::view::ViewPage;
use crate::pager::bookmark::BookmarkError;
use views::{AccountViews, read_views};

/// The answer to a batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// What was found for each key or entry, in the order asked; of a page, each of its users.
    pub found: Vec<Found>,
    /// How many users match, over all pages.
    pub total: i64,
}

/// What was found for one entry of a batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The users, first added first. Only a key that can be shared finds more than one.
    pub users: Vec<Arc<StoredUser>>,
    /// The page of each view of the entry, or that the view's bookmark was not issued for it.
    pub views: Vec<Result<ViewPage, BookmarkError>>,
}

impl Found {
    const fn new(users: Vec<Arc<StoredUser>>) -> Self {
        Self { users, views: Vec::new() }
    }

    /// The user, if there is one; of several the one added first.
    #[must_use]
    pub fn user(&self) -> Option<&Arc<StoredUser>> {
        self.users.first()
    }
}

impl Batch {
    /// A batch by keys: of the users found, all are in it.
    fn by_keys(found: Vec<Found>) -> Self {
        let mut batch = Self { found, total: 0 };
        batch.total = i64::try_from(batch.distinct().count()).unwrap_or(i64::MAX);
        batch
    }

    /// Every user found, each once, in the order of the entries.
    pub fn distinct(&self) -> impl Iterator<Item = &Arc<StoredUser>> {
        let mut seen = HashSet::new();
        self.found.iter().flat_map(|found| &found.users).filter(move |stored| seen.insert(&stored.user.id))
    }
}

/// Answers `query` from `directory`.
///
/// # Errors
/// Those of the directory.
pub async fn fetch<D: Directory>(directory: &D, query: BatchQuery<'_>) -> Result<Batch, D::Error> {
    match query {
        BatchQuery::Keys(keys) => Ok(Batch::by_keys(find(directory, keys.iter().map(Option::as_ref)).await?)),
        BatchQuery::Entries { entries, bookmarks } => {
            let mut found = find(directory, entries.iter().map(|entry| entry.key.as_ref())).await?;
            let views = read_views(directory, bookmarks, &account_views(entries, &found)).await?;
            for (found, views) in found.iter_mut().zip(views) {
                found.views = views;
            }
            Ok(Batch::by_keys(found))
        }
        BatchQuery::Page { ids, window } => {
            let page = directory.user_page(ids, window).await?;
            let found = page.users.into_iter().map(|user| Found::new(vec![user])).collect();
            Ok(Batch { found, total: page.total })
        }
    }
}

/// What each key finds. The directory is asked for each key once, and not at all if there is none.
async fn find<'k, D: Directory>(
    directory: &D,
    keys: impl Iterator<Item = Option<&'k LookupKey>>,
) -> Result<Vec<Found>, D::Error> {
    let (distinct, places) = distinct_keys(keys);
    let users = if distinct.is_empty() { Vec::new() } else { directory.users_by_keys(&distinct).await? };
    let found = places.into_iter().map(|place| {
        let users = place.and_then(|place| users.get(place)).cloned();
        Found::new(users.unwrap_or_default())
    });
    Ok(found.collect())
}

/// The keys without repetition, and for each key asked for its place among them.
fn distinct_keys<'k>(
    keys: impl Iterator<Item = Option<&'k LookupKey>>,
) -> (Vec<LookupKey>, Vec<Option<usize>>) {
    let mut distinct = Vec::new();
    let mut place_of: HashMap<&LookupKey, usize> = HashMap::new();
    let places = keys.map(|key| {
        key.map(|key| match place_of.entry(key) {
            Entry::Occupied(place) => *place.get(),
            Entry::Vacant(place) => {
                distinct.push(key.clone());
                *place.insert(distinct.len() - 1)
            }
        })
    });
    let places = places.collect();
    (distinct, places)
}

/// The views of each entry, and of whose account they are.
fn account_views<'a>(entries: &'a [BatchEntry], found: &[Found]) -> Vec<AccountViews<'a>> {
    let entries = entries.iter().zip(found).map(|(entry, found)| {
        let first_account = || found.user()?.user.addresses().next().map(|(_, address)| address.key());
        let account = entry.account.clone().or_else(first_account);
        AccountViews { account, views: &entry.views }
    });
    entries.collect()
}

#[cfg(test)]
mod tests;
