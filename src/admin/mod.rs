//! Administration: tenants, credentials, import and export, and the audit log. Used by both the commands and the admin
//! API; and by SCIM, for what an identity provider does to single users.

mod changes;
mod credentials;
mod erasure;
mod error;
mod explain;
mod export;
mod find;
mod import;
mod provisioning;
mod revision;
mod tenants;
mod users;

pub use changes::{Feed, FeedPage, FeedWatch, SINCE_NOW, ToldChange};
pub use credentials::{Issued, NewCredentialOptions, Rotated};
pub use erasure::{ErasureOptions, ErasureReceipt};
pub use error::AdminError;
pub use explain::{ExplainedKey, Explanation};
pub use export::{ExportReport, StartedExport};
pub use find::{DEFAULT_FOUND, FoundPage, FoundUser, MAX_FOUND};
pub use import::{
    Contradictions, ImportObserver, ImportOptions, ImportPreview, ImportReport, Mapping, MappingError,
    MatchBy, Progress, Reject, SourceFault, SourceFormat, TableKind, UnknownFormatError, UnusedColumns,
};
pub use provisioning::{
    CURSOR_TIMEOUT, GroupRequest, PageStart, Provider, ProvisionedPage, ProvisionedResource, Provisioning,
    ProvisioningError,
};
pub use tenants::{NewTenantOptions, SettingsChange, TenantChange};
pub use users::{ChangedUser, FaceViews, UserEdit, UserView};

use serde_json::Value;

use crate::auth::SecretMaker;
use crate::core::clock::Clock;
use crate::core::id::Slug;
use crate::store::{Act, Actor, AuditEntry, OwnerStore, TenantInfo};

/// Administrative operations on behalf of an actor.
#[derive(Debug, Clone)]
pub struct Administration {
    store: OwnerStore,
    actor: Actor,
    clock: Clock,
}

impl Administration {
    /// Operations on `store` on behalf of `actor`.
    #[must_use]
    pub const fn new(store: OwnerStore, actor: Actor, clock: Clock) -> Self {
        Self { store, actor, clock }
    }

    /// Adds the credentials service, which creates secrets.
    #[must_use]
    pub const fn with_secrets(self, secrets: SecretMaker) -> CredentialAdministration {
        CredentialAdministration { admin: self, secrets }
    }

    /// The tenant with this slug.
    ///
    /// # Errors
    /// [`AdminError::NoTenant`] if there is none; [`AdminError::Store`] if the database fails.
    pub async fn tenant(&self, slug: &Slug) -> Result<TenantInfo, AdminError> {
        let mut found = self.store.tenants(Some(slug)).await?;
        found.pop().ok_or(AdminError::NoTenant)
    }

    /// The newest `most` audit log entries, newest first; only those of `tenant` and with an id below `before`, if
    /// given.
    ///
    /// # Errors
    /// [`AdminError::Store`] if the database fails.
    pub async fn audit(
        &self,
        tenant: Option<&Slug>,
        before: Option<i64>,
        most: u32,
    ) -> Result<Vec<AuditEntry>, AdminError> {
        Ok(self.store.audit(tenant, before, i64::from(most)).await?)
    }
}

/// Administrative operations including those that create secrets.
#[derive(Debug, Clone)]
pub struct CredentialAdministration {
    admin: Administration,
    secrets: SecretMaker,
}

impl CredentialAdministration {
    /// Adds the name given by the caller to the actor. The audit log records it next to the authenticated actor, since
    /// it is unverified.
    #[must_use]
    pub fn claimed_by(mut self, name: &str) -> Self {
        self.admin.actor.name = format!("{} ({name})", self.admin.actor.name);
        self
    }
}

impl std::ops::Deref for CredentialAdministration {
    type Target = Administration;

    fn deref(&self) -> &Administration {
        &self.admin
    }
}

const fn act<'a>(act: &'static str, tenant: Option<&'a Slug>, subject: &'a str, detail: Value) -> Act<'a> {
    Act { act, tenant, subject, detail }
}
