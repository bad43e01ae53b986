//! Groups: each change is one transaction under the directory's lock, with its entry in the audit log.

use serde_json::json;

use super::groups::{MEMBERS_READ, all_members, check_members, known, named, shown, wanted};
use super::membership::move_members;
use super::turns::Turn;
use super::{Provider, ProvisionedResource, Provisioning, ProvisioningError, actor};
use crate::admin::act;
use crate::core::key::{LookupKey, MAX_KEY_BYTES};
use crate::store::{DepartmentKey, LockedDirectory, StoredDepartment};
use crate::wire::read::FieldError;
use crate::wire::scim::{GroupChange, MembersNeeded, Resource, ScimError, names_version};

/// A change of a group, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRequest {
    /// Its id.
    pub id: String,
    /// The versions that it may have.
    pub if_match: Option<String>,
    /// The members that decide what changes.
    pub needed: MembersNeeded,
    /// Whether the group is to be shown with its members afterwards.
    pub with_members: bool,
}

impl Provisioning {
    /// The group with this id.
    ///
    /// # Errors
    /// [`ScimError::NotFound`]; [`ScimError::TooMany`] if it is to be shown with too many members; [`ProvisioningError`].
    pub async fn group(
        &self,
        provider: &Provider,
        id: &str,
        with_members: bool,
    ) -> Result<ProvisionedResource, ProvisioningError> {
        let mut transaction = self.turns.read(provider.tenant).await?;
        let key = DepartmentKey::Ids(vec![id.to_owned()]);
        let found = transaction.departments_with(provider.tenant, &key, 1).await?.pop();
        let stored = found.ok_or(ScimError::NotFound)?;
        let members = if with_members {
            all_members(&mut transaction, provider, &stored.id).await?
        } else {
            Vec::new()
        };
        let members = members.into_iter().map(|(_, user)| user).collect();
        Ok(shown(stored, members, provider))
    }

    /// Adds a group.
    ///
    /// # Errors
    /// [`ScimError::InvalidValue`], for a member that is no user too; [`ProvisioningError`].
    pub async fn create_group(
        &self,
        provider: &Provider,
        wanted: &Resource,
        with_members: bool,
    ) -> Result<ProvisionedResource, ProvisioningError> {
        let id = self.clock.new_id().to_string();
        let change = GroupChange::between(&Resource::default(), wanted)?;
        let mut transaction = self.turns.write(provider.tenant).await?;
        let mut directory = transaction.lock_directory(provider.tenant).await?;
        write(&mut directory, &id, None, &change).await?;
        let stored = directory.department(&id).await?.ok_or(ScimError::NotFound)?;
        let group = show(&mut directory, provider, stored, with_members).await?;
        finish(transaction, provider, &id, true, &change).await?;
        Ok(group)
    }

    /// Changes a group to what `wanted` makes of what is shown of it, with those of its members that the request needs:
    /// nothing, if that is `None`.
    ///
    /// # Errors
    /// [`ScimError::NotFound`], [`ScimError::VersionMismatch`], [`ScimError::InvalidValue`]; [`ScimError::TooMany`] for too
    /// many members; those of `wanted`; [`ProvisioningError`].
    pub async fn change_group(
        &self,
        provider: &Provider,
        request: &GroupRequest,
        wanted: impl FnOnce(&Resource) -> Result<Option<Resource>, ScimError> + Send,
    ) -> Result<ProvisionedResource, ProvisioningError> {
        let GroupRequest { id, if_match, needed, with_members } = request;
        let mut transaction = self.turns.write(provider.tenant).await?;
        let mut directory = transaction.lock_directory(provider.tenant).await?;
        let stored = directory.department(id).await?.ok_or(ScimError::NotFound)?;
        expect_version(&stored, if_match.as_deref())?;
        let members = members(&mut directory, id, needed).await?;
        let before = known(stored.clone(), members, provider);
        let change = match wanted(&before)? {
            Some(wanted) => GroupChange::between(&before, &wanted)?,
            None => GroupChange::default(),
        };
        if change.is_empty() {
            return show(&mut directory, provider, stored, *with_members).await;
        }
        write(&mut directory, id, Some(stored), &change).await?;
        let stored = directory.department(id).await?.ok_or(ScimError::NotFound)?;
        let group = show(&mut directory, provider, stored, *with_members).await?;
        finish(transaction, provider, id, false, &change).await?;
        Ok(group)
    }

