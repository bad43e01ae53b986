//! The batch: names to accounts with their views.

use std::borrow::Cow;
use std::sync::Arc;

use super::dto::account::{AccountViews, AccountsResponse};
use super::dto::request::{AccountFetch, AccountsRequest};
use super::error::{Error, TooMany};
use super::plan::Plan;
use super::rendering::{AccountRendering, with_views};
use crate::api::extract::InvalidBody;
use crate::api::{App, Limits, json};
use crate::cache::CachedDirectory;
use crate::core::address::Address;
use crate::core::batch::{Batch, resolve};
use crate::core::directory::Wanted;
use crate::core::key::LookupKey;
use crate::core::rendering::Fragment;
use crate::store::StoreError;

/// Most collections that the views of one batch may be narrowed to, all together: each is a look-up of its own.
pub(super) const MAX_COLLECTIONS: usize = 5_000;
/// Most views in one batch: eight of each of 250 accounts. Full pages of so many are some 50 MB.
pub(super) const MAX_VIEWS: usize = 2_000;

/// An entry that names someone.
#[derive(Debug)]
struct Entry<'a> {
    index: usize,
    fetch: &'a AccountFetch,
    address: Option<Address>,
}

impl Entry<'_> {
    fn place(&self) -> String {
        format!("accountsToFetch[{}]", self.index)
    }

    const fn rendering(&self) -> AccountRendering {
        let fetch_sequence = matches!(self.fetch.fetch_sequence, Some(true));
        AccountRendering { address: self.address, fetch_sequence }
    }

    fn wanted(&self) -> Option<Wanted<AccountRendering>> {
        Some(Wanted { key: self.key()?, rendering: self.rendering() })
    }

    /// `None` for a username that nobody can have.
    fn key(&self) -> Option<LookupKey> {
        match self.address {
            Some(address) => LookupKey::address(&address.key()),
            None => self.fetch.username().and_then(LookupKey::username),
        }
    }
}

/// How many views `request` asks for.
///
/// # Errors
/// [`TooMany`] of what one request may ask for.
pub fn room(request: &AccountsRequest, limits: &Limits) -> Result<u32, TooMany> {
    let asked = &request.accounts_to_fetch;
    check_size(asked, limits)?;
    let views: usize = asked.iter().map(|entry| entry.views().count()).sum();
    Ok(u32::try_from(views).unwrap_or(u32::MAX))
}

/// Answers `request`, whose size was checked, from `directory`: one statement for all names that are not in the cache,
/// and one for each kind of view.
pub async fn fetch(
    app: &App,
    directory: &CachedDirectory,
    request: &AccountsRequest,
) -> Result<Vec<u8>, Error> {
    let entries = entries(request)?;
    let keys: Vec<_> = entries.iter().map(Entry::wanted).collect();
    let batch = resolve(directory, &keys).await?;
    let fragments = fragments(&entries, &batch)?;
    let plan = plan(app, directory, &entries, &fragments)?;
    let mut pages = plan.read(directory).await?;
    let accounts = fragments.iter().enumerate().map(|(index, fragment)| {
        if !plan.has_views(index) {
            return Ok(Cow::Borrowed(&*fragment.json));
        }
        let (views, documents) = plan.deal(index, &mut pages);
        with_views(fragment, &AccountViews::new(views, documents)).map(Cow::Owned)
    });
    let accounts = accounts.collect::<Result<Vec<_>, _>>().map_err(StoreError::from)?;
    let (head, tail) = json::halves(&AccountsResponse { accounts: Vec::new() }).map_err(StoreError::from)?;
    Ok(json::around(&head, accounts.iter().map(AsRef::as_ref), &tail))
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

fn entries(request: &AccountsRequest) -> Result<Vec<Entry<'_>>, Error> {
    let asked = request.accounts_to_fetch.iter().enumerate();
    let named = asked.filter(|(_, fetch)| fetch.username().is_some() || fetch.address().is_some());
    named.map(|(index, fetch)| entry(index, fetch)).collect()
}

fn entry(index: usize, fetch: &AccountFetch) -> Result<Entry<'_>, Error> {
    let address = fetch.address().map(Address::parse).transpose().map_err(|error| InvalidBody {
        path: format!("accountsToFetch[{index}].address"),
        reason: error.to_string(),
    })?;
    Ok(Entry { index, fetch, address })
}

/// The accounts without their views: of whoever was found, or of the address alone.
fn fragments(entries: &[Entry<'_>], batch: &Batch) -> Result<Vec<Arc<Fragment>>, StoreError> {
    let fragment = |(index, entry): (usize, &Entry<'_>)| match batch.get(index) {
        Some(found) => Ok(Arc::clone(&found.fragment)),
        None => Ok(Arc::new(entry.rendering().fragment(None)?)),
    };
    entries.iter().enumerate().map(fragment).collect()
}

fn plan<'a>(
    app: &'a App,
    directory: &CachedDirectory,
    entries: &[Entry<'a>],
    fragments: &[Arc<Fragment>],
) -> Result<Plan<'a>, Error> {
    let mut plan = Plan::new(directory.tenant().to_string(), &app.bookmarks);
    for (entry, fragment) in entries.iter().zip(fragments) {
        plan.add_entry(&entry.place(), fragment.account.as_ref(), entry.fetch.views())?;
    }
    Ok(plan)
}
