//! What a client asks, of every era at once. Members not named here are ignored.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::catalogue::KnownView;

/// The request's body.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountsRequest {
    /// The accounts, in the order in which they are answered.
    pub accounts_to_fetch: Vec<AccountFetch>,
}

/// One account, and what is wanted of it. An entry with neither name is skipped; of two the username counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountFetch {
    /// Exact, case-sensitive.
    pub username: Option<String>,
    /// In the form of any supported chain: `0x…`, `cosmos1…`, `bb1…`, `bc1q…`, or base58 (Solana).
    pub address: Option<String>,
    /// Whether an account without a known sequence says `0`.
    pub fetch_sequence: Option<bool>,
    /// The balance is always told.
    #[expect(dead_code, reason = "documented, checked for its type, and without effect, as at the vendor's")]
    pub fetch_balance: Option<bool>,
    /// No external call is ever made; more accounts are let through when every entry says so.
    pub no_external_calls: Option<bool>,
    /// Views of the account, each one page.
    pub views_to_fetch: Option<Vec<ViewFetch>>,
}

/// One page of one view: `viewKey` (first eras, oldest first), or `viewId` and `viewType` (newest first).
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ViewFetch {
    /// Name of the view, here and in the answer.
    #[schema(value_type = Option<String>, example = "latestActivity")]
    pub view_key: Option<KnownView>,
    /// What the view is called in the answer.
    #[schema(example = "mine")]
    pub view_id: Option<String>,
    /// Kind of the view.
    #[schema(value_type = Option<String>, example = "transferActivity")]
    pub view_type: Option<KnownView>,
    /// As the page before gave it; empty for the first page.
    pub bookmark: Option<String>,
    /// Only entries of these collections; of none if it is empty.
    pub specific_collections: Option<Vec<CollectionFilter>>,
    /// What `specificCollections` was called before January 2024; that one counts if both are there.
    pub filtered_collections: Option<Vec<CollectionFilter>>,
    /// Oldest first, for `viewId` and `viewType`.
    pub oldest_first: Option<bool>,
}

/// A collection. Only its id narrows a view, as at the vendor's.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CollectionFilter {
    /// A decimal string or a number.
    #[schema(value_type = String, example = "5")]
    pub collection_id: CollectionId,
}

/// Id of a collection; `None` for an integer so large that no collection has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CollectionId(pub Option<i64>);

impl<'de> Deserialize<'de> for CollectionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CollectionIdVisitor)
    }
}

struct CollectionIdVisitor;

impl Visitor<'_> for CollectionIdVisitor {
    type Value = CollectionId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a non-negative integer as a decimal string or a number")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<CollectionId, E> {
        Ok(CollectionId(i64::try_from(value).ok()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<CollectionId, E> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(E::invalid_value(de::Unexpected::Str(text), &self));
        }
        Ok(CollectionId(text.parse().ok()))
    }
}

impl AccountFetch {
    /// The username, if the entry has one: as in the vendor's server, an empty one is none.
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref().filter(|name| !name.is_empty())
    }

    /// The address, if the entry is by address.
    pub fn address(&self) -> Option<&str> {
        let address = self.address.as_deref().filter(|address| !address.is_empty());
        address.filter(|_| self.username().is_none())
    }

    /// The views asked for, each with its index.
    pub fn views(&self) -> impl Iterator<Item = (usize, &ViewFetch)> {
        self.views_to_fetch.iter().flatten().enumerate()
    }
}

impl ViewFetch {
    /// The bookmark, if it is not that of a first page: `nil` is what an empty first page gave.
    pub fn bookmark(&self) -> Option<&str> {
        let bookmark = self.bookmark.as_deref();
        bookmark.filter(|text| !matches!(*text, "" | "nil"))
    }

    /// How many collections the view names to be narrowed to.
    pub fn filters(&self) -> usize {
        let filters = self.specific_collections.as_ref().or(self.filtered_collections.as_ref());
        filters.map_or(0, Vec::len)
    }

    /// The collections the view is narrowed to, each once; `None` if it is not narrowed.
    pub fn collections(&self) -> Option<Vec<i64>> {
        let filters = self.specific_collections.as_ref().or(self.filtered_collections.as_ref())?;
        let mut ids: Vec<i64> = filters.iter().filter_map(|filter| filter.collection_id.0).collect();
        ids.sort_unstable();
        ids.dedup();
        Some(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::extract;

    fn fault(entry: &str) -> String {
        let body = format!(r#"{{"accountsToFetch":[{{}},{entry}]}}"#);
        extract::json::<AccountsRequest>(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_fault_is_told_with_its_place_and_without_the_value() {
        for (entry, place) in [
            (r#"{"username":7000321}"#, "accountsToFetch[1].username: "),
            (r#"{"fetchSequence":"secret"}"#, "accountsToFetch[1].fetchSequence: "),
            (r#"{"viewsToFetch":{}}"#, "accountsToFetch[1].viewsToFetch: "),
            (r#"{"viewsToFetch":[{"viewKey":"secret"}]}"#, "accountsToFetch[1].viewsToFetch[0].viewKey: "),
            (r#"{"viewsToFetch":[{"bookmark":7000321}]}"#, "accountsToFetch[1].viewsToFetch[0].bookmark: "),
            (
                r#"{"viewsToFetch":[{"specificCollections":[{"collectionId":"secret, expected"}]}]}"#,
                "accountsToFetch[1].viewsToFetch[0].specificCollections[0].collectionId: ",
            ),
        ] {
            let fault = fault(entry);
            assert!(fault.starts_with(place), "{fault}");
            assert!(!fault.contains("secret") && !fault.contains("7000321"), "{fault}");
        }
    }

    #[test]
    fn a_collection_is_a_decimal_string_or_a_number() {
        let read = |json: &str| serde_json::from_str::<CollectionId>(json).ok().map(|id| id.0);
        assert_eq!(read("\"5\""), Some(Some(5)));
        assert_eq!(read("5"), Some(Some(5)));
        assert_eq!(read("\"99999999999999999999\""), Some(None));
        for refused in ["\"\"", "\"-1\"", "\"1.5\"", "\"1e3\"", "\" 1\"", "1.5", "-1", "true", "null", "{}"] {
            assert_eq!(read(refused), None, "{refused}");
        }
    }

    #[test]
    fn a_filter_names_each_collection_once_and_an_empty_one_none() {
        let view: ViewFetch =
            serde_json::from_str(r#"{"filteredCollections":[{"collectionId":7},{"collectionId":"7"}]}"#)
                .unwrap();
        assert_eq!(view.collections(), Some(vec![7]));
        let view: ViewFetch =
            serde_json::from_str(r#"{"specificCollections":[],"filteredCollections":[{"collectionId":7}]}"#)
                .unwrap();
        assert_eq!(view.collections(), Some(vec![]));
        assert_eq!(ViewFetch::default().collections(), None);
    }
}
