//! Tenants: create, list, change, suspend, resume, delete.

use serde_json::json;

use super::{AdminError, Administration, act};
use crate::core::clock::Clock;
use crate::core::id::{CustomerPublicId, Slug, TenantPublicId, UserPoolId};
use crate::core::origin::is_origin;
use crate::store::{NewTenant, StoreError, TenantInfo, TenantSettings};

/// Maximum length of a slug, in characters.
const MAX_SLUG_CHARS: usize = 63;

/// A tenant to create. Missing ids are generated.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewTenantOptions {
    /// Identifier in commands and metrics: lower-case letters, digits and hyphens.
    pub slug: Slug,
    /// Display name; the slug if absent.
    pub name: Option<String>,
    /// Partner that manages the customer; `default` if absent.
    pub partner: Option<String>,
    /// AvePoint `customerId`; a new UUID if absent.
    pub customer_id: Option<CustomerPublicId>,
    /// AvePoint `tenantId`; a new UUID if absent.
    pub tenant_id: Option<TenantPublicId>,
    /// GenAuth user pool id; a new one if absent.
    pub user_pool_id: Option<UserPoolId>,
    /// Settings.
    #[serde(flatten)]
    pub settings: SettingsChange,
}

/// Changes to a tenant's settings; absent ones are left unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingsChange {
    /// CORS origins allowed to send credentialed requests; replaces the list.
    pub cors_origins: Option<Vec<String>>,
    /// Rate limit over all credentials of the tenant, in requests per second; 0 for none.
    pub rate_limit: Option<u32>,
    /// Maximum number of users per request or page; 0 for each API's own maximum, which it cannot exceed.
    pub batch_limit: Option<u32>,
}

impl SettingsChange {
    fn apply(&self, settings: &mut TenantSettings) -> Result<(), AdminError> {
        if let Some(origins) = &self.cors_origins {
            if !origins.iter().all(|origin| is_origin(origin)) {
                return Err(AdminError::Origin);
            }
            settings.cors_origins.clone_from(origins);
        }
        if let Some(limit) = self.rate_limit {
            settings.rate_limit = (limit > 0).then_some(limit);
        }
        if let Some(limit) = self.batch_limit {
            settings.batch_limit = (limit > 0).then_some(limit);
        }
        Ok(())
    }
}

/// Changes to a tenant; absent ones are left unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantChange {
    /// Settings.
    pub settings: SettingsChange,
    /// Whether every face responds as if the tenant did not exist.
    pub suspended: Option<bool>,
}

impl TenantChange {
    /// A change that suspends or resumes the tenant.
    #[must_use]
    pub fn suspension(suspended: bool) -> Self {
        Self { suspended: Some(suspended), ..Self::default() }
    }
}

impl From<SettingsChange> for TenantChange {
    fn from(settings: SettingsChange) -> Self {
        Self { settings, ..Self::default() }
    }
}

fn is_slug(text: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.len() <= MAX_SLUG_CHARS && text.starts_with(letters) && text.chars().all(|c| letters(c) || c == '-')
}

/// What was given under `name`, if anything was; it must not be empty then.
fn given<T: Clone>(
    value: Option<&T>,
    text: fn(&T) -> &str,
    name: &'static str,
) -> Result<Option<T>, AdminError> {
    match value {
        Some(value) if text(value).is_empty() => Err(AdminError::Empty(name)),
        other => Ok(other.cloned()),
    }
}

impl NewTenantOptions {
    /// A tenant of this slug, and nothing else given.
    #[must_use]
    pub fn new(slug: Slug) -> Self {
        Self {
            slug,
            name: None,
            partner: None,
            customer_id: None,
            tenant_id: None,
            user_pool_id: None,
            settings: SettingsChange::default(),
        }
    }

