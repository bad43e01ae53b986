//! The request, in the forms of all versions. Unknown members are ignored.

use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::accounts::MAX_VIEWS;
use super::catalogue::{KnownView, ViewName};
use super::collection::CollectionId;
use crate::api::extract::{InvalidBody, json, json_at};
use crate::api::ignored::Ignored;
use crate::core::batch::MAX_BATCH;
use crate::core::counted::Counted;

/// The request's body.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountsRequest<'a> {
    /// The requested accounts, in response order.
    #[serde(borrow)]
    #[schema(value_type = Vec<AccountFetch<'a>>)]
    pub accounts_to_fetch: Counted<AccountFetch<'a>, MAX_BATCH>,
}

/// A requested account. An entry without username and address is skipped; the username takes precedence.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountFetch<'a> {
    /// Username; case-sensitive.
    pub username: Option<String>,
    /// Address in the form of any supported chain: `0x…`, `cosmos1…`, `bb1…`, `bc1q…`, `tthor1…`, or
    /// base58 (Solana).
    pub address: Option<String>,
    /// Whether an unknown sequence is returned as `0`.
    pub fetch_sequence: Option<bool>,
    /// No effect: the balance is always returned.
    #[expect(dead_code, reason = "documented and type-checked, but without effect, as with the vendor")]
    pub fetch_balance: Option<bool>,
    /// Raises the limit of accounts if set in every entry. No external calls are made in any case.
    pub no_external_calls: Option<bool>,
    /// Views of the account, one page each.
    #[serde(borrow)]
    #[schema(value_type = Option<Vec<ViewFetch>>)]
    views_to_fetch: Option<&'a RawValue>,
}

/// The account named by a raw query: by its parameters `address` and `username`, or else by the members of those names in
/// the JSON object `payload`, as the SDK for Python sends them. The first of several with one name counts.
///
/// # Errors
/// [`InvalidBody`] if there is neither name, or `payload` is malformed.
pub fn one_account(query: &str, ignored: &mut Ignored) -> Result<AccountFetch<'static>, InvalidBody> {
    let parameter = |name: &str| {
        let mut named = form_urlencoded::parse(query.as_bytes()).filter(|(found, _)| *found == *name);
        named.next().map(|(_, value)| value.into_owned())
    };
    let (username, address) = (parameter("username"), parameter("address"));
    let mut account = AccountFetch { username, address, ..AccountFetch::default() };
    if !account.is_named()
        && let Some(payload) = parameter("payload")
    {
        account = payload_account(&payload, ignored)?;
    }
    ignored.query(query, |name| ["username", "address", "payload"].contains(&name));
    if account.is_named() { Ok(account) } else { Err(no_name()) }
}

/// The fault of a request for one account that names none.
pub fn no_name() -> InvalidBody {
    InvalidBody { path: String::new(), reason: "It needs the parameter address or username".to_owned() }
}

fn payload_account(payload: &str, ignored: &mut Ignored) -> Result<AccountFetch<'static>, InvalidBody> {
    let raw: &RawValue = json(payload.as_bytes())
        .map_err(|InvalidBody { reason, .. }| InvalidBody { path: "payload".to_owned(), reason })?;
    let AccountFetch { username, address, .. } = json_at("payload", raw, ignored)?;
    Ok(AccountFetch { username, address, ..AccountFetch::default() })
}

/// A page of a view: `viewKey` (early versions, oldest first), or `viewId` and `viewType` (newest first).
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ViewFetch {
    /// Name of the view, also in the response.
    #[schema(value_type = Option<ViewName>)]
    pub view_key: Option<KnownView>,
    /// Name of the view in the response.
    pub view_id: Option<String>,
    /// Kind of the view.
    #[schema(value_type = Option<ViewName>)]
    pub view_type: Option<KnownView>,
    /// Bookmark returned with the previous page; empty for the first page.
    pub bookmark: Option<String>,
    /// Only entries of these collections; an empty list matches none.
    pub specific_collections: Option<Vec<CollectionFilter>>,
    /// Name of `specificCollections` before January 2024; ignored if that is present.
    pub filtered_collections: Option<Vec<CollectionFilter>>,
    /// Sort oldest first; only for `viewId` and `viewType`.
    pub oldest_first: Option<bool>,
}

