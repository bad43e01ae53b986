//! Views in the two request forms and in the response.

use std::collections::HashSet;

use super::catalogue::Kind;
use super::error::Error;
use super::request::ViewFetch;
use crate::api::extract::InvalidBody;
use crate::core::view::{ViewPage, ViewRequest};
use crate::pager::keyset::Direction;
use crate::wire::bitbadges::{Members, Pagination, ViewsBuilder};

/// Entries per page of a view (contract, section 2).
pub const PAGE_SIZE: usize = 25;

/// A requested view in either form.
#[derive(Debug)]
pub struct RequestedView<'a> {
    /// Its name in the response.
    pub name: &'a str,
    /// Its path in the request.
    pub place: String,
    kind: &'static Kind,
    direction: Direction,
    /// By `viewKey`: activity shows incoming transfers only, and an empty first page has the bookmark `nil`.
    is_early_form: bool,
    fetch: &'a ViewFetch,
}

impl<'a> RequestedView<'a> {
    /// `viewId` and `viewType` take precedence, since they replaced `viewKey`.
    fn new(place: String, fetch: &'a ViewFetch) -> Result<Self, InvalidBody> {
        if let (Some(name), Some(kind)) = (&fetch.view_id, fetch.view_type) {
            let ascending = fetch.oldest_first.unwrap_or_default();
            let direction = if ascending { Direction::Ascending } else { Direction::Descending };
            return Ok(Self { name, place, kind: kind.0, direction, is_early_form: false, fetch });
        }
        let Some(kind) = fetch.view_key else {
            let reason = "needs a viewKey, or a viewId and a viewType".to_owned();
            return Err(InvalidBody { path: place, reason });
        };
        let (kind, direction) = (kind.0, Direction::Ascending);
        Ok(Self { name: kind.name, place, kind, direction, is_early_form: true, fetch })
    }

    /// The members that its documents need: those of the first eras by a `viewKey` that they had.
    pub const fn members(&self) -> Members {
        if self.is_early_form && !self.kind.is_newest { Members::Early } else { Members::All }
    }

    /// Whether everybody may see its kind.
    pub fn is_public(&self) -> bool {
        self.kind.is_public()
    }

    /// The query for this view.
    pub fn request(&self) -> ViewRequest {
        ViewRequest {
            timeline: self.kind.timeline,
            direction: self.direction,
            collections: self.fetch.collections(),
            incoming_only: self.is_early_form,
            bookmark: self.fetch.bookmark().map(str::to_owned),
            size: PAGE_SIZE,
        }
    }

    /// Adds the view to the response.
    pub fn answer(&self, page: ViewPage, views: &mut ViewsBuilder<'a>) {
        let no_bookmark = if self.is_early_form { "nil" } else { "" };
        let pagination = Pagination {
            bookmark: page.bookmark.unwrap_or_else(|| no_bookmark.to_owned()),
            has_more: page.has_more,
        };
        views.add(self.name, self.kind.type_name, page.entries, pagination);
    }
}

/// The views of the entry at this path of the request. Of several with the same name the first counts.
///
/// # Errors
/// [`Error::Body`] with the path of a view in neither form.
pub fn requested_views(
    place: impl FnOnce() -> String,
    views: &[ViewFetch],
) -> Result<Vec<RequestedView<'_>>, Error> {
    if views.is_empty() {
        return Ok(Vec::new());
    }
    let (place, mut names) = (place(), HashSet::new());
    let mut requested = Vec::new();
    for (index, fetch) in views.iter().enumerate() {
        let view = RequestedView::new(format!("{place}.viewsToFetch[{index}]"), fetch)?;
        if names.insert(view.name) {
            requested.push(view);
        }
    }
    Ok(requested)
}
