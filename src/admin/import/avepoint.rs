//! Users as AvePoint Elements returns them.

use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::collect::Collector;
use super::format::SourceFormat;
use super::reader::SourceFault;
use super::vendor::{Vendor, read_item};
use crate::core::face::Face;
use crate::wire::avepoint::ElementsUser;

/// Reads AvePoint's responses.
pub(super) struct AvePoint {
    /// The time from which password ages are subtracted.
    pub(super) now: OffsetDateTime,
}

impl Vendor for AvePoint {
    const FORMAT: SourceFormat = SourceFormat::Vendor(Face::AvePoint);

    fn take(&self, line: i64, item: &RawValue, collector: &mut Collector) -> Result<(), SourceFault> {
        match read_item::<ElementsUser<'_>>(item) {
            Ok(user) => {
                let empty = user.empty();
                collector.user(line, user.into_user(self.now), &empty)
            }
            Err(error) => collector.reject(line, error.field, error.reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_status_is_rejected_with_field_and_expected_values() {
        let item: &RawValue = serde_json::from_str(r#"{"id":"1","status":[0,9]}"#).unwrap();
        let error = read_item::<ElementsUser<'_>>(item).unwrap_err();
        assert_eq!(
            (error.field.as_str(), error.reason.as_str()),
            ("status", "must be an array of numbers from 0 to 8")
        );
    }
}
