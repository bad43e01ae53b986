//! The batch: many keys in, their users out, in the order asked.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::directory::{Directory, Wanted};
use super::key::LookupKey;
use super::rendering::{Rendered, Rendering, RenderingKey};

/// The answer to a batch: for every key asked for, the users it names.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    entries: Vec<Vec<Rendered>>,
}

impl Batch {
    /// The user that the key at `index` names, if any; of several the one added first.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Rendered> {
        self.entries.get(index)?.first()
    }

    /// Every user found, each once, in the order of the keys.
    pub fn distinct(&self) -> impl Iterator<Item = &Rendered> + Clone {
        let mut seen = HashSet::with_capacity(self.entries.len());
        self.entries.iter().flatten().filter(move |found| seen.insert(found.ordinal))
    }
}

/// Resolves `keys`. Duplicates are answered in full; `None` stands for a name that can name nobody, and misses like
/// any other.
///
/// # Errors
/// Those of the directory.
pub async fn resolve<D: Directory, R: Rendering>(
    directory: &D,
    keys: &[Option<Wanted<R>>],
) -> Result<Batch, D::Error> {
    let (distinct, position_of) = distinct_keys(keys);
    if distinct.is_empty() {
        return Ok(Batch { entries: vec![Vec::new(); keys.len()] });
    }
    let found = directory.find(&distinct).await?;
    let users_of = |position: usize| found.get(position).cloned().unwrap_or_default();
    Ok(Batch { entries: position_of.into_iter().map(|p| p.map_or_else(Vec::new, users_of)).collect() })
}

/// The keys without repetition, and for each key asked for its place among them.
fn distinct_keys<R: Rendering>(keys: &[Option<Wanted<R>>]) -> (Vec<Wanted<R>>, Vec<Option<usize>>) {
    let mut distinct = Vec::with_capacity(keys.len());
    let mut places: HashMap<(&LookupKey, RenderingKey), usize> = HashMap::with_capacity(keys.len());
    let position_of = keys.iter().map(|wanted| {
        wanted.as_ref().map(|wanted| match places.entry((&wanted.key, wanted.rendering.key())) {
            Entry::Occupied(place) => *place.get(),
            Entry::Vacant(place) => {
                distinct.push(wanted.clone());
                *place.insert(distinct.len() - 1)
            }
        })
    });
    let position_of = position_of.collect();
    (distinct, position_of)
}

#[cfg(test)]
mod tests;
