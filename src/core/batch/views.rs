//! The views of a batch: grouped by timeline, read with one call to the directory for each timeline involved, and
//! returned in the order requested.

use std::collections::BTreeMap;

use crate::core::address::AccountKey;
use crate::core::directory::Directory;
use crate::core::view::{Timeline, TimelineEntry, ViewPage, ViewQuery, ViewRequest};
use crate::pager::bookmark::{BookmarkError, Bookmarks};
use crate::pager::keyset::KeysetPage;

/// Views of one account; of none if no user was found.
#[derive(Debug)]
pub(super) struct AccountViews<'a> {
    pub(super) account: Option<AccountKey>,
    pub(super) views: &'a [ViewRequest],
}

/// A view of an account, with everything that its bookmarks are bound to.
#[derive(Debug)]
struct Scope<'a> {
    directory: &'a str,
    account: &'a AccountKey,
    timeline: Timeline,
    view: &'a ViewRequest,
}

impl Scope<'_> {
    fn parts(&self) -> [&str; 5] {
        let parties = match self.timeline {
            Timeline::Transfers if self.view.incoming_only => "incoming",
            Timeline::Transfers => "both",
            Timeline::Holdings | Timeline::Announcements | Timeline::Reviews | Timeline::Audiences => "",
        };
        let direction = self.view.direction.as_str();
        [self.directory, self.account.as_str(), self.timeline.as_str(), parties, direction]
    }

    fn query(&self, bookmarks: &Bookmarks) -> Result<ViewQuery, BookmarkError> {
        let bookmark = self.view.bookmark.as_deref();
        Ok(ViewQuery {
            account: self.account.clone(),
            direction: self.view.direction,
            after: bookmark.map(|bookmark| bookmarks.decode(bookmark, &self.parts())).transpose()?,
            collections: self.view.collections.clone(),
            incoming_only: self.view.incoming_only,
            size: self.view.size,
        })
    }

    fn page(&self, bookmarks: &Bookmarks, page: KeysetPage<TimelineEntry>) -> ViewPage {
        let last = page.items.last().map(TimelineEntry::sort_key);
        let bookmark = last.map(|last| bookmarks.encode(&last, &self.parts()));
        ViewPage {
            bookmark: bookmark.or_else(|| self.view.bookmark.clone()),
            has_more: page.has_more,
            entries: page.items,
        }
    }
}

/// A view whose bookmark was checked.
enum Checked<'a> {
    /// Its page is read, along with others of its timeline, in the order of the views.
    Read(Scope<'a>),
    /// It is always empty.
    Nothing(&'a ViewRequest),
}

impl Checked<'_> {
    fn page(self, bookmarks: &Bookmarks, pages: &mut Pages) -> ViewPage {
        match self {
            Self::Read(scope) => {
                let next = pages.get_mut(&scope.timeline).and_then(Iterator::next);
                scope.page(bookmarks, next.unwrap_or_default())
            }
            Self::Nothing(view) => ViewPage { bookmark: view.bookmark.clone(), ..ViewPage::default() },
        }
    }
}

/// The pages read, by timeline.
type Pages = BTreeMap<Timeline, std::vec::IntoIter<KeysetPage<TimelineEntry>>>;

/// The reads that a batch's views need.
struct Gathering<'a> {
    directory: &'a str,
    bookmarks: &'a Bookmarks,
    queries: BTreeMap<Timeline, Vec<ViewQuery>>,
}

impl<'a> Gathering<'a> {
    /// Checks the bookmark of a view, and adds the read it needs.
    fn add(
        &mut self,
        account: Option<&'a AccountKey>,
        view: &'a ViewRequest,
    ) -> Result<Checked<'a>, BookmarkError> {
        match (account, view.timeline) {
            (Some(account), Some(timeline)) => {
                let scope = Scope { directory: self.directory, account, timeline, view };
                let query = scope.query(self.bookmarks)?;
                self.queries.entry(timeline).or_default().push(query);
                Ok(Checked::Read(scope))
            }
            // No bookmark is ever issued for such a view.
            (Some(_), None) if view.bookmark.is_some() => Err(BookmarkError),
            // The user may have been removed since the bookmark was issued: without the account it cannot be checked.
            (Some(_) | None, _) => Ok(Checked::Nothing(view)),
        }
    }
}

/// Reads a page of each view of each account.
pub(super) async fn read_views<D: Directory>(
    directory: &D,
    bookmarks: &Bookmarks,
    accounts: &[AccountViews<'_>],
) -> Result<Vec<Vec<Result<ViewPage, BookmarkError>>>, D::Error> {
    let scope = directory.scope();
    let mut gathering = Gathering { directory: &scope, bookmarks, queries: BTreeMap::new() };
    let mut checked = Vec::with_capacity(accounts.len());
    for AccountViews { account, views } in accounts {
        checked.push(views.iter().map(|view| gathering.add(account.as_ref(), view)).collect::<Vec<_>>());
    }
    let mut pages = Pages::new();
    for (timeline, queries) in gathering.queries {
        pages.insert(timeline, directory.timeline_pages(timeline, &queries).await?.into_iter());
    }
    let mut answers = Vec::with_capacity(accounts.len());
    for views in checked {
        answers.push(views.into_iter().map(|view| Ok(view?.page(bookmarks, &mut pages))).collect());
    }
    Ok(answers)
}
