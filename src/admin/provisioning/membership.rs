//! Users join a department, or leave it: each gets another list of department ids, like any other change by a provider.

use serde_json::json;

use super::ProvisioningError;
use crate::admin::revision::{Revision, statement};
use crate::core::user::{DataSource, JsonObject, User};
use crate::store::{LockedDirectory, StoredUser};
use crate::wire::read::FieldError;
use crate::wire::scim::{GroupChange, ScimError};

/// Number of users that are read and written at once.
const MOVED_AT_ONCE: usize = 500;

/// Makes the users that `change` names members of the department, or lets them leave it.
///
/// # Errors
/// [`ScimError::InvalidValue`] for a new member that is no user.
pub(super) async fn move_members(
    directory: &mut LockedDirectory<'_>,
    department: &str,
    change: &GroupChange,
) -> Result<(), ProvisioningError> {
    for joining in change.joining.chunks(MOVED_AT_ONCE) {
        let users = directory.users(joining).await?;
        if users.len() < joining.len() {
            let error = FieldError::new("members", "has a value that is the id of no user");
            return Err(ScimError::InvalidValue(error).into());
        }
        revise(directory, users, |ids| ids.push(department.to_owned())).await?;
    }
    for leaving in change.leaving.chunks(MOVED_AT_ONCE) {
        let users = directory.users(leaving).await?;
        revise(directory, users, |ids| ids.retain(|id| id != department)).await?;
    }
    Ok(())
}

async fn revise(
    directory: &mut LockedDirectory<'_>,
    users: Vec<StoredUser>,
    change: impl Fn(&mut Vec<String>),
) -> Result<(), ProvisioningError> {
    let revised = users.into_iter().map(|stored| revised(stored.document, &change));
    let revised = revised.collect::<Result<Vec<_>, _>>()?;
    Ok(directory.revise(&revised).await?)
}

/// The user before and after the change of its department ids.
fn revised(
    document: JsonObject,
    change: impl Fn(&mut Vec<String>),
) -> Result<(User, User), ProvisioningError> {
    let before: User =
        serde_json::from_value(document.clone().into()).map_err(|_| ProvisioningError::Unreadable)?;
    let mut ids = before.employment.department_ids.clone();
    change(&mut ids);
    let patch = json!({ "id": before.id, "employment": { "departmentIds": ids } });
    let patch = patch.as_object().cloned().unwrap_or_default();
    let said = statement(patch).map_err(ScimError::InvalidValue)?;
    let revision = Revision::of(document, said, DataSource::Scim);
    Ok((before, revision.map_err(|_| ProvisioningError::Unreadable)?.user))
}
