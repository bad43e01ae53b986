//! What goes over the wire, and how it comes from the core.

mod customer;
mod request;
mod user;

use serde::Serialize;
use utoipa::ToSchema;

use crate::pager::offset::PageWindow;

pub(super) use customer::ElementsCustomer;
pub(super) use request::{CustomersRequest, UsersRequest, read};
pub(super) use user::{ElementsUser, age_changes_at};

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// The items of the page; empty past the end.
    pub(super) data: Vec<T>,
    /// Which page this is, and of how many items in all.
    pub(super) metadata: Metadata,
}

/// Which page of a list an answer is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    /// The page, from 1.
    #[schema(minimum = 1, example = 1)]
    page_index: u32,
    /// Most items of a page.
    #[schema(minimum = 1, example = 100)]
    page_size: u32,
    /// How many items match over all pages, counted in the same snapshot as the page.
    #[schema(minimum = 0, example = 1)]
    total_count: i64,
}

impl<T> Page<T> {
    /// The page `window` of a list of `total` items.
    pub(super) fn new(window: PageWindow, total: i64, data: impl Iterator<Item = T>) -> Self {
        let metadata = Metadata { page_index: window.index(), page_size: window.size(), total_count: total };
        Self { data: data.collect(), metadata }
    }
}
