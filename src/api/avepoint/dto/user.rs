//! A user as Elements shows it: 18 members, always all of them (seed, "Response").

use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use crate::core::user::{AccessFlag, Account, User};

/// A user of the tenant. Text that is not known is null.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api::avepoint) struct ElementsUser {
    /// The ID of the user.
    id: String,
    /// The user principal name.
    user_principal_name: Option<String>,
    /// The full name of the user.
    display_name: Option<String>,
    /// The first name of the user.
    first_name: Option<String>,
    /// The last name of the user.
    last_name: Option<String>,
    /// The department of the user.
    department: Option<String>,
    /// The mobile of the user.
    mobile: Option<String>,
    /// The job title of the user.
    job_title: Option<String>,
    /// The email of the user.
    mail: Option<String>,
    /// The office location of the user.
    location: Option<String>,
    /// The employee ID of the user.
    employee_id: Option<String>,
    /// What an administrator is warned of: 0 MFA disabled, 1 sign-in blocked, 2 password expired, 3 high risk,
    /// 4 medium risk, 5 compliance, 6 inactive, 7 pending deletion, 8 test user.
    #[schema(example = json!([0, 1]))]
    status: Vec<u8>,
    /// Whether the account is a test user for development purposes.
    is_test_user: bool,
    /// Age of the password in whole days; 0 if it is not known when it was set.
    #[schema(minimum = 0, example = 12)]
    age: i64,
    /// From when the account can sign in; 1970-01-01T00:00:00Z if not set.
    #[schema(format = DateTime, example = "1970-01-01T00:00:00Z")]
    start_date: String,
    /// From when it no longer can; 1970-01-01T00:00:00Z if not set.
    #[schema(format = DateTime, example = "1970-01-01T00:00:00Z")]
    end_date: String,
    /// The company of the user.
    company: Option<String>,
    /// The country or region of the user.
    country_or_region: Option<String>,
}

impl ElementsUser {
    /// `user` as it is at `now`: the password's age depends on it.
    pub(in crate::api::avepoint) fn new(user: &User, now: OffsetDateTime) -> Self {
        let id = user.id_for("avepoint").to_owned();
        let User { profile, contact, postal, employment, account, logins, .. } = user;
        Self {
            id,
            status: status(account),
            is_test_user: account.flags.contains(&AccessFlag::TestUser),
            age: logins.password_set_at.map_or(0, |set_at| whole_days(set_at, now)),
            start_date: utc(account.starts_at),
            end_date: utc(account.ends_at),
            user_principal_name: account.user_principal_name.clone(),
            display_name: profile.display_name.clone(),
            first_name: profile.given_name.clone(),
            last_name: profile.family_name.clone(),
            department: employment.department.clone(),
            mobile: contact.phone.clone(),
            job_title: employment.job_title.clone(),
            mail: contact.email.clone(),
            location: employment.office.clone(),
            employee_id: employment.employee_id.clone(),
            company: employment.company.clone(),
            country_or_region: postal.country.clone(),
        }
    }
}

