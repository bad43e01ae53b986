//! Errors of administrative operations.

use super::import::{MappingError, SourceFault, UnknownFormatError};
use crate::auth::{AuthError, CertificateError};
use crate::core::face::{UnknownApiError, UnknownFaceError};
use crate::core::scope::UnknownScopeError;
use crate::core::user::SearchTextError;
use crate::store::StoreError;
use crate::wire::read::FieldError;

/// Why an administrative operation failed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// No tenant has this slug.
    #[error("there is no tenant with this slug")]
    NoTenant,
    /// No user has this name.
    #[error("there is no such user")]
    NoUser,
    /// Several users have this name.
    #[error("{0} users have this telephone number, or are meant by it in another way; ask for one by its id")]
    SeveralUsers(usize),
    /// The user is no longer in the version that was to be changed.
    #[error("the user was changed meanwhile; read it again, and change that version")]
    Stale,
    /// Another user has a value that only one can have.
    #[error("{0} belongs to another user")]
    Taken(&'static str),
    /// A person who was erased had a value.
    #[error(
        "{0} is that of somebody who was erased; if the person is to come back, allow it first: `userbatch user allow`, \
         or POST to the user's /allow"
    )]
    Erased(&'static str),
    /// Nobody who was erased had this name.
    #[error("nobody who was erased had this name")]
    NotErased,
    /// Several people who were erased had this name.
    #[error("{0} people who were erased had this; name one by an id, or by the digest of the receipt")]
    SeveralErased(usize),
    /// Nothing of the person was found who was to be erased.
    #[error(
        "nothing was found of anybody with this id, username, e-mail address, external id or address; if it is right, \
         keep the person out of the next import all the same: `--unknown`, or `unknown=true`"
    )]
    NothingErased,
    /// A field of the user is invalid.
    #[error("{0}")]
    Field(#[from] FieldError),
    /// A stored user cannot be read. The parser's message would quote it.
    #[error("a stored user cannot be read by this version")]
    Unreadable,
    /// No credential has this id.
    #[error("there is no credential with this id or public id")]
    NoCredential,
    /// A customer does not exist, or belongs to another partner.
    #[error("a customer does not exist or belongs to another partner")]
    NoCustomer,
    /// Invalid slug.
    #[error("a slug must be 1 to 63 lower-case letters, digits and hyphens, starting with a letter or digit")]
    Slug,
    /// Empty text.
    #[error("{0} must not be empty")]
    Empty(&'static str),
    /// The customer exists, but belongs to another partner.
    #[error("the customer with this id belongs to another partner")]
    OtherPartner,
    /// The deletion was not confirmed.
    #[error("the confirmation does not match: to delete a tenant with all its users, confirm with its slug")]
    Unconfirmed,
    /// An option is invalid for this face.
    #[error("{0}")]
    Option(&'static str),
    /// No face has this name.
    #[error(transparent)]
    Face(#[from] UnknownFaceError),
    /// No API has this name.
    #[error(transparent)]
    Api(#[from] UnknownApiError),
    /// No scope has this name.
    #[error(transparent)]
    Scope(#[from] UnknownScopeError),
    /// No source format has this name.
    #[error(transparent)]
    Format(#[from] UnknownFormatError),
    /// A column cannot be mapped.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// Not an origin.
    #[error(
        "an origin must be as browsers send it, such as https://app.example.com: a scheme, a host in lower case, and the port unless it is the scheme's own, without a path"
    )]
    Origin,
    /// The certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The credential is revoked or has expired.
    #[error("the credential is revoked or has expired; issue a new one")]
    Ended,
    /// Not a cursor of this tenant.
    #[error("this is not a cursor of this tenant: use one that its changes or an export of it gave")]
    Cursor,
    /// What came after the cursor is no longer known.
    #[error(
        "the cursor is too old, or from before the database was restored from a backup: start over, with the \
         changes from the beginning (without a cursor) or with a whole export and the cursor that it gives; whoever \
         is in neither is gone"
    )]
    CursorGone,
    /// The text cannot be searched for.
    #[error(transparent)]
    SearchText(#[from] SearchTextError),
    /// Not a cursor of this search.
    #[error(
        "this is not a cursor of this search: use one that a search of this tenant for the same text gave"
    )]
    SearchCursor,
    /// The source cannot be imported.
    #[error(transparent)]
    Source(#[from] SourceFault),
    /// All records were rejected.
    #[error("all {0} records were rejected; nothing was imported")]
    NothingUsable(u64),
    /// Records were rejected in a strict import.
    #[error("{0} records were rejected, so the strict import was cancelled; nothing was imported")]
    Rejected(u64),
    /// Records of a source that is to be whole were rejected.
    #[error(
        "{0} records were rejected: whoever they are about would be taken for users who left; nothing was imported. \
         Mend them, or import without replacing the source"
    )]
    Incomplete(u64),
    /// A source no longer lists too many users.
    #[error(
        "{0} of the {1} users that this source listed are not in it any more; nothing was imported. Look at what a dry \
         run would remove, and raise the maximum of removals if that is right"
    )]
    TooManyRemovals(u64, u64),
    /// The export could not be written.
    #[error("the export could not be written: {0}")]
    Output(#[from] std::io::Error),
    /// The credentials service failed.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The database failed.
    #[error("{} ({})", .0, .0.diagnosis())]
    Store(#[from] StoreError),
}
