//! Credentials.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::admin::{AdminError, Issued, NewCredentialOptions};
use crate::api::admin::error::Error;
use crate::api::enumerated::{ApiName, ScopeName};
use crate::core::id::{CustomerPublicId, Slug};
use crate::core::scope::{Scope, UnknownScopeError};
use crate::store::CredentialInfo;

/// A credential to issue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::api::admin) struct NewCredentialBody {
    /// The API it is for.
    #[schema(value_type = ApiName)]
    face: String,
    /// Slug of the tenant it gives access to; for AvePoint, that tenant's customer.
    tenant: Option<String>,
    /// AvePoint: the partner whose customers it gives access to, instead of a tenant.
    partner: Option<String>,
    /// AvePoint: restricts it to these customers.
    #[serde(default)]
    customers: Vec<String>,
    /// AvePoint: scopes to grant; all by default.
    #[serde(default)]
    #[schema(value_type = Vec<ScopeName>)]
    scopes: Vec<String>,
    /// BitBadges: a publishable key, for pages of the tenant's `corsOrigins`, which anybody may see and which shows only
    /// what is public.
    #[serde(default)]
    publishable: bool,
    /// Display name.
    #[serde(default)]
    name: String,
    /// Rate limit, in requests per second.
    rate_limit: Option<u32>,
    /// Lifetime, in seconds; unlimited by default.
    expires_in_seconds: Option<u32>,
    /// AvePoint: PEM of the certificate that verifies its client assertions.
    certificate: Option<String>,
}

impl TryFrom<NewCredentialBody> for NewCredentialOptions {
    type Error = Error;

    fn try_from(body: NewCredentialBody) -> Result<Self, Error> {
        let face = body.face.parse().map_err(AdminError::Api)?;
        let scopes = body.scopes.iter().map(|scope| scope.parse());
        let scopes: Result<Vec<Scope>, UnknownScopeError> = scopes.collect();
        let seconds = body.expires_in_seconds.map(u64::from);
        Ok(Self {
            face,
            tenant: body.tenant.map(Slug::from),
            partner: body.partner,
            customers: body.customers.into_iter().map(CustomerPublicId::from).collect(),
            scopes: scopes.map_err(AdminError::from)?,
            publishable: body.publishable,
            name: body.name,
            rate_limit: body.rate_limit,
            expires_in: seconds.map(Duration::from_secs),
            certificate: body.certificate,
        })
    }
}

/// Metadata of a secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct SecretBody {
    /// Its last four characters.
    last_four: String,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When it expires.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    expires_at: Option<OffsetDateTime>,
}

/// A credential, without its secrets.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct CredentialBody {
    /// Id of the credential.
    id: String,
    /// The API it is for.
    #[schema(value_type = ApiName)]
    face: String,
    /// Id by which callers refer to it: client id or access key id.
    public_id: String,
    /// Slug of the tenant it gives access to.
    #[schema(required = true)]
    tenant: Option<String>,
    /// The partner whose customers it gives access to.
    #[schema(required = true)]
    partner: Option<String>,
    /// Customers it is restricted to.
    customers: Vec<String>,
    /// Display name.
    name: String,
    /// Granted scopes.
    #[schema(value_type = Vec<ScopeName>)]
    scopes: Vec<String>,
    /// Whether its secrets are publishable keys.
    publishable: bool,
    /// Rate limit, in requests per second; null for the gateway's default.
    #[schema(required = true)]
    rate_limit: Option<i32>,
    /// Whether it has a certificate.
    has_certificate: bool,
    /// Its valid secrets, newest first.
    secrets: Vec<SecretBody>,
    /// When it expires.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    expires_at: Option<OffsetDateTime>,
    /// When it was revoked.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
    revoked_at: Option<OffsetDateTime>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// Request count, delayed by some seconds.
    uses: i64,
    /// When it was last used, delayed by some seconds.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required = true)]
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
            publishable: credential.publishable,
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

/// A credential with its new secret or key, which cannot be retrieved again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::admin) struct IssuedBody {
    #[serde(flatten)]
    credential: CredentialBody,
    /// What callers send: the API key, client secret, access key secret or bearer token. Only a publishable key may be
    /// seen by others.
    secret: String,
}

impl From<Issued> for IssuedBody {
    fn from(issued: Issued) -> Self {
        Self { secret: issued.secret.expose().to_owned(), credential: issued.credential.into() }
    }
}

/// Filter of credentials.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api::admin) struct CredentialQuery {
    /// Only credentials of this tenant.
    pub(in crate::api::admin) tenant: Option<String>,
}

/// Options of a rotation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(in crate::api::admin) struct RotationBody {
    /// How long the old secrets stay valid, in seconds; one day by default.
    pub(in crate::api::admin) overlap_seconds: u32,
}

impl Default for RotationBody {
    fn default() -> Self {
        Self { overlap_seconds: 86_400 }
    }
}

/// Result of re-encrypting secrets.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api::admin) struct ResealedBody {
    /// Number of secrets re-encrypted.
    pub(in crate::api::admin) resealed: usize,
}
