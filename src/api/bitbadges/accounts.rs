//! The batch operation: accounts by address or username, with their views.

use std::sync::Arc;

use super::error::{Error, TooMany};
use super::rendering::{AccountRendering, RenderedAccount};
use super::request::{AccountFetch, AccountsRequest};
use super::views::{RequestedView, requested_views};
use crate::api::extract::InvalidBody;
use crate::api::{App, Limits, json};
use crate::cache::CachedDirectory;
use crate::core::address::Address;
use crate::core::batch::{BatchEntry, BatchQuery, Found, fetch};
use crate::core::key::LookupKey;
use crate::store::StoreError;
use crate::wire::bitbadges::{AccountsResponse, ViewsBuilder};

/// Maximum collection filters per batch, over all views: each is a separate lookup.
pub(super) const MAX_COLLECTIONS: usize = 5_000;
/// Maximum views per batch: eight for each of 250 accounts, about 50 MB of full pages.
pub(super) const MAX_VIEWS: usize = 2_000;

/// An entry of the request with an address or a username.
#[derive(Debug)]
struct Entry<'a> {
    fetch: &'a AccountFetch,
    address: Option<Address>,
    views: Vec<RequestedView<'a>>,
}

impl<'a> Entry<'a> {
    fn new(index: usize, fetch: &'a AccountFetch) -> Result<Self, Error> {
        let place = format!("accountsToFetch[{index}]");
        let address = fetch
            .address()
            .map(Address::parse)
            .transpose()
            .map_err(|error| InvalidBody { path: format!("{place}.address"), reason: error.to_string() })?;
        Ok(Self { fetch, address, views: requested_views(&place, fetch.views())? })
    }

    /// The lookup for this entry.
    fn lookup(&self) -> BatchEntry<AccountRendering> {
        let account = self.address.map(|address| address.key());
        let key = match &account {
            Some(account) => LookupKey::address(account),
            None => self.fetch.username().and_then(LookupKey::username),
        };
        let rendering = self.rendering();
        BatchEntry { key, rendering, account, views: self.views.iter().map(RequestedView::request).collect() }
    }

    fn rendering(&self) -> AccountRendering {
        let fetch_sequence = self.fetch.fetch_sequence.unwrap_or_default();
        AccountRendering { address: self.address, fetch_sequence }
    }

    /// The account in the response.
    fn account(&self, found: Found) -> Result<RenderedAccount, Error> {
        let fragment = match found.users.into_iter().next() {
            Some(user) => user.fragment,
            None => Arc::new(self.rendering().fragment(None).map_err(StoreError::from)?),
        };
        if self.views.is_empty() {
            return Ok(RenderedAccount::Shared(fragment));
        }
        let mut views = ViewsBuilder::default();
        for (view, page) in self.views.iter().zip(found.views) {
            let page = page.map_err(|error| InvalidBody {
                path: format!("{}.bookmark", view.place),
                reason: error.to_string(),
            })?;
            view.answer(page, &mut views);
        }
        Ok(RenderedAccount::with_views(&fragment, &views.build()).map_err(StoreError::from)?)
    }
}

/// Responds to `request`, whose limits have been checked, from `directory`.
///
/// # Errors
/// [`Error::Body`] with the path of a malformed address or view, or of a bookmark issued for another view;
/// [`Error::Store`].
pub async fn fetch_accounts(
    app: &App,
    directory: &CachedDirectory,
    request: &AccountsRequest,
) -> Result<Vec<u8>, Error> {
    let asked = request.accounts_to_fetch.iter().enumerate();
    let named = asked.filter(|(_, fetch)| fetch.username().is_some() || fetch.address().is_some());
    let entries: Vec<Entry<'_>> =
        named.map(|(index, fetch)| Entry::new(index, fetch)).collect::<Result<_, _>>()?;
    let lookups: Vec<_> = entries.iter().map(Entry::lookup).collect();
    let query = BatchQuery::Entries { entries: &lookups, bookmarks: &app.bookmarks };
    let batch = fetch(directory, query).await?;
    let accounts = entries.iter().zip(batch.found).map(|(entry, found)| entry.account(found));
    let accounts = accounts.collect::<Result<Vec<_>, _>>()?;
    let (head, tail) = json::halves(&AccountsResponse { accounts: Vec::new() }).map_err(StoreError::from)?;
    let accounts: Vec<&[u8]> = accounts.iter().map(RenderedAccount::json).collect();
    Ok(json::around(&head, &accounts, &tail))
}

/// Checks the limits of `request` and returns its number of views.
///
/// # Errors
/// [`TooMany`] accounts, views or collection filters.
pub fn check_limits(request: &AccountsRequest, limits: &Limits) -> Result<u32, TooMany> {
    let asked = &request.accounts_to_fetch;
    check_accounts(asked, limits)?;
    let views = asked.iter().flat_map(AccountFetch::views).count();
    if views > MAX_VIEWS {
        return Err(TooMany::Views(MAX_VIEWS));
    }
    let filters = asked.iter().flat_map(AccountFetch::views).map(|(_, view)| view.filters());
    if filters.sum::<usize>() > MAX_COLLECTIONS {
        return Err(TooMany::Collections(MAX_COLLECTIONS));
    }
    Ok(u32::try_from(views).unwrap_or(u32::MAX))
}

/// The limit is higher if no entry may cause an external call (contract, section 1).
fn check_accounts(asked: &[AccountFetch], limits: &Limits) -> Result<(), TooMany> {
    let is_local = asked.iter().all(|entry| entry.no_external_calls == Some(true));
    let (limit, error): (_, fn(usize) -> TooMany) = if is_local {
        (limits.bitbadges_local_accounts, TooMany::LocalAccounts)
    } else {
        (limits.bitbadges_accounts, TooMany::Accounts)
    };
    if asked.len() > limit { Err(error(limit)) } else { Ok(()) }
}