/// A collection filter. Only the id is used, as by the vendor.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CollectionFilter {
    /// Its id.
    pub collection_id: CollectionId,
}

impl AccountFetch<'_> {
    /// Whether it has a username or an address.
    pub fn is_named(&self) -> bool {
        self.username().is_some() || self.address().is_some()
    }

    /// The username, if not empty; an empty one counts as missing, as in the vendor's server.
    pub fn username(&self) -> Option<&str> {
        self.username.as_deref().filter(|name| !name.is_empty())
    }

    /// The address, if there is no username.
    pub fn address(&self) -> Option<&str> {
        let address = self.address.as_deref().filter(|address| !address.is_empty());
        address.filter(|_| self.username().is_none())
    }

    /// The requested views of the entry at this path. They are read entry by entry, so that no more of them are in memory
    /// than a batch may have.
    ///
    /// # Errors
    /// [`InvalidBody`] with the path of the first fault.
    pub fn views(
        &self,
        place: impl FnOnce() -> String,
        ignored: &mut Ignored,
    ) -> Result<Counted<ViewFetch, MAX_VIEWS>, InvalidBody> {
        let Some(views) = self.views_to_fetch else { return Ok(Counted::default()) };
        json_at(&format!("{}.viewsToFetch", place()), views, ignored)
    }
}

impl ViewFetch {
    /// The bookmark, unless it stands for the first page: empty, or `nil` from an empty first page.
    pub fn bookmark(&self) -> Option<&str> {
        let bookmark = self.bookmark.as_deref();
        bookmark.filter(|text| !matches!(*text, "" | "nil"))
    }

    /// Number of collection filters.
    pub fn filters(&self) -> usize {
        let filters = self.specific_collections.as_ref().or(self.filtered_collections.as_ref());
        filters.map_or(0, Vec::len)
    }

    /// The distinct collections to filter by; `None` if there is no filter.
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

    fn fault(entry: &str) -> String {
        let body = format!(r#"{{"accountsToFetch":[{{}},{entry}]}}"#);
        let read = json::<AccountsRequest<'_>>(body.as_bytes());
        let read = read.and_then(|request| {
            request.accounts_to_fetch.kept()[1]
                .views(|| "accountsToFetch[1]".to_owned(), &mut Ignored::default())
        });
        read.unwrap_err().to_string()
    }

    #[test]
    fn errors_include_the_path_but_not_the_value() {
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
    fn one_account_is_named_by_parameters_or_by_the_payload() {
        let named = |query: &str| {
            one_account(query, &mut Ignored::default())
                .map(|fetch| (fetch.username, fetch.address))
                .map_err(|fault| fault.to_string())
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(named("username=a%20b&username=c"), Ok((text("a b"), None)));
        assert_eq!(named("address=0x1&other=1"), Ok((None, text("0x1"))));
        assert_eq!(named("payload=%7B%22address%22%3A%20%220x1%22%7D"), Ok((None, text("0x1"))));
        assert_eq!(named("payload={}&username=a"), Ok((text("a"), None)));
        assert_eq!(named("address=&payload={\"username\":\"b\"}"), Ok((text("b"), None)));
        for (query, fault) in [
            ("", "It needs the parameter address or username"),
            ("username=", "It needs the parameter address or username"),
            ("payload={}", "It needs the parameter address or username"),
            ("payload={\"username\":7000321}", "payload.username: "),
            ("payload=secret", "payload: "),
        ] {
            let refused = named(query).unwrap_err();
            assert!(refused.starts_with(fault), "{refused}");
            assert!(!refused.contains("secret") && !refused.contains("7000321"), "{refused}");
        }
    }

    #[test]
    fn collection_id_is_a_decimal_string_or_a_number() {
        let read = |json: &str| serde_json::from_str::<CollectionId>(json).ok().map(|id| id.0);
        assert_eq!(read("\"5\""), Some(Some(5)));
        assert_eq!(read("5"), Some(Some(5)));
        assert_eq!(read("\"99999999999999999999\""), Some(None));
        for refused in ["\"\"", "\"-1\"", "\"1.5\"", "\"1e3\"", "\" 1\"", "1.5", "-1", "true", "null", "{}"] {
            assert_eq!(read(refused), None, "{refused}");
        }
    }

    #[test]
    fn filters_are_deduplicated_and_may_be_empty() {
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
