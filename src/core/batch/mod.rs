//! The batch: users by keys or by page, and pages of their views. Every face reads a directory through [`fetch`].

mod query;
mod views;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

pub use query::{BatchEntry, BatchQuery};

use super::directory::{Directory, RenderedKey};
use super::key::LookupKey;
use super::rendering::{RenderedUser, Rendering, RenderingKey};
use super::view::ViewPage;
use crate::pager::bookmark::BookmarkError;
use views::{AccountViews, read_views};

/// Maximum number of users that any request may ask for, by key or id. Settings and tenants may lower it.
pub const MAX_BATCH: usize = 10_000;

/// The result of a batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// For each key or entry, in request order, what was found; for a page, each of its users.
    pub found: Vec<Found>,
    /// For a page, the number of matching users over all pages.
    pub total: Option<i64>,
}

/// The result for one entry of a batch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The users, in the order in which they were added. Only a shareable key can match more than one.
    pub users: Vec<RenderedUser>,
    /// The page of each view of the entry, or an error if the view's bookmark was not issued for it.
    pub views: Vec<Result<ViewPage, BookmarkError>>,
}

impl Found {
    const fn new(users: Vec<RenderedUser>) -> Self {
        Self { users, views: Vec::new() }
    }

    /// The user, if any; of several, the one added first.
    #[must_use]
    pub fn user(&self) -> Option<&RenderedUser> {
        self.users.first()
    }
}

impl Batch {
    /// A batch by keys.
    const fn by_keys(found: Vec<Found>) -> Self {
        Self { found, total: None }
    }

    /// All users found, without duplicates, in the order of the entries.
    pub fn distinct(&self) -> impl Iterator<Item = &RenderedUser> {
        let mut seen = HashSet::with_capacity(self.found.len());
        self.found.iter().flat_map(|found| &found.users).filter(move |user| seen.insert(user.ordinal))
    }
}

/// Runs `query` against `directory`.
///
/// # Errors
/// Those of the directory.
pub async fn fetch<D: Directory, R: Rendering>(
    directory: &D,
    query: BatchQuery<'_, R>,
) -> Result<Batch, D::Error> {
    match query {
        BatchQuery::Keys { keys, rendering } => {
            let keys = keys.iter().map(|key| Some((key.as_ref()?, &rendering)));
            Ok(Batch::by_keys(find(directory, keys).await?))
        }
        BatchQuery::Entries { entries, bookmarks } => {
            let keys = entries.iter().map(|entry| Some((entry.key.as_ref()?, &entry.rendering)));
            let mut found = find(directory, keys).await?;
            let views = read_views(directory, bookmarks, &account_views(entries, &found)).await?;
            for (found, views) in found.iter_mut().zip(views) {
                found.views = views;
            }
            Ok(Batch::by_keys(found))
        }
        BatchQuery::Page { ids, window, rendering } => {
            let page = directory.user_page(ids, window, &rendering).await?;
            let found = page.users.into_iter().map(|user| Found::new(vec![user])).collect();
            Ok(Batch { found, total: Some(page.total) })
        }
    }
}

/// The users for each key. The directory is asked for each distinct key once, and not at all if there is none.
async fn find<'k, D: Directory, R: Rendering + 'k>(
    directory: &D,
    keys: impl Iterator<Item = Option<(&'k LookupKey, &'k R)>>,
) -> Result<Vec<Found>, D::Error> {
    let (distinct, places) = distinct_keys(keys);
    let users = if distinct.is_empty() { Vec::new() } else { directory.users_by_keys(&distinct).await? };
    if distinct.len() == places.len() {
        return Ok(users.into_iter().map(Found::new).collect());
    }
    let found = places.into_iter().map(|place| {
        let users = place.and_then(|place| users.get(place)).cloned();
        Found::new(users.unwrap_or_default())
    });
    Ok(found.collect())
}

/// The distinct keys, and for each requested key its index among them.
fn distinct_keys<'k, R: Rendering + 'k>(
    keys: impl Iterator<Item = Option<(&'k LookupKey, &'k R)>>,
) -> (Vec<RenderedKey<'k, R>>, Vec<Option<usize>>) {
    let mut distinct = Vec::with_capacity(keys.size_hint().0);
    let mut place_of: HashMap<(&LookupKey, RenderingKey), usize> = HashMap::with_capacity(keys.size_hint().0);
    let places = keys.map(|key| {
        key.map(|(key, rendering)| match place_of.entry((key, rendering.key())) {
            Entry::Occupied(place) => *place.get(),
            Entry::Vacant(place) => {
                distinct.push(RenderedKey { key, rendering });
                *place.insert(distinct.len() - 1)
            }
        })
    });
    let places = places.collect();
    (distinct, places)
}

/// The views of each entry, with the account they belong to.
fn account_views<'a, R>(entries: &'a [BatchEntry<R>], found: &[Found]) -> Vec<AccountViews<'a>> {
    let entries = entries.iter().zip(found).map(|(entry, found)| {
        let account = entry.account.clone().or_else(|| found.user()?.fragment.account.clone());
        AccountViews { account, views: &entry.views }
    });
    entries.collect()
}

#[cfg(test)]
mod tests;
