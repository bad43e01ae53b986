//! Credentials: issue, list, rotate, revoke, re-encrypt.

use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;

use super::{AdminError, Administration, CredentialAdministration, act};
use crate::auth::{AuthError, KeyRingError, Secret, certificate_from_pem};
use crate::core::clock::Clock;
use crate::core::face::{Api, Face};
use crate::core::id::{CredentialPublicId, CustomerPublicId, Slug};
use crate::core::scope::Scope;
use crate::store::{CredentialInfo, NewCredential, NewSecret, PUBLISHABLE, TenantInfo};

/// A credential to issue.
#[derive(Debug, Clone)]
pub struct NewCredentialOptions {
    /// The API it is for.
    pub face: Api,
    /// Slug of the tenant it gives access to; for AvePoint, that tenant's customer.
    pub tenant: Option<Slug>,
    /// AvePoint: the partner whose customers it gives access to, instead of a tenant.
    pub partner: Option<String>,
    /// AvePoint: restricts it to these customers.
    pub customers: Vec<CustomerPublicId>,
    /// AvePoint: scopes to grant; all if empty.
    pub scopes: Vec<Scope>,
    /// BitBadges: a publishable key, for pages of the tenant's `corsOrigins`, which sees only what is public.
    pub publishable: bool,
    /// Display name.
    pub name: String,
    /// Rate limit, in requests per second.
    pub rate_limit: Option<u32>,
    /// Lifetime; unlimited if absent.
    pub expires_in: Option<Duration>,
    /// AvePoint: PEM of the X.509 certificate that verifies its client assertions.
    pub certificate: Option<String>,
}

/// An issued credential with its secret, which cannot be retrieved again.
#[derive(Debug)]
pub struct Issued {
    /// The credential.
    pub credential: CredentialInfo,
    /// Its secret.
    pub secret: Secret,
}

/// A credential with a new secret.
#[derive(Debug)]
pub struct Rotated {
    /// The credential and its new secret.
    pub issued: Issued,
    /// Until when the old secrets stay valid.
    pub overlap_ends: OffsetDateTime,
}

/// An id of 24 hexadecimal digits, as used by GenAuth.
pub(super) fn short_id(clock: &Clock) -> String {
    // The last digits of a version 7 UUID are random.
    clock.new_id().simple().to_string().chars().skip(8).collect()
}

fn new_public_id(api: Api, clock: &Clock) -> CredentialPublicId {
    let id = match api {
        Api::Face(Face::GenAuth) => short_id(clock),
        Api::Face(Face::AvePoint) => clock.new_id().to_string(),
        Api::Face(Face::BitBadges) | Api::Scim => clock.new_id().simple().to_string(),
    };
    CredentialPublicId::new(id)
}

impl NewCredentialOptions {
    fn is_avepoint(&self) -> bool {
        self.face == Api::Face(Face::AvePoint)
    }

    fn check(&self) -> Result<(), AdminError> {
        let is_avepoint = self.is_avepoint();
        if !is_avepoint && self.tenant.is_none() {
            return Err(AdminError::Option("credentials of this API need a tenant"));
        }
        if is_avepoint && self.tenant.is_none() && self.partner.is_none() {
            return Err(AdminError::Option("an AvePoint credential needs a tenant or a partner"));
        }
        if self.partner.is_some() && self.tenant.is_some() {
            return Err(AdminError::Option("an AvePoint credential takes a tenant or a partner, not both"));
        }
        if !is_avepoint && (self.partner.is_some() || !self.customers.is_empty()) {
            return Err(AdminError::Option("only AvePoint credentials take a partner or customers"));
        }
        if !is_avepoint && self.certificate.is_some() {
            return Err(AdminError::Option("only AvePoint credentials take a certificate"));
        }
        if !is_avepoint && !self.scopes.is_empty() {
            return Err(AdminError::Option("only AvePoint credentials have scopes"));
        }
        if self.publishable && self.face != Api::Face(Face::BitBadges) {
            return Err(AdminError::Option("only BitBadges keys can be publishable"));
        }
        Ok(())
    }

