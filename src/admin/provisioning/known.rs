//! A stored user, as an identity provider is shown it.

use super::{Provider, ProvisionedResource, ProvisioningError};
use crate::core::user::User;
use crate::store::StoredUser;
use crate::wire::scim::schema::USERS;
use crate::wire::scim::{Kept, Meta, Resource, ScimError, names_version, to_resource};

/// A stored user, as it is shown.
pub(super) struct Known {
    pub(super) user: User,
    pub(super) kept: Kept,
    meta: Meta,
    pub(super) resource: Resource,
}

impl Known {
    pub(super) fn read(stored: StoredUser, provider: &Provider) -> Result<Self, ProvisioningError> {
        let user: User =
            serde_json::from_value(stored.document.into()).map_err(|_| ProvisioningError::Unreadable)?;
        // Not readable only if it was not written here but imported: then nothing was kept.
        let kept: Kept = serde_json::from_value(user.scim.clone().into()).unwrap_or_default();
        let meta = Meta {
            created: stored.created_at,
            last_modified: stored.updated_at,
            version: stored.version.to_string(),
            base: provider.base.clone(),
        };
        let resource = to_resource(&user, &kept, &meta);
        Ok(Self { user, kept, meta, resource })
    }

    pub(super) fn shown(self) -> ProvisionedResource {
        let location = self.meta.location(&USERS, self.user.id.as_str());
        ProvisionedResource { of: &USERS, resource: self.resource, meta: self.meta, location }
    }

    pub(super) fn expect_version(&self, if_match: Option<&str>) -> Result<(), ScimError> {
        match if_match {
            Some(tags) if !names_version(tags, &self.meta.version) => Err(ScimError::VersionMismatch),
            _ => Ok(()),
        }
    }
}
