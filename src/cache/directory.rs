//! One tenant's directory, read through the cache.

use std::sync::Arc;

use time::OffsetDateTime;
use tokio::sync::OnceCell;

use super::batches::{Batches, FoundUsers};
use super::entry::PageKey;
use super::tenant::{Found, Read, Standing, TenantCache};
use super::tenants::Tenants;
use crate::capacity::{FairShares, Share};
use crate::core::clock::Clock;
use crate::core::directory::{Directory, RenderedKey, StoredUser, UserPage};
use crate::core::id::UserId;
use crate::core::key::LookupKey;
use crate::core::rendering::{RenderedUser, Rendering};
use crate::core::view::{Timeline, TimelineEntry, ViewQuery};
use crate::pager::keyset::KeysetPage;
use crate::pager::offset::PageWindow;
use crate::store::{StoreError, StoredPage, TenantId, TenantStore};

/// So many bytes, about a millisecond's work, are rendered before other requests get a turn on the thread.
const RENDERED_AT_ONCE: usize = 64 << 10;

/// The part of the cache through which a directory is read.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) tenants: Arc<Tenants>,
    pub(super) cache: Arc<TenantCache>,
    /// Whether its entries may be used: it was revalidated for this request. If not, everything is read from the
    /// database, and stored for other requests.
    pub(super) is_revalidated: bool,
}

/// One tenant's directory, as read by one request.
#[derive(Debug)]
pub struct CachedDirectory {
    store: TenantStore,
    clock: Clock,
    /// `None` if the cache is turned off.
    part: Option<Part>,
    batches: Batches,
    places: FairShares<TenantId>,
    /// How many places this request takes.
    wanted_places: usize,
    taken: OnceCell<Share<TenantId>>,
}

impl CachedDirectory {
    pub(super) fn new(
        store: TenantStore,
        clock: Clock,
        part: Option<Part>,
        (batches, places): (Batches, FairShares<TenantId>),
    ) -> Self {
        Self { store, clock, part, batches, places, wanted_places: 1, taken: OnceCell::new() }
    }

    /// The same directory for a request that takes so many of its tenant's places, at most all of them, to its end.
    ///
    /// By default a request takes 1, and only if it reads the database by itself. One that takes more works on so much at
    /// once, cached or read, that it waits for its turn here: the places bound the memory and the time of such work too.
    pub async fn taking(self, places: usize) -> Self {
        let directory = Self { wanted_places: places, ..self };
        if places > 1 {
            directory.take_places().await;
        }
        directory
    }

    /// Waits for the tenant's turn, unless this request had it before.
    async fn take_places(&self) {
        self.taken.get_or_init(|| self.places.take(self.tenant(), self.wanted_places)).await;
    }

