//! The demo's credentials: made at the first start and kept with its data, so that a second start prints the
//! same ones.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{CliError, seed};
use crate::auth::Credentials;
use crate::core::clock::Clock;
use crate::core::face::Face;
use crate::store::{NewCredential, TenantId};

/// What a caller holds.
#[derive(Serialize, Deserialize)]
pub(super) struct Issued {
    /// Client id or access key id; of no use with an API key.
    pub(super) id: String,
    pub(super) secret: String,
}

/// One credential a face.
#[derive(Serialize, Deserialize)]
pub(super) struct DemoCredentials {
    pub(super) bitbadges: Issued,
    pub(super) avepoint: Issued,
    pub(super) genauth: Issued,
}

const AVEPOINT_SCOPES: [&str; 3] =
    ["elements.um.user.read.all", "elements.um.user.readwrite.all", "elements.customers.read.all"];

/// The credentials of the first start, made now if this is it.
pub(super) async fn ensure(
    credentials: &Credentials,
    tenant: TenantId,
    clock: &Clock,
    data_dir: &Path,
) -> Result<DemoCredentials, CliError> {
    let file = data_dir.join("credentials.json");
    if let Ok(text) = std::fs::read_to_string(&file) {
        return Ok(serde_json::from_str(&text)?);
    }
    let issued = DemoCredentials {
        bitbadges: issue(credentials, Face::BitBadges, new(Face::BitBadges, Some(tenant), clock)).await?,
        avepoint: issue(credentials, Face::AvePoint, new(Face::AvePoint, None, clock)).await?,
        genauth: issue(credentials, Face::GenAuth, new(Face::GenAuth, Some(tenant), clock)).await?,
    };
    write_private(&file, &serde_json::to_string(&issued)?)?;
    Ok(issued)
}

async fn issue(credentials: &Credentials, face: Face, new: NewCredential) -> Result<Issued, CliError> {
    let (_, secret) = credentials.issue(face, &new).await?;
    Ok(Issued { id: new.public_id, secret: secret.expose().to_owned() })
}

fn new(face: Face, tenant_id: Option<TenantId>, clock: &Clock) -> NewCredential {
    let of_partner = tenant_id.is_none();
    let scopes = if of_partner { AVEPOINT_SCOPES.map(str::to_owned).to_vec() } else { Vec::new() };
    NewCredential {
        face: face.as_str(),
        // A fresh id each time: a first start that was cut short must not stand in the way of the next.
        public_id: match face {
            Face::GenAuth => format!("{}{}", &seed::USER_POOL_ID.get(..8).unwrap_or_default(), hex16(clock)),
            Face::BitBadges | Face::AvePoint => clock.new_id().to_string(),
        },
        tenant_id,
        partner: of_partner.then(|| "default".to_owned()),
        name: "demo".to_owned(),
        scopes,
        rate_limit: None,
        certificate: None,
        expires_at: None,
    }
}

/// The last 16 hexadecimal digits of a fresh id.
fn hex16(clock: &Clock) -> String {
    let id = clock.new_id().simple().to_string();
    id.chars().skip(16).collect()
}

/// Writes a file that only its owner can read, whole or not at all.
pub(super) fn write_private(file: &Path, text: &str) -> Result<(), CliError> {
    let partial = file.with_extension(format!("partial-{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    let written = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)
        .and_then(|mut open| open.write_all(text.as_bytes()))
        .and_then(|()| std::fs::rename(&partial, file));
    written.map_err(CliError::io(file.display().to_string()))
}
