//! Why an operation of an identity provider failed.

use crate::store::{PutError, StoreError};
use crate::wire::scim::ScimError;

/// Why an operation failed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ProvisioningError {
    /// The protocol has an error for it.
    #[error(transparent)]
    Scim(#[from] ScimError),
    /// A stored user cannot be read. The parser's message would quote it.
    #[error("a stored user cannot be read by this version")]
    Unreadable,
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
}

impl From<PutError> for ProvisioningError {
    fn from(error: PutError) -> Self {
        match error {
            PutError::Taken(field) => ScimError::Uniqueness(attribute_of(field)).into(),
            PutError::Erased(field) => ScimError::Erased(attribute_of(field)).into(),
            PutError::Record(error) => ScimError::InvalidValue(error.into()).into(),
            PutError::Store(error) => error.into(),
        }
    }
}

/// The attribute that a field of the canonical user is shown as.
fn attribute_of(field: &'static str) -> &'static str {
    match field {
        "profile.username" => "userName",
        "contact.email" => "emails",
        "employment.externalId" => "externalId",
        other => other,
    }
}