    /// The customers it is restricted to: those given, or that of the given tenant. Empty, for all customers, only if
    /// nothing but a partner is given.
    fn granted(&self, tenant: Option<&TenantInfo>) -> Vec<CustomerPublicId> {
        match tenant {
            Some(tenant) if self.is_avepoint() && self.customers.is_empty() => {
                vec![tenant.customer_id.clone()]
            }
            _ => self.customers.clone(),
        }
    }

    fn scopes(&self) -> Vec<String> {
        let every = self.is_avepoint() && self.scopes.is_empty();
        let scopes = if every { Scope::ALL.as_slice() } else { &self.scopes };
        let publishable = self.publishable.then_some(PUBLISHABLE);
        scopes.iter().map(|scope| scope.as_str()).chain(publishable).map(str::to_owned).collect()
    }

    fn complete(&self, tenant: Option<&TenantInfo>, clock: &Clock) -> Result<NewCredential, AdminError> {
        let now = clock.now();
        let is_avepoint = self.is_avepoint();
        let partner = self.partner.clone().or_else(|| tenant.map(|tenant| tenant.partner.clone()));
        let certificate =
            self.certificate.as_deref().map(|pem| certificate_from_pem(pem.as_bytes(), now)).transpose()?;
        let rate_limit = self
            .rate_limit
            .map(|limit| i32::try_from(limit).ok().filter(|&limit| limit > 0))
            .map(|limit| limit.ok_or(AdminError::Option("a rate limit must be from 1 to 2147483647")))
            .transpose()?;
        Ok(NewCredential {
            face: self.face.as_str(),
            public_id: new_public_id(self.face, clock),
            tenant_id: tenant.filter(|_| !is_avepoint).map(|tenant| tenant.id),
            partner: partner.filter(|_| is_avepoint),
            name: self.name.clone(),
            scopes: self.scopes(),
            rate_limit,
            certificate,
            expires_at: self.expires_in.map(|lifetime| now + lifetime),
        })
    }
}

impl Administration {
    /// The credentials, oldest first; if the slug of a tenant is given, those that open it, AvePoint credentials through
    /// its customer.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn credentials(&self, tenant: Option<&Slug>) -> Result<Vec<CredentialInfo>, AdminError> {
        let tenant = match tenant {
            Some(slug) => Some(self.tenant(slug).await?.id),
            None => None,
        };
        Ok(self.store.credentials(tenant, None).await?)
    }

    /// The credential with this id or public id.
    ///
    /// # Errors
    /// [`AdminError::NoCredential`] if there is none; [`AdminError::Store`] if the database fails.
    pub async fn credential(&self, name: &str) -> Result<CredentialInfo, AdminError> {
        let mut found = self.store.credentials(None, Some(name)).await?;
        found.pop().ok_or(AdminError::NoCredential)
    }

    /// Revokes a credential immediately, at every gateway.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn revoke(&self, name: &str) -> Result<CredentialInfo, AdminError> {
        let credential = self.credential(name).await?;
        let mut transaction = self.store.administrate().await?;
        transaction.revoke_credential(credential.id).await?;
        let tenant = credential.tenant.as_ref();
        let done = act(
            "credential.revoke",
            tenant,
            credential.public_id.as_str(),
            json!({ "face": credential.face }),
        );
        transaction.record(&self.actor, &done).await?;
        transaction.commit().await?;
        self.credential(name).await
    }
}

impl CredentialAdministration {
    /// A secret or a publishable key, and what is stored of it.
    fn new_secret(
        &self,
        api: Api,
        public_id: &CredentialPublicId,
        publishable: bool,
    ) -> Result<(Secret, NewSecret), AuthError> {
        if publishable { self.secrets.new_publishable_key() } else { self.secrets.new_secret(api, public_id) }
    }

