//! Lists of users and of groups: which a filter finds, in which order, and the part that was asked for.

use super::cursor::{Cursors, End, key_digest};
use super::{PageStart, ProvisionedPage, ProvisioningError};
use crate::wire::read::FieldError;
use crate::wire::scim::schema::ResourceType;
use crate::wire::scim::{Filter, ListQuery, Paging, Resource, ScimError, Sort, SortKey};

/// Maximum number of resources that are looked at for a filter that no index answers, or to sort.
const MAX_EXAMINED: u64 = 10_000;
/// Number of resources that are read at once for that.
const READ_AT_ONCE: u32 = 250;

/// A resource with its place among all of its type.
pub(super) struct Placed {
    /// Sorts as text.
    pub(super) place: String,
    pub(super) id: String,
    pub(super) resource: Resource,
}

/// What resources are read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To see whether the filter finds them, and to sort.
    Judging,
    /// To be shown.
    Showing,
}

/// The resources of one type in one tenant.
pub(super) trait Source {
    const OF: &'static ResourceType;
    /// The attribute that their places are in the order of.
    const PLACED_BY: &'static str;

    async fn count(&mut self) -> Result<u64, ProvisioningError>;

    /// Those among which is every one that the filter finds, in the order of their places; `None` if no index is of help.
    async fn find(&mut self, filter: &Filter) -> Result<Option<Vec<Placed>>, ProvisioningError>;

    /// The next after `place`, in order.
    async fn after(
        &mut self,
        place: Option<&str>,
        most: u32,
        purpose: Purpose,
    ) -> Result<Vec<Placed>, ProvisioningError>;

    /// Those after the first `skip`, in order, to be shown; and the number of all.
    async fn page(&mut self, skip: u64, most: u32) -> Result<(Vec<Resource>, u64), ProvisioningError>;

    /// Those with these ids, to be shown, in this order. One that is gone is left out.
    async fn load(&mut self, ids: &[String]) -> Result<Vec<Resource>, ProvisioningError>;

    /// How many of those asked for were read last to be shown, if more would have been too large.
    fn cut(&self) -> Option<usize> {
        None
    }
}

/// A resource that a filter finds.
pub(super) struct Match {
    pub(super) place: String,
    pub(super) id: String,
    pub(super) key: Option<SortKey>,
}

/// The part of a list that `query` asks for.
pub(super) async fn list<S: Source>(
    source: &mut S,
    query: &ListQuery,
    cursors: &Cursors,
) -> Result<ProvisionedPage, ProvisioningError> {
    let is_by_place = |sort: Sort| !sort.descending && sort.path.to_string() == S::PLACED_BY;
    if query.filter.is_none() && query.sort.is_none_or(is_by_place) {
        return in_order(source, &query.paging, cursors).await;
    }
    let matches = matches(source, query).await?;
    part_of(source, matches, query.sort, &query.paging, cursors).await
}

/// The part that is asked for of `matches`, which are in the order of their places.
pub(super) async fn part_of<S: Source>(
    source: &mut S,
    mut matches: Vec<Match>,
    sort: Option<Sort>,
    paging: &Paging,
    cursors: &Cursors,
) -> Result<ProvisionedPage, ProvisioningError> {
    if let Some(sort) = sort {
        matches.sort_by(|a, b| sort.compare((a.key.as_ref(), &a.id), (b.key.as_ref(), &b.id)));
    }
    let total = size(matches.len());
    let (first, count) = match (paging, end_of(paging, cursors)?) {
        (Paging::Index { start, count }, _) => (usize::try_from(start - 1).unwrap_or(usize::MAX), *count),
        (Paging::Cursor { count, .. }, None) => (0, *count),
        (Paging::Cursor { count, .. }, Some(end)) => (following(&matches, &end, sort)?, *count),
    };
    let mut part: Vec<&Match> = matches.iter().skip(first).take(count as usize).collect();
    let ids: Vec<String> = part.iter().map(|found| found.id.clone()).collect();
    let resources = source.load(&ids).await?;
    if let Some(read) = source.cut() {
        part.truncate(read);
    }
    let is_last = first.saturating_add(part.len()) >= matches.len();
    let start = match paging {
        Paging::Index { start, .. } => PageStart::Index(*start),
        Paging::Cursor { .. } => {
            let last = part.last().filter(|_| !is_last);
            let next = last.map(|last| End { place: last.place.clone(), key: key_digest(last.key.as_ref()) });
            PageStart::Cursor { next: next.map(|end| cursors.issue(&end)) }
        }
    };
    Ok(ProvisionedPage { resources, start, total })
}

