//! AvePoint app registrations: clients that sign assertions, and the customers they may access.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::OffsetDateTime;

use super::assertion::{Assertion, AssertionFault};
use super::attempts::Source;
use super::certificate::ClientKey;
use super::principal::Principal;
use super::secret::digest;
use super::service::{AuthError, Credentials, refused};
use crate::core::face::Face;
use crate::core::id::{CredentialPublicId, CustomerPublicId};
use crate::pager::offset::PageWindow;
use crate::store::{CustomerPage, StoreError, StoredCredential};

/// A verified assertion that must still be [consumed](Credentials::consume).
#[derive(Debug)]
pub struct OneTimeAssertion {
    nonce: String,
    until: OffsetDateTime,
}

impl Credentials {
    /// Verifies `assertion` (RFC 7523), issued for one of `audiences`, with the client's registered certificate. The
    /// caller must [consume](Self::consume) it. `client_id` is the request's parameter, if present.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn by_assertion(
        &self,
        face: Face,
        assertion: &str,
        client_id: Option<&CredentialPublicId>,
        audiences: &[String],
        source: &Source,
    ) -> Result<(Principal, OneTimeAssertion), AuthError> {
        source.check()?;
        let assertion = Assertion::read(assertion, audiences, self.clock.now());
        let assertion = assertion.map_err(|fault| refused(source, fault.into()))?;
        let client = assertion.claims.client();
        if client_id.is_some_and(|id| id != client) {
            return Err(refused(source, AssertionFault::Client.into()));
        }
        let rows = self.store.callers_by_public_id(face.as_str(), client).await?;
        let row = rows.into_iter().next().ok_or_else(|| refused(source, AuthError::Refused))?;
        self.check_signature(&row, &assertion).map_err(|error| refused(source, error))?;
        let principal = Principal::from(&row);
        // Hash the jti, so that nonces have a fixed length and alphabet.
        let nonce = URL_SAFE_NO_PAD.encode(digest(&assertion.claims.jti));
        Ok((principal, OneTimeAssertion { nonce, until: assertion.claims.valid_until() }))
    }

    /// Marks an assertion of `principal` as used: each is accepted once, across all gateways.
    ///
    /// # Errors
    /// [`AuthError`] if it was used before.
    pub async fn consume(&self, principal: &Principal, assertion: OneTimeAssertion) -> Result<(), AuthError> {
        if self.use_nonce(principal, &assertion.nonce, assertion.until).await? {
            Ok(())
        } else {
            Err(AssertionFault::Replayed.into())
        }
    }

    /// A page of the customers that `principal` may access: all, or those with the public ids `wanted`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, [`StoreError::TimedOut`] if it does not answer in
    /// time.
    pub async fn customers(
        &self,
        principal: &Principal,
        wanted: Option<&[CustomerPublicId]>,
        page: PageWindow,
    ) -> Result<CustomerPage, StoreError> {
        self.store.customers_of(principal.credential, wanted, page).await
    }

    /// Whether pages of `origin` may read the answers to `principal`: whether a tenant that it may access lists the origin.
    ///
    /// # Errors
    /// [`AuthError`] if the database does not answer.
    pub async fn may_be_read_by(&self, principal: &Principal, origin: &str) -> Result<bool, AuthError> {
        Ok(self.store.may_be_read_by(principal.credential, origin).await?)
    }

    /// Refuses a client without a certificate, an expired certificate and a wrong signature with the same error, so
    /// that callers learn nothing about other clients.
    fn check_signature(&self, row: &StoredCredential, assertion: &Assertion<'_>) -> Result<(), AuthError> {
        let key = row.certificate.as_deref().and_then(|der| ClientKey::from_der(der).ok());
        let genuine = key.is_some_and(|key| {
            !key.has_expired(self.clock.now())
                && key.verifies(assertion.algorithm, assertion.signed, &assertion.signature)
        });
        genuine.then_some(()).ok_or(AuthError::Refused)
    }
}
