//! Users as another service provider lists them by SCIM.

use serde_json::value::RawValue;

use super::collect::Collector;
use super::format::SourceFormat;
use super::patch;
use super::reader::SourceFault;
use super::vendor::{Vendor, read_item};
use crate::core::user::{JsonObject, User};
use crate::wire::read::FieldError;
use crate::wire::scim::{ListedUser, ScimError};

/// Reads lists of users (RFC 7644, section 3.4.2).
pub(super) struct Scim;

impl Vendor for Scim {
    const FORMAT: SourceFormat = SourceFormat::Scim;

    fn take(&self, line: i64, item: &RawValue, collector: &mut Collector) -> Result<(), SourceFault> {
        match user(item) {
            // What a whole record does not have is missing, and what is empty it does not have.
            Ok(user) => collector.user(line, user, &JsonObject::new()),
            Err(fault) => collector.reject(line, fault.field, fault.reason),
        }
    }
}

fn user(item: &RawValue) -> Result<User, FieldError> {
    let listed = ListedUser::read(read_item(item)?).map_err(fault)?;
    let document = listed.into_document().map_err(fault)?;
    patch::read(document).map(|(user, _)| user)
}

fn fault(error: ScimError) -> FieldError {
    match error {
        ScimError::InvalidSyntax(fault) | ScimError::InvalidValue(fault) => fault,
        other => FieldError::new("", other.to_string()),
    }
}
