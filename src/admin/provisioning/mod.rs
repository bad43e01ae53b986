//! Users and groups as an identity provider reads and writes them, by SCIM: each change is one transaction under the
//! directory's lock, with its entry in the audit log.

mod cursor;
mod error;
mod group_acts;
mod groups;
mod keys;
mod known;
mod lists;
mod membership;
mod root;
mod turns;
mod users;
mod writing;

use serde_json::json;

pub use self::cursor::CURSOR_TIMEOUT;
use self::cursor::Cursors;
pub use self::error::ProvisioningError;
pub use self::group_acts::GroupRequest;
use self::groups::Groups;
use self::known::Known;
use self::root::Root;
use self::turns::{Turn, Turns};
use self::users::Users;
use self::writing::{Written, write};
use super::act;
use crate::core::clock::Clock;
use crate::core::id::{CredentialPublicId, Slug, UserId};
use crate::core::user::JsonObject;
use crate::store::{Actor, OwnerStore, TenantId, Via};
use crate::wire::scim::schema::{GROUPS, ResourceType};
use crate::wire::scim::{ListQuery, Meta, Resource, RootQuery, ScimError, UserChange};

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

/// A user or a group as an identity provider is shown it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProvisionedResource {
    /// Its type.
    pub of: &'static ResourceType,
    /// The resource.
    pub resource: Resource,
    /// What is known of its record.
    pub meta: Meta,
    /// Its URL.
    pub location: String,
}

/// The part of a list that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct ProvisionedPage {
    /// Its resources.
    pub resources: Vec<Resource>,
    /// Where it starts.
    pub start: PageStart,
    /// Number of resources in the whole list.
    pub total: u64,
}

/// Where a part of a list starts, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageStart {
    /// At a resource with this number, from 1.
    Index(u64),
    /// At a cursor.
    Cursor {
        /// The cursor of the next part, unless this is the last.
        next: Option<String>,
    },
}

/// Reads and writes users and groups for identity providers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Provisioning {
    turns: Turns,
    clock: Clock,
}

impl Provisioning {
    /// Operations on `store`.
    #[must_use]
    pub fn new(store: OwnerStore, clock: Clock) -> Self {
        Self { turns: Turns::new(store), clock }
    }

    /// The user with this id.
    ///
    /// # Errors
    /// [`ScimError::NotFound`]; [`ProvisioningError`].
    pub async fn get(
        &self,
        provider: &Provider,
        id: &UserId,
    ) -> Result<ProvisionedResource, ProvisioningError> {
        let mut transaction = self.turns.read(provider.tenant).await?;
        let stored = transaction.user(provider.tenant, id).await?.ok_or(ScimError::NotFound)?;
        Ok(Known::read(stored, provider)?.shown())
    }

    /// The resources of a type that `query` asks for: in the order in which users were added, and in that of the groups'
    /// ids, unless it says otherwise.
    ///
    /// # Errors
    /// [`ScimError::TooMany`] for a filter that no index answers, or an order, in a large directory, and for too many
    /// members; those of cursors; [`ProvisioningError`].
    pub async fn list(
        &self,
        provider: &Provider,
        of: &'static ResourceType,
        query: &ListQuery,
    ) -> Result<ProvisionedPage, ProvisioningError> {
        let cursors = Cursors::new(provider, of, query, self.clock.now());
        let mut transaction = self.turns.read(provider.tenant).await?;
        let transaction = &mut transaction;
        if *of == GROUPS {
            return lists::list(&mut Groups::new(transaction, provider, query), query, &cursors).await;
        }
        lists::list(&mut Users { transaction, provider }, query, &cursors).await
    }

    /// The users and groups that `query` asks for: users come first, unless it says otherwise.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn search(
        &self,
        provider: &Provider,
        query: &RootQuery,
    ) -> Result<ProvisionedPage, ProvisioningError> {
        let cursors = Cursors::of_root(provider, query, self.clock.now());
        let mut turn = self.turns.read(provider.tenant).await?;
        Root::new(&mut turn, provider, query).list(&cursors).await
    }

    /// Adds a user.
    ///
    /// # Errors
    /// [`ScimError::Uniqueness`], [`ScimError::InvalidValue`]; [`ProvisioningError`].
    pub async fn create(
        &self,
        provider: &Provider,
        wanted: &Resource,
    ) -> Result<ProvisionedResource, ProvisioningError> {
        let id = UserId::new(self.clock.new_id().to_string());
        let change = UserChange::create(wanted, id.clone())?;
        let new = JsonObject::from_iter([("id".to_owned(), id.as_str().into())]);
        let mut transaction = self.turns.write(provider.tenant).await?;
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
    ) -> Result<ProvisionedResource, ProvisioningError> {
        let mut transaction = self.turns.write(provider.tenant).await?;
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
        let mut transaction = self.turns.write(provider.tenant).await?;
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
        mut transaction: Turn,
        provider: &Provider,
        written: Written,
        name: &'static str,
    ) -> Result<ProvisionedResource, ProvisioningError> {
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