    fn complete(&self, clock: &Clock) -> Result<NewTenant, AdminError> {
        if !is_slug(self.slug.as_str()) {
            return Err(AdminError::Slug);
        }
        let uuid = || clock.new_id().to_string();
        let name = given(self.name.as_ref(), String::as_str, "the name")?;
        let name = name.unwrap_or_else(|| self.slug.to_string());
        Ok(NewTenant {
            slug: self.slug.clone(),
            partner: given(self.partner.as_ref(), String::as_str, "the partner")?
                .unwrap_or_else(|| "default".to_owned()),
            customer_id: given(self.customer_id.as_ref(), CustomerPublicId::as_str, "the customer id")?
                .unwrap_or_else(|| CustomerPublicId::new(uuid())),
            customer_name: name.clone(),
            tenant_id: given(self.tenant_id.as_ref(), TenantPublicId::as_str, "the tenant id")?
                .unwrap_or_else(|| TenantPublicId::new(uuid())),
            user_pool_id: given(self.user_pool_id.as_ref(), UserPoolId::as_str, "the user pool id")?
                .unwrap_or_else(|| UserPoolId::new(super::credentials::short_id(clock))),
            name,
        })
    }
}

impl Administration {
    /// Creates a tenant, and its customer if it does not exist.
    ///
    /// # Errors
    /// [`AdminError`]; [`StoreError::Conflict`] if the slug or an id is in use.
    pub async fn create_tenant(&self, options: &NewTenantOptions) -> Result<TenantInfo, AdminError> {
        let new = options.complete(&self.clock)?;
        let mut settings = TenantSettings::default();
        options.settings.apply(&mut settings)?;
        let mut transaction = self.store.administrate().await?;
        let id = transaction.create_tenant(&new).await.map_err(|error| match error {
            StoreError::OtherPartner => AdminError::OtherPartner,
            other => other.into(),
        })?;
        transaction.set_tenant_settings(id, &settings).await?;
        let detail = json!({
            "partner": new.partner, "customerId": new.customer_id, "tenantId": new.tenant_id,
            "userPoolId": new.user_pool_id, "settings": settings,
        });
        let done = act("tenant.create", Some(&new.slug), "", detail);
        transaction.record(&self.actor, &done).await?;
        let made = transaction.tenant(&new.slug).await?.ok_or(AdminError::NoTenant)?;
        transaction.commit().await?;
        Ok(made)
    }

    /// All tenants, sorted by slug.
    ///
    /// # Errors
    /// [`AdminError::Store`] if the database fails.
    pub async fn tenants(&self) -> Result<Vec<TenantInfo>, AdminError> {
        Ok(self.store.tenants(None).await?)
    }

    /// Applies `change` to a tenant atomically. Only actual changes are added to the audit log.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn change_tenant(&self, slug: &Slug, change: &TenantChange) -> Result<TenantInfo, AdminError> {
        let mut transaction = self.store.administrate().await?;
        let before = transaction.lock_tenant(slug).await?.ok_or(AdminError::NoTenant)?;
        let mut settings = before.settings.clone();
        change.settings.apply(&mut settings)?;
        if settings != before.settings {
            transaction.set_tenant_settings(before.id, &settings).await?;
            let done = act("tenant.settings", Some(slug), "", json!(settings));
            transaction.record(&self.actor, &done).await?;
        }
        if let Some(suspended) = change.suspended.filter(|&wanted| wanted != before.suspended_at.is_some()) {
            transaction.set_suspended(before.id, suspended).await?;
            let name = if suspended { "tenant.suspend" } else { "tenant.resume" };
            transaction.record(&self.actor, &act(name, Some(slug), "", json!({}))).await?;
        }
        let after = transaction.tenant(slug).await?.ok_or(AdminError::NoTenant)?;
        transaction.commit().await?;
        Ok(after)
    }

    /// Deletes a tenant with all its users and credentials. `confirmation` must be its slug.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn delete_tenant(&self, slug: &Slug, confirmation: &str) -> Result<(), AdminError> {
        let mut transaction = self.store.administrate().await?;
        let tenant = transaction.lock_tenant(slug).await?.ok_or(AdminError::NoTenant)?;
        if confirmation != tenant.slug.as_str() {
            return Err(AdminError::Unconfirmed);
        }
        transaction.delete_tenant(tenant.id).await?;
        let detail = json!({ "customerId": tenant.customer_id, "tenantId": tenant.tenant_id });
        let done = act("tenant.delete", Some(slug), "", detail);
        transaction.record(&self.actor, &done).await?;
        transaction.commit().await?;
        Ok(())
    }
}
