//! A page of a list.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items of the page; empty past the end.
    pub data: Vec<T>,
    /// The page's number, and the total number of items.
    pub metadata: Metadata,
}

/// The position of a page in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The page number, from 1.
    #[schema(minimum = 1, example = 1)]
    pub page_index: u32,
    /// The maximum number of items per page.
    #[schema(minimum = 1, example = 100)]
    pub page_size: u32,
    /// The number of matching items over all pages, counted in the same snapshot as the page.
    #[schema(minimum = 0, example = 1)]
    pub total_count: i64,
}
