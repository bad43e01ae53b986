//! Users as an identity provider reads and writes them, by SCIM: each change is one transaction under the directory's
//! lock, with its entry in the audit log.

mod error;
mod keys;
mod known;
mod lists;
mod writing;

use serde_json::json;

pub use self::error::ProvisioningError;
use self::keys::lookup_keys;
use self::known::Known;
use self::lists::Matches;
use self::writing::{Written, write};
use super::act;
use crate::core::clock::Clock;
use crate::core::id::{CredentialPublicId, Slug, UserId};
use crate::core::user::JsonObject;
use crate::store::{Actor, AdminTransaction, OwnerStore, TenantId, Via};
use crate::wire::scim::{ListQuery, Meta, Paging, Resource, ScimError, UserChange};

/// Who reads and writes: the holder of a credential of one tenant.
#[derive(Debug, Clone)]
pub struct Provider {
    /// The tenant.
    pub tenant: TenantId,
    /// Its name in the audit log.
    pub slug: Slug,
    /// The credential, which the audit log names.
    pub credential: CredentialPublicId,
    /// URL under which the endpoints are, without a slash at its end.
    pub base: String,
}

/// A user as an identity provider is shown it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProvisionedUser {
    /// The user.
    pub resource: Resource,
    /// What is known of its record.
    pub meta: Meta,
    /// Its URL.
    pub location: String,
}

/// The part of a list that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct ProvisionedPage {
    /// Its users.
    pub users: Vec<Resource>,
    /// Number of the first, from 1.
    pub start: u64,
    /// Number of users in the whole list.
    pub total: u64,
}

/// Reads and writes users for identity providers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Provisioning {
    store: OwnerStore,
    clock: Clock,
}

impl Provisioning {
    /// Operations on `store`.
    #[must_use]
    pub const fn new(store: OwnerStore, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// The user with this id.
    ///
    /// # Errors
    /// [`ScimError::NotFound`]; [`ProvisioningError`].
    pub async fn get(&self, provider: &Provider, id: &UserId) -> Result<ProvisionedUser, ProvisioningError> {
        let mut transaction = self.store.administrate().await?;
        let stored = transaction.user(provider.tenant, id).await?.ok_or(ScimError::NotFound)?;
        Ok(Known::read(stored, provider)?.shown())
    }

    /// The users that `query` asks for, in the order in which they were added.
    ///
    /// # Errors
    /// [`ScimError::TooMany`] for a filter that no index answers in a large directory; [`ScimError::NotImplemented`] for a
    /// cursor; [`ProvisioningError`].
    pub async fn list(
        &self,
        provider: &Provider,
        query: &ListQuery,
    ) -> Result<ProvisionedPage, ProvisioningError> {
        let Paging::Index { start, count } = query.paging else {
            return Err(ScimError::NotImplemented("Paging by cursor").into());
        };
        let mut transaction = self.store.administrate().await?;
        let Some(filter) = &query.filter else {
            let page = transaction.user_page(provider.tenant, start.saturating_sub(1), count).await?;
            let users = page.0.into_iter().map(|stored| Ok(Known::read(stored, provider)?.resource));
            let users: Result<_, ProvisioningError> = users.collect();
            return Ok(ProvisionedPage { users: users?, start, total: page.1 });
        };
        let mut page = Matches { filter, start, count, users: Vec::new(), total: 0 };
        match lookup_keys(filter) {
            Some(keys) => page.look_up(&mut transaction, provider, &keys).await?,
            None => page.walk(&mut transaction, provider).await?,
        }
        Ok(ProvisionedPage { users: page.users, start, total: page.total })
    }

    /// Adds a user.
    ///
    /// # Errors
    /// [`ScimError::Uniqueness`], [`ScimError::InvalidValue`]; [`ProvisioningError`].
    pub async fn create(
        &self,
        provider: &Provider,
        wanted: &Resource,
    ) -> Result<ProvisionedUser, ProvisioningError> {
        let id = UserId::new(self.clock.new_id().to_string());
        let change = UserChange::create(wanted, id.clone())?;
        let new = JsonObject::from_iter([("id".to_owned(), id.as_str().into())]);
        let mut transaction = self.store.administrate().await?;
        let mut directory = transaction.lock_directory(provider.tenant).await?;
        let written = write(&mut directory, provider, None, new, change).await?;
        self.finish(transaction, provider, written, "user.edit").await
    }

    /// Changes a user to what `wanted` makes of what is shown of it: nothing, if that is `None`. If there is `if_match`, only
    /// in a version that it names.
    ///
    /// # Errors
    /// [`ScimError::NotFound`], [`ScimError::VersionMismatch`], [`ScimError::Uniqueness`], [`ScimError::InvalidValue`];
    /// those of `wanted`; [`ProvisioningError`].
    pub async fn change(
        &self,
        provider: &Provider,
        id: &UserId,
        if_match: Option<&str>,
        wanted: impl FnOnce(&Resource) -> Result<Option<Resource>, ScimError> + Send,
    ) -> Result<ProvisionedUser, ProvisioningError> {
        let mut transaction = self.store.administrate().await?;
        let mut directory = transaction.lock_directory(provider.tenant).await?;
        let stored = directory.user(id).await?.ok_or(ScimError::NotFound)?;
        let document = stored.document.clone();
        let known = Known::read(stored, provider)?;
        known.expect_version(if_match)?;
        let Some(wanted) = wanted(&known.resource)? else { return Ok(known.shown()) };
        let change = UserChange::between(&known.resource, &wanted, &known.user, &known.kept)?;
        if change.is_empty() {
            return Ok(known.shown());
        }
        let written = write(&mut directory, provider, Some(&known), document, change).await?;
        self.finish(transaction, provider, written, "user.edit").await
    }

    /// Deletes a user; if there is `if_match`, only in a version that it names.
    ///
    /// # Errors
    /// [`ScimError::NotFound`], [`ScimError::VersionMismatch`]; [`ProvisioningError`].
    pub async fn delete(
        &self,
        provider: &Provider,
        id: &UserId,
        if_match: Option<&str>,
    ) -> Result<(), ProvisioningError> {
        let mut transaction = self.store.administrate().await?;
        let mut directory = transaction.lock_directory(provider.tenant).await?;
        let stored = directory.user(id).await?.ok_or(ScimError::NotFound)?;
        let known = Known::read(stored, provider)?;
        known.expect_version(if_match)?;
        directory.delete(&known.user).await?;
        let done = act("user.delete", Some(&provider.slug), id.as_str(), json!({}));
        transaction.record(&actor(provider), &done).await?;
        Ok(transaction.commit().await?)
    }

    /// Tells the audit log what was written, and commits.
    async fn finish(
        &self,
        mut transaction: AdminTransaction,
        provider: &Provider,
        written: Written,
        name: &'static str,
    ) -> Result<ProvisionedUser, ProvisioningError> {
        let Written { user, added, fields } = written;
        let id = user.user.id.as_str();
        let done = act(name, Some(&provider.slug), id, json!({ "added": added, "fields": fields }));
        transaction.record(&actor(provider), &done).await?;
        transaction.commit().await?;
        Ok(user.shown())
    }
}

fn actor(provider: &Provider) -> Actor {
    Actor { via: Via::Scim, name: provider.credential.as_str().to_owned() }
}
