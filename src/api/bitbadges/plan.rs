//! The views of a whole batch: gathered by what they show, read with one statement for each kind that was asked
//! for at all, and dealt out again.

use std::collections::HashSet;

use super::catalogue::{Content, Kind};
use super::dto::request::ViewFetch;
use super::dto::view::{Documents, Pagination, Shown, View, Views};
use super::error::Error;
use crate::api::extract::InvalidBody;
use crate::cache::CachedDirectory;
use crate::core::address::AccountKey;
use crate::core::directory::Directory as _;
use crate::core::view::{Announcement, Holding, Review, Transfer, ViewQuery};
use crate::pager::bookmark::Bookmarks;
use crate::pager::keyset::{Direction, Page, Position};
use crate::store::StoreError;

/// Entries on a page of a view (contract, section 2).
pub const PAGE_SIZE: usize = 25;

/// A view that was asked for in one of the two forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form<'a> {
    name: &'a str,
    kind: &'static Kind,
    direction: Direction,
    /// By `viewKey`: activity is what came in, and an empty first page has the bookmark `nil`.
    first_era: bool,
}

impl<'a> Form<'a> {
    /// The form of `view`; `viewId` and `viewType` replaced `viewKey`, so they count where both are there.
    fn of(view: &'a ViewFetch) -> Option<Self> {
        if let (Some(name), Some(kind)) = (&view.view_id, view.view_type) {
            let ascending = view.oldest_first.unwrap_or_default();
            let direction = if ascending { Direction::Ascending } else { Direction::Descending };
            return Some(Self { name, kind: kind.0, direction, first_era: false });
        }
        let kind = view.view_key?.0;
        Some(Self { name: kind.name, kind, direction: Direction::Ascending, first_era: true })
    }

    /// What a bookmark of this view of `account` is good for, and nothing else.
    fn scope<'s>(&self, tenant: &'s str, account: &'s str) -> [&'s str; 5] {
        let parties = if self.first_era { "incoming" } else { "both" };
        let parties = if self.kind.content == Content::Transfers { parties } else { "" };
        [tenant, account, self.kind.content.as_str(), parties, self.direction.as_str()]
    }
}

/// A view of one entry, and where its page will be.
#[derive(Debug)]
struct Planned<'a> {
    form: Form<'a>,
    account: Option<AccountKey>,
    bookmark: Option<&'a str>,
    slot: usize,
}

/// The views of a batch.
#[derive(Debug)]
pub struct Plan<'a> {
    tenant: String,
    bookmarks: &'a Bookmarks,
    entries: Vec<Vec<Planned<'a>>>,
    transfers: Vec<ViewQuery>,
    holdings: Vec<ViewQuery>,
    announcements: Vec<ViewQuery>,
    reviews: Vec<ViewQuery>,
}

/// The pages of a batch's views, in the order of the plan's queries.
#[derive(Debug)]
pub struct Pages {
    transfers: Vec<Page<Transfer>>,
    holdings: Vec<Page<Holding>>,
    announcements: Vec<Page<Announcement>>,
    reviews: Vec<Page<Review>>,
}

impl<'a> Plan<'a> {
    /// A plan of nothing yet, for the directory of `tenant`.
    pub fn new(tenant: String, bookmarks: &'a Bookmarks) -> Self {
        Self {
            tenant,
            bookmarks,
            entries: Vec::new(),
            transfers: Vec::new(),
            holdings: Vec::new(),
            announcements: Vec::new(),
            reviews: Vec::new(),
        }
    }

    /// Adds the views of the next entry, which the request has at `place`. Of several of one name the first counts.
    ///
    /// # Errors
    /// [`Error::Body`] with the place of a view in no form, or of a bookmark that is not one for it.
    pub fn add_entry(
        &mut self,
        place: &str,
        account: Option<&AccountKey>,
        views: impl Iterator<Item = (usize, &'a ViewFetch)>,
    ) -> Result<(), Error> {
        let mut names = HashSet::new();
        let mut planned = Vec::new();
        for (index, view) in views {
            let place = || format!("{place}.viewsToFetch[{index}]");
            let form = Form::of(view).ok_or_else(|| formless(place()))?;
            if names.insert(form.name) {
                planned.push(self.planned(form, account, view, place)?);
            }
        }
        self.entries.push(planned);
        Ok(())
    }

    fn planned(
        &mut self,
        form: Form<'a>,
        account: Option<&AccountKey>,
        view: &'a ViewFetch,
        place: impl Fn() -> String,
    ) -> Result<Planned<'a>, Error> {
        let bookmark = view.bookmark();
        let after = self.position(form, account, bookmark).map_err(|reason| {
            Error::Body(InvalidBody { path: format!("{}.bookmark", place()), reason: reason.to_string() })
        })?;
        let mut slot = 0;
        if let (Some(account), Some(queries)) = (account, self.queries(form.kind.content)) {
            slot = queries.len();
            queries.push(ViewQuery {
                account: account.clone(),
                direction: form.direction,
                after,
                collections: view.collections(),
                incoming_only: form.first_era,
                size: PAGE_SIZE,
            });
        }
        Ok(Planned { form, account: account.cloned(), bookmark, slot })
    }

