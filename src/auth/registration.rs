//! App registrations of AvePoint: clients that sign assertions, and the customers they may touch.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::OffsetDateTime;

use super::assertion::{Assertion, AssertionFault};
use super::certificate::ClientKey;
use super::principal::Principal;
use super::secret::digest;
use super::service::{AuthError, Credentials};
use crate::core::face::Face;
use crate::core::id::{CredentialPublicId, CustomerPublicId};
use crate::pager::offset::PageWindow;
use crate::store::{CustomerPage, StoreError, StoredCredential};

/// A genuine assertion that has not been used up yet.
#[derive(Debug)]
pub struct Unspent {
    nonce: String,
    until: OffsetDateTime,
}

impl Credentials {
    /// Who signed `assertion` (RFC 7523), made for one of `audiences`, with the key of the certificate it
    /// registered; and what must be [spent](Self::spend) before it counts. `client_id` is what was said beside it,
    /// if anything.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn by_assertion(
        &self,
        face: Face,
        assertion: &str,
        client_id: Option<&CredentialPublicId>,
        audiences: &[String],
    ) -> Result<(Principal, Unspent), AuthError> {
        let assertion = Assertion::read(assertion, audiences, self.clock.now())?;
        let client = assertion.claims.client();
        if client_id.is_some_and(|id| id != client) {
            return Err(AssertionFault::Client.into());
        }
        let rows = self.store.callers_by_public_id(face.as_str(), client).await?;
        let row = rows.into_iter().next().ok_or(AuthError::Refused)?;
        self.check_signature(&row, &assertion)?;
        let principal = Principal::from(&row);
        // Whatever a client writes as its jti becomes a nonce of one form and length.
        let nonce = URL_SAFE_NO_PAD.encode(digest(&assertion.claims.jti));
        Ok((principal, Unspent { nonce, until: assertion.claims.counts_until() }))
    }

    /// Uses an assertion of `principal` up: each counts once, on any gateway.
    ///
    /// # Errors
    /// [`AuthError`] if it was used before.
    pub async fn spend(&self, principal: &Principal, assertion: Unspent) -> Result<(), AuthError> {
        if self.use_nonce(principal, &assertion.nonce, assertion.until).await? {
            Ok(())
        } else {
            Err(AssertionFault::Replayed.into())
        }
    }

    /// One page of the customers that `principal` may touch, of all or of those with the public ids `wanted`.
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

    /// Refuses alike a client without a certificate, one whose certificate has expired, and a wrong signature:
    /// a caller learns nothing of a client that is not its own.
    fn check_signature(&self, row: &StoredCredential, assertion: &Assertion<'_>) -> Result<(), AuthError> {
        let key = row.certificate.as_deref().and_then(|der| ClientKey::from_der(der).ok());
        let genuine = key.is_some_and(|key| {
            !key.has_expired(self.clock.now()) && key.verifies(assertion.signed, &assertion.signature)
        });
        genuine.then_some(()).ok_or(AuthError::Refused)
    }
}