/// Each flag once, in the order of their numbers.
fn status(account: &Account) -> Vec<u8> {
    let mut numbers: Vec<u8> = account.flags.iter().copied().map(number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

const fn number(flag: AccessFlag) -> u8 {
    match flag {
        AccessFlag::MfaDisabled => 0,
        AccessFlag::SignInBlocked => 1,
        AccessFlag::PasswordExpired => 2,
        AccessFlag::HighRisk => 3,
        AccessFlag::MediumRisk => 4,
        AccessFlag::Compliance => 5,
        AccessFlag::Inactive => 6,
        AccessFlag::PendingDeletion => 7,
        AccessFlag::TestUser => 8,
    }
}

/// From when on the age of what was set at `set_at` is another one than at `now`.
pub(in crate::api::avepoint) fn age_changes_at(
    set_at: OffsetDateTime,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    set_at.checked_add(Duration::days(whole_days(set_at, now) + 1))
}

fn whole_days(since: OffsetDateTime, now: OffsetDateTime) -> i64 {
    (now - since).whole_days().max(0)
}

/// RFC 3339 in UTC and whole seconds; the epoch if not set. The years that RFC 3339 can write are 0 to 9999, and
/// a time with an offset may lie outside of them.
fn utc(at: Option<OffsetDateTime>) -> String {
    const FIRST: i64 = -62_167_219_200; // 0000-01-01T00:00:00Z
    const LAST: i64 = 253_402_300_799; // 9999-12-31T23:59:59Z
    const UNSET: &str = "1970-01-01T00:00:00Z";
    let seconds = at.map_or(0, |at| at.unix_timestamp().clamp(FIRST, LAST));
    let utc = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    utc.format(&Rfc3339).unwrap_or_else(|_| UNSET.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::id::UserId;
    use proptest::prelude::*;
    use serde_json::json;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-21 02:00 UTC);

    fn shown(change: impl FnOnce(&mut User)) -> serde_json::Value {
        let mut user = User::new(UserId::new("u"));
        change(&mut user);
        serde_json::to_value(ElementsUser::new(&user, NOW)).unwrap()
    }

    #[test]
    fn a_user_of_whom_nothing_is_known_has_all_18_members() {
        let user = shown(|_| {});
        let expected = json!({
            "id": "u", "userPrincipalName": null, "displayName": null, "firstName": null, "lastName": null,
            "department": null, "mobile": null, "jobTitle": null, "mail": null, "location": null,
            "employeeId": null, "status": [], "isTestUser": false, "age": 0,
            "startDate": "1970-01-01T00:00:00Z", "endDate": "1970-01-01T00:00:00Z",
            "company": null, "countryOrRegion": null,
        });
        assert_eq!(user, expected);
        assert_eq!(user.as_object().unwrap().len(), 18);
    }

    #[test]
    fn flags_are_shown_by_number_each_once() {
        use AccessFlag::{HighRisk, MfaDisabled, TestUser};
        let user = shown(|user| user.account.flags = vec![TestUser, HighRisk, MfaDisabled, HighRisk]);
        assert_eq!(user["status"], json!([0, 3, 8]));
        assert_eq!(user["isTestUser"], json!(true));
    }

    #[test]
    fn the_numbers_are_those_of_the_order_of_the_flags() {
        use AccessFlag::*;
        let flags = [
            MfaDisabled,
            SignInBlocked,
            PasswordExpired,
            HighRisk,
            MediumRisk,
            Compliance,
            Inactive,
            PendingDeletion,
            TestUser,
        ];
        assert!(flags.is_sorted());
        assert!(flags.into_iter().map(number).eq(0..=8));
    }

    #[test]
    fn the_age_is_the_passwords_in_whole_days() {
        let age = |set_at| shown(|user| user.logins.password_set_at = Some(set_at))["age"].clone();
        assert_eq!(age(NOW - Duration::DAY * 12), json!(12));
        assert_eq!(age(NOW - Duration::DAY * 12 + Duration::SECOND), json!(11));
        assert_eq!(age(NOW + Duration::DAY), json!(0));
    }

    #[test]
    fn dates_are_in_utc_and_whole_seconds() {
        let start = |at| shown(|user| user.account.starts_at = Some(at))["startDate"].clone();
        assert_eq!(start(datetime!(2026-01-02 03:04:05.678 +01:30)), json!("2026-01-02T01:34:05Z"));
        assert_eq!(start(datetime!(9999-12-31 23:59:59 -10:00)), json!("9999-12-31T23:59:59Z"));
        assert_eq!(start(datetime!(0000-01-01 00:00 +10:00)), json!("0000-01-01T00:00:00Z"));
    }

    #[test]
    fn the_id_is_the_one_that_elements_issued() {
        let user = shown(|user| {
            user.issued_ids.insert("avepoint".into(), "issued".into());
            user.issued_ids.insert("genauth".into(), "other".into());
        });
        assert_eq!(user["id"], json!("issued"));
    }

    proptest! {
        #[test]
        fn no_time_makes_it_panic(seconds in -377_705_116_800_i64..=253_402_300_799, hours in -23_i8..=23) {
            if let Ok(at) = OffsetDateTime::from_unix_timestamp(seconds) {
                let offset = time::UtcOffset::from_hms(hours, 0, 0).unwrap();
                let at = at.checked_to_offset(offset).unwrap_or(at);
                prop_assert_eq!(utc(Some(at)).len(), 20);
                let _ = whole_days(at, NOW);
            }
        }
    }
}
