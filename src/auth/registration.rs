//! App registrations of AvePoint: clients that sign assertions, and the customers they may touch.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::assertion::{Assertion, AssertionFault};
use super::certificate::ClientKey;
use super::principal::{Face, Principal};
use super::secret::digest;
use super::service::{AuthError, Credentials};
use crate::pager::offset::PageWindow;
use crate::store::{CredentialRow, CustomerPage, NewCredential, StoreError, TenantStore};

impl Credentials {
    /// Makes a credential without a secret: its caller proves itself with the key of its certificate alone.
    ///
    /// # Errors
    /// [`AuthError::Store`].
    pub async fn register(&self, credential: &NewCredential) -> Result<Uuid, AuthError> {
        Ok(self.store.create_credential(credential, None).await?)
    }

    /// Who signed `assertion` (RFC 7523), made for one of `audiences`, with the key of the certificate it
    /// registered. Each counts once, on any gateway. `client_id` is what was said beside it, if anything.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn by_assertion(
        &self,
        face: Face,
        assertion: &str,
        client_id: Option<&str>,
        audiences: &[String],
    ) -> Result<Principal, AuthError> {
        let assertion = Assertion::read(assertion, audiences, self.clock.now())?;
        let client = assertion.claims.client();
        if client_id.is_some_and(|id| id != client) {
            return Err(AssertionFault::Client.into());
        }
        let rows = self.store.credentials_by_public_id(face.as_str(), client).await?;
        let row = rows.into_iter().next().ok_or(AuthError::Refused)?;
        self.check_signature(&row, &assertion)?;
        let principal = Principal::from(row);
        // Whatever a client writes as its jti becomes a nonce of one form and length.
        let nonce = URL_SAFE_NO_PAD.encode(digest(&assertion.claims.jti));
        let until = assertion.claims.counts_until();
        if !self.use_nonce(&principal, &nonce, until).await? {
            return Err(AssertionFault::Replayed.into());
        }
        Ok(principal)
    }

    /// The directory behind a customer's and a tenant's public ids; none if there is none that `principal` may
    /// touch, or it is suspended.
    ///
    /// # Errors
    /// As any statement.
    pub async fn tenant_of(
        &self,
        principal: &Principal,
        customer: &str,
        tenant: &str,
    ) -> Result<Option<TenantStore>, StoreError> {
        let tenant = self.store.tenant_of_customer(principal.credential, customer, tenant).await?;
        Ok(tenant.map(|tenant| self.store.of_tenant(tenant)))
    }

    /// One page of the customers that `principal` may touch, of all or of those with the public ids `wanted`.
    ///
    /// # Errors
    /// As any statement.
    pub async fn customers(
        &self,
        principal: &Principal,
        wanted: Option<&[String]>,
        page: PageWindow,
    ) -> Result<CustomerPage, StoreError> {
        self.store.customers_of(principal.credential, wanted, page).await
    }

    /// Refuses alike a client without a certificate, one whose certificate has expired, and a wrong signature:
    /// a caller learns nothing of a client that is not its own.
    fn check_signature(&self, row: &CredentialRow, assertion: &Assertion<'_>) -> Result<(), AuthError> {
        let key = row.certificate.as_deref().and_then(|der| ClientKey::from_der(der).ok());
        let genuine = key.is_some_and(|key| {
            !key.has_expired(self.clock.now()) && key.verifies(assertion.signed, &assertion.signature)
        });
        genuine.then_some(()).ok_or(AuthError::Refused)
    }
}
