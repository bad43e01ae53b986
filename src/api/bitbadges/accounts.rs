//! The batch: names to accounts with their views.

use super::dto::account::{Account, AccountsResponse, Holder};
use super::dto::request::{AccountFetch, AccountsRequest};
use super::error::{Error, TooMany};
use super::plan::Plan;
use crate::api::extract::InvalidBody;
use crate::api::{App, Limits};
use crate::core::address::Address;
use crate::core::batch::{Batch, resolve};
use crate::core::key::LookupKey;
use crate::store::TenantStore;

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

/// Answers `request`, whose size was checked, from `directory`: with two statements for all names, and one for each kind of view.
pub async fn fetch(
    app: &App,
    directory: &TenantStore,
    request: &AccountsRequest,
) -> Result<AccountsResponse, Error> {
    let entries = entries(request)?;
    let keys: Vec<_> = entries.iter().map(Entry::key).collect();
    let batch = resolve(directory, &keys).await?;
    let holders = holders(&entries, &batch);
    let plan = plan(app, directory, &entries, &holders)?;
    let mut pages = plan.read(directory).await?;
    let accounts = entries.iter().zip(&holders).enumerate().map(|(index, (entry, holder))| {
        let (views, documents) = plan.deal(index, &mut pages);
        Account::new(holder, entry.fetch.fetch_sequence.unwrap_or_default(), views, documents)
    });
    Ok(AccountsResponse { accounts: accounts.collect() })
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

fn holders<'b>(entries: &[Entry<'_>], batch: &'b Batch) -> Vec<Holder<'b>> {
    let holder = |(index, entry): (usize, &Entry<'_>)| {
        let user = batch.get(index).map(|stored| &stored.user);
        entry.address.map_or_else(|| Holder::of_user(user), |address| Holder::of_address(user, address))
    };
    entries.iter().enumerate().map(holder).collect()
}

fn plan<'a>(
    app: &'a App,
    directory: &TenantStore,
    entries: &[Entry<'a>],
    holders: &[Holder<'_>],
) -> Result<Plan<'a>, Error> {
    let mut plan = Plan::new(directory.tenant().to_string(), &app.bookmarks);
    for (entry, holder) in entries.iter().zip(holders) {
        let account = holder.address().map(|address| address.key());
        plan.add_entry(&entry.place(), account.as_ref(), entry.fetch.views())?;
    }
    Ok(plan)
}
