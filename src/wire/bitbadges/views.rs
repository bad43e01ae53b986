//! The views of an account: pages of ids, and the documents with those ids.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use super::documents::{AnnouncementDocument, HoldingDocument, ReviewDocument, TransferDocument, entry_id};
use super::{EmptyList, Members, ignored, members};
use crate::core::view::{Timeline, TimelineEntry};

/// The views of an account. The types of the documents are parameters: an import parses each document separately.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownViews<
    'a,
    H = HoldingDocument,
    T = TransferDocument,
    A = AnnouncementDocument,
    R = ReviewDocument,
> {
    /// Holdings shown by the views, without duplicates.
    #[serde(default = "Vec::new")]
    #[schema(value_type = Vec<HoldingDocument>, required)]
    pub collected: Vec<H>,
    /// Transfers shown by the views, without duplicates.
    #[serde(default = "Vec::new")]
    #[schema(value_type = Vec<TransferDocument>, required)]
    pub activity: Vec<T>,
    /// Announcements shown by the views, without duplicates.
    #[serde(default = "Vec::new")]
    #[schema(value_type = Vec<AnnouncementDocument>, required)]
    pub announcements: Vec<A>,
    /// Reviews shown by the views, without duplicates.
    #[serde(default = "Vec::new")]
    #[schema(value_type = Vec<ReviewDocument>, required)]
    pub reviews: Vec<R>,
    #[serde(default, deserialize_with = "ignored")]
    #[schema(value_type = Vec<Object>, required)]
    merkle_challenges: EmptyList,
    #[serde(default, deserialize_with = "ignored")]
    #[schema(value_type = Vec<Object>, required)]
    approvals_trackers: EmptyList,
    /// The requested views, by `viewKey` or `viewId`.
    #[serde(default, deserialize_with = "ignored")]
    #[schema(value_type = std::collections::BTreeMap<String, View>, required)]
    views: NamedViews<'a>,
}

/// One page of a view: ids of documents in the account's lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct View {
    /// Ids, in the view's order.
    pub ids: Vec<String>,
    /// The type of the documents.
    #[serde(rename = "type")]
    pub type_name: Cow<'static, str>,
    /// How to request the next page.
    pub pagination: Pagination,
}

/// How to request the next page of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// To be sent with the next request; opaque.
    pub bookmark: String,
    /// Whether there currently is a next page.
    pub has_more: bool,
}

/// Views by name, in the order requested.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct NamedViews<'a>(Vec<(&'a str, View)>);

impl Serialize for NamedViews<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, view)| (name, view)))
    }
}

impl Default for ShownViews<'_> {
    fn default() -> Self {
        Self {
            collected: Vec::new(),
            activity: Vec::new(),
            announcements: Vec::new(),
            reviews: Vec::new(),
            merkle_challenges: EmptyList::default(),
            approvals_trackers: EmptyList::default(),
            views: NamedViews::default(),
        }
    }
}

impl ShownViews<'_> {
    /// Its members, without braces, to be placed among those of an account.
    ///
    /// # Errors
    /// [`serde_json::Error`] if they cannot be serialised.
    pub fn members(&self) -> Result<Vec<u8>, serde_json::Error> {
        members(self)
    }

    fn push(&mut self, entry: TimelineEntry, members: Members) {
        match entry {
            TimelineEntry::Holding(holding) => self.collected.push(HoldingDocument::new(holding, members)),
            TimelineEntry::Transfer(transfer) => self.activity.push(TransferDocument::new(transfer, members)),
            TimelineEntry::Announcement(announcement) => self.announcements.push(announcement.into()),
            TimelineEntry::Review(review) => self.reviews.push(review.into()),
            // No view shows it.
            TimelineEntry::Audience(_) => {}
        }
    }
}

/// Collects the views of one account.
#[derive(Debug, Default)]
pub struct ViewsBuilder<'a> {
    members: Members,
    shown: ShownViews<'a>,
    ids: HashSet<(Timeline, String)>,
}

impl<'a> ViewsBuilder<'a> {
    /// Views whose documents have these members.
    #[must_use]
    pub fn new(members: Members) -> Self {
        Self { members, ..Self::default() }
    }

    /// Adds the view `name` with a page of entries, and those documents that no earlier view shows.
    pub fn add(
        &mut self,
        name: &'a str,
        type_name: &'static str,
        entries: Vec<TimelineEntry>,
        pagination: Pagination,
    ) {
        let ids = entries.into_iter().map(|entry| self.add_document(entry)).collect();
        let view = View { ids, type_name: Cow::Borrowed(type_name), pagination };
        self.shown.views.0.push((name, view));
    }

    fn add_document(&mut self, entry: TimelineEntry) -> String {
        let id = entry_id(&entry);
        if self.ids.insert((entry.timeline(), id.clone())) {
            self.shown.push(entry, self.members);
        }
        id
    }

    /// The views, in the order in which they were added.
    #[must_use]
    pub fn build(self) -> ShownViews<'a> {
        self.shown
    }
}
