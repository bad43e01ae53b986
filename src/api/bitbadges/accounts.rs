//! Accounts by address or username, with their views: a batch of them, or one.

use std::sync::Arc;

use axum::response::Response;

use super::error::{Error, TooMany, TooManyKind};
use super::rendering::{AccountRendering, RenderedAccount};
use super::request::{AccountFetch, AccountsRequest, ViewFetch, one_account};
use super::views::{RequestedView, requested_views};
use crate::api::answer::assembled;
use crate::api::context::RequestContext;
use crate::api::extract::{InvalidBody, json_noting};
use crate::api::ignored::Ignored;
use crate::api::json::halves;
use crate::api::rate::weight;
use crate::api::{App, Limits};
use crate::cache::CachedDirectory;
use crate::core::address::Address;
use crate::core::batch::{BatchEntry, BatchQuery, Found, MAX_BATCH, fetch};
use crate::core::counted::Counted;
use crate::core::key::LookupKey;
use crate::store::StoreError;
use crate::wire::bitbadges::{AccountsResponse, Members, ViewsBuilder, is_public_name};

/// Maximum collection filters per batch, over all views: each is a separate lookup.
pub(super) const MAX_COLLECTIONS: usize = 5_000;
/// Maximum views per batch: eight for each of 250 accounts, about 50 MB of full pages.
pub(super) const MAX_VIEWS: usize = 2_000;

/// So many entries, at most about half a millisecond's work, are worked on before other requests get a turn on the thread.
const ENTRIES_AT_ONCE: usize = 200;

/// A request whose limits were checked.
#[derive(Debug)]
pub struct CheckedRequest {
    entries: Vec<NamedEntry>,
    accounts: usize,
    views: usize,
}

/// An entry with an address or a username.
#[derive(Debug)]
struct NamedEntry {
    /// Its place in the batch; `None` if it is the request.
    index: Option<usize>,
    username: Option<String>,
    address: Option<String>,
    fetch_sequence: bool,
    views: Vec<ViewFetch>,
}

impl NamedEntry {
    fn new(index: Option<usize>, fetch: &AccountFetch<'_>, views: Vec<ViewFetch>) -> Self {
        Self {
            index,
            username: fetch.username().map(str::to_owned),
            address: fetch.address().map(str::to_owned),
            fetch_sequence: fetch.fetch_sequence.unwrap_or_default(),
            views,
        }
    }

    /// The path of its address in the request.
    fn address_place(&self) -> String {
        self.index.map_or_else(|| "address".to_owned(), |index| format!("{}.address", place(index)))
    }
}

/// The path in the request of the entry with this place in the batch.
fn place(index: usize) -> String {
    format!("accountsToFetch[{index}]")
}

impl CheckedRequest {
    /// Parses `body` as far as `limits` allow, and notes what is ignored.
    ///
    /// # Errors
    /// [`Error::Body`] with the path of the first fault; [`TooMany`] accounts, views or collection filters.
    pub fn read(body: &[u8], limits: &Limits, ignored: &mut Ignored) -> Result<Self, Error> {
        let request: AccountsRequest<'_> = json_noting(body, ignored)?;
        let asked = checked_accounts(request.accounts_to_fetch, limits)?;
        let (accounts, mut views, mut filters) = (asked.len(), 0, 0);
        let mut entries = Vec::with_capacity(accounts);
        for (index, fetch) in asked.into_iter().enumerate() {
            let of_entry = fetch.views(|| place(index), ignored)?;
            let given = views + of_entry.count();
            let too_many = |_| TooMany { kind: TooManyKind::Views(MAX_VIEWS), given };
            let of_entry = of_entry.at_most(MAX_VIEWS - views).map_err(too_many)?;
            views += of_entry.len();
            filters += of_entry.iter().map(ViewFetch::filters).sum::<usize>();
            if filters > MAX_COLLECTIONS {
                let kind = TooManyKind::Collections(MAX_COLLECTIONS);
                return Err(TooMany { kind, given: filters }.into());
            }
            if fetch.is_named() {
                entries.push(NamedEntry::new(Some(index), &fetch, of_entry));
            }
        }
        Ok(Self { entries, accounts, views })
    }

    /// Parses the raw query of a request for one account, without views, and notes what is ignored.
    ///
    /// # Errors
    /// [`Error::Body`] if it names no account.
    pub fn read_one(query: &str, ignored: &mut Ignored) -> Result<Self, Error> {
        let entry = NamedEntry::new(None, &one_account(query, ignored)?, Vec::new());
        Ok(Self { entries: vec![entry], accounts: 1, views: 0 })
    }

    /// What it costs, in units of the rate limit: 1 for each hundred accounts and for each ten views, beyond the first.
    pub fn weight(&self) -> u32 {
        weight(self.accounts / 100 + self.views / 10)
    }

    /// The places of its tenant that it takes: up to all of them for many views or accounts, which are all in memory at
    /// once.
    pub const fn places(&self) -> usize {
        1 + self.views / 100 + self.accounts / 1_000
    }
}

/// An entry of the request with an address or a username.
#[derive(Debug)]
struct Entry<'a> {
    named: &'a NamedEntry,
    address: Option<Address>,
    views: Vec<RequestedView<'a>>,
    /// Whether only what is public is shown.
    public_only: bool,
}

