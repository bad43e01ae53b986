//! Credentials.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::admin::{AdminError, Issued, NewCredentialOptions};
use crate::api::admin::error::Error;
use crate::core::id::{CustomerPublicId, Slug};
use crate::core::scope::{Scope, UnknownScopeError};
use crate::store::CredentialInfo;

/// A credential to be issued.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::api::admin) struct NewCredentialBody {
    /// `bitbadges`, `avepoint` or `genauth`.
    face: String,
    /// The tenant it opens; an AvePoint credential opens the customers of that tenant's partner.
    tenant: Option<String>,
    /// AvePoint: the partner whose customers it opens.
    partner: Option<String>,
    /// AvePoint: narrows it to these customers.
    #[serde(default)]
    customers: Vec<String>,
    /// What it may do; an AvePoint credential gets all scopes if none is given.
    #[serde(default)]
    scopes: Vec<String>,
    /// Name for people.
    #[serde(default)]
    name: String,
    /// Requests a second.
    rate_limit: Option<u32>,
    /// How long it is good, in seconds; for ever if absent.
    expires_in_seconds: Option<u32>,
    /// AvePoint: PEM of the certificate that verifies its client assertions.
    certificate: Option<String>,
}

impl TryFrom<NewCredentialBody> for NewCredentialOptions {
    type Error = Error;

    fn try_from(body: NewCredentialBody) -> Result<Self, Error> {
        let face = body.face.parse().map_err(AdminError::from)?;
        let scopes = body.scopes.iter().map(|scope| scope.parse());
        let scopes: Result<Vec<Scope>, UnknownScopeError> = scopes.collect();
        let seconds = body.expires_in_seconds.map(u64::from);
        Ok(Self {
            face,
            tenant: body.tenant.map(Slug::from),
            partner: body.partner,
            customers: body.customers.into_iter().map(CustomerPublicId::from).collect(),
            scopes: scopes.map_err(AdminError::from)?,
            name: body.name,
            rate_limit: body.rate_limit,
            expires_in: seconds.map(Duration::from_secs),
            certificate: body.certificate,
        })
    }
}

/// What is told of a secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct SecretBody {
    /// Its last four characters.
    last_four: String,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When it ends.
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

/// A credential. It never holds a secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct CredentialBody {
    /// The credential.
    id: String,
    /// The API it opens.
    face: String,
    /// What a caller names it by.
    public_id: String,
    /// The one tenant it opens.
    tenant: Option<String>,
    /// The partner whose customers it opens.
    partner: Option<String>,
    /// Customers it is narrowed to.
    customers: Vec<String>,
    /// Name for people.
    name: String,
    /// What it may do.
    scopes: Vec<String>,
    /// Requests a second, if not the gateway's default.
    rate_limit: Option<i32>,
    /// Whether it has a certificate.
    has_certificate: bool,
    /// Its secrets that are still good, newest first.
    secrets: Vec<SecretBody>,
    /// When it ends.
    #[serde(with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    /// When it was revoked.
    #[serde(with = "time::serde::rfc3339::option")]
    revoked_at: Option<OffsetDateTime>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// How often it was used; some seconds late.
    uses: i64,
    /// When it was last used; some seconds late.
    #[serde(with = "time::serde::rfc3339::option")]
    last_used_at: Option<OffsetDateTime>,
}

impl From<CredentialInfo> for CredentialBody {
    fn from(credential: CredentialInfo) -> Self {
        let secrets = credential.secrets.into_iter().map(|secret| SecretBody {
            last_four: secret.last_four,
            created_at: secret.created_at,
            expires_at: secret.expires_at,
        });
        Self {
            secrets: secrets.collect(),
            id: credential.id.to_string(),
            face: credential.face,
            public_id: credential.public_id.into(),
            tenant: credential.tenant.map(String::from),
            partner: credential.partner,
            customers: credential.customers.into_iter().map(String::from).collect(),
            name: credential.name,
            scopes: credential.scopes,
            rate_limit: credential.rate_limit,
            has_certificate: credential.has_certificate,
            expires_at: credential.expires_at,
            revoked_at: credential.revoked_at,
            created_at: credential.created_at,
            uses: credential.uses,
            last_used_at: credential.last_used_at,
        }
    }
}

/// A credential with a new secret, which is shown now and never again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct IssuedBody {
    #[serde(flatten)]
    credential: CredentialBody,
    /// The secret.
    secret: String,
}

impl From<Issued> for IssuedBody {
    fn from(issued: Issued) -> Self {
        Self { secret: issued.secret.expose().to_owned(), credential: issued.credential.into() }
    }
}

/// Which credentials.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct OfTenant {
    /// Only those of this tenant.
    pub(in crate::api::admin) tenant: Option<String>,
}

/// How to rotate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(in crate::api::admin) struct RotationBody {
    /// How long the old secrets work on, in seconds; a day if absent.
    pub(in crate::api::admin) overlap_seconds: u32,
}

impl Default for RotationBody {
    fn default() -> Self {
        Self { overlap_seconds: 86_400 }
    }
}

/// How many secrets were sealed anew.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct ResealedBody {
    /// How many.
    pub(in crate::api::admin) resealed: usize,
}
