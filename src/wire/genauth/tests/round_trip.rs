use std::collections::BTreeMap;

use proptest::prelude::*;
use time::{OffsetDateTime, UtcOffset};

use super::EVERYTHING;
use crate::core::id::UserId;
use crate::core::user::{
    Account, AccountStatus, BorrowedUser, Community, Contact, Employment, Gender, JsonObject, Logins,
    Profile, Source, User, WorkStatus, arbitrary,
};
use crate::wire::genauth::{UserDto, UserOptions};

fn write(user: &User, options: UserOptions) -> String {
    serde_json::to_string(&UserDto::new(&user.borrowed(), options)).unwrap()
}

fn read(text: &str) -> User {
    serde_json::from_str::<UserDto<'_>>(text).unwrap().into()
}

/// The user as GenAuth represents it: without what has no member, and with what is always sent.
fn visible(user: User) -> User {
    let id = user.id_for("genauth").to_owned();
    let User { profile, contact, employment, account, logins, .. } = user;
    User {
        id: UserId::new(&id),
        issued_ids: BTreeMap::from([("genauth".to_owned(), id)]),
        profile: Profile { gender: profile.gender.or(Some(Gender::Unknown)), ..profile },
        contact: Contact { email_self_registered: false, ..contact },
        employment: Employment {
            department: None,
            job_title: None,
            employee_id: None,
            office: None,
            work_status: employment.work_status.or(Some(WorkStatus::Active)),
            ..employment
        },
        account: visible_account(account),
        logins: Logins {
            last_at: logins.last_at.map(in_milliseconds),
            last_mfa_at: logins.last_mfa_at.map(in_milliseconds),
            password_set_at: logins.password_set_at.map(in_milliseconds),
            ..logins
        },
        chain_accounts: Vec::new(),
        community: Community::default(),
        scim: JsonObject::new(),
        ..user
    }
}

fn visible_account(account: Account) -> Account {
    Account {
        user_principal_name: None,
        status: account.status.or(Some(AccountStatus::Activated)),
        status_changed_at: account.status_changed_at.map(in_milliseconds),
        created_at: account.created_at.map(in_milliseconds),
        updated_at: account.updated_at.map(in_milliseconds),
        starts_at: None,
        ends_at: None,
        flags: Vec::new(),
        source: account.source.or(Some(Source::AdminCreated)),
        ..account
    }
}

fn in_milliseconds(at: OffsetDateTime) -> OffsetDateTime {
    at.to_offset(UtcOffset::UTC).replace_millisecond(at.millisecond()).unwrap()
}

/// Without the members that `options` do not request.
fn asked_for(mut user: User, options: UserOptions) -> User {
    if !options.with_custom_data {
        user.custom_data.clear();
    }
    if !options.with_identities {
        user.identities.clear();
    }
    if !options.with_department_ids {
        user.employment.department_ids.clear();
    }
    if !options.with_tenant_ids {
        user.employment.organisation_ids.clear();
    }
    user
}

fn options() -> impl Strategy<Value = UserOptions> {
    any::<[bool; 5]>().prop_map(|[custom_data, flat, identities, department_ids, tenant_ids]| UserOptions {
        with_custom_data: custom_data,
        flat_custom_data: flat,
        with_identities: identities,
        with_department_ids: department_ids,
        with_tenant_ids: tenant_ids,
    })
}

proptest! {
    #[test]
    fn a_user_reads_back_as_far_as_it_was_written(user in arbitrary::user(), options in options()) {
        let written = write(&user, options);
        prop_assert_eq!(read(&written), asked_for(visible(user), options));
    }

    #[test]
    fn a_users_document_is_written_as_the_user(user in arbitrary::user(), options in options()) {
        let document = serde_json::to_string(&user).unwrap();
        let read: BorrowedUser<'_> = serde_json::from_str(&document).unwrap();
        prop_assert_eq!(serde_json::to_string(&UserDto::new(&read, options)).unwrap(), write(&user, options));
    }

    #[test]
    fn what_was_read_is_written_as_it_was(user in arbitrary::user()) {
        let written = write(&user, EVERYTHING);
        prop_assert_eq!(write(&read(&written), EVERYTHING), written);
    }
}
