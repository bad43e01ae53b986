//! What a patch by one source makes of a single user.

use serde_json::Value;

use super::import::read_patch;
use crate::core::user::merge::{Extent, FieldChange, Statement, differences, merge, without_element};
use crate::core::user::{DataSource, JsonObject, MAX_TEXT_BYTES, User};
use crate::store::RecordError;
use crate::wire::read::FieldError;

/// A user after a patch.
pub(super) struct Revision {
    pub(super) user: User,
    /// The fields that changed.
    pub(super) fields: Vec<FieldChange>,
}

impl Revision {
    /// What a patch makes of `document`: it is by the source `by`, and says `said`.
    ///
    /// # Errors
    /// [`serde_json::Error`] if this version cannot read the document. Its text would quote it.
    pub(super) fn of(
        document: JsonObject,
        said: Statement,
        by: DataSource,
    ) -> Result<Self, serde_json::Error> {
        let after = merge(document.clone(), said, by, Extent::Patch);
        let fields = differences(document, after.clone(), by);
        Ok(Self { user: serde_json::from_value(after.into())?, fields })
    }
}

/// The fields that changed, as the audit log has them: what tells one identity or chain account from another is its value.
pub(super) fn audited(fields: &[FieldChange]) -> Vec<&str> {
    let mut names: Vec<&str> = fields.iter().map(|field| without_element(&field.field)).collect();
    // Elements of a list follow one another.
    names.dedup();
    names
}

impl From<RecordError> for FieldError {
    fn from(error: RecordError) -> Self {
        Self::new(error.field(), error.to_string())
    }
}

/// What a merge patch (RFC 7396) that names its user says.
///
/// # Errors
/// A field is not one of a user, or of another type.
pub(super) fn statement(patch: JsonObject) -> Result<Statement, FieldError> {
    let (user, empty) = read_patch(patch)?;
    match serde_json::to_value(user) {
        Ok(Value::Object(document)) => Ok(Statement { document, empty }),
        _ => Err(FieldError::new("", "is not a user")),
    }
}

/// Checks that no text of `user` is too long.
///
/// # Errors
/// The first field with one that is.
pub(super) fn check_lengths(user: &User) -> Result<(), FieldError> {
    user.overlong_field()
        .map_or(Ok(()), |field| Err(FieldError::new(field, format!("is longer than {MAX_TEXT_BYTES} bytes"))))
}
