//! E-mail addresses and telephone numbers: whose they are, and whether they were verified.

use super::{DataSource, Extent, Fields, Record};
use crate::core::key::LookupKey;
use crate::core::user::Sources;

const EMAIL: &str = "contact.email";
const EMAIL_VERIFIED: &str = "contact.emailVerified";
const SELF_REGISTERED: &str = "contact.emailSelfRegistered";
const PHONE: &str = "contact.phone";
const PHONE_VERIFIED: &str = "contact.phoneVerified";

/// Decides whose e-mail address stays, and whether the user or an administrator gave it. Verification of the old address
/// or number does not carry over to a new one.
pub(super) fn settle(user: &mut Fields, record: &mut Record) {
    if let Extent::Whole { .. } = record.extent {
        for (path, verified) in [(EMAIL, EMAIL_VERIFIED), (PHONE, PHONE_VERIFIED)] {
            if record.fields.text(path).is_none() {
                // Of nothing; another source's address or number may be verified.
                record.empty.shift_remove(verified);
            }
        }
    }
    settle_email(user, record);
    let phone = |fields: &Fields| fields.text(PHONE).and_then(LookupKey::phone);
    if record.fields.text(PHONE).is_some() && phone(&record.fields) != phone(user) {
        user.clear(PHONE_VERIFIED);
    }
}

fn settle_email(user: &mut Fields, record: &mut Record) {
    let key = |fields: &Fields| fields.text(EMAIL).and_then(LookupKey::email);
    if record.fields.text(EMAIL).is_none() {
        record.fields.clear(SELF_REGISTERED);
        return;
    }
    let is_same = key(user) == key(&record.fields);
    if is_of_others(user, record.by) {
        let is_vouched = !record.fields.is_true(SELF_REGISTERED) || record.fields.is_true(EMAIL_VERIFIED);
        if !is_same && !is_vouched && !user.is_true(SELF_REGISTERED) {
            for path in [EMAIL, EMAIL_VERIFIED, SELF_REGISTERED] {
                record.fields.clear(path);
                record.empty.shift_remove(path);
            }
            return;
        }
        // What an administrator gave once stays given, and sources that write one address differently do not take turns.
        if is_same && !user.is_true(SELF_REGISTERED) {
            record.fields.clear(SELF_REGISTERED);
        }
        if let (true, Extent::Whole { .. }, Some(known)) = (is_same, record.extent, user.values.get(EMAIL)) {
            record.fields.values.insert(EMAIL.to_owned(), known.clone());
        }
    }
    if !record.fields.is_true(SELF_REGISTERED) {
        user.clear(SELF_REGISTERED);
    }
    if !is_same {
        user.clear(EMAIL_VERIFIED);
    }
}

/// Whether the user has an e-mail address that another source than `by` gave.
fn is_of_others(user: &Fields, by: DataSource) -> bool {
    user.text(EMAIL).is_some() && user.by(EMAIL) != Sources::one(by)
}

/// Nothing was verified of an address or a number that is gone, unless `record` says so.
pub(super) fn forget_verification_of_nothing(user: &mut Fields, record: Option<&Record>) {
    for (path, verified) in [(EMAIL, EMAIL_VERIFIED), (EMAIL, SELF_REGISTERED), (PHONE, PHONE_VERIFIED)] {
        let is_said = record.is_some_and(|record| record.fields.is_true(verified));
        if user.text(path).is_none() && !is_said {
            user.clear(verified);
        }
    }
}