impl<'a> Entry<'a> {
    fn new(named: &'a NamedEntry, public_only: bool) -> Result<Self, Error> {
        let address = named.address.as_deref().map(Address::parse).transpose();
        let address = address
            .map_err(|error| InvalidBody { path: named.address_place(), reason: error.to_string() })?;
        let views = requested_views(|| named.index.map(place).unwrap_or_default(), &named.views)?;
        match views.iter().find(|view| public_only && !view.is_public()) {
            Some(private) => Err(Error::PrivateView(private.place.clone())),
            None => Ok(Self { named, address, views, public_only }),
        }
    }

    /// The lookup for this entry.
    fn lookup(&self) -> BatchEntry<AccountRendering> {
        let key = match self.address {
            Some(address) => LookupKey::address(address.key()),
            None => self.username().and_then(LookupKey::username),
        };
        let account = self.address.filter(|_| !self.views.is_empty()).map(|address| address.key());
        let views = self.views.iter().map(RequestedView::request).collect();
        BatchEntry { key, rendering: self.rendering(), account, views }
    }

    /// The username by which it may be looked up.
    fn username(&self) -> Option<&str> {
        self.named.username.as_deref().filter(|name| !self.public_only || is_public_name(name))
    }

    /// The members of the documents in its views, which may show one document several times.
    fn members(&self) -> Members {
        let is_early = self.views.iter().all(|view| view.members() == Members::Early);
        if is_early { Members::Early } else { Members::All }
    }

    fn rendering(&self) -> AccountRendering {
        AccountRendering {
            address: self.address,
            fetch_sequence: self.named.fetch_sequence,
            public_only: self.public_only,
        }
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
        let mut views = ViewsBuilder::new(self.members());
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

/// Responds to the batch `request` from `directory`; with `public_only`, with what is public.
///
/// # Errors
/// [`Error::Body`] with the path of a malformed address or view, or of a bookmark issued for another view;
/// [`Error::PrivateView`];
/// [`Error::Store`].
pub async fn fetch_accounts(
    (app, context): (&App, &RequestContext),
    directory: &CachedDirectory,
    request: &CheckedRequest,
    public_only: bool,
) -> Result<Response, Error> {
    let parts = halves(&AccountsResponse { accounts: Vec::new() }).map_err(StoreError::from)?;
    respond((app, context), directory, (request, public_only), parts).await
}

/// Responds to the `request` for one account from `directory`; with `public_only`, with what is public.
///
/// # Errors
/// [`Error::Body`] with the path of a malformed address; [`Error::Store`].
pub async fn fetch_account(
    (app, context): (&App, &RequestContext),
    directory: &CachedDirectory,
    request: &CheckedRequest,
    public_only: bool,
) -> Result<Response, Error> {
    // An `OneAccountResponse` around the account.
    let parts = (br#"{"account":"#.to_vec(), b"}".to_vec());
    respond((app, context), directory, (request, public_only), parts).await
}

/// The response with the accounts between the `parts` of its body.
async fn respond(
    (app, context): (&App, &RequestContext),
    directory: &CachedDirectory,
    (request, public_only): (&CheckedRequest, bool),
    parts: (Vec<u8>, Vec<u8>),
) -> Result<Response, Error> {
    let entries = collected(request.entries.iter().map(|named| Entry::new(named, public_only))).await?;
    let lookups = collected(entries.iter().map(|entry| Ok(entry.lookup()))).await?;
    let query = BatchQuery::Entries { entries: &lookups, bookmarks: &app.bookmarks };
    let batch = fetch(directory, query).await?;
    let mut accounts = Vec::with_capacity(entries.len());
    for (entry, found) in entries.iter().zip(batch.found) {
        accounts.push(entry.account(found)?);
        // Rendering views takes long, and so do many blank accounts.
        if !entry.views.is_empty() || accounts.len().is_multiple_of(ENTRIES_AT_ONCE) {
            tokio::task::yield_now().await;
        }
    }
    let accounts: Vec<&[u8]> = accounts.iter().map(RenderedAccount::json).collect();
    tokio::task::yield_now().await;
    Ok(assembled(app, (directory.tenant(), context.takes_gzip()), parts, &accounts).await?)
}

/// Collects `items`, and lets other requests have a turn on the thread now and then.
async fn collected<T>(items: impl Iterator<Item = Result<T, Error>>) -> Result<Vec<T>, Error> {
    let mut collected = Vec::with_capacity(items.size_hint().0);
    for item in items {
        collected.push(item?);
        if collected.len().is_multiple_of(ENTRIES_AT_ONCE) {
            tokio::task::yield_now().await;
        }
    }
    Ok(collected)
}

/// The limit is higher if no entry may cause an external call (contract, section 1).
fn checked_accounts<'a>(
    asked: Counted<AccountFetch<'a>, MAX_BATCH>,
    limits: &Limits,
) -> Result<Vec<AccountFetch<'a>>, TooMany> {
    let is_local = asked.kept().iter().all(|entry| entry.no_external_calls == Some(true));
    let (limit, kind): (_, fn(usize) -> TooManyKind) = if is_local {
        (limits.bitbadges_local_accounts, TooManyKind::LocalAccounts)
    } else {
        (limits.bitbadges_accounts, TooManyKind::Accounts)
    };
    let given = asked.count();
    asked.at_most(limit).map_err(|most| TooMany { kind: kind(most), given })
}
