//! The batch: names to accounts with their views.

use super::error::{Error, TooMany};
use super::request::{AccountFetch, AccountsRequest};
use super::views::{AskedView, asked_views};
use axum::response::{IntoResponse as _, Response};

use crate::api::extract::InvalidBody;
use crate::api::json::Json;
use crate::api::{App, Limits};
use crate::core::address::Address;
use crate::core::batch::{BatchEntry, BatchQuery, Found, fetch};
use crate::core::key::LookupKey;
use crate::store::TenantStore;
use crate::wire::bitbadges::{AccountResponse, AccountsResponse, NamedAccount, ViewsBuilder};

/// Most collections that the views of one batch may be narrowed to, all together: each is a look-up of its own.
pub(super) const MAX_COLLECTIONS: usize = 5_000;
/// Most views in one batch: eight of each of 250 accounts. Full pages of so many are some 50 MB.
pub(super) const MAX_VIEWS: usize = 2_000;

/// An entry that names someone.
#[derive(Debug)]
struct Entry<'a> {
    fetch: &'a AccountFetch,
    address: Option<Address>,
    views: Vec<AskedView<'a>>,
}

impl<'a> Entry<'a> {
    fn new(index: usize, fetch: &'a AccountFetch) -> Result<Self, Error> {
        let place = format!("accountsToFetch[{index}]");
        let address = fetch
            .address()
            .map(Address::parse)
            .transpose()
            .map_err(|error| InvalidBody { path: format!("{place}.address"), reason: error.to_string() })?;
        Ok(Self { fetch, address, views: asked_views(&place, fetch.views())? })
    }

    /// What to look up. A username that nobody can have gives no key.
    fn lookup(&self) -> BatchEntry {
        let account = self.address.map(|address| address.key());
        let key = match &account {
            Some(account) => LookupKey::address(account),
            None => self.fetch.username().and_then(LookupKey::username),
        };
        BatchEntry { key, account, views: self.views.iter().map(AskedView::request).collect() }
    }

    /// The account in the answer. The pages of its views are moved out of `found`.
    fn answer<'b>(&'b self, found: &'b mut Found) -> Result<AccountResponse<'b>, Error> {
        let pages = std::mem::take(&mut found.views);
        let user = found.user().map(|stored| &stored.user);
        let account = match self.address {
            Some(address) => NamedAccount::by_address(user, address),
            None => NamedAccount::by_user(user),
        };
        let mut views = ViewsBuilder::default();
        for (view, page) in self.views.iter().zip(pages) {
            let page = page.map_err(|error| InvalidBody {
                path: format!("{}.bookmark", view.place),
                reason: error.to_string(),
            })?;
            view.answer(page, &mut views);
        }
        let fetch_sequence = self.fetch.fetch_sequence.unwrap_or_default();
        Ok(AccountResponse::new(&account, fetch_sequence, views.build()))
    }
}

/// How many views `request` asks for.
///
/// # Errors
/// [`TooMany`] if it asks for more of anything than one request may.
pub fn count_views(request: &AccountsRequest, limits: &Limits) -> Result<u32, TooMany> {
    let asked = &request.accounts_to_fetch;
    check_size(asked, limits)?;
    let views: usize = asked.iter().map(|entry| entry.views().count()).sum();
    Ok(u32::try_from(views).unwrap_or(u32::MAX))
}

/// Answers `request`, whose size was checked, from `directory`.
///
/// # Errors
/// [`Error::Body`] with the place of what is wrong in the request; [`Error::Store`].
pub async fn fetch_accounts(
    app: &App,
    directory: &TenantStore,
    request: &AccountsRequest,
) -> Result<Response, Error> {
    let asked = request.accounts_to_fetch.iter().enumerate();
    let named = asked.filter(|(_, fetch)| fetch.username().is_some() || fetch.address().is_some());
    let entries: Vec<Entry<'_>> =
        named.map(|(index, fetch)| Entry::new(index, fetch)).collect::<Result<_, _>>()?;
    let lookups: Vec<BatchEntry> = entries.iter().map(Entry::lookup).collect();
    let query = BatchQuery::Entries { entries: &lookups, bookmarks: &app.bookmarks };
    let mut batch = fetch(directory, query).await?;
    let accounts = entries.iter().zip(&mut batch.found).map(|(entry, found)| entry.answer(found));
    let accounts = accounts.collect::<Result<_, _>>()?;
    Ok(Json(AccountsResponse { accounts }).into_response())
}

/// More accounts are let through when none of them may cost an external call (contract, section 1).
fn check_size(asked: &[AccountFetch], limits: &Limits) -> Result<(), TooMany> {
    let local = asked.iter().all(|entry| entry.no_external_calls == Some(true));
    let (limit, error): (_, fn(usize) -> TooMany) = if local {
        (limits.bitbadges_local_accounts, TooMany::LocalAccounts)
    } else {
        (limits.bitbadges_accounts, TooMany::Accounts)
    };
    if asked.len() > limit {
        return Err(error(limit));
    }
    let views: usize = asked.iter().map(|entry| entry.views().count()).sum();
    if views > MAX_VIEWS {
        return Err(TooMany::Views(MAX_VIEWS));
    }
    let filters = asked.iter().flat_map(AccountFetch::views).map(|(_, view)| view.filters());
    if filters.sum::<usize>() > MAX_COLLECTIONS { Err(TooMany::Collections(MAX_COLLECTIONS)) } else { Ok(()) }
}
