//! Users as AvePoint Elements answers them.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use time::{Duration, OffsetDateTime, Time};

use super::collect::Collector;
use super::reader::SourceFault;
use super::vendor::{ItemShape, Vendor, read_item};
use crate::core::face::Face;
use crate::core::id::UserId;
use crate::core::user::{AccessFlag, User};
use crate::wire::read::{FieldError, filled};

/// AvePoint's answers, taken in at a time.
pub(super) struct AvePoint {
    /// From when the ages count back.
    pub(super) now: OffsetDateTime,
}

/// A user of an answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    id: String,
    #[serde(default, deserialize_with = "filled")]
    user_principal_name: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    mail: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    first_name: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    last_name: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    employee_id: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    location: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    company: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    department: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    mobile: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    job_title: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    country_or_region: Option<String>,
    #[serde(default)]
    is_test_user: Option<bool>,
    #[serde(default)]
    age: Option<i64>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    start_date: Option<OffsetDateTime>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    end_date: Option<OffsetDateTime>,
    #[serde(default, deserialize_with = "numbers")]
    status: Vec<i64>,
}

/// An array of numbers, as the vendor answers, or one number, as its table says.
fn numbers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an array of integers")]
    enum Numbers {
        Many(Vec<i64>),
        One(i64),
    }
    let numbers = Option::deserialize(from)?;
    Ok(match numbers {
        Some(Numbers::Many(numbers)) => numbers,
        Some(Numbers::One(number)) => vec![number],
        None => Vec::new(),
    })
}

/// AvePoint's numbers 0 to 8, in their order.
const FLAGS: [AccessFlag; 9] = [
    AccessFlag::MfaDisabled,
    AccessFlag::SignInBlocked,
    AccessFlag::PasswordExpired,
    AccessFlag::HighRisk,
    AccessFlag::MediumRisk,
    AccessFlag::Compliance,
    AccessFlag::Inactive,
    AccessFlag::PendingDeletion,
    AccessFlag::TestUser,
];

impl Item {
    fn flags(&self) -> Result<Vec<AccessFlag>, FieldError> {
        let flags = self.status.iter().map(|&number| {
            let flag = usize::try_from(number).ok().and_then(|n| FLAGS.get(n));
            flag.copied().ok_or_else(|| FieldError::new("status", "must be numbers from 0 to 8"))
        });
        let mut flags: Vec<AccessFlag> = flags.collect::<Result<_, _>>()?;
        if self.is_test_user == Some(true) {
            flags.push(AccessFlag::TestUser);
        }
        flags.sort_unstable();
        flags.dedup();
        Ok(flags)
    }

    fn into_user(self, now: OffsetDateTime) -> Result<User, FieldError> {
        let flags = self.flags()?;
        let mut user = User::new(UserId::new(&self.id));
        user.issued_ids.insert("avepoint".to_owned(), self.id);
        user.profile.display_name = self.display_name;
        user.profile.given_name = self.first_name;
        user.profile.family_name = self.last_name;
        user.contact.email = self.mail;
        user.contact.phone = self.mobile;
        user.postal.country = self.country_or_region;
        user.employment.company = self.company;
        user.employment.department = self.department;
        user.employment.job_title = self.job_title;
        user.employment.employee_id = self.employee_id;
        user.employment.office = self.location;
        user.account.user_principal_name = self.user_principal_name;
        user.account.starts_at = self.start_date.and_then(set);
        user.account.ends_at = self.end_date.and_then(set);
        user.account.flags = flags;
        user.logins.password_set_at = self.age.and_then(|days| days_before(now, days));
        Ok(user)
    }
}

/// The epoch stands for a date that is not set.
fn set(date: OffsetDateTime) -> Option<OffsetDateTime> {
    (date != OffsetDateTime::UNIX_EPOCH).then_some(date)
}

/// Midnight, as many days ago: the day is all that an age tells, and on one day it must tell one thing.
fn days_before(now: OffsetDateTime, days: i64) -> Option<OffsetDateTime> {
    let seconds = days.checked_mul(86_400)?;
    let midnight = now.replace_time(Time::MIDNIGHT);
    midnight.checked_sub(Duration::seconds(seconds))
}

impl Vendor for AvePoint {
    const FACE: Face = Face::AvePoint;
    const MEMBER: &'static str = "data";

    fn take(&self, line: i64, item: &RawValue, collector: &mut Collector) -> Result<(), SourceFault> {
        match read_item::<Item>(item).and_then(|item| item.into_user(self.now)) {
            Ok(user) => collector.user(line, &user),
            Err(fault) => collector.reject(line, fault.field, fault.reason),
        }
    }

    fn owns(item: &ItemShape) -> bool {
        item.id.is_some() && item.user_id.is_none() && item.cosmos_address.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    fn user(json: &str) -> Result<User, FieldError> {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        read_item::<Item>(raw).and_then(|item| item.into_user(datetime!(2026-03-11 15:30 UTC)))
    }

    #[test]
    fn a_user_of_the_seed_becomes_canonical() {
        let user = user(
            r#"{"id":"c2aa","userPrincipalName":"tony@e.onmicrosoft.com","displayName":"Kevin Mark","firstName":"Kevin",
                "lastName":"Mark","mobile":"","status":[1,0],"isTestUser":true,"age":10,
                "startDate":"1970-01-01T00:00:00Z","endDate":"2027-01-01T00:00:00Z","countryOrRegion":"Slovenia"}"#,
        )
        .unwrap();
        assert_eq!(user.id_for("avepoint"), "c2aa");
        assert_eq!(user.contact.phone, None);
        let flags = [AccessFlag::MfaDisabled, AccessFlag::SignInBlocked, AccessFlag::TestUser];
        assert_eq!(user.account.flags, flags);
        assert_eq!(user.logins.password_set_at, Some(datetime!(2026-03-01 0:00 UTC)));
        assert_eq!(user.account.starts_at, None);
        assert_eq!(user.account.ends_at, Some(datetime!(2027-01-01 0:00 UTC)));
    }

    #[test]
    fn a_status_may_be_one_number_and_must_be_known() {
        assert_eq!(user(r#"{"id":"1","status":2}"#).unwrap().account.flags, [AccessFlag::PasswordExpired]);
        assert_eq!(user(r#"{"id":"1","status":[9]}"#).unwrap_err().field, "status");
        assert_eq!(user(r#"{"id":"1","age":9223372036854775807}"#).unwrap().logins.password_set_at, None);
    }
}
