//! Why an administrative act was not done.

use super::import::{SourceFault, UnknownFormatError};
use crate::auth::{AuthError, CertificateError};
use crate::core::face::UnknownFaceError;
use crate::core::scope::UnknownScopeError;
use crate::store::StoreError;

/// Why an administrative act was not done. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// No tenant has this slug.
    #[error("there is no tenant of this slug")]
    NoTenant,
    /// No credential has this id.
    #[error("there is no credential of this id")]
    NoCredential,
    /// A customer is not one of the partner's.
    #[error("a customer is not there, or is another partner's")]
    NoCustomer,
    /// Not a slug.
    #[error("a slug has 1 to 63 lower-case letters, digits and dashes, and starts with a letter or a digit")]
    Slug,
    /// Empty where text is needed.
    #[error("{0} must not be empty")]
    Empty(&'static str),
    /// The customer is there, of another partner.
    #[error("the customer of this id belongs to another partner")]
    OtherPartner,
    /// Deleting was not confirmed.
    #[error("to delete a tenant with all its users, type its slug again as the confirmation")]
    Unconfirmed,
    /// The credential's face does not take this option.
    #[error("{0}")]
    Option(&'static str),
    /// No face has this name.
    #[error(transparent)]
    Face(#[from] UnknownFaceError),
    /// No scope has this name.
    #[error(transparent)]
    Scope(#[from] UnknownScopeError),
    /// No source format has this name.
    #[error(transparent)]
    Format(#[from] UnknownFormatError),
    /// Not an origin.
    #[error("an origin is a scheme and a host, such as https://app.example.com, without a path")]
    Origin,
    /// The certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The credential is revoked or has ended.
    #[error("the credential is revoked or has ended; issue a new one")]
    Ended,
    /// The source cannot be imported.
    #[error(transparent)]
    Source(#[from] SourceFault),
    /// Not one record could be used.
    #[error("none of the {0} records could be used; nothing was imported")]
    NothingUsable(u64),
    /// Something was rejected, and the import was to be strict.
    #[error("{0} records were rejected; nothing was imported, as asked for with strict")]
    Rejected(u64),
    /// What was exported could not be written on.
    #[error("the export could not be written: {0}")]
    Output(#[from] std::io::Error),
    /// A secret could not be made.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The database failed.
    #[error("{} ({})", .0, .0.diagnosis())]
    Store(#[from] StoreError),
}
