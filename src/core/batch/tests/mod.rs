//! Properties of every batch, tested on an in-memory directory.

mod users;
mod views;

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use time::OffsetDateTime;

use super::*;
use crate::core::address::{AccountKey, Address};
use crate::core::directory::UserPage;
use crate::core::face::Face;
use crate::core::id::UserId;
use crate::core::rendering::Fragment;
use crate::core::user::{BorrowedUser, ChainAccount, User};
use crate::core::view::{Review, Timeline, TimelineEntry, Transfer, ViewQuery};
use crate::pager::keyset::{Direction, KeysetPage};
use crate::pager::offset::PageWindow;

/// Renders a user as its id.
#[derive(Debug, Clone, Copy, PartialEq)]
struct AsId;

impl Rendering for AsId {
    fn key(&self) -> RenderingKey {
        RenderingKey { face: Face::GenAuth, options: 0, address: None }
    }

    fn render(&self, user: &BorrowedUser<'_>, _: OffsetDateTime) -> Result<Fragment, serde_json::Error> {
        let account = user.addresses().next().map(|(_, address)| address.key());
        Ok(Fragment { json: user.id.as_bytes().into(), splice: 0, account, valid_until: None })
    }
}

fn rendered<R: Rendering>((ordinal, user): (usize, &User), rendering: &R) -> RenderedUser {
    let fragment = Arc::new(rendering.render(&user.borrowed(), OffsetDateTime::UNIX_EPOCH).unwrap());
    RenderedUser { ordinal: i64::try_from(ordinal).unwrap(), fragment }
}

/// A directory that records its calls.
#[derive(Default)]
struct InMemory {
    name: &'static str,
    /// In the order in which they were added.
    users: Vec<User>,
    entries: Vec<(AccountKey, TimelineEntry)>,
    asked: Mutex<Vec<String>>,
}

impl InMemory {
    fn with_users(users: impl IntoIterator<Item = User>) -> Self {
        Self { name: "here", users: users.into_iter().collect(), ..Self::default() }
    }

    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn page(&self, timeline: Timeline, query: &ViewQuery) -> KeysetPage<TimelineEntry> {
        let of_view = self.entries.iter().filter(|(account, entry)| {
            let is_incoming = match entry {
                TimelineEntry::Transfer(transfer) => transfer.parties().get(&query.account) == Some(&true),
                _ => true,
            };
            *account == query.account && entry.timeline() == timeline && (is_incoming || !query.incoming_only)
        });
        let mut entries: Vec<TimelineEntry> = of_view.map(|(_, entry)| entry.clone()).collect();
        entries.sort_by_key(TimelineEntry::sort_key);
        if query.direction == Direction::Descending {
            entries.reverse();
        }
        entries.retain(|entry| match (&query.after, query.direction) {
            (None, _) => true,
            (Some(after), Direction::Ascending) => entry.sort_key() > *after,
            (Some(after), Direction::Descending) => entry.sort_key() < *after,
        });
        KeysetPage::cut(entries, query.size)
    }
}

impl Directory for InMemory {
    type Error = Infallible;

    fn scope(&self) -> String {
        self.name.to_owned()
    }

    async fn users_by_keys<R: Rendering>(
        &self,
        keys: &[RenderedKey<'_, R>],
    ) -> Result<Vec<Vec<RenderedUser>>, Infallible> {
        self.note(format!("{} keys", keys.len()));
        let of_key = |&RenderedKey { key, rendering }: &RenderedKey<'_, R>| {
            let with_key =
                self.users.iter().enumerate().filter(|(_, user)| user.keys().unwrap().contains(key));
            with_key.map(|user| rendered(user, rendering)).collect()
        };
        Ok(keys.iter().map(of_key).collect())
    }

    async fn user_page<R: Rendering>(
        &self,
        ids: Option<&[UserId]>,
        window: PageWindow,
        rendering: &R,
    ) -> Result<UserPage, Infallible> {
        self.note(format!("page {}", window.index()));
        let is_asked = |(_, user): &(usize, &User)| ids.is_none_or(|ids| ids.contains(&user.id));
        let matching: Vec<_> = self.users.iter().enumerate().filter(is_asked).collect();
        let total = i64::try_from(matching.len()).unwrap();
        let skip = usize::try_from(window.offset()).unwrap();
        let page = matching.into_iter().skip(skip).take(window.size() as usize);
        Ok(UserPage { users: page.map(|user| rendered(user, rendering)).collect(), total })
    }

    async fn timeline_pages(
        &self,
        timeline: Timeline,
        queries: &[ViewQuery],
    ) -> Result<Vec<KeysetPage<TimelineEntry>>, Infallible> {
        self.note(timeline.as_str().to_owned());
        Ok(queries.iter().map(|query| self.page(timeline, query)).collect())
    }
}

fn fetched(directory: &InMemory, query: BatchQuery<'_, AsId>) -> Batch {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(fetch(directory, query)).unwrap()
}

/// Users `user-0` to `user-n`.
fn users(n: usize) -> impl Iterator<Item = User> {
    (0..n).map(|number| User::new(UserId::new(format!("user-{number}"))))
}

fn id(number: usize) -> Option<LookupKey> {
    LookupKey::id(&format!("user-{number}"))
}

fn ids<'a>(users: impl IntoIterator<Item = &'a RenderedUser>) -> Vec<&'a str> {
    users.into_iter().map(|user| std::str::from_utf8(&user.fragment.json).unwrap()).collect()
}
