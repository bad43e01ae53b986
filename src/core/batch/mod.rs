//! The batch: many keys in, their users out, in the order asked.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::directory::{Directory, StoredUser};
use super::id::UserId;
use super::key::LookupKey;

/// The answer to a batch: for every key asked for, the users it names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    entries: Vec<Vec<Arc<StoredUser>>>,
}

impl Batch {
    /// The user that the key at `index` names, if any; of several the one added first.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Arc<StoredUser>> {
        self.entries.get(index)?.first()
    }

    /// Every user found, each once, in the order of the keys.
    pub fn distinct(&self) -> impl Iterator<Item = &Arc<StoredUser>> {
        let mut seen = std::collections::HashSet::new();
        self.entries.iter().flatten().filter(move |stored| seen.insert(&stored.user.id))
    }
}

/// Resolves `keys`, in two steps of one statement each: keys to users' ids, then ids to users. Duplicates are
/// answered in full; `None` stands for a name that can name nobody, and misses like any other.
///
/// # Errors
/// Those of the directory.
pub async fn resolve<D: Directory>(directory: &D, keys: &[Option<LookupKey>]) -> Result<Batch, D::Error> {
    let (distinct, position_of) = distinct_keys(keys);
    if distinct.is_empty() {
        return Ok(Batch { entries: vec![Vec::new(); keys.len()] });
    }
    let mut found: Vec<Vec<UserId>> = vec![Vec::new(); distinct.len()];
    for hit in directory.resolve(&distinct).await? {
        if let Some(users) = found.get_mut(hit.key) {
            users.push(hit.user.id);
        }
    }
    let users = load(directory, &found).await?;
    let users_of = |position: usize| -> Vec<Arc<StoredUser>> {
        found.get(position).into_iter().flatten().filter_map(|id| users.get(id).cloned()).collect()
    };
    Ok(Batch { entries: position_of.into_iter().map(|p| p.map_or_else(Vec::new, users_of)).collect() })
}

/// The keys without repetition, and for each key asked for its place among them.
fn distinct_keys(keys: &[Option<LookupKey>]) -> (Vec<LookupKey>, Vec<Option<usize>>) {
    let mut distinct = Vec::new();
    let mut places: HashMap<&LookupKey, usize> = HashMap::new();
    let position_of = keys.iter().map(|key| {
        key.as_ref().map(|key| match places.entry(key) {
            Entry::Occupied(place) => *place.get(),
            Entry::Vacant(place) => {
                distinct.push(key.clone());
                *place.insert(distinct.len() - 1)
            }
        })
    });
    let position_of = position_of.collect();
    (distinct, position_of)
}

async fn load<D: Directory>(
    directory: &D,
    found: &[Vec<UserId>],
) -> Result<HashMap<UserId, Arc<StoredUser>>, D::Error> {
    let mut ids: Vec<UserId> = found.iter().flatten().cloned().collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let users = directory.load(&ids).await?;
    Ok(users.into_iter().map(|stored| (stored.user.id.clone(), Arc::new(stored))).collect())
}

#[cfg(test)]
mod tests;