/// Where the part before the one that is asked for ended.
fn end_of(paging: &Paging, cursors: &Cursors) -> Result<Option<End>, ScimError> {
    match paging {
        Paging::Cursor { after: Some(cursor), .. } => cursors.read(cursor).map(Some),
        Paging::Cursor { after: None, .. } | Paging::Index { .. } => Ok(None),
    }
}

/// The part of a list of all, in the order of their places.
pub(super) async fn in_order<S: Source>(
    source: &mut S,
    paging: &Paging,
    cursors: &Cursors,
) -> Result<ProvisionedPage, ProvisioningError> {
    let end = end_of(paging, cursors)?;
    let count = match *paging {
        Paging::Index { start, count } => {
            let (resources, total) = source.page(start - 1, count).await?;
            return Ok(ProvisionedPage { resources, start: PageStart::Index(start), total });
        }
        Paging::Cursor { count, .. } => count,
    };
    let total = source.count().await?;
    let after = end.as_ref().map(|end| end.place.as_str());
    let mut part = match count {
        0 => Vec::new(),
        // One more tells whether there is a next part.
        count => source.after(after, count.saturating_add(1), Purpose::Showing).await?,
    };
    let is_last = part.len() <= count as usize && source.cut().is_none();
    part.truncate(count as usize);
    let next = part.last().filter(|_| !is_last);
    let next = next.map(|last| End { place: last.place.clone(), key: key_digest(None) });
    let start = PageStart::Cursor { next: next.map(|end| cursors.issue(&end)) };
    Ok(ProvisionedPage { resources: part.into_iter().map(|placed| placed.resource).collect(), start, total })
}

/// All that the filter finds, in the order of their places.
pub(super) async fn matches<S: Source>(
    source: &mut S,
    query: &ListQuery,
) -> Result<Vec<Match>, ProvisioningError> {
    let found = match &query.filter {
        Some(filter) => source.find(filter).await?,
        None => None,
    };
    let mut matches = Vec::new();
    match found {
        Some(found) => judge(found, query, &mut matches),
        None => walk(source, query, &mut matches).await?,
    }
    Ok(matches)
}

fn judge(candidates: Vec<Placed>, query: &ListQuery, matches: &mut Vec<Match>) {
    let is_found =
        |placed: &Placed| query.filter.as_ref().is_none_or(|filter| filter.matches(&placed.resource));
    matches.extend(candidates.into_iter().filter(is_found).map(|Placed { place, id, resource }| {
        let key = query.sort.and_then(|sort| sort.key(&resource));
        Match { place, id, key }
    }));
}

/// Looks at all, if they are not too many.
async fn walk<S: Source>(
    source: &mut S,
    query: &ListQuery,
    matches: &mut Vec<Match>,
) -> Result<(), ProvisioningError> {
    if source.count().await? > MAX_EXAMINED {
        return Err(too_many(S::OF, query.filter.is_some()).into());
    }
    let mut place: Option<String> = None;
    loop {
        let candidates = source.after(place.as_deref(), READ_AT_ONCE, Purpose::Judging).await?;
        let Some(last) = candidates.last() else { return Ok(()) };
        place = Some(last.place.clone());
        judge(candidates, query, matches);
        tokio::task::yield_now().await;
    }
}

fn too_many(of: &ResourceType, is_filter: bool) -> ScimError {
    let (subject, advice) = match (is_filter, of.name) {
        (true, "User") => ("The filter", "compare id, userName, externalId or emails by eq"),
        (true, _) => ("The filter", "compare id, displayName, externalId or members.value by eq"),
        (false, "User") => ("sortBy", "leave it out, or sort by meta.created, or add a filter"),
        (false, _) => ("sortBy", "leave it out, or sort by id, or add a filter"),
    };
    let noun = of.name.to_lowercase();
    ScimError::TooMany(FieldError::new(
        subject,
        format!("looks at more than {MAX_EXAMINED} {noun}s: {advice}"),
    ))
}

/// The number of matches up to the end of a part.
///
/// # Errors
/// [`ScimError::ExpiredCursor`] if the list is sorted, and its last resource no longer stands where it stood.
fn following(matches: &[Match], end: &End, sort: Option<Sort>) -> Result<usize, ScimError> {
    if sort.is_none() {
        return Ok(matches.partition_point(|found| found.place <= end.place));
    }
    let is_last = |found: &Match| found.place == end.place && key_digest(found.key.as_ref()) == end.key;
    matches.iter().position(is_last).map(|last| last + 1).ok_or(ScimError::ExpiredCursor)
}

fn size(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