    /// Issues a credential.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn issue(&self, options: &NewCredentialOptions) -> Result<Issued, AdminError> {
        options.check()?;
        let tenant = match &options.tenant {
            Some(slug) => Some(self.tenant(slug).await?),
            None => None,
        };
        let new = options.complete(tenant.as_ref(), &self.clock)?;
        let (secret, kept) = self.new_secret(options.face, &new.public_id, options.publishable)?;
        let mut transaction = self.store.administrate().await?;
        let id = transaction.create_credential(&new).await?;
        transaction.add_secret(id, &kept).await?;
        let customers = options.granted(tenant.as_ref());
        let granted = transaction.grant_customers(id, &customers).await?;
        if usize::try_from(granted) != Ok(customers.len()) {
            return Err(AdminError::NoCustomer);
        }
        let detail = json!({
            "face": new.face, "partner": new.partner, "customers": customers, "scopes": new.scopes,
            "publishable": options.publishable, "rateLimit": new.rate_limit, "lastFour": kept.last_four, "certificate": new.certificate.is_some(),
        });
        let slug = options.tenant.as_ref();
        let done = act("credential.issue", slug, new.public_id.as_str(), detail);
        transaction.record(&self.actor, &done).await?;
        transaction.commit().await?;
        Ok(Issued { credential: self.credential(new.public_id.as_str()).await?, secret })
    }

    /// Issues a new secret for a credential. The old ones stay valid for `overlap`, and the tokens issued for them no
    /// longer.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn rotate(&self, name: &str, overlap: Duration) -> Result<Rotated, AdminError> {
        let credential = self.credential(name).await?;
        let now = self.clock.now();
        let ended = credential.expires_at.is_some_and(|end| end <= now);
        let api: Api = credential.face.parse().map_err(|_| AdminError::NoCredential)?;
        if credential.revoked_at.is_some() || ended {
            return Err(AdminError::Ended);
        }
        let (secret, kept) = self.new_secret(api, &credential.public_id, credential.publishable)?;
        let overlap_ends = now + overlap;
        let mut transaction = self.store.administrate().await?;
        let end = (!overlap.is_zero()).then_some(overlap_ends);
        transaction.end_secrets(credential.id, end).await?;
        transaction.add_secret(credential.id, &kept).await?;
        let detail = json!({
            "face": credential.face, "lastFour": kept.last_four, "overlapSeconds": overlap.as_secs(),
        });
        let tenant = credential.tenant.as_ref();
        let done = act("credential.rotate", tenant, credential.public_id.as_str(), detail);
        transaction.record(&self.actor, &done).await?;
        transaction.commit().await?;
        let credential = self.credential(credential.public_id.as_str()).await?;
        let issued = Issued { credential, secret };
        Ok(Rotated { issued, overlap_ends })
    }

    /// Re-encrypts all stored secrets with the newest key of the ring, so that older keys can be removed. Returns how
    /// many were re-encrypted.
    ///
    /// # Errors
    /// [`AdminError::Auth`] if the ring lacks the key of a secret.
    pub async fn reseal(&self) -> Result<usize, AdminError> {
        let mut transaction = self.store.administrate().await?;
        let mut resealed = 0;
        for secret in transaction.sealed_secrets().await? {
            let unknown = |_| AdminError::Auth(AuthError::KeyRing(KeyRingError::Unopened));
            let face = secret.face.parse().map_err(unknown)?;
            let fresh = self.secrets.resealed(face, &secret.public_id, &secret.sealed)?;
            if let Some(fresh) = fresh {
                transaction.reseal_secret(secret.id, &fresh).await?;
                resealed += 1;
            }
        }
        if let Some(sealed) = transaction.sealed_erasure_key().await?
            && let Some(fresh) = self.secrets.resealed_erasure_key(&sealed)?
        {
            transaction.reseal_erasure_key(&fresh).await?;
            resealed += 1;
        }
        let done = act("credential.reseal", None, "", json!({ "resealed": resealed }));
        transaction.record(&self.actor, &done).await?;
        transaction.commit().await?;
        Ok(resealed)
    }
}