    /// Deletes a group, whose members stay as users; if there is `if_match`, only in a version that it names.
    ///
    /// # Errors
    /// [`ScimError::NotFound`], [`ScimError::VersionMismatch`]; [`ScimError::TooMany`] for too many members;
    /// [`ProvisioningError`].
    pub async fn delete_group(
        &self,
        provider: &Provider,
        id: &str,
        if_match: Option<&str>,
    ) -> Result<(), ProvisioningError> {
        let mut transaction = self.turns.write(provider.tenant).await?;
        let mut directory = transaction.lock_directory(provider.tenant).await?;
        let stored = directory.department(id).await?.ok_or(ScimError::NotFound)?;
        expect_version(&stored, if_match)?;
        let leaving = members(&mut directory, id, &MembersNeeded::All).await?;
        let left = leaving.len();
        let change = GroupChange { leaving, ..GroupChange::default() };
        move_members(&mut directory, id, &change).await?;
        directory.delete_department(id).await?;
        let done = act("group.delete", Some(&provider.slug), id, json!({ "left": left }));
        transaction.record(&actor(provider), &done).await?;
        Ok(transaction.commit().await?)
    }
}

fn expect_version(stored: &StoredDepartment, if_match: Option<&str>) -> Result<(), ScimError> {
    match if_match {
        Some(tags) if !names_version(tags, &stored.version.to_string()) => Err(ScimError::VersionMismatch),
        _ => Ok(()),
    }
}

/// The ids of the members that are needed.
async fn members(
    directory: &mut LockedDirectory<'_>,
    id: &str,
    needed: &MembersNeeded,
) -> Result<Vec<String>, ProvisioningError> {
    let named = named(needed);
    let read = directory.members(id, wanted(named.as_ref()), MEMBERS_READ).await?;
    Ok(check_members(read)?.into_iter().map(|(_, user)| user).collect())
}

async fn show(
    directory: &mut LockedDirectory<'_>,
    provider: &Provider,
    stored: StoredDepartment,
    with_members: bool,
) -> Result<ProvisionedResource, ProvisioningError> {
    let needed = if with_members { MembersNeeded::All } else { MembersNeeded::default() };
    let members = members(directory, &stored.id, &needed).await?;
    Ok(shown(stored, members, provider))
}

/// Writes a department that was `before`, or is new, with its change.
async fn write(
    directory: &mut LockedDirectory<'_>,
    id: &str,
    before: Option<StoredDepartment>,
    change: &GroupChange,
) -> Result<(), ProvisioningError> {
    let GroupChange { display_name, external_id, .. } = change;
    expect_usable("displayName", display_name.as_deref())?;
    expect_usable("externalId", external_id.as_ref().and_then(Option::as_deref))?;
    if before.is_none() || display_name.is_some() || external_id.is_some() {
        let (old_name, old_id) = before.map_or((None, None), |before| (before.name, before.external_id));
        let name = display_name.clone().or(old_name);
        let external_id = external_id.clone().unwrap_or(old_id);
        directory.put_department(id, name.as_deref(), external_id.as_deref()).await?;
    }
    move_members(directory, id, change).await
}

/// # Errors
/// [`ScimError::InvalidValue`] for a text that no group could be found by.
fn expect_usable(name: &str, text: Option<&str>) -> Result<(), ScimError> {
    if text.is_none_or(|text| LookupKey::department(text).is_some()) {
        return Ok(());
    }
    let reason = format!("must not be blank or longer than {MAX_KEY_BYTES} bytes");
    Err(ScimError::InvalidValue(FieldError::new(name, reason)))
}

/// Tells the audit log what was written, and commits. Members are counted and not named: who they are is in the directory.
async fn finish(
    mut transaction: Turn,
    provider: &Provider,
    id: &str,
    added: bool,
    change: &GroupChange,
) -> Result<(), ProvisioningError> {
    let is_changed = [
        ("displayName", change.display_name.is_some()),
        ("externalId", change.external_id.is_some()),
        ("members", !change.joining.is_empty() || !change.leaving.is_empty()),
    ];
    let fields: Vec<&str> =
        is_changed.into_iter().filter(|(_, is_changed)| *is_changed).map(|(field, _)| field).collect();
    let (joined, left) = (change.joining.len(), change.leaving.len());
    let detail = json!({ "added": added, "fields": fields, "joined": joined, "left": left });
    let done = act("group.edit", Some(&provider.slug), id, detail);
    transaction.record(&actor(provider), &done).await?;
    Ok(transaction.commit().await?)
}
