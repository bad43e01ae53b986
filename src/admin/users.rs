//! Single users: shown, changed, deleted.

use serde::Serialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::revision::{Revision, audited, check_lengths, statement};
use super::{AdminError, Administration, act};
use crate::core::id::{Slug, UserId};
use crate::core::key::{KeyKind, LookupKey};
use crate::core::user::merge::{FieldChange, Statement};
use crate::core::user::{DataSource, JsonObject, User};
use crate::store::{AdminTransaction, LockedDirectory, PutError, StoredUser, TenantInfo};
use crate::wire::avepoint::ElementsUser;
use crate::wire::bitbadges::{AccountResponse, NamedAccount, ShownViews};
use crate::wire::genauth::{UserDto, UserOptions};
use crate::wire::read::FieldError;

/// A user as stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserView {
    /// Its id.
    pub id: UserId,
    /// Increases with every change.
    pub version: i64,
    /// When it was added.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// The canonical user; `setBy` tells which sources set which fields.
    pub document: JsonObject,
    /// What callers of each face are shown, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faces: Option<FaceViews>,
}

/// A user as callers of each face are shown it, with everything that they can ask for except an account's views.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaceViews {
    /// As an account of BitBadges.
    pub bitbadges: Value,
    /// As a user of AvePoint Elements.
    pub avepoint: Value,
    /// As a user of GenAuth.
    pub genauth: Value,
}

impl FaceViews {
    fn of(user: &User, now: OffsetDateTime) -> Result<Self, serde_json::Error> {
        let user = &user.borrowed();
        let account = NamedAccount::by_user(Some(user));
        let options = UserOptions {
            with_custom_data: true,
            with_identities: true,
            with_department_ids: true,
            with_tenant_ids: true,
            ..UserOptions::default()
        };
        Ok(Self {
            bitbadges: serde_json::to_value(AccountResponse::new(&account, false, ShownViews::default()))?,
            avepoint: serde_json::to_value(ElementsUser::new(user, now))?,
            genauth: serde_json::to_value(UserDto::new(user, options))?,
        })
    }
}

/// What a change made of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedUser {
    /// Its id.
    pub id: UserId,
    /// Its version, as before if nothing changed.
    pub version: i64,
    /// Whether it was added.
    pub added: bool,
    /// The fields that changed.
    pub fields: Vec<FieldChange>,
}

/// A change of one user.
#[derive(Debug, Clone, Default)]
pub struct UserEdit {
    /// A merge patch (RFC 7396) of the canonical document.
    pub patch: JsonObject,
    /// The version to be changed, if only that.
    pub version: Option<i64>,
    /// Whether the user is added if there is none.
    pub create: bool,
}

impl Administration {
    /// The user of the tenant that has `name`: its id, an id that another system issued for it, a username, e-mail
    /// address, external id, telephone number or address. The audit log tells whose data was shown, not by which name.
    ///
    /// # Errors
    /// [`AdminError::NoUser`]; [`AdminError::SeveralUsers`]; and those of any operation on a tenant.
    pub async fn user(&self, slug: &Slug, name: &str, with_faces: bool) -> Result<UserView, AdminError> {
        let mut transaction = self.store.administrate().await?;
        let tenant = transaction.tenant(slug).await?.ok_or(AdminError::NoTenant)?;
        let keys: Vec<LookupKey> = LookupKey::readings(name).collect();
        let id = find(&mut transaction, &tenant, &keys).await?;
        let stored = transaction.user(tenant.id, &id).await?.ok_or(AdminError::NoUser)?;
        transaction.record(&self.actor, &act("user.get", Some(slug), id.as_str(), json!({}))).await?;
        transaction.commit().await?;
        let StoredUser { id, version, created_at, updated_at, document } = stored;
        let user = with_faces.then(|| read(document.clone())).transpose()?;
        let faces = user.map(|user| FaceViews::of(&user, self.clock.now())).transpose();
        let faces = faces.map_err(|_| AdminError::Unreadable)?;
        Ok(UserView { id, version, created_at, updated_at, document, faces })
    }

