//! Conversion between the canonical user and the vendor's.

use std::borrow::Cow;

use time::OffsetDateTime;

use super::age::PasswordAge;
use super::date::ElementsDate;
use super::flags::Flags;
use super::user::ElementsUser;
use crate::core::face::Face;
use crate::core::id::UserId;
use crate::core::user::{
    AccessFlag, Account, BorrowedUser, Contact, Employment, JsonObject, Logins, Postal, Profile, Text, User,
};

/// The issuer of the vendor's ids.
const ISSUER: &str = Face::AvePoint.as_str();

impl<'a> ElementsUser<'a> {
    /// `user` as shown at `now`, on which the age of its password depends.
    #[must_use]
    pub fn new(user: &'a BorrowedUser<'_>, now: OffsetDateTime) -> Self {
        let BorrowedUser { profile, contact, postal, employment, account, logins, .. } = user;
        Self {
            id: user.id_for(ISSUER).into(),
            user_principal_name: borrowed(account.user_principal_name.as_ref()),
            display_name: borrowed(profile.display_name.as_ref()),
            first_name: borrowed(profile.given_name.as_ref()),
            last_name: borrowed(profile.family_name.as_ref()),
            department: borrowed(employment.department.as_ref()),
            mobile: borrowed(contact.phone.as_ref()),
            job_title: borrowed(employment.job_title.as_ref()),
            mail: borrowed(contact.email.as_ref()),
            location: borrowed(employment.office.as_ref()),
            employee_id: borrowed(employment.employee_id.as_ref()),
            status: account.flags.iter().copied().collect(),
            is_test_user: account.flags.contains(&AccessFlag::TestUser),
            age: PasswordAge::at(logins.password_set_at, now),
            start_date: ElementsDate(account.starts_at),
            end_date: ElementsDate(account.ends_at),
            company: borrowed(employment.company.as_ref()),
            country_or_region: borrowed(postal.country.as_ref()),
        }
    }

    /// When `user` starts to be shown differently than at `now`; `None` if never.
    #[must_use]
    pub fn valid_until(user: &BorrowedUser<'_>, now: OffsetDateTime) -> Option<OffsetDateTime> {
        PasswordAge::grows_at(user.logins.password_set_at?, now)
    }

    /// The fields of the canonical user that the vendor says are empty. Any other without a value is null, which says
    /// nothing about what another source knows.
    #[must_use]
    pub fn empty(&self) -> JsonObject {
        let has_flags = self.is_test_user || self.status != Flags::default();
        let account = || JsonObject::from_iter([("flags".to_owned(), Vec::<String>::new().into())]);
        (!has_flags).then(|| ("account".to_owned(), account().into())).into_iter().collect()
    }

    /// The canonical user for one that the vendor shows at `now`.
    #[must_use]
    pub fn into_user(self, now: OffsetDateTime) -> User {
        let test_user = self.is_test_user.then_some(AccessFlag::TestUser);
        let mut user = User::new(UserId::new(self.id.as_ref()));
        user.issued_ids.insert(ISSUER.to_owned(), self.id.into_owned());
        user.profile = Profile {
            display_name: owned(self.display_name),
            given_name: owned(self.first_name),
            family_name: owned(self.last_name),
            ..Profile::default()
        };
        user.contact = Contact { email: owned(self.mail), phone: owned(self.mobile), ..Contact::default() };
        user.postal = Postal { country: owned(self.country_or_region), ..Postal::default() };
        user.employment = Employment {
            company: owned(self.company),
            department: owned(self.department),
            job_title: owned(self.job_title),
            employee_id: owned(self.employee_id),
            office: owned(self.location),
            ..Employment::default()
        };
        user.account = Account {
            user_principal_name: owned(self.user_principal_name),
            starts_at: self.start_date.0,
            ends_at: self.end_date.0,
            flags: self.status.with(test_user).into_vec(),
            ..Account::default()
        };
        user.logins = Logins { password_set_at: self.age.set_at(now), ..Logins::default() };
        user
    }
}

fn borrowed<'a>(text: Option<&'a Text<'_>>) -> Option<Cow<'a, str>> {
    text.map(|text| Cow::Borrowed(&**text))
}