    /// Where a view starts. Of an account that is not there (any more) no bookmark can be told from another.
    fn position(
        &self,
        form: Form<'_>,
        account: Option<&AccountKey>,
        bookmark: Option<&str>,
    ) -> Result<Option<Position>, crate::pager::bookmark::InvalidBookmark> {
        let (Some(bookmark), Some(account)) = (bookmark, account) else {
            return Ok(None);
        };
        self.bookmarks.decode(bookmark, &form.scope(&self.tenant, account.as_str())).map(Some)
    }

    const fn queries(&mut self, content: Content) -> Option<&mut Vec<ViewQuery>> {
        match content {
            Content::Transfers => Some(&mut self.transfers),
            Content::Holdings => Some(&mut self.holdings),
            Content::Announcements => Some(&mut self.announcements),
            Content::Reviews => Some(&mut self.reviews),
            Content::Nothing => None,
        }
    }

    /// Reads all pages: one statement for each kind that any view shows, however many views there are.
    ///
    /// # Errors
    /// Those of the directory.
    pub async fn read(&self, directory: &CachedDirectory) -> Result<Pages, StoreError> {
        Ok(Pages {
            transfers: match &*self.transfers {
                [] => Vec::new(),
                queries => directory.transfers(queries).await?,
            },
            holdings: match &*self.holdings {
                [] => Vec::new(),
                queries => directory.holdings(queries).await?,
            },
            announcements: match &*self.announcements {
                [] => Vec::new(),
                queries => directory.announcements(queries).await?,
            },
            reviews: match &*self.reviews {
                [] => Vec::new(),
                queries => directory.reviews(queries).await?,
            },
        })
    }

    /// Whether the entry at `index` (of those added) has views.
    pub fn has_views(&self, index: usize) -> bool {
        self.entries.get(index).is_some_and(|views| !views.is_empty())
    }

    /// What the entry at `index` (of those added) shows.
    pub fn deal(&self, index: usize, pages: &mut Pages) -> (Views, Documents) {
        let (mut views, mut documents) = (Views::default(), Documents::default());
        for planned in self.entries.get(index).into_iter().flatten() {
            let shown = pages.take(planned, &mut documents);
            views.push(planned.form.name, self.view(planned, shown));
        }
        (views, documents)
    }

    fn view(&self, planned: &Planned<'_>, shown: Shown) -> View {
        let bookmark = match (&shown.last, &planned.account, planned.bookmark) {
            (Some(last), Some(account), _) => {
                self.bookmarks.encode(last, &planned.form.scope(&self.tenant, account.as_str()))
            }
            // Nothing after this bookmark yet: it stays the place to go on from.
            (_, _, Some(bookmark)) => bookmark.to_owned(),
            _ if planned.form.first_era => "nil".to_owned(),
            _ => String::new(),
        };
        View {
            ids: shown.ids,
            type_name: planned.form.kind.type_name,
            pagination: Pagination { bookmark, has_more: shown.has_more },
        }
    }
}

impl Pages {
    /// Moves a view's documents out.
    fn take(&mut self, planned: &Planned<'_>, documents: &mut Documents) -> Shown {
        if planned.account.is_none() {
            return Shown::default();
        }
        match planned.form.kind.content {
            Content::Transfers => documents.activity.add(page(&mut self.transfers, planned.slot)),
            Content::Holdings => documents.collected.add(page(&mut self.holdings, planned.slot)),
            Content::Announcements => {
                documents.announcements.add(page(&mut self.announcements, planned.slot))
            }
            Content::Reviews => documents.reviews.add(page(&mut self.reviews, planned.slot)),
            Content::Nothing => Shown::default(),
        }
    }
}

fn page<T>(pages: &mut [Page<T>], slot: usize) -> Page<T> {
    pages.get_mut(slot).map(std::mem::take).unwrap_or_default()
}

fn formless(path: String) -> Error {
    Error::Body(InvalidBody { path, reason: "needs a viewKey, or a viewId and a viewType".to_owned() })
}
