//! Users as GenAuth returns them.

use serde_json::value::RawValue;

use super::collect::Collector;
use super::format::SourceFormat;
use super::reader::SourceFault;
use super::vendor::{Vendor, read_item};
use crate::core::face::Face;
use crate::core::user::User;
use crate::wire::genauth::UserDto;

/// Reads GenAuth's responses.
pub(super) struct GenAuth;

impl Vendor for GenAuth {
    const FORMAT: SourceFormat = SourceFormat::Vendor(Face::GenAuth);

    fn take(&self, line: i64, item: &RawValue, collector: &mut Collector) -> Result<(), SourceFault> {
        match read_item::<UserDto<'static>>(item) {
            Ok(user) => {
                let (user, empty) = user.into_user();
                collector.user(line, self_registered(user), &empty)
            }
            Err(fault) => collector.reject(line, fault.field, fault.reason),
        }
    }
}

/// GenAuth's users sign up and change their e-mail addresses themselves: only a verified one is surely theirs.
fn self_registered(mut user: User) -> User {
    user.contact.email_self_registered = user.contact.email.is_some();
    user
}
