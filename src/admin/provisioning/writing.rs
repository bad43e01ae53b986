//! Writes a changed user into the directory.

use serde_json::Value;

use super::keys::{MAX_SHARING, name_keys};
use super::known::Known;
use super::{Provider, ProvisioningError};
use crate::admin::revision::{Revision, audited, check_lengths, statement};
use crate::core::case::fold;
use crate::core::key::LookupKey;
use crate::core::user::{DataSource, JsonObject, User};
use crate::store::LockedDirectory;
use crate::wire::scim::{ScimError, UserChange};

/// What was written.
pub(super) struct Written {
    pub(super) user: Known,
    pub(super) added: bool,
    /// The fields that changed.
    pub(super) fields: Vec<String>,
}

/// Writes the user that was `before`, or is new, with the `change` to its `document`.
pub(super) async fn write(
    directory: &mut LockedDirectory<'_>,
    provider: &Provider,
    before: Option<&Known>,
    document: JsonObject,
    change: UserChange,
) -> Result<Written, ProvisioningError> {
    let said = statement(patch_of(change, &document)?).map_err(ScimError::InvalidValue)?;
    let revision = Revision::of(document, said, DataSource::Scim);
    let Revision { user, fields } = revision.map_err(|_| ProvisioningError::Unreadable)?;
    check_lengths(&user).map_err(ScimError::InvalidValue)?;
    let is_renamed = before.is_none_or(|before| fold(before.user.login_name()) != fold(user.login_name()));
    if is_renamed {
        expect_free_name(directory, provider, &user).await?;
    }
    directory.put(before.map(|before| &before.user), &user).await?;
    let stored = directory.user(&user.id).await?.ok_or(ProvisioningError::Unreadable)?;
    let fields = audited(&fields).into_iter().map(str::to_owned).collect();
    Ok(Written { user: Known::read(stored, provider)?, added: before.is_none(), fields })
}

/// A merge patch of the user's document that has what is kept in it.
fn patch_of(change: UserChange, document: &JsonObject) -> Result<JsonObject, ProvisioningError> {
    let mut patch = change.patch;
    if let Some(kept) = change.kept {
        let kept = if kept.is_empty() { Ok(Value::Null) } else { serde_json::to_value(kept) };
        patch.insert("scim".to_owned(), kept.map_err(|_| ProvisioningError::Unreadable)?);
    }
    patch.insert("id".to_owned(), document.get("id").cloned().unwrap_or_default());
    Ok(patch)
}

/// # Errors
/// [`ScimError::Uniqueness`] if another user is shown with the name of this one, in whatever case.
async fn expect_free_name(
    directory: &mut LockedDirectory<'_>,
    provider: &Provider,
    user: &User,
) -> Result<(), ProvisioningError> {
    let wanted = user.login_name();
    let keys: Vec<LookupKey> = name_keys(wanted).collect();
    for other in directory.users_with_keys(&keys, MAX_SHARING).await? {
        let other = Known::read(other, provider)?;
        if other.user.id != user.id && fold(other.user.login_name()) == fold(wanted) {
            return Err(ScimError::Uniqueness("userName").into());
        }
    }
    Ok(())
}