fn owned(text: Option<Cow<'_, str>>) -> Option<String> {
    text.map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::user::arbitrary::user;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-21 02:00 UTC);

    fn shown(user: &User, now: OffsetDateTime) -> Value {
        serde_json::to_value(ElementsUser::new(&user.borrowed(), now)).unwrap()
    }

    fn read(json: Value) -> ElementsUser<'static> {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_user_of_whom_nothing_is_known_has_all_18_members() {
        let shown = shown(&User::new(UserId::new("u")), NOW);
        let expected = json!({
            "id": "u", "userPrincipalName": null, "displayName": null, "firstName": null, "lastName": null,
            "department": null, "mobile": null, "jobTitle": null, "mail": null, "location": null,
            "employeeId": null, "status": [], "isTestUser": false, "age": 0,
            "startDate": "1970-01-01T00:00:00Z", "endDate": "1970-01-01T00:00:00Z",
            "company": null, "countryOrRegion": null,
        });
        assert_eq!(shown, expected);
        assert_eq!(shown.as_object().unwrap().len(), 18);
    }

    #[test]
    fn the_id_is_the_one_that_elements_issued() {
        let mut user = User::new(UserId::new("u"));
        user.issued_ids.insert("genauth".into(), "other".into());
        assert_eq!(shown(&user, NOW)["id"], "u");
        user.issued_ids.insert("avepoint".into(), "issued".into());
        assert_eq!(shown(&user, NOW)["id"], "issued");
    }

    #[test]
    fn a_user_of_the_seed_becomes_canonical() {
        let user = read(json!({
            "id": "c2aa", "userPrincipalName": "tony@e.onmicrosoft.com", "displayName": "Kevin Mark",
            "firstName": "Kevin", "lastName": "Mark", "mobile": "", "status": [1, 0], "isTestUser": true,
            "age": 10, "startDate": "1970-01-01T00:00:00Z", "endDate": "2027-01-01T00:00:00Z",
            "countryOrRegion": "Slovenia",
        }));
        let user = user.into_user(datetime!(2026-03-11 15:30 UTC));
        assert_eq!((user.id.as_str(), user.id_for("avepoint")), ("c2aa", "c2aa"));
        assert_eq!(user.contact.phone, None);
        let flags = [AccessFlag::MfaDisabled, AccessFlag::SignInBlocked, AccessFlag::TestUser];
        assert_eq!(user.account.flags, flags);
        assert_eq!(user.logins.password_set_at, Some(datetime!(2026-03-01 0:00 UTC)));
        assert_eq!(user.account.starts_at, None);
        assert_eq!(user.account.ends_at, Some(datetime!(2027-01-01 0:00 UTC)));
    }

    #[test]
    fn a_user_may_lack_everything_but_its_id() {
        let empty =
            User { issued_ids: [("avepoint".into(), "1".into())].into(), ..User::new(UserId::new("1")) };
        assert_eq!(read(json!({ "id": "1" })).into_user(NOW), empty);
        let nulls = json!({ "id": "1", "mail": null, "status": null, "isTestUser": null, "age": null, "endDate": null });
        assert_eq!(read(nulls).into_user(NOW), empty);
    }

    proptest! {
        #[test]
        fn what_was_written_reads_back_the_same(user in user(), seconds in 0..4_000_000_000_i64) {
            let now = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            let written = shown(&user, now);
            prop_assert_eq!(&serde_json::to_value(read(written.clone())).unwrap(), &written);
            prop_assert_eq!(shown(&read(written.clone()).into_user(now), now), written);
        }

        #[test]
        fn a_user_is_shown_the_same_until_it_no_longer_holds(user in user(), seconds in 0..4_000_000_000_i64) {
            let now = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            let far = datetime!(9999-12-31 23:59 UTC);
            let end = ElementsUser::valid_until(&user.borrowed(), now);
            let last = end.map_or(far, |end| end - time::Duration::NANOSECOND);
            prop_assert_eq!(shown(&user, last), shown(&user, now));
            if let Some(end) = end {
                prop_assert_ne!(shown(&user, end), shown(&user, now));
            }
        }
    }
}