    /// The tenant to which it is bound.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.store.tenant()
    }

    /// The part of `wanted` that is cached.
    fn cached<R: Rendering>(&self, wanted: &[RenderedKey<'_, R>], now: OffsetDateTime) -> Option<Found> {
        let part = self.part.as_ref().filter(|part| part.is_revalidated)?;
        let found = part.cache.find(wanted.iter().map(|wanted| (wanted.key, wanted.rendering.key())), now);
        let hits = found.users.iter().filter(|users| users.is_some()).count();
        count(hits, wanted.len() - hits);
        Some(found)
    }

    /// Reads `wanted` from the database and stores the result.
    async fn read<R: Rendering>(
        &self,
        wanted: &[RenderedKey<'_, R>],
        now: OffsetDateTime,
    ) -> Result<(i64, Vec<Vec<RenderedUser>>), StoreError> {
        let before = self.standing();
        let keys: Vec<&LookupKey> = wanted.iter().map(|wanted| wanted.key).collect();
        let found = self.find(&keys).await?;
        let mut read = Vec::with_capacity(wanted.len());
        for (wanted, users) in wanted.iter().zip(found.users()) {
            read.push(render_all(users, wanted.rendering, now).await?);
        }
        if let (Some(part), Some(before)) = (&self.part, before) {
            let entries =
                wanted.iter().zip(&read).map(|(w, users)| (w.key, w.rendering.key(), users.as_slice()));
            part.tenants.note_read(part.cache.keep((before, found.generation()), entries));
        }
        let users = read.into_iter().map(|users| users.into_iter().map(|user| user.rendered).collect());
        Ok((found.generation(), users.collect()))
    }

    /// Finds users in the database, together with other requests unless this one is a large one.
    async fn find(&self, keys: &[&LookupKey]) -> Result<FoundUsers, StoreError> {
        if !self.taken.initialized()
            && let Some(found) = self.batches.read(self.tenant(), keys).await?
        {
            return Ok(found);
        }
        self.take_places().await;
        Ok(self.store.users_by_keys(keys).await?.into())
    }

    fn standing(&self) -> Option<Standing> {
        self.part.as_ref().map(|part| part.cache.standing())
    }
}

impl Directory for CachedDirectory {
    type Error = StoreError;

    fn scope(&self) -> String {
        self.tenant().to_string()
    }

    async fn users_by_keys<R: Rendering>(
        &self,
        keys: &[RenderedKey<'_, R>],
    ) -> Result<Vec<Vec<RenderedUser>>, StoreError> {
        let now = self.clock.now();
        let Some(Found { standing, users }) = self.cached(keys, now) else {
            return Ok(self.read(keys, now).await?.1);
        };
        let missing: Vec<RenderedKey<'_, R>> =
            keys.iter().zip(&users).filter(|(_, users)| users.is_none()).map(|(key, _)| *key).collect();
        if missing.is_empty() {
            return Ok(users.into_iter().flatten().collect());
        }
        let (generation, read) = self.read(&missing, now).await?;
        if standing.generation != Some(generation) && missing.len() < keys.len() {
            // The directory changed between the cached part and the read: the two must not be combined.
            return Ok(self.read(keys, now).await?.1);
        }
        let mut read = read.into_iter();
        Ok(users.into_iter().map(|users| users.or_else(|| read.next()).unwrap_or_default()).collect())
    }

    async fn user_page<R: Rendering>(
        &self,
        ids: Option<&[UserId]>,
        window: PageWindow,
        rendering: &R,
    ) -> Result<UserPage, StoreError> {
        match ids {
            None => self.page_of_all(window, rendering).await,
            Some(ids) => self.page_of_ids(ids, window, rendering).await,
        }
    }

    async fn timeline_pages(
        &self,
        timeline: Timeline,
        queries: &[ViewQuery],
    ) -> Result<Vec<KeysetPage<TimelineEntry>>, StoreError> {
        self.take_places().await;
        self.store.timeline_pages(timeline, queries).await
    }
}

impl CachedDirectory {
    async fn page_of_all<R: Rendering>(
        &self,
        window: PageWindow,
        rendering: &R,
    ) -> Result<UserPage, StoreError> {
        let now = self.clock.now();
        let page = PageKey { index: window.index(), size: window.size() };
        if let Some(part) = self.part.as_ref().filter(|part| part.is_revalidated) {
            let found = part.cache.find_page(page, &rendering.key(), now);
            count(usize::from(found.is_some()), usize::from(found.is_none()));
            if let Some((users, total)) = found {
                return Ok(UserPage { users, total });
            }
        }
        self.take_places().await;
        let before = self.standing();
        let StoredPage { generation, total, users } = self.store.user_page(window).await?;
        let read = render_all(&users, rendering, now).await?;
        if let (Some(part), Some(before)) = (&self.part, before) {
            let kept = part.cache.keep_page((before, generation), rendering.key(), page, (&read, total));
            part.tenants.note_read(kept);
        }
        Ok(UserPage { users: read.into_iter().map(|user| user.rendered).collect(), total })
    }

    async fn page_of_ids<R: Rendering>(
        &self,
        ids: &[UserId],
        window: PageWindow,
        rendering: &R,
    ) -> Result<UserPage, StoreError> {
        let mut keys: Vec<LookupKey> = ids.iter().filter_map(|id| LookupKey::id(id.as_str())).collect();
        keys.sort_unstable();
        keys.dedup();
        if window.offset() == 0 && keys.len() <= window.size() as usize {
            // They all fit on the page, as in clients' batches: find them by their keys.
            let keys = keys.iter().map(|key| RenderedKey { key, rendering });
            let found = self.users_by_keys(&keys.collect::<Vec<_>>()).await?;
            let mut users: Vec<RenderedUser> = found.into_iter().flatten().collect();
            users.sort_unstable_by_key(|user| user.ordinal);
            users.dedup_by_key(|user| user.ordinal);
            let total = i64::try_from(users.len()).unwrap_or(i64::MAX);
            return Ok(UserPage { users, total });
        }
        self.take_places().await;
        let now = self.clock.now();
        let StoredPage { total, users, .. } = self.store.user_page_of(&keys, window).await?;
        let users = render_all(&users, rendering, now).await?;
        Ok(UserPage { users: users.into_iter().map(|user| user.rendered).collect(), total })
    }
}

/// Renders `users`, and lets other requests have a turn on the thread now and then.
async fn render_all<R: Rendering>(
    users: &[StoredUser],
    rendering: &R,
    now: OffsetDateTime,
) -> Result<Vec<Read>, StoreError> {
    let (mut read, mut at_once) = (Vec::with_capacity(users.len()), 0);
    for user in users {
        let user = render(user, rendering, now)?;
        at_once += user.rendered.fragment.json.len();
        read.push(user);
        if at_once > RENDERED_AT_ONCE {
            at_once = 0;
            tokio::task::yield_now().await;
        }
    }
    Ok(read)
}

fn render<R: Rendering>(stored: &StoredUser, rendering: &R, now: OffsetDateTime) -> Result<Read, StoreError> {
    let user = stored.read()?;
    let fragment = Arc::new(rendering.render(&user, now)?);
    Ok(Read { id: UserId::new(&*user.id), rendered: RenderedUser { ordinal: stored.ordinal, fragment } })
}

/// Counts cache hits and misses.
fn count(hits: usize, misses: usize) {
    let count = |outcome: &'static str, number: usize| {
        if number > 0 {
            let number = u64::try_from(number).unwrap_or(u64::MAX);
            metrics::counter!("userbatch_cache_lookups_total", "outcome" => outcome).increment(number);
        }
    };
    count("hit", hits);
    count("miss", misses);
}
