//! The demo's credentials: issued on the first start and stored with its data, so that later starts print the same
//! ones.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::secrets::{read, write_private};
use crate::admin::{CredentialAdministration, NewCredentialOptions};
use crate::cli::CliError;
use crate::core::face::{Api, Face};
use crate::core::id::CredentialPublicId;
use crate::store::TenantInfo;

/// A credential as its holder knows it.
#[derive(Serialize, Deserialize)]
pub(super) struct DemoCredential {
    /// Client id or access key id; unused for API keys.
    pub(super) id: CredentialPublicId,
    pub(super) secret: String,
}

/// One credential per API.
#[derive(Serialize)]
pub(super) struct DemoCredentials {
    pub(super) bitbadges: DemoCredential,
    pub(super) avepoint: DemoCredential,
    pub(super) genauth: DemoCredential,
    pub(super) scim: DemoCredential,
}

/// The stored credentials; issues those that are not stored yet.
pub(super) async fn ensure(
    admin: &CredentialAdministration,
    tenant: &TenantInfo,
    data_dir: &Path,
) -> Result<DemoCredentials, CliError> {
    let file = data_dir.join("credentials.json");
    let stored = read(&file)?.unwrap_or_else(|| "{}".to_owned());
    let mut stored: BTreeMap<String, DemoCredential> = serde_json::from_str(&stored)?;
    let mut credential = async |options: NewCredentialOptions| match stored.remove(options.face.as_str()) {
        Some(credential) => Ok(credential),
        None => issue(admin, &options).await,
    };
    let credentials = DemoCredentials {
        bitbadges: credential(of_tenant(Face::BitBadges, tenant)).await?,
        avepoint: credential(of_partner(tenant)).await?,
        genauth: credential(of_tenant(Face::GenAuth, tenant)).await?,
        scim: credential(of_tenant(Api::Scim, tenant)).await?,
    };
    write_private(&file, &serde_json::to_string(&credentials)?)?;
    Ok(credentials)
}

async fn issue(
    admin: &CredentialAdministration,
    options: &NewCredentialOptions,
) -> Result<DemoCredential, CliError> {
    let issued = admin.issue(options).await?;
    Ok(DemoCredential { id: issued.credential.public_id, secret: issued.secret.expose().to_owned() })
}

fn of_tenant(api: impl Into<Api>, tenant: &TenantInfo) -> NewCredentialOptions {
    NewCredentialOptions {
        face: api.into(),
        tenant: Some(tenant.slug.clone()),
        partner: None,
        customers: Vec::new(),
        scopes: Vec::new(),
        publishable: false,
        name: "demo".to_owned(),
        rate_limit: None,
        expires_in: None,
        certificate: None,
    }
}

/// An AvePoint app registration with access to all customers of the partner, including future ones.
fn of_partner(tenant: &TenantInfo) -> NewCredentialOptions {
    NewCredentialOptions {
        tenant: None,
        partner: Some(tenant.partner.clone()),
        ..of_tenant(Face::AvePoint, tenant)
    }
}