    /// Changes the user whose id is `name`, or for whom another system issued it. The audit log tells which fields.
    ///
    /// # Errors
    /// [`AdminError::NoUser`]; [`AdminError::Stale`]; [`AdminError::Field`] if the patch or what it makes of the user is
    /// invalid; [`AdminError::Taken`]; and those of any operation on a tenant.
    pub async fn edit_user(
        &self,
        slug: &Slug,
        name: &str,
        edit: UserEdit,
    ) -> Result<ChangedUser, AdminError> {
        let UserEdit { patch, version, create } = edit;
        let said = operators_patch(name, patch)?;
        let mut transaction = self.store.administrate().await?;
        let tenant = transaction.tenant(slug).await?.ok_or(AdminError::NoTenant)?;
        let mut directory = transaction.lock_directory(tenant.id).await?;
        let stored = find_id(&mut directory, name).await?;
        let id = stored.as_ref().map_or_else(|| UserId::new(name), |stored| stored.id.clone());
        if stored.is_none() && (!create || version.is_some()) {
            return Err(AdminError::NoUser);
        }
        check_version(stored.as_ref(), version)?;
        let added = stored.is_none();
        let new = || JsonObject::from_iter([("id".to_owned(), id.as_str().into())]);
        let (before, old_version) =
            stored.map_or_else(|| (new(), 0), |stored| (stored.document, stored.version));
        let revision = Revision::of(before.clone(), said, DataSource::Operator);
        let Revision { user, fields } = revision.map_err(|_| AdminError::Unreadable)?;
        let old = read(before)?;
        if old == user && !added {
            return Ok(ChangedUser { id, version: old_version, added, fields });
        }
        check_lengths(&user)?;
        let version = directory.put((!added).then_some(&old), &user).await?;
        let done =
            act("user.edit", Some(slug), id.as_str(), json!({ "added": added, "fields": audited(&fields) }));
        transaction.record(&self.actor, &done).await?;
        transaction.commit().await?;
        Ok(ChangedUser { id, version, added, fields })
    }

    /// Deletes the user whose id is `name`, or for whom another system issued it; only in this version, if given. Entries
    /// of timelines stay: they are about its accounts.
    ///
    /// # Errors
    /// [`AdminError::NoUser`]; [`AdminError::Stale`]; and those of any operation on a tenant.
    pub async fn delete_user(
        &self,
        slug: &Slug,
        name: &str,
        version: Option<i64>,
    ) -> Result<UserId, AdminError> {
        let mut transaction = self.store.administrate().await?;
        let tenant = transaction.tenant(slug).await?.ok_or(AdminError::NoTenant)?;
        let mut directory = transaction.lock_directory(tenant.id).await?;
        let stored = find_id(&mut directory, name).await?.ok_or(AdminError::NoUser)?;
        check_version(Some(&stored), version)?;
        let StoredUser { id, document, .. } = stored;
        directory.delete(&read(document)?).await?;
        transaction.record(&self.actor, &act("user.delete", Some(slug), id.as_str(), json!({}))).await?;
        transaction.commit().await?;
        Ok(id)
    }
}

/// The user with this id, of its own or issued by another system.
async fn find_id(directory: &mut LockedDirectory<'_>, id: &str) -> Result<Option<StoredUser>, AdminError> {
    let Some(key) = LookupKey::id(id) else { return Ok(None) };
    Ok(directory.users_with_keys(&[key], 1).await?.pop())
}

/// The one user that a name with these readings can mean. An id means nothing else.
pub(super) async fn find(
    transaction: &mut AdminTransaction,
    tenant: &TenantInfo,
    keys: &[LookupKey],
) -> Result<UserId, AdminError> {
    let found = transaction.users_by_keys(tenant.id, keys).await?;
    let of_id =
        keys.iter().position(|key| key.kind() == KeyKind::Id).and_then(|place| found.get(place)?.first());
    if let Some(user) = of_id {
        return Ok(user.clone());
    }
    let mut users: Vec<UserId> = found.into_iter().flatten().collect();
    users.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
    users.dedup();
    match (users.pop(), users.len()) {
        (Some(user), 0) => Ok(user),
        (Some(_), others) => Err(AdminError::SeveralUsers(others + 1)),
        (None, _) => Err(AdminError::NoUser),
    }
}

/// What an operator's patch of the user `id` says. Whose fields they are is not for it to say.
fn operators_patch(id: &str, mut patch: JsonObject) -> Result<Statement, AdminError> {
    if patch.contains_key("setBy") {
        return Err(FieldError::new("setBy", "cannot be changed").into());
    }
    patch.entry("id").or_insert_with(|| id.into());
    Ok(statement(patch)?)
}

pub(super) fn read(document: JsonObject) -> Result<User, AdminError> {
    serde_json::from_value(document.into()).map_err(|_| AdminError::Unreadable)
}

pub(super) const fn check_version(
    stored: Option<&StoredUser>,
    version: Option<i64>,
) -> Result<(), AdminError> {
    match (stored, version) {
        (Some(stored), Some(version)) if stored.version != version => Err(AdminError::Stale),
        _ => Ok(()),
    }
}

impl From<PutError> for AdminError {
    fn from(error: PutError) -> Self {
        match error {
            PutError::Taken(field) => Self::Taken(field),
            PutError::Erased(field) => Self::Erased(field),
            PutError::Record(error) => Self::Field(error.into()),
            PutError::Store(error) => Self::Store(error),
        }
    }
}
